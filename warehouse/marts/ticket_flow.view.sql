-- What happened to tickets, one row per ticket and kind of happening, each dated by the day on which it happened.
-- Every count and sum is additive over days and places; measures are quotients of two of these columns. Hours are exact
-- decimals, so that their sums do not depend on the order of adding.
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
    1, CAST(resolve_hours AS DECIMAL(18, 6)), CASE WHEN resolve_wh IS NULL THEN 0 ELSE 1 END,
    CAST(coalesce(resolve_wh, 0.0) AS DECIMAL(18, 6)),
    0, 0.0, 0, 0.0, 0, 0
FROM marts.ticket WHERE resolved_on IS NOT NULL
UNION ALL
SELECT closed_on, product_line, region, customer_id, zone, priority, service_kind,
    0, 0, 0, 0, 0, 0,
    0, 0.0, 0, 0.0,
    1, CAST(hours_open AS DECIMAL(18, 6)), 0, 0.0, 0, 0
FROM marts.ticket WHERE closed_on IS NOT NULL
UNION ALL
SELECT arrived_on, product_line, region, customer_id, zone, priority, service_kind,
    0, 0, 0, 0, 0, 0,
    0, 0.0, 0, 0.0,
    0, 0.0, 1, CAST(response_wh AS DECIMAL(18, 6)), 0, 0
FROM marts.ticket WHERE arrived_on IS NOT NULL AND response_wh IS NOT NULL
UNION ALL
SELECT response_due_on, product_line, region, customer_id, zone, priority, service_kind,
    0, 0, 0, 0, 0, 0,
    0, 0.0, 0, 0.0,
    0, 0.0, 0, 0.0, 1, CASE WHEN response_met THEN 1 ELSE 0 END
FROM marts.ticket WHERE response_met IS NOT NULL AND response_due_on IS NOT NULL
