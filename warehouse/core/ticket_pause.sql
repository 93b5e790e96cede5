-- Stretches in which a ticket's clock stood still for an authorised reason (a state whose parent in the code list is `paused`).
WITH paused_state AS (
    SELECT code FROM core.code_list WHERE list = 'ticket_status' AND parent = 'paused'
),

paused_ticket AS (
    SELECT DISTINCT e.ticket_id
    FROM core.ticket_event AS e
    JOIN paused_state AS s ON s.code = e.to_status
),

sequence AS (
    SELECT
        e.ticket_id,
        e.to_status,
        e.at,
        lead(e.at) OVER (PARTITION BY e.ticket_id ORDER BY e.at, e.source_key) AS next_at
    FROM core.ticket_event AS e
    JOIN paused_ticket AS p ON p.ticket_id = e.ticket_id
)

SELECT q.ticket_id, q.at AS from_at, coalesce(q.next_at, a.as_of) AS to_at
FROM sequence AS q
JOIN paused_state AS s ON s.code = q.to_status
CROSS JOIN core.as_of AS a
WHERE coalesce(q.next_at, a.as_of) > q.at
