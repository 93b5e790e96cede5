-- Each opening of each zone as UTC instants, with the working minutes that all earlier openings of the zone add up to.
SELECT
    zone,
    opens_at,
    closes_at,
    minutes,
    CAST(sum(minutes) OVER (PARTITION BY zone ORDER BY opens_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS DOUBLE)
        - minutes AS minutes_before
FROM (
    SELECT zone, opens_at, closes_at, minutes_between(opens_at, closes_at) AS minutes
    FROM (
        SELECT
            c.zone,
            zoned_instant(c.day, c.opens, z.time_zone) AS opens_at,
            zoned_instant(c.day, c.closes, z.time_zone) AS closes_at
        FROM core.calendar AS c
        JOIN core.zone AS z ON z.zone = c.zone
        WHERE c.opens IS NOT NULL AND c.closes IS NOT NULL
    ) AS hours
    WHERE closes_at > opens_at
) AS openings
