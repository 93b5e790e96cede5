-- Machines as numbers: from which day the records watch each, when it was installed and the last day of its warranty as days
-- since 1970 (unknown: −1), what covers it on the day of the snapshot (0 warranty, 1 a contract, 2 nothing), whether it is in
-- service, and its places by their order in the lists that are given.
WITH covered AS (
    SELECT c.asset_id, max(CASE WHEN c.kind = 'warranty' THEN 1 ELSE 2 END) AS cover
    FROM core.contract AS c
    CROSS JOIN core.as_of AS a
    WHERE c.asset_id IS NOT NULL AND a.as_of_on BETWEEN c.starts_at AND c.ends_at
    GROUP BY c.asset_id
),

customers AS (
    SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS code FROM (SELECT DISTINCT customer_id FROM marts.unit)
)

SELECT
    CAST(coalesce(date_diff('day', DATE '1970-01-01', u.watched_from), -1) AS INTEGER) AS watched,
    CAST(coalesce(date_diff('day', DATE '1970-01-01', u.installed_on), -1) AS INTEGER) AS installed,
    CAST(coalesce(date_diff('day', DATE '1970-01-01', a.warranty_end), -1) AS INTEGER) AS warranty,
    CAST(CASE WHEN a.warranty_end >= s.as_of_on OR c.cover = 1 THEN 0 WHEN c.cover = 2 THEN 1 ELSE 2 END AS TINYINT) AS cover,
    u.status NOT IN ('scrapped', 'out_of_service') AS is_in_service,
    CAST(list_position($product_line, u.product_line) - 1 AS INTEGER) AS product_line,
    CAST(list_position($region, u.region) - 1 AS INTEGER) AS region,
    CAST(k.code AS INTEGER) AS customer
FROM marts.unit AS u
JOIN core.asset AS a ON a.asset_id = u.asset_id
JOIN customers AS k ON k.customer_id = u.customer_id
CROSS JOIN core.as_of AS s
LEFT JOIN covered AS c ON c.asset_id = u.asset_id
