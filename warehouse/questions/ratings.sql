-- Return visits of completed jobs: the job by its place in order of completion and its row in the mart; item and grade by their
-- position in the lists that are given (−1: another, or none), whether the customer was reached.
WITH jobs AS (
    SELECT
        ticket_id,
        CAST(rowid AS INTEGER) AS mart_row,
        CAST(row_number() OVER (ORDER BY completed_on, rowid) - 1 AS INTEGER) AS job
    FROM marts.job
)

SELECT
    j.job,
    j.mart_row,
    CAST(coalesce(list_position($items, s.item), 0) - 1 AS TINYINT) AS item,
    CAST(coalesce(list_position($grades, s.grade), 0) - 1 AS TINYINT) AS grade,
    coalesce(s.reached, FALSE) AS reached
FROM core.survey AS s
JOIN jobs AS j ON j.ticket_id = s.ticket_id
