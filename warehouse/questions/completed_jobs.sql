-- Completed jobs as numbers: the job by its row in the mart, places, people and components by their order; −1 is nobody or
-- nothing, NaN unknown.
WITH people AS (
    SELECT technician_id, row_number() OVER (ORDER BY technician_id) - 1 AS code
    FROM (SELECT DISTINCT technician_id FROM marts.job WHERE technician_id <> '')
),

components AS (
    SELECT component, row_number() OVER (ORDER BY component) - 1 AS code
    FROM (SELECT DISTINCT component FROM marts.job WHERE component IS NOT NULL)
),

places AS (
    SELECT filter, value, row_number() OVER (PARTITION BY filter ORDER BY value) - 1 AS code FROM marts.place
)

SELECT
    CAST(j.rowid AS INTEGER) AS job,
    CAST(date_diff('day', DATE '1970-01-01', j.completed_on) AS INTEGER) AS day,
    CAST(coalesce(p.code, -1) AS INTEGER) AS technician,
    CAST(coalesce(m.code, -1) AS INTEGER) AS component,
    CAST(coalesce(c.code, -1) AS INTEGER) AS customer,
    CAST(coalesce(l.code, -1) AS INTEGER) AS product_line,
    CAST(coalesce(g.code, -1) AS INTEGER) AS region,
    CAST(coalesce(z.code, -1) AS INTEGER) AS zone,
    CAST(coalesce(u.code, -1) AS INTEGER) AS priority,
    CAST(coalesce(k.code, -1) AS INTEGER) AS service_kind,
    CAST(coalesce(j.labour_hours, CAST('nan' AS DOUBLE)) AS FLOAT) AS labour,
    CAST(coalesce(j.response_wh, CAST('nan' AS DOUBLE)) AS FLOAT) AS response,
    j.is_watched AS was_watched,
    j.came_back,
    j.is_visited AS was_visited,
    j.is_fixed AS was_fixed
FROM marts.job AS j
LEFT JOIN people AS p ON p.technician_id = j.technician_id
LEFT JOIN components AS m ON m.component = j.component
LEFT JOIN places AS c ON c.filter = 'customer' AND c.value = j.customer_id
LEFT JOIN places AS l ON l.filter = 'product_line' AND l.value = j.product_line
LEFT JOIN places AS g ON g.filter = 'region' AND g.value = j.region
LEFT JOIN places AS z ON z.filter = 'zone' AND z.value = j.zone
LEFT JOIN places AS u ON u.filter = 'priority' AND u.value = j.priority
LEFT JOIN places AS k ON k.filter = 'service_kind' AND k.value = j.service_kind
