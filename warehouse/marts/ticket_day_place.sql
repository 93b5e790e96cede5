-- ticket_day added up per day for each value of one place at a time ('' for all together): what a view with at most one
-- place reads, however many tickets there are.
WITH one_place AS (
    SELECT 'all' AS place, '' AS value, d.* FROM marts.ticket_day AS d
    UNION ALL SELECT 'product_line', product_line, d.* FROM marts.ticket_day AS d
    UNION ALL SELECT 'region', region, d.* FROM marts.ticket_day AS d
    UNION ALL SELECT 'zone', zone, d.* FROM marts.ticket_day AS d
    UNION ALL SELECT 'priority', priority, d.* FROM marts.ticket_day AS d
    UNION ALL SELECT 'service_kind', service_kind, d.* FROM marts.ticket_day AS d
)

SELECT place, value, day,
    CAST(sum(opened) AS BIGINT) AS opened, CAST(sum(opened_closed) AS BIGINT) AS opened_closed,
    CAST(sum(reopen_known) AS BIGINT) AS reopen_known, CAST(sum(reopened) AS BIGINT) AS reopened,
    CAST(sum(sla_known) AS BIGINT) AS sla_known, CAST(sum(sla_met) AS BIGINT) AS sla_met,
    CAST(sum(resolved) AS BIGINT) AS resolved, CAST(sum(resolve_hours) AS DECIMAL(18, 6)) AS resolve_hours,
    CAST(sum(resolved_wh_known) AS BIGINT) AS resolved_wh_known, CAST(sum(resolve_wh) AS DECIMAL(18, 6)) AS resolve_wh,
    CAST(sum(closed) AS BIGINT) AS closed, CAST(sum(close_hours) AS DECIMAL(18, 6)) AS close_hours,
    CAST(sum(arrived) AS BIGINT) AS arrived, CAST(sum(response_wh) AS DECIMAL(18, 6)) AS response_wh,
    CAST(sum(response_due) AS BIGINT) AS response_due, CAST(sum(response_met) AS BIGINT) AS response_met
FROM one_place
GROUP BY place, value, day
ORDER BY place, value, day
