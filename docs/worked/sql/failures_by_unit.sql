-- Relevant failures of a product line's units, with the years that each was in service.
SELECT
    a.asset_id,
    a.model,
    count(f.fault_id) AS failures,
    date_diff('second', greatest(a.installed_at, CAST($since AS TIMESTAMP)), CAST($until AS TIMESTAMP)) / 86400.0 / 365.25 AS years
FROM core.asset AS a
LEFT JOIN core.fault AS f ON a.asset_id = f.asset_id AND f.relevant
WHERE a.parent_asset_id IS NULL AND a.product_line = $product_line AND a.installed_at < CAST($until AS TIMESTAMP)
GROUP BY a.asset_id, a.model, a.installed_at
ORDER BY a.asset_id
