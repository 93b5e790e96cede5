-- The complaints raised in the period at the places, each with the last day of its owner's report: so many working days of
-- the zone's calendar after the day on which it was raised. A complaint without a ticket belongs to no place.
WITH working AS (
    SELECT zone, day, row_number() OVER (PARTITION BY zone ORDER BY day) AS number
    FROM core.calendar
    WHERE opens IS NOT NULL AND closes IS NOT NULL
),

raised AS (
    SELECT
        c.complaint_id,
        coalesce(c.ticket_id, '') AS ticket_id,
        coalesce(c.category, '') AS category,
        coalesce(c.owner, '') AS owner,
        c.opened_at,
        c.answered_at,
        c.closed_at,
        c.confirmed,
        CAST(timezone(h.time_zone, timezone('UTC', c.opened_at)) AS DATE) AS raised_on,
        CAST(timezone(h.time_zone, timezone('UTC', c.closed_at)) AS DATE) AS closed_on,
        coalesce(z.zone, '') AS calendar,
        coalesce(t.product_line, '') AS product_line,
        coalesce(t.region, '') AS region,
        coalesce(t.customer_id, '') AS customer_id,
        coalesce(t.priority, '') AS priority,
        coalesce(t.service_kind, '') AS service_kind
    FROM core.complaint AS c
    JOIN core.zone AS h ON h.zone = ''
    LEFT JOIN marts.ticket AS t ON t.ticket_id = c.ticket_id
    LEFT JOIN core.zone AS z ON z.zone = t.zone
),

chosen AS (SELECT * FROM raised{where})

SELECT r.complaint_id, r.ticket_id, r.category, r.owner, r.raised_on, r.opened_at, r.answered_at, r.closed_at, r.closed_on,
    r.confirmed, due.day AS report_due_on
FROM chosen AS r
ASOF LEFT JOIN working AS begun ON begun.zone = r.calendar AND r.raised_on >= begun.day
LEFT JOIN working AS due ON due.zone = r.calendar AND due.number = coalesce(begun.number, 0) + ?
ORDER BY r.opened_at, r.complaint_id
