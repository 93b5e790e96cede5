-- Every ticket; one that is open is closed after no known time.
SELECT opened_on AS day, product_line, region, priority, ticket_id, opened_at, closed_at, status, service_kind,
    customer_id, asset_id, technician_id, symptom, response_wh,
    CASE WHEN is_closed THEN hours_open ELSE 'inf'::DOUBLE END AS hours_to_close
FROM marts.ticket
