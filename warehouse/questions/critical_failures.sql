-- Tickets with a critical failure that is neither repaired nor closed, the newest first.
SELECT
    ticket_id AS number,
    ticket_id,
    region,
    product_line,
    customer_id,
    coalesce(asset_id, '') AS asset_id,
    coalesce(failing, '') AS what,
    '' AS owner,
    opened_at AS since
FROM marts.open_ticket
WHERE is_critical AND resolved_at IS NULL
ORDER BY opened_at DESC, ticket_id
