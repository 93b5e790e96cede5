-- One row per unit in the field (parts of it are not units), with the day from which the records watch it.
SELECT
    a.asset_id,
    coalesce(a.serial_no, '') AS serial_no,
    coalesce(a.model, '') AS model,
    coalesce(a.product_line, '') AS product_line,
    coalesce(a.software_version, '') AS software_version,
    coalesce(a.region, c.region, '') AS region,
    coalesce(a.customer_id, '') AS customer_id,
    coalesce(a.zone, '') AS zone,
    coalesce(a.status, '') AS status,
    a.installed_at,
    local_day(a.installed_at) AS installed_on,
    greatest(coalesce(local_day(a.installed_at), f.first_on), f.first_on) AS watched_from
FROM core.asset AS a
LEFT JOIN core.customer AS c ON c.customer_id = a.customer_id
CROSS JOIN (SELECT local_day(min(opened_at)) AS first_on FROM core.ticket) AS f
WHERE a.parent_asset_id IS NULL
