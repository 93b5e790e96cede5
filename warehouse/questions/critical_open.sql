-- Open tickets with a critical failure, of those with a failure; the one open for longest, its days and component. Parameters: the places'.
WITH open_failure AS (
    SELECT o.ticket_id, o.age_days, coalesce(bool_or(f.severity = 'critical'), FALSE) AS is_critical,
        arg_max(coalesce(f.component, ''), coalesce(f.severity = 'critical', FALSE)) AS component
    FROM marts.open_ticket AS o
    JOIN core.fault AS f ON f.ticket_id = o.ticket_id
    WHERE TRUE {places}
    GROUP BY o.ticket_id, o.age_days
)

SELECT
    count(*) FILTER (is_critical) AS critical,
    count(*) AS every,
    arg_max(ticket_id, age_days) FILTER (is_critical) AS ticket_id,
    max(age_days) FILTER (is_critical) AS days,
    arg_max(component, age_days) FILTER (is_critical) AS component
FROM open_failure
