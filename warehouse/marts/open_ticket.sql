-- The backlog at the as-of instant, with each ticket's age.
SELECT ticket_id, opened_on, product_line, region, customer_id, zone, priority, service_kind, hours_open / 24.0 AS age_days
FROM marts.ticket
WHERE NOT is_closed
ORDER BY age_days DESC
