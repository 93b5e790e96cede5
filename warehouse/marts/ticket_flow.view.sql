-- What happened to tickets, one row per ticket and kind of happening, each dated by the day on which it happened.
-- Every count and sum is additive over days and places; measures are quotients of two of these columns.
SELECT opened_on AS day, product_line, region, customer_id, zone, priority, service_kind,
    1 AS opened, CASE WHEN is_closed THEN 1 ELSE 0 END AS opened_closed,
    CASE WHEN is_reopened IS NULL THEN 0 ELSE 1 END AS reopen_known, CASE WHEN is_reopened THEN 1 ELSE 0 END AS reopened,
    CASE WHEN sla_met IS NULL THEN 0 ELSE 1 END AS sla_known, CASE WHEN sla_met THEN 1 ELSE 0 END AS sla_met,
    0 AS resolved, 0.0 AS resolve_hours, 0 AS resolved_wh_known, 0.0 AS resolve_wh,
    0 AS closed, 0.0 AS close_hours, 0 AS arrived, 0.0 AS response_wh, 0 AS response_due, 0 AS response_met
FROM marts.ticket
UNION ALL
SELECT resolved_on, product_line, region, customer_id, zone, priority, service_kind,
    0, 0, 0, 0, 0, 0,
    1, resolve_hours, CASE WHEN resolve_wh IS NULL THEN 0 ELSE 1 END, coalesce(resolve_wh, 0.0),
    0, 0.0, 0, 0.0, 0, 0
FROM marts.ticket WHERE resolved_on IS NOT NULL
UNION ALL
SELECT closed_on, product_line, region, customer_id, zone, priority, service_kind,
    0, 0, 0, 0, 0, 0,
    0, 0.0, 0, 0.0,
    1, hours_open, 0, 0.0, 0, 0
FROM marts.ticket WHERE closed_on IS NOT NULL
UNION ALL
SELECT arrived_on, product_line, region, customer_id, zone, priority, service_kind,
    0, 0, 0, 0, 0, 0,
    0, 0.0, 0, 0.0,
    0, 0.0, 1, response_wh, 0, 0
FROM marts.ticket WHERE arrived_on IS NOT NULL AND response_wh IS NOT NULL
UNION ALL
SELECT response_due_on, product_line, region, customer_id, zone, priority, service_kind,
    0, 0, 0, 0, 0, 0,
    0, 0.0, 0, 0.0,
    0, 0.0, 0, 0.0, 1, CASE WHEN response_met THEN 1 ELSE 0 END
FROM marts.ticket WHERE response_met IS NOT NULL AND response_due_on IS NOT NULL
