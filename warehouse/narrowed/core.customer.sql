-- The customers with a ticket or a unit in the extent; of those with neither anywhere, the ones whose region is in it.
WITH busy AS (
    SELECT customer_id, is_within(region, product_line) AS is_here
    FROM house.marts.ticket
    WHERE customer_id <> ''
    UNION ALL
    SELECT customer_id, asset_id IN (SELECT asset_id FROM core.asset)
    FROM house.core.asset
    WHERE customer_id IS NOT NULL
)

SELECT c.*
FROM house.core.customer AS c
WHERE c.customer_id IN (SELECT customer_id FROM busy WHERE is_here)
    OR (c.customer_id NOT IN (SELECT customer_id FROM busy) AND is_within(c.region, ''))
ORDER BY c.rowid
