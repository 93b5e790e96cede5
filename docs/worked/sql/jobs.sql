-- Failures with a ticket: what (asset and component), opened and closed (NaN while open) in days since the records began, who did the work
-- (the technician of the last visit that ended by the resolution), how often somebody had to come, what was found.
WITH work AS (
    SELECT v.ticket_id, arg_max(v.technician_id, v.finished_at) AS technician_id, count(*) AS visits
    FROM core.visit AS v
    INNER JOIN core.ticket AS t ON v.ticket_id = t.ticket_id
    WHERE v.finished_at <= t.resolved_at
    GROUP BY v.ticket_id
)
SELECT
    f.asset_id,
    coalesce(f.component, '') AS component,
    f.no_fault_found,
    f.relevant,
    a.product_line,
    coalesce(w.technician_id, '') AS technician_id,
    coalesce(w.visits, 0) AS visits,
    date_diff('second', CAST($since AS TIMESTAMP), t.opened_at) / 86400.0 AS opened,
    coalesce(date_diff('second', CAST($since AS TIMESTAMP), t.closed_at) / 86400.0, CAST('NaN' AS DOUBLE)) AS closed
FROM core.fault AS f
INNER JOIN core.ticket AS t ON f.ticket_id = t.ticket_id
INNER JOIN core.asset AS a ON f.asset_id = a.asset_id
LEFT JOIN work AS w ON f.ticket_id = w.ticket_id
WHERE t.opened_at IS NOT NULL AND f.no_fault_found IS NOT NULL AND f.relevant IS NOT NULL
ORDER BY t.opened_at, f.fault_id
