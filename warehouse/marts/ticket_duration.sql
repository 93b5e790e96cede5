-- How long each ticket took, or has taken so far (censored), in order of opening: what survival curves are made from.
SELECT opened_on, hours_open AS hours, is_closed, product_line, region, customer_id, zone, priority, service_kind
FROM marts.ticket
WHERE hours_open >= 0
ORDER BY opened_on
