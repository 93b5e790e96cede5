-- Relevant failures of a component since a day, by month (0 = the first since then), on units installed before it.
SELECT floor(date_diff('day', CAST($cut AS TIMESTAMP), f.occurred_at) / 30.4375) AS month, count(*) AS failures
FROM core.fault AS f
INNER JOIN core.asset AS a ON f.asset_id = a.asset_id
WHERE f.component = $component AND f.relevant AND a.product_line = $product_line
    AND a.installed_at < CAST($cut AS TIMESTAMP) AND f.occurred_at >= CAST($cut AS TIMESTAMP)
GROUP BY ALL
ORDER BY ALL
