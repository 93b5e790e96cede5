-- The units of the extent and their parts. A unit that nobody placed in a region is where its customer is; a part is where
-- the unit is that it sits in, unless somebody said otherwise.
WITH RECURSIVE placed AS (
    SELECT
        a.asset_id,
        coalesce(nullif(a.region, ''), c.region, '') AS region,
        coalesce(a.product_line, '') AS product_line
    FROM house.core.asset AS a
    LEFT JOIN house.core.customer AS c ON c.customer_id = a.customer_id
    WHERE a.parent_asset_id IS NULL OR a.parent_asset_id NOT IN (SELECT asset_id FROM house.core.asset)
    UNION ALL
    SELECT
        a.asset_id,
        coalesce(nullif(a.region, ''), p.region),
        coalesce(nullif(a.product_line, ''), p.product_line)
    FROM placed AS p
    JOIN house.core.asset AS a ON a.parent_asset_id = p.asset_id
)

SELECT a.*
FROM house.core.asset AS a
WHERE a.asset_id IN (SELECT asset_id FROM placed WHERE is_within(region, product_line))
ORDER BY a.rowid
