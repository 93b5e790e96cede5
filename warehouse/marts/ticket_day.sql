-- ticket_flow added up per day and place, without the customer: what charts over days read.
SELECT day, product_line, region, zone, priority, service_kind,
    CAST(sum(opened) AS INTEGER) AS opened, CAST(sum(opened_closed) AS INTEGER) AS opened_closed,
    CAST(sum(reopen_known) AS INTEGER) AS reopen_known, CAST(sum(reopened) AS INTEGER) AS reopened,
    CAST(sum(sla_known) AS INTEGER) AS sla_known, CAST(sum(sla_met) AS INTEGER) AS sla_met,
    CAST(sum(resolved) AS INTEGER) AS resolved, CAST(sum(resolve_hours) AS DECIMAL(18, 6)) AS resolve_hours,
    CAST(sum(resolved_wh_known) AS INTEGER) AS resolved_wh_known, CAST(sum(resolve_wh) AS DECIMAL(18, 6)) AS resolve_wh,
    CAST(sum(closed) AS INTEGER) AS closed, CAST(sum(close_hours) AS DECIMAL(18, 6)) AS close_hours,
    CAST(sum(arrived) AS INTEGER) AS arrived, CAST(sum(response_wh) AS DECIMAL(18, 6)) AS response_wh,
    CAST(sum(response_due) AS INTEGER) AS response_due, CAST(sum(response_met) AS INTEGER) AS response_met
FROM marts.ticket_flow
GROUP BY day, product_line, region, zone, priority, service_kind
ORDER BY day
