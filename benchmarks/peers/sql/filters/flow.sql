-- Per day and place: opened, closed, and the backlog at the end of the day, also on days when nothing happened.
WITH happened AS (
    SELECT day, product_line, region, priority, sum(opened) AS opened, sum(closed) AS closed
    FROM marts.ticket_day
    WHERE day <= (SELECT max(opened_on) FROM marts.ticket)
    GROUP BY ALL
)

SELECT d.day, p.product_line, p.region, p.priority,
    CAST(coalesce(h.opened, 0) AS INTEGER) AS opened,
    CAST(coalesce(h.closed, 0) AS INTEGER) AS closed,
    CAST(
        sum(coalesce(h.opened, 0) - coalesce(h.closed, 0))
            OVER (PARTITION BY p.product_line, p.region, p.priority ORDER BY d.day) AS INTEGER
    ) AS backlog
FROM (SELECT DISTINCT day FROM happened) AS d
CROSS JOIN (SELECT DISTINCT product_line, region, priority FROM happened) AS p
LEFT JOIN happened AS h
    ON h.day = d.day
    AND h.product_line IS NOT DISTINCT FROM p.product_line
    AND h.region IS NOT DISTINCT FROM p.region
    AND h.priority IS NOT DISTINCT FROM p.priority
