-- One row per ticket with everything that filters, drills and durations need. Local days; durations in hours.
-- Of several failures of one ticket the component is that of the last on record ('' where nobody says).
-- An open ticket has no duration: hours_open is how long it has been open at the snapshot's as-of instant.
SELECT
    t.ticket_id,
    t._source AS source,
    local_day(t.opened_at) AS opened_on,
    local_day(t.arrived_at) AS arrived_on,
    local_day(t.resolved_at) AS resolved_on,
    local_day(t.closed_at) AS closed_on,
    local_day(k.response_due_at) AS response_due_on,
    t.opened_at,
    t.dispatched_at,
    t.arrived_at,
    t.resolved_at,
    t.closed_at,
    k.response_due_at,
    p.product_line,
    p.region,
    p.customer_id,
    p.site,
    p.zone,
    p.priority,
    p.service_kind,
    t.status,
    t.channel,
    t.category,
    t.symptom,
    coalesce(f.component, '') AS component,
    t.asset_id,
    t.technician_id,
    t.closed_at IS NOT NULL AS is_closed,
    hours_between(t.opened_at, t.resolved_at) AS resolve_hours,
    hours_between(t.opened_at, coalesce(t.closed_at, a.as_of)) AS hours_open,
    k.response_wh,
    k.resolve_wh,
    k.response_target_wh,
    -- A call counts when its target has fallen due, or was answered; one that was resolved with no arrival on record
    -- (by telephone, or nobody wrote it down) is unknown, neither kept nor missed.
    CASE
        WHEN k.response_target_wh IS NULL THEN NULL
        WHEN t.arrived_at IS NOT NULL THEN k.response_wh <= k.response_target_wh
        WHEN t.resolved_at IS NULL AND t.closed_at IS NULL AND k.response_due_at <= a.as_of THEN false
    END AS response_met,
    t.reopen_count > 0 AS is_reopened,
    t.sla_met
FROM core.ticket AS t
JOIN core.ticket_place AS p ON p.ticket_id = t.ticket_id
JOIN core.ticket_clock AS k ON k.ticket_id = t.ticket_id
LEFT JOIN (
    SELECT ticket_id, max_by(component, fault_id) AS component
    FROM core.fault
    WHERE component IS NOT NULL
    GROUP BY ticket_id
) AS f ON f.ticket_id = t.ticket_id
CROSS JOIN core.as_of AS a
ORDER BY opened_on
