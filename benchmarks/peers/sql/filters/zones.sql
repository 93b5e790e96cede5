-- Calls that fell due and those of them answered in time.
SELECT day, product_line, region, priority, zone,
    CAST(sum(response_due) AS INTEGER) AS due, CAST(sum(response_met) AS INTEGER) AS met
FROM marts.ticket_day
WHERE response_due > 0 AND day <= (SELECT max(opened_on) FROM marts.ticket)
GROUP BY ALL
