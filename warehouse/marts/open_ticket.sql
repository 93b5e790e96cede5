-- The backlog at the as-of instant: the tickets that are not closed, with each one's age and the worst of its failures:
-- is_critical is NULL where it has none, failing is the component of its critical failure, or else of any.
SELECT t.*, t.hours_open / 24.0 AS age_days, f.is_critical, f.failing
FROM marts.ticket AS t
LEFT JOIN (
    SELECT ticket_id, bool_or(coalesce(severity = 'critical', FALSE)) AS is_critical,
        arg_max(coalesce(component, ''), coalesce(severity = 'critical', FALSE)) AS failing
    FROM core.fault
    WHERE ticket_id IN (SELECT ticket_id FROM marts.ticket WHERE NOT is_closed)
    GROUP BY ticket_id
) AS f ON f.ticket_id = t.ticket_id
WHERE NOT t.is_closed
ORDER BY age_days DESC
