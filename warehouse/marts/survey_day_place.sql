-- survey_flow added up per day for each value of one place at a time ('' for all together): what a view with at most one place
-- reads, however many records there are.
SELECT
    CASE grouping(product_line, region, zone, priority, service_kind)
        WHEN 31 THEN 'all' WHEN 15 THEN 'product_line' WHEN 23 THEN 'region' WHEN 27 THEN 'zone' WHEN 29 THEN 'priority'
        ELSE 'service_kind'
    END AS place,
    coalesce(product_line, region, zone, priority, service_kind, '') AS value,
    day,
    CAST(sum(asked) AS BIGINT) AS asked,
    CAST(sum(reached) AS BIGINT) AS reached,
    CAST(sum(answers) AS BIGINT) AS answers,
    CAST(sum(score) AS DECIMAL(18, 6)) AS score
FROM marts.survey_flow
GROUP BY GROUPING SETS (day, (day, product_line), (day, region), (day, zone), (day, priority), (day, service_kind))
ORDER BY place, value, day
