-- By day how many tickets took each step, of those that were not closed before the period. Who took a later step is past the
-- earlier ones, written down or not: the least of several days leaves out those that are missing.
WITH house AS (
    SELECT d.day, timezone(z.time_zone, timezone('UTC', noon)) - noon AS ahead
    FROM (SELECT day, CAST(day AS TIMESTAMP) + INTERVAL 12 HOUR AS noon FROM core.dim_day) AS d
    CROSS JOIN core.zone AS z
    WHERE z.zone = ''
),

step AS MATERIALIZED (
    SELECT
        t.opened_on AS opened,
        -- The hours ahead of UTC are those of the day of opening.
        least(CAST(t.dispatched_at + h.ahead AS DATE), t.arrived_on, t.resolved_on, t.closed_on) AS dispatched,
        least(t.arrived_on, t.resolved_on, t.closed_on) AS arrived,
        least(t.resolved_on, t.closed_on) AS resolved,
        t.closed_on AS closed
    FROM (SELECT * FROM marts.ticket{where}) AS t
    JOIN house AS h ON h.day = t.opened_on
)

SELECT 0 AS step, opened AS day, count(*) AS n FROM step GROUP BY day
UNION ALL SELECT 1, dispatched AS day, count(*) FROM step GROUP BY day
UNION ALL SELECT 2, arrived AS day, count(*) FROM step GROUP BY day
UNION ALL SELECT 3, resolved AS day, count(*) FROM step GROUP BY day
UNION ALL SELECT 4, closed AS day, count(*) FROM step GROUP BY day
