-- Customers and product lines: machines in service, days that they were watched in the period, and the calls of it; machines
-- whose last contract or warranty ended before the snapshot. Parameters: the day after the period, its first day, the filters'
-- places over units twice, then the filters over calls.
WITH units AS (
    SELECT
        customer_id,
        product_line,
        count(*) AS machines,
        CAST(sum(greatest(0, date_diff('day', greatest(watched_from, CAST(? AS DATE)), CAST(? AS DATE)))) AS DOUBLE) AS days
    FROM marts.unit
    WHERE {units} AND customer_id <> '' AND status NOT IN ('scrapped', 'out_of_service')
    GROUP BY ALL
),

lapsed AS (
    SELECT u.customer_id, u.product_line, count(*) AS lapsed
    FROM (SELECT * FROM marts.unit WHERE {units}) AS u
    JOIN (SELECT asset_id, max(ends_at) AS ended_on FROM core.contract GROUP BY asset_id) AS c ON c.asset_id = u.asset_id
    CROSS JOIN core.as_of AS a
    WHERE c.ended_on < a.as_of_on
    GROUP BY ALL
),

calls AS (
    SELECT customer_id, product_line, count(*) AS calls, max(opened_on) AS last_call FROM marts.ticket{calls} GROUP BY ALL
)

SELECT
    u.customer_id,
    u.product_line,
    u.machines,
    u.days,
    coalesce(c.calls, 0) AS calls,
    coalesce(l.lapsed, 0) AS lapsed,
    c.last_call
FROM units AS u
LEFT JOIN calls AS c ON c.customer_id = u.customer_id AND c.product_line = u.product_line
LEFT JOIN lapsed AS l ON l.customer_id = u.customer_id AND l.product_line = u.product_line
ORDER BY 1, 2
