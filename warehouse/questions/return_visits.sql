-- By month of resolution: jobs, those asked about within the days of their product line, later, on an unknown day, never though
-- the days are over, and of all that were asked those reached.
WITH house AS (
    SELECT d.day, timezone(z.time_zone, timezone('UTC', noon)) - noon AS ahead
    FROM (SELECT day, CAST(day AS TIMESTAMP) + INTERVAL 12 HOUR AS noon FROM core.dim_day) AS d
    CROSS JOIN core.zone AS z
    WHERE z.zone = ''
),

job AS (
    SELECT ticket_id, resolved_on, resolved_on + coalesce(list_extract(?, list_position(?, product_line)), ?) AS last_day
    FROM marts.ticket{where}
),

asked AS (
    SELECT j.ticket_id, j.resolved_on, j.last_day, min(s.at) AS at, bool_or(coalesce(s.reached, s.grade IS NOT NULL)) AS reached
    FROM job AS j
    JOIN core.survey AS s ON s.ticket_id = j.ticket_id
    GROUP BY j.ticket_id, j.resolved_on, j.last_day
),

-- The hours ahead of UTC are those of the day of resolution.
visit AS (
    SELECT a.*, CAST(a.at + h.ahead AS DATE) <= a.last_day AS in_time
    FROM asked AS a
    JOIN house AS h ON h.day = a.resolved_on
),

by_job AS (
    SELECT CAST(date_trunc('month', j.resolved_on) AS DATE) AS month, count(*) AS jobs,
        count(*) FILTER (j.last_day < a.as_of_on) AS over
    FROM job AS j
    CROSS JOIN core.as_of AS a
    GROUP BY 1
),

by_visit AS (
    SELECT CAST(date_trunc('month', v.resolved_on) AS DATE) AS month,
        count(*) FILTER (v.in_time) AS in_time,
        count(*) FILTER (NOT v.in_time) AS late,
        count(*) FILTER (v.at IS NULL) AS undated,
        count(*) FILTER (v.last_day >= a.as_of_on) AS early,
        count(*) FILTER (v.reached) AS reached
    FROM visit AS v
    CROSS JOIN core.as_of AS a
    GROUP BY 1
)

SELECT j.month, j.jobs, coalesce(v.in_time, 0) AS in_time, coalesce(v.late, 0) AS late, coalesce(v.undated, 0) AS undated,
    -- Neither asked about nor, as long as the days run, to be.
    j.over - (coalesce(v.in_time + v.late + v.undated - v.early, 0)) AS never,
    coalesce(v.reached, 0) AS reached
FROM by_job AS j
LEFT JOIN by_visit AS v ON v.month = j.month
ORDER BY j.month
