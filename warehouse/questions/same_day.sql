-- By region and zone: calls dispatched on the day of the opening that was running or came next when they were made, those
-- dispatched later or still waiting after it, those whose day is not over, and those of which nobody says.
WITH opening AS (
    SELECT zone, closes_at, timezone('UTC', timezone(time_zone, CAST(day + 1 AS TIMESTAMP))) AS over_at
    FROM (
        SELECT i.zone, i.closes_at, z.time_zone,
            CAST(timezone(z.time_zone, timezone('UTC', i.opens_at)) AS DATE) AS day
        FROM core.working_interval AS i
        JOIN core.zone AS z ON z.zone = i.zone
    ) AS local_day
),

clock AS (
    SELECT z.zone, d.day, timezone(z.time_zone, timezone('UTC', noon)) - noon AS ahead
    FROM (SELECT day, CAST(day AS TIMESTAMP) + INTERVAL 12 HOUR AS noon FROM core.dim_day) AS d
    CROSS JOIN core.zone AS z
),

call AS (
    SELECT t.region, t.zone, t.opened_at, t.dispatched_at, h.zone AS calendar,
        coalesce(t.arrived_at, t.resolved_at, t.closed_at) IS NOT NULL AS is_past,
        coalesce(CAST(t.dispatched_at + h.ahead AS DATE) <= CAST(t.opened_at + h.ahead AS DATE), FALSE) AS is_at_once
    FROM (
        SELECT * FROM marts.ticket{where}
    ) AS t
    LEFT JOIN core.zone AS z ON z.zone = t.zone
    JOIN clock AS h ON h.zone = coalesce(z.zone, '') AND h.day = CAST(t.opened_at AS DATE)
),

-- Whoever was sent to before midnight needs no calendar: most.
counted AS (
    SELECT region, zone, count(*) AS same_day, 0 AS later, 0 AS waiting, 0 AS not_due, 0 AS unknown
    FROM call
    WHERE is_at_once
    GROUP BY region, zone
    UNION ALL
    SELECT
        c.region,
        c.zone,
        count(*) FILTER (c.dispatched_at < o.over_at),
        count(*) FILTER (c.dispatched_at >= o.over_at),
        count(*) FILTER (c.dispatched_at IS NULL AND NOT c.is_past AND a.as_of >= o.over_at),
        count(*) FILTER (c.dispatched_at IS NULL AND NOT c.is_past AND a.as_of < o.over_at),
        count(*) FILTER (c.dispatched_at IS NULL AND c.is_past OR o.over_at IS NULL)
    FROM (SELECT * FROM call WHERE NOT is_at_once) AS c
    ASOF LEFT JOIN opening AS o ON o.zone = c.calendar AND c.opened_at <= o.closes_at
    CROSS JOIN core.as_of AS a
    GROUP BY c.region, c.zone
)

SELECT region, zone, CAST(sum(same_day) AS BIGINT), CAST(sum(later) AS BIGINT), CAST(sum(waiting) AS BIGINT),
    CAST(sum(not_due) AS BIGINT), CAST(sum(unknown) AS BIGINT)
FROM counted
GROUP BY region, zone
ORDER BY region, zone
