-- Open calls with a response target to which nobody came yet: those that fall due within some working hours of their zone, the
-- next first, then those that have missed it, the latest first. left_hours: working hours until then; late_hours: clock hours since.
-- Parameter: the working hours.
WITH call AS (
    SELECT t.*, a.as_of, coalesce(z.zone, '') AS calendar
    FROM marts.open_ticket AS t
    CROSS JOIN core.as_of AS a
    LEFT JOIN core.zone AS z ON z.zone = t.zone
    WHERE t.arrived_at IS NULL AND t.resolved_at IS NULL AND t.response_due_at IS NOT NULL
),

-- What is left of each opening between now and then.
ahead AS (
    SELECT
        c.ticket_id,
        sum(date_diff('second', greatest(i.opens_at, c.as_of), least(i.closes_at, c.response_due_at))) / 3600.0 AS left_hours
    FROM call AS c
    JOIN core.working_interval AS i
        ON i.zone = c.calendar AND i.closes_at > c.as_of AND i.opens_at < c.response_due_at
    WHERE c.response_due_at > c.as_of
    GROUP BY c.ticket_id
)

SELECT
    c.ticket_id,
    c.region,
    c.product_line,
    c.customer_id,
    c.priority,
    coalesce(c.symptom, '') AS symptom,
    c.opened_at,
    c.response_due_at AS due_at,
    CASE WHEN c.response_due_at > c.as_of THEN coalesce(h.left_hours, 0.0) END AS left_hours,
    CASE WHEN c.response_due_at <= c.as_of THEN date_diff('second', c.response_due_at, c.as_of) / 3600.0 END AS late_hours
FROM call AS c
LEFT JOIN ahead AS h ON h.ticket_id = c.ticket_id
WHERE c.response_due_at <= c.as_of OR coalesce(h.left_hours, 0.0) <= $hours
ORDER BY c.response_due_at <= c.as_of, abs(date_diff('second', c.response_due_at, c.as_of)), c.ticket_id
