-- Customers (by their order) and product lines: machines in service, days that they were watched in the period, and the calls
-- of it, the day of the last one since 1970 (none: −1); machines whose last contract or warranty ended before the snapshot.
-- Parameters: the day after the period, its first day, the filters' places over units twice, then the filters over calls.
WITH customers AS (
    SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS code
    FROM (SELECT DISTINCT customer_id FROM marts.unit WHERE customer_id <> '')
),

units AS (
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
    CAST(k.code AS INTEGER) AS customer,
    CAST(dense_rank() OVER (ORDER BY u.product_line) - 1 AS INTEGER) AS line,
    CAST(u.machines AS DOUBLE) AS machines,
    u.days,
    CAST(coalesce(c.calls, 0) AS DOUBLE) AS calls,
    CAST(coalesce(l.lapsed, 0) AS DOUBLE) AS lapsed,
    CAST(coalesce(date_diff('day', DATE '1970-01-01', c.last_call), -1) AS INTEGER) AS last_call
FROM units AS u
JOIN customers AS k ON k.customer_id = u.customer_id
LEFT JOIN calls AS c ON c.customer_id = u.customer_id AND c.product_line = u.product_line
LEFT JOIN lapsed AS l ON l.customer_id = u.customer_id AND l.product_line = u.product_line
ORDER BY 1, 2
