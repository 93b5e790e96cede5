-- Prices approved or waived with the places of their tickets and local days. Parameters: the time zone, then the filters'.
WITH placed AS (
    SELECT
        p.ticket_id,
        p.amount,
        coalesce(p.in_warranty, FALSE) AS in_warranty,
        coalesce(p.approver_role, '') AS role,
        coalesce(p.waived, FALSE) AS is_waived,
        CAST(timezone(?, timezone('UTC', p.decided_at)) AS DATE) AS decided_on,
        coalesce(t.product_line, '') AS product_line,
        coalesce(t.region, '') AS region,
        coalesce(t.customer_id, '') AS customer_id,
        coalesce(t.priority, '') AS priority,
        coalesce(t.service_kind, '') AS service_kind
    FROM core.price_approval AS p
    LEFT JOIN marts.ticket AS t ON t.ticket_id = p.ticket_id
    WHERE p.amount IS NOT NULL AND p.decided_at IS NOT NULL
)

SELECT ticket_id, amount, in_warranty, role, is_waived, decided_on FROM placed
