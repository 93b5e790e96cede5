-- Units in the field (of the share asked for), by the hash of their number: their model, installation and first day watched.
WITH model AS (
    SELECT product_line, model, row_number() OVER (ORDER BY product_line, model) - 1 AS code
    FROM (SELECT DISTINCT product_line, model FROM marts.unit)
)

SELECT
    hash(u.asset_id) AS unit,
    CAST(m.code AS INTEGER) AS model,
    coalesce(epoch(u.installed_at) / 86400.0, 'nan') AS installed,
    coalesce(epoch(CAST(u.watched_from AS TIMESTAMP)) / 86400.0, 'nan') AS watched
FROM marts.unit AS u
INNER JOIN model AS m ON u.product_line = m.product_line AND u.model = m.model
WHERE u.status NOT IN ('out_of_service', 'scrapped') AND hash(u.asset_id) % 1000 < $share
ORDER BY unit
