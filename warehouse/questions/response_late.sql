-- Open tickets beyond their response target: how many, of how many open ones, to how many nobody came yet; how many more fall
-- due within a day; the one of these that waits longest, and for how many hours since it fell due. Parameters: the as-of instant, the places'.
WITH waiting AS (
    SELECT
        ticket_id,
        response_met = FALSE AS is_late,
        arrived_at IS NULL AS is_unanswered,
        date_diff('minute', response_due_at, ?) / 60.0 AS hours
    FROM marts.open_ticket
    WHERE TRUE {places}
)

SELECT
    count(*) FILTER (is_late) AS late,
    count(*) AS every,
    count(*) FILTER (is_late AND is_unanswered) AS unanswered,
    count(*) FILTER (is_unanswered AND hours BETWEEN -24 AND 0 AND NOT coalesce(is_late, FALSE)) AS soon,
    arg_max(ticket_id, hours) FILTER (is_late AND is_unanswered) AS ticket_id,
    max(hours) FILTER (is_late AND is_unanswered) AS hours
FROM waiting
