-- Who did the work on each resolved ticket: the technician of the last visit that ended by the resolution, how many visits
-- it took, the hours of labour. A ticket without a visit belongs to whom it names.
WITH visited AS (
    SELECT v.ticket_id, max_by(v.technician_id, v.finished_at) AS technician_id, count(*) AS visits
    FROM core.visit AS v
    JOIN core.ticket AS t ON t.ticket_id = v.ticket_id
    WHERE v.finished_at <= t.resolved_at
    GROUP BY v.ticket_id
),

labour AS (
    SELECT ticket_id, sum(active_hours) AS labour_hours FROM core.repair GROUP BY ticket_id
)

SELECT
    t.ticket_id,
    coalesce(v.technician_id, t.technician_id, '') AS technician_id,
    coalesce(v.visits, 0) AS visits,
    l.labour_hours
FROM core.ticket AS t
LEFT JOIN visited AS v ON v.ticket_id = t.ticket_id
LEFT JOIN labour AS l ON l.ticket_id = t.ticket_id
WHERE t.resolved_at IS NOT NULL
