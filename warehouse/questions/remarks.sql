-- Tickets on which customers remarked something in return visits of the period, those of dissatisfied ones first, then the
-- latest: whether the answer is due by working days of the zone's calendar, and whether a complaint came after it.
WITH working AS (
    SELECT zone, day, row_number() OVER (PARTITION BY zone ORDER BY day) AS number
    FROM core.calendar
    WHERE opens IS NOT NULL AND closes IS NOT NULL
),

written AS (
    SELECT s.ticket_id, max(s.at) AS at,
        coalesce(bool_or(s.grade IN ('dissatisfied', 'very_dissatisfied')), FALSE) AS is_unhappy
    FROM core.survey AS s
    WHERE s.remark IS NOT NULL AND s.at IS NOT NULL
    GROUP BY s.ticket_id
),

said AS (
    SELECT w.*, CAST(timezone(h.time_zone, timezone('UTC', w.at)) AS DATE) AS said_on, coalesce(z.zone, '') AS calendar,
        t.product_line, t.region, t.customer_id, t.priority, t.service_kind
    FROM written AS w
    JOIN marts.ticket AS t ON t.ticket_id = w.ticket_id
    JOIN core.zone AS h ON h.zone = ''
    LEFT JOIN core.zone AS z ON z.zone = t.zone
),

chosen AS (SELECT * FROM said{where}),

complained AS (
    SELECT ticket_id, max(opened_at) AS last_at FROM core.complaint WHERE ticket_id IS NOT NULL GROUP BY ticket_id
),

judged AS (
    SELECT c.*, coalesce(due.day < a.as_of_on, FALSE) AS is_due, coalesce(p.last_at >= c.at, FALSE) AS is_taken_up
    FROM chosen AS c
    ASOF LEFT JOIN working AS begun ON begun.zone = c.calendar AND c.said_on >= begun.day
    LEFT JOIN working AS due ON due.zone = c.calendar AND due.number = coalesce(begun.number, 0) + ?
    LEFT JOIN complained AS p ON p.ticket_id = c.ticket_id
    CROSS JOIN core.as_of AS a
)

SELECT ticket_id, said_on, is_unhappy, is_due, is_taken_up
FROM judged
ORDER BY is_unhappy DESC, said_on DESC, ticket_id
