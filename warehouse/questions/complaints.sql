-- Complaints with their places (those of the ticket behind), local days, and how each keeps the rules. A complaint without a
-- due date is due when its answer is. Parameters: hours to answer, then the time zone four times, then the filters'.
WITH timed AS (
    SELECT
        c.complaint_id,
        coalesce(c.ticket_id, '') AS ticket_id,
        coalesce(c.category, '') AS category,
        coalesce(c.cause_kind, '') AS cause,
        coalesce(c.owner, '') AS owner,
        c.opened_at,
        c.answered_at,
        c.closed_at,
        coalesce(c.confirmed, FALSE) AS is_confirmed,
        c.opened_at + to_microseconds(CAST(? * 3600000000 AS BIGINT)) AS answer_by,
        coalesce(c.due_at, answer_by) AS due_at,
        a.as_of
    FROM core.complaint AS c
    CROSS JOIN core.as_of AS a
),

placed AS (
    SELECT
        c.*,
        CAST(timezone(?, timezone('UTC', c.opened_at)) AS DATE) AS opened_on,
        CAST(timezone(?, timezone('UTC', c.due_at)) AS DATE) AS due_on,
        CAST(timezone(?, timezone('UTC', c.answered_at)) AS DATE) AS answered_on,
        CAST(timezone(?, timezone('UTC', c.closed_at)) AS DATE) AS closed_on,
        coalesce(t.product_line, '') AS product_line,
        coalesce(t.region, '') AS region,
        coalesce(t.customer_id, '') AS customer_id,
        coalesce(t.priority, '') AS priority,
        coalesce(t.service_kind, '') AS service_kind
    FROM timed AS c
    LEFT JOIN marts.ticket AS t ON t.ticket_id = c.ticket_id
)

SELECT
    complaint_id,
    ticket_id,
    category,
    cause,
    owner,
    region,
    opened_on,
    due_on,
    answered_on,
    closed_on,
    (epoch_us(answered_at) - epoch_us(opened_at)) / 3600000000.0 AS answer_hours,
    -- Known once it was answered, or the time for it has passed.
    CASE WHEN answered_at IS NOT NULL THEN answered_at <= answer_by WHEN answer_by <= as_of THEN FALSE END AS is_in_time,
    CASE WHEN due_at > as_of THEN NULL ELSE coalesce(answered_at, closed_at, as_of) > due_at END AS is_overdue,
    is_confirmed
FROM placed
