-- By month of opening: tickets, and for 7, 30 and 90 days how many are that old and how many of these were closed within.
SELECT
    CAST(date_trunc('month', t.opened_on) AS DATE) AS month,
    count(*) AS opened,
    count(*) FILTER (t.opened_at <= a.as_of - INTERVAL 7 DAY) AS old_7,
    count(*) FILTER (t.opened_at <= a.as_of - INTERVAL 7 DAY AND t.closed_at <= t.opened_at + INTERVAL 7 DAY) AS closed_7,
    count(*) FILTER (t.opened_at <= a.as_of - INTERVAL 30 DAY) AS old_30,
    count(*) FILTER (t.opened_at <= a.as_of - INTERVAL 30 DAY AND t.closed_at <= t.opened_at + INTERVAL 30 DAY) AS closed_30,
    count(*) FILTER (t.opened_at <= a.as_of - INTERVAL 90 DAY) AS old_90,
    count(*) FILTER (t.opened_at <= a.as_of - INTERVAL 90 DAY AND t.closed_at <= t.opened_at + INTERVAL 90 DAY) AS closed_90
FROM (SELECT * FROM marts.ticket{where}) AS t
CROSS JOIN core.as_of AS a
GROUP BY 1
ORDER BY 1
