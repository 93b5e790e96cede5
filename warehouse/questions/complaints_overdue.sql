-- Complaints that nobody answered in time, of those nobody answered; the one due for longest, its days and owner.
-- Parameters: minutes within which a complaint is answered where it has no due date, the as-of instant, the places'.
WITH unanswered AS (
    SELECT
        c.complaint_id,
        coalesce(c.owner, '') AS owner,
        date_diff('minute', coalesce(c.due_at, c.opened_at + to_minutes(CAST(? AS BIGINT))), ?) / 1440.0 AS days
    FROM core.complaint AS c
    LEFT JOIN marts.ticket AS t ON t.ticket_id = c.ticket_id
    WHERE c.answered_at IS NULL AND c.closed_at IS NULL {places}
)

SELECT
    count(*) FILTER (days > 0) AS late,
    count(*) AS every,
    arg_max(complaint_id, days) AS complaint_id,
    max(days) AS days,
    arg_max(owner, days) AS owner
FROM unanswered
