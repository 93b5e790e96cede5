-- Calls that fell due in the period and those of them answered in time.
SELECT zone, CAST(sum(response_due) AS INTEGER) AS due, CAST(sum(response_met) AS INTEGER) AS met
FROM marts.ticket_day
WHERE response_due > 0 AND day BETWEEN CAST($start AS DATE) AND CAST($end AS DATE) /* places */
GROUP BY zone
