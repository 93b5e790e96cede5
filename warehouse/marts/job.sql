-- One row per completed job, with who did the work: a ticket that was resolved, or closed where nobody wrote down the
-- resolution. The work is that of the technician of the last visit that ended by then; a ticket without a visit belongs to
-- whom it names.
-- A job with several failures is followed if one of them is, and came back with the first of them that did; its
-- component is the first by name. It is watched, or visited, once the window for repeats has run out since it was closed, or
-- resolved after a visit: only then is it known whether it came back, or was fixed at the first visit.
WITH visited AS (
    SELECT v.ticket_id, max_by(v.technician_id, v.finished_at) AS technician_id, count(*) AS visits
    FROM core.visit AS v
    JOIN core.ticket AS t ON t.ticket_id = v.ticket_id
    WHERE v.finished_at <= coalesce(t.resolved_at, t.closed_at)
    GROUP BY v.ticket_id
),

labour AS (
    SELECT ticket_id, sum(active_hours) AS labour_hours, count(active_hours) AS repairs
    FROM core.repair
    WHERE active_hours IS NOT NULL
    GROUP BY ticket_id
),

failed AS (
    SELECT
        ticket_id,
        min(component) AS component,
        bool_or(is_followed) AS is_followed,
        min(returned_days) AS returned_days,
        min(refailed_days) AS refailed_days
    FROM marts.failure
    GROUP BY ticket_id
)

SELECT
    t.ticket_id,
    coalesce(t.resolved_on, t.closed_on) AS completed_on,
    t.asset_id,
    t.product_line,
    t.region,
    t.customer_id,
    t.zone,
    t.priority,
    t.service_kind,
    t.opened_at,
    t.resolved_at,
    t.closed_at,
    t.response_wh,
    coalesce(v.technician_id, t.technician_id, '') AS technician_id,
    coalesce(v.visits, 0) AS visits,
    coalesce(l.repairs, 0) AS repairs,
    l.labour_hours,
    f.component,
    coalesce(f.is_followed, FALSE) AS is_followed,
    f.returned_days,
    f.refailed_days,
    coalesce(f.is_followed AND t.closed_at >= t.opened_at AND hours_between(t.closed_at, n.as_of) >= w.hours, FALSE)
        AS is_watched,
    coalesce(f.returned_days * 24.0 <= w.hours AND hours_between(t.closed_at, n.as_of) >= w.hours, FALSE) AS came_back,
    coalesce(f.is_followed AND v.visits > 0 AND t.resolved_at >= t.opened_at
        AND hours_between(t.resolved_at, n.as_of) >= w.hours, FALSE) AS is_visited,
    coalesce(f.is_followed AND v.visits = 1 AND t.resolved_at >= t.opened_at
        AND hours_between(t.resolved_at, n.as_of) >= w.hours
        AND (f.refailed_days IS NULL OR f.refailed_days * 24.0 > w.hours), FALSE) AS is_fixed
FROM marts.ticket AS t
CROSS JOIN core.as_of AS n
CROSS JOIN (SELECT value * 24.0 AS hours FROM core.rule WHERE name = 'repeat_window_days') AS w
LEFT JOIN visited AS v ON v.ticket_id = t.ticket_id
LEFT JOIN labour AS l ON l.ticket_id = t.ticket_id
LEFT JOIN failed AS f ON f.ticket_id = t.ticket_id
WHERE t.resolved_at IS NOT NULL OR t.closed_at IS NOT NULL
