-- Working minutes as a function of the clock: for each zone and UTC day the minutes worked before midnight, and the one
-- or two stretches of that day that count (a local opening may straddle UTC midnight), as minutes after midnight.
WITH pieces AS (
    SELECT
        zone,
        CAST(opens_at AS DATE) AS day,
        minute_of_day(opens_at) AS a,
        CASE WHEN CAST(closes_at AS DATE) > CAST(opens_at AS DATE) THEN 1440.0 ELSE minute_of_day(closes_at) END AS b
    FROM core.working_interval
    UNION ALL
    SELECT zone, CAST(closes_at AS DATE), 0.0, minute_of_day(closes_at)
    FROM core.working_interval
    WHERE CAST(closes_at AS DATE) > CAST(opens_at AS DATE) AND minute_of_day(closes_at) > 0
),

per_day AS (
    SELECT
        zone,
        day,
        min(a) AS a1,
        min(b) AS b1,
        CASE WHEN count(*) > 1 THEN max(a) ELSE 0.0 END AS a2,
        CASE WHEN count(*) > 1 THEN max(b) ELSE 0.0 END AS b2
    FROM pieces
    GROUP BY zone, day
),

every_day AS (
    SELECT
        z.zone,
        d.day,
        coalesce(p.a1, 0.0) AS a1,
        coalesce(p.b1, 0.0) AS b1,
        coalesce(p.a2, 0.0) AS a2,
        coalesce(p.b2, 0.0) AS b2
    FROM core.zone AS z
    CROSS JOIN core.dim_day AS d
    LEFT JOIN per_day AS p ON p.zone = z.zone AND p.day = d.day
)

SELECT
    zone,
    day,
    a1,
    b1,
    a2,
    b2,
    sum(b1 - a1 + b2 - a2) OVER (PARTITION BY zone ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        - (b1 - a1 + b2 - a2) AS minutes_before
FROM every_day
