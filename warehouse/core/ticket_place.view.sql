-- Where each ticket belongs: its own word first, then its asset's, then its customer's. Text '' means nobody said.
SELECT
    t.ticket_id,
    coalesce(t.product_line, a.product_line, '') AS product_line,
    coalesce(t.region, a.region, c.region, '') AS region,
    coalesce(t.customer_id, a.customer_id, '') AS customer_id,
    coalesce(t.site, a.site, '') AS site,
    coalesce(t.zone, a.zone, '') AS zone,
    coalesce(t.priority, '') AS priority,
    coalesce(t.service_kind, '') AS service_kind
FROM core.ticket AS t
LEFT JOIN core.asset AS a ON a.asset_id = t.asset_id
LEFT JOIN core.customer AS c ON c.customer_id = coalesce(t.customer_id, a.customer_id)
