-- The newest tickets opened in the period.
SELECT product_line, region, priority, ticket_id, opened_at, closed_at, status, service_kind,
    customer_id, asset_id, technician_id, symptom, response_wh
FROM marts.ticket
WHERE opened_on BETWEEN CAST($start AS DATE) AND CAST($end AS DATE) /* places */
ORDER BY opened_at DESC
LIMIT 100
