-- One row per repair with what it cost in parts, labour and travel, by the day on which its ticket was resolved, or else the
-- repair ended. A part without a price of its own has that of the catalogue. Text '' means nobody said.
-- is_in_warranty and age_days are the machine's on that day, NULL where nobody says.
WITH parts AS (
    SELECT u.repair_id, sum(coalesce(u.quantity, 1) * coalesce(u.unit_cost, p.unit_cost)) AS cost
    FROM core.part_use AS u
    LEFT JOIN core.part AS p ON p.part_no = u.part_no
    GROUP BY u.repair_id
),

done AS (
    SELECT
        r.cost_labour,
        r.cost_travel,
        p.cost AS cost_parts,
        coalesce(t.resolved_on, local_day(coalesce(r.finished_at, r.started_at))) AS day,
        coalesce(t.asset_id, r.asset_id) AS asset_id,
        coalesce(t.product_line, '') AS product_line,
        coalesce(t.region, '') AS region,
        coalesce(t.customer_id, '') AS customer_id,
        coalesce(t.priority, '') AS priority,
        coalesce(nullif(t.service_kind, ''), r.service_kind, '') AS service_kind
    FROM core.repair AS r
    LEFT JOIN marts.ticket AS t ON t.ticket_id = r.ticket_id
    LEFT JOIN parts AS p ON p.repair_id = r.repair_id
)

SELECT
    d.day,
    d.product_line,
    d.region,
    d.customer_id,
    d.priority,
    d.service_kind,
    coalesce(d.cost_parts, 0.0) AS parts,
    coalesce(d.cost_labour, 0.0) AS labour,
    coalesce(d.cost_travel, 0.0) AS travel,
    coalesce(d.cost_parts, d.cost_labour, d.cost_travel) IS NOT NULL AS is_known,
    d.day <= a.warranty_end AS is_in_warranty,
    greatest(hours_between(CAST(u.installed_on AS TIMESTAMP), CAST(d.day AS TIMESTAMP)) / 24.0, 0.0) AS age_days
FROM done AS d
LEFT JOIN core.asset AS a ON a.asset_id = d.asset_id
LEFT JOIN marts.unit AS u ON u.asset_id = d.asset_id
WHERE d.day IS NOT NULL
ORDER BY day
