-- Of some customers: open tickets, visits in the period and the day of the last, complaints, maintenance due and done in it.
-- Parameters: the customers, the time zone, the first and last day of the period.
WITH asked AS (SELECT unnest(CAST($customers AS VARCHAR[])) AS customer_id),

mine AS (
    SELECT t.ticket_id, t.customer_id, t.is_closed FROM marts.ticket AS t JOIN asked AS k ON k.customer_id = t.customer_id
),

visits AS (
    SELECT
        m.customer_id,
        count(*) FILTER (CAST(timezone($zone, timezone('UTC', v.arrived_at)) AS DATE) BETWEEN $start AND $end) AS visits,
        max(CAST(timezone($zone, timezone('UTC', v.arrived_at)) AS DATE)) AS last_visit
    FROM core.visit AS v
    JOIN mine AS m ON m.ticket_id = v.ticket_id
    GROUP BY 1
),

complained AS (
    SELECT m.customer_id, count(*) AS complaints
    FROM core.complaint AS c
    JOIN mine AS m ON m.ticket_id = c.ticket_id
    WHERE CAST(timezone($zone, timezone('UTC', c.opened_at)) AS DATE) BETWEEN $start AND $end
    GROUP BY 1
),

kept AS (
    SELECT u.customer_id, count(*) AS planned, count(p.done_at) AS done
    FROM core.maintenance AS p
    JOIN marts.unit AS u ON u.asset_id = p.asset_id
    JOIN asked AS k ON k.customer_id = u.customer_id
    WHERE p.planned_on BETWEEN $start AND $end
    GROUP BY 1
)

SELECT
    k.customer_id,
    coalesce(o.still_open, 0) AS still_open,
    coalesce(v.visits, 0) AS visits,
    v.last_visit,
    coalesce(c.complaints, 0) AS complaints,
    coalesce(p.planned, 0) AS planned,
    coalesce(p.done, 0) AS done
FROM asked AS k
LEFT JOIN (SELECT customer_id, count(*) FILTER (NOT is_closed) AS still_open FROM mine GROUP BY 1) AS o
    ON o.customer_id = k.customer_id
LEFT JOIN visits AS v ON v.customer_id = k.customer_id
LEFT JOIN complained AS c ON c.customer_id = k.customer_id
LEFT JOIN kept AS p ON p.customer_id = k.customer_id
