-- Opened and closed per month of the period, and the backlog at the end of it; a month stands under its last day.
WITH days AS (
    SELECT day, sum(opened) AS opened, sum(closed) AS closed
    FROM marts.ticket_day
    WHERE true /* places */
    GROUP BY day
),

levels AS (SELECT *, sum(opened - closed) OVER (ORDER BY day) AS backlog FROM days)

SELECT CAST(max(day) AS TIMESTAMP) AS day,
    CAST(sum(opened) AS INTEGER) AS opened, CAST(sum(closed) AS INTEGER) AS closed,
    CAST(arg_max(backlog, day) AS INTEGER) AS backlog
FROM levels
WHERE day BETWEEN CAST($start AS DATE) AND CAST($end AS DATE)
GROUP BY date_trunc('month', day)
ORDER BY 1
