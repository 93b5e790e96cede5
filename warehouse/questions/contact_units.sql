-- Who has some units (by the hash of their number), and where they stand.
SELECT
    hash(u.asset_id) AS unit,
    u.asset_id,
    u.serial_no,
    u.model,
    u.region,
    coalesce(a.site, '') AS site,
    u.customer_id,
    coalesce(c.name, '') AS customer
FROM marts.unit AS u
INNER JOIN core.asset AS a ON u.asset_id = a.asset_id
LEFT JOIN core.customer AS c ON u.customer_id = c.customer_id
WHERE hash(u.asset_id) IN (SELECT unnest($units))
