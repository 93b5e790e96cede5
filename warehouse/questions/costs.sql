-- What each repair cost in parts, labour and travel, with its day (that of the ticket's resolution, else of the repair), places
-- as codes, warranty state (1 in, 0 out, -1 unknown) and age of the machine in days (-1 unknown). Parameter: the time zone.
WITH places AS (
    SELECT filter, value, row_number() OVER (PARTITION BY filter ORDER BY value) - 1 AS code FROM marts.place
),

parts AS (
    SELECT u.repair_id, sum(coalesce(u.quantity, 1) * coalesce(u.unit_cost, p.unit_cost)) AS cost
    FROM core.part_use AS u
    LEFT JOIN core.part AS p ON p.part_no = u.part_no
    GROUP BY u.repair_id
),

done AS (
    SELECT
        r.repair_id,
        r.cost_labour,
        r.cost_travel,
        coalesce(t.resolved_on, CAST(timezone(?, timezone('UTC', coalesce(r.finished_at, r.started_at))) AS DATE)) AS day,
        coalesce(t.asset_id, r.asset_id) AS asset_id,
        coalesce(t.product_line, '') AS product_line,
        coalesce(t.region, '') AS region,
        coalesce(t.customer_id, '') AS customer_id,
        coalesce(t.priority, '') AS priority,
        coalesce(nullif(t.service_kind, ''), r.service_kind, '') AS service_kind
    FROM core.repair AS r
    LEFT JOIN marts.ticket AS t ON t.ticket_id = r.ticket_id
)

SELECT
    CAST(date_diff('day', DATE '1970-01-01', d.day) AS INTEGER) AS day,
    coalesce(p.cost, 0.0) AS parts,
    coalesce(d.cost_labour, 0.0) AS labour,
    coalesce(d.cost_travel, 0.0) AS travel,
    d.cost_labour IS NOT NULL OR d.cost_travel IS NOT NULL OR p.cost IS NOT NULL AS is_known,
    CASE WHEN a.warranty_end IS NULL THEN -1 WHEN d.day <= a.warranty_end THEN 1 ELSE 0 END AS warranty,
    CAST(coalesce(greatest(date_diff('day', u.installed_on, d.day), 0), -1) AS INTEGER) AS age,
    CAST(coalesce(p1.code, -1) AS INTEGER) AS product_line,
    CAST(coalesce(p2.code, -1) AS INTEGER) AS region,
    CAST(coalesce(p3.code, -1) AS INTEGER) AS customer,
    CAST(coalesce(p4.code, -1) AS INTEGER) AS priority,
    CAST(coalesce(p5.code, -1) AS INTEGER) AS service_kind
FROM done AS d
LEFT JOIN parts AS p ON p.repair_id = d.repair_id
LEFT JOIN core.asset AS a ON a.asset_id = d.asset_id
LEFT JOIN marts.unit AS u ON u.asset_id = d.asset_id
LEFT JOIN places AS p1 ON p1.filter = 'product_line' AND p1.value = d.product_line
LEFT JOIN places AS p2 ON p2.filter = 'region' AND p2.value = d.region
LEFT JOIN places AS p3 ON p3.filter = 'customer' AND p3.value = d.customer_id
LEFT JOIN places AS p4 ON p4.filter = 'priority' AND p4.value = d.priority
LEFT JOIN places AS p5 ON p5.filter = 'service_kind' AND p5.value = d.service_kind
WHERE d.day IS NOT NULL
ORDER BY 1
