-- part_flow added up per day for each value of one place at a time ('' for all together): what a view with at most one place
-- reads, however many records there are.
SELECT
    CASE grouping(product_line, region, zone, priority, service_kind)
        WHEN 31 THEN 'all' WHEN 15 THEN 'product_line' WHEN 23 THEN 'region' WHEN 27 THEN 'zone' WHEN 29 THEN 'priority'
        ELSE 'service_kind'
    END AS place,
    coalesce(product_line, region, zone, priority, service_kind, '') AS value,
    day,
    CAST(sum(requested) AS BIGINT) AS requested,
    CAST(sum(filled) AS BIGINT) AS filled
FROM marts.part_flow
GROUP BY GROUPING SETS (day, (day, product_line), (day, region), (day, zone), (day, priority), (day, service_kind))
ORDER BY place, value, day
