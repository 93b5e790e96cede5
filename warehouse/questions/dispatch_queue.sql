-- Calls that nobody was sent to yet, whenever they came: those whose day is over first, then in the order of their opening.
WITH opening AS (
    SELECT zone, closes_at, timezone('UTC', timezone(time_zone, CAST(day + 1 AS TIMESTAMP))) AS over_at
    FROM (
        SELECT i.zone, i.closes_at, z.time_zone,
            CAST(timezone(z.time_zone, timezone('UTC', i.opens_at)) AS DATE) AS day
        FROM core.working_interval AS i
        JOIN core.zone AS z ON z.zone = i.zone
    ) AS local_day
),

call AS (
    SELECT t.*, coalesce(z.zone, '') AS calendar
    FROM (SELECT * FROM marts.open_ticket{where}) AS t
    LEFT JOIN core.zone AS z ON z.zone = t.zone
    WHERE coalesce(t.dispatched_at, t.arrived_at, t.resolved_at) IS NULL
)

SELECT c.ticket_id, c.opened_at, c.hours_open, c.priority, c.zone, c.region, c.site, c.symptom,
    coalesce(a.as_of >= o.over_at, FALSE) AS is_carried_over,
    count(*) OVER () AS waiting,
    count(*) FILTER (a.as_of >= o.over_at) OVER () AS carried_over
FROM call AS c
ASOF LEFT JOIN opening AS o ON o.zone = c.calendar AND c.opened_at <= o.closes_at
CROSS JOIN core.as_of AS a
ORDER BY is_carried_over DESC, c.opened_at, c.ticket_id
LIMIT ?
