-- Costs of every day for each value of one place at a time ('' for all together), as marts.*_day_place have other sums.
SELECT
    CASE grouping(product_line, region, priority, service_kind)
        WHEN 15 THEN 'all' WHEN 7 THEN 'product_line' WHEN 11 THEN 'region' WHEN 13 THEN 'priority' ELSE 'service_kind'
    END AS place,
    coalesce(product_line, region, priority, service_kind, '') AS value,
    CAST(date_diff('day', DATE '1970-01-01', day) AS INTEGER) AS day,
    CAST(sum(parts) AS DOUBLE) AS parts,
    CAST(sum(labour) AS DOUBLE) AS labour,
    CAST(sum(travel) AS DOUBLE) AS travel,
    CAST(count(*) AS DOUBLE) AS repairs,
    CAST(count(*) FILTER (is_known) AS DOUBLE) AS known,
    CAST(sum((parts + labour + travel) * (parts + labour + travel)) AS DOUBLE) AS squares
FROM marts.cost
GROUP BY GROUPING SETS (day, (day, product_line), (day, region), (day, priority), (day, service_kind))
ORDER BY place, value, day
