-- How long each ticket took, or has taken so far (censored), in order of duration: a survival curve reads it in one pass.
SELECT hours_open AS hours, is_closed, opened_on, product_line, region, customer_id, zone, priority, service_kind
FROM marts.ticket
WHERE hours_open >= 0
ORDER BY hours, is_closed DESC
