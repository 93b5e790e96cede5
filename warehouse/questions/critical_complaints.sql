-- Critical complaints that are not closed, with the places of the ticket behind, the newest first.
SELECT
    c.complaint_id AS number,
    coalesce(c.ticket_id, '') AS ticket_id,
    coalesce(t.region, '') AS region,
    coalesce(t.product_line, '') AS product_line,
    coalesce(t.customer_id, '') AS customer_id,
    coalesce(t.asset_id, '') AS asset_id,
    coalesce(c.category, '') AS what,
    coalesce(c.owner, '') AS owner,
    c.opened_at AS since
FROM core.complaint AS c
LEFT JOIN marts.ticket AS t ON t.ticket_id = c.ticket_id
WHERE c.severity = 'critical' AND c.closed_at IS NULL
ORDER BY c.opened_at DESC, c.complaint_id
