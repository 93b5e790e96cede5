-- Machines by product line and what covers them on the day of the snapshot: warranty, a contract, or nothing.
-- Parameters: the filters' places over units.
WITH covered AS (
    SELECT c.asset_id, max(CASE WHEN c.kind = 'warranty' THEN 1 ELSE 2 END) AS cover
    FROM core.contract AS c
    CROSS JOIN core.as_of AS a
    WHERE c.asset_id IS NOT NULL AND a.as_of_on BETWEEN c.starts_at AND c.ends_at
    GROUP BY c.asset_id
)

SELECT
    u.product_line,
    CASE
        WHEN a.warranty_end >= s.as_of_on OR c.cover = 1 THEN 'warranty'
        WHEN c.cover = 2 THEN 'contract'
        ELSE 'none'
    END AS cover,
    count(*) AS n
FROM (SELECT * FROM marts.unit WHERE {where}) AS u
JOIN core.asset AS a ON a.asset_id = u.asset_id
CROSS JOIN core.as_of AS s
LEFT JOIN covered AS c ON c.asset_id = u.asset_id
WHERE u.status NOT IN ('scrapped', 'out_of_service')
GROUP BY ALL
ORDER BY 1, 2
