-- One row per part replaced, dated by the day its repair ended (or began), with what filters the ticket behind it.
-- A line on which nobody wrote a quantity stands for one piece. Text '' means nobody said.
SELECT
    u.part_no,
    local_day(coalesce(r.finished_at, r.started_at)) AS used_on,
    r.ticket_id,
    coalesce(u.quantity, 1.0) AS quantity,
    u.from_stock AS is_from_stock,
    coalesce(t.product_line, a.product_line, '') AS product_line,
    coalesce(t.region, a.region, '') AS region,
    coalesce(t.customer_id, a.customer_id, '') AS customer_id,
    coalesce(t.zone, a.zone, '') AS zone,
    coalesce(t.priority, '') AS priority,
    coalesce(t.service_kind, r.service_kind, '') AS service_kind
FROM core.part_use AS u
JOIN core.repair AS r ON r.repair_id = u.repair_id
LEFT JOIN marts.ticket AS t ON t.ticket_id = r.ticket_id
LEFT JOIN core.asset AS a ON a.asset_id = r.asset_id
WHERE coalesce(r.finished_at, r.started_at) IS NOT NULL
