-- Open tickets with a critical failure, of those with a failure; the one open for longest, its days and component. Parameters: the places'.
SELECT
    count(*) FILTER (is_critical) AS critical,
    count(*) FILTER (is_critical IS NOT NULL) AS every,
    arg_max(ticket_id, age_days) FILTER (is_critical) AS ticket_id,
    max(age_days) FILTER (is_critical) AS days,
    arg_max(failing, age_days) FILTER (is_critical) AS component
FROM marts.open_ticket
WHERE TRUE {places}
