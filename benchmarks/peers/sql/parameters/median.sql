-- By when half of the tickets opened in the period are closed; one that is open is closed after no known time.
SELECT median(CASE WHEN is_closed THEN hours_open ELSE 'inf'::DOUBLE END) AS hours_to_close
FROM marts.ticket
WHERE opened_on BETWEEN CAST($start AS DATE) AND CAST($end AS DATE) /* places */
