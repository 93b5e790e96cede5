-- ticket_day added up per day for each value of one place at a time ('' for all together): what a view with at most one place
-- reads, however many records there are.
SELECT
    CASE grouping(product_line, region, zone, priority, service_kind)
        WHEN 31 THEN 'all' WHEN 15 THEN 'product_line' WHEN 23 THEN 'region' WHEN 27 THEN 'zone' WHEN 29 THEN 'priority'
        ELSE 'service_kind'
    END AS place,
    coalesce(product_line, region, zone, priority, service_kind, '') AS value,
    day,
    CAST(sum(opened) AS BIGINT) AS opened,
    CAST(sum(opened_closed) AS BIGINT) AS opened_closed,
    CAST(sum(reopen_known) AS BIGINT) AS reopen_known,
    CAST(sum(reopened) AS BIGINT) AS reopened,
    CAST(sum(sla_known) AS BIGINT) AS sla_known,
    CAST(sum(sla_met) AS BIGINT) AS sla_met,
    CAST(sum(resolved) AS BIGINT) AS resolved,
    CAST(sum(resolve_hours) AS DECIMAL(18, 6)) AS resolve_hours,
    CAST(sum(resolved_wh_known) AS BIGINT) AS resolved_wh_known,
    CAST(sum(resolve_wh) AS DECIMAL(18, 6)) AS resolve_wh,
    CAST(sum(closed) AS BIGINT) AS closed,
    CAST(sum(close_hours) AS DECIMAL(18, 6)) AS close_hours,
    CAST(sum(arrived) AS BIGINT) AS arrived,
    CAST(sum(response_wh) AS DECIMAL(18, 6)) AS response_wh,
    CAST(sum(response_due) AS BIGINT) AS response_due,
    CAST(sum(response_met) AS BIGINT) AS response_met
FROM marts.ticket_day
GROUP BY GROUPING SETS (day, (day, product_line), (day, region), (day, zone), (day, priority), (day, service_kind))
ORDER BY place, value, day
