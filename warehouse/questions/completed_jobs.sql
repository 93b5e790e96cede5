-- Completed jobs as numbers: the job by the hash of its ticket, places by their position in the lists that are given, people,
-- components and customers by their order; −1 is nobody or nothing, NaN unknown.
WITH people AS (
    SELECT technician_id, row_number() OVER (ORDER BY technician_id) - 1 AS code
    FROM (SELECT DISTINCT technician_id FROM marts.job WHERE technician_id <> '')
),

components AS (
    SELECT component, row_number() OVER (ORDER BY component) - 1 AS code
    FROM (SELECT DISTINCT component FROM marts.job WHERE component IS NOT NULL)
),

customers AS (
    SELECT value, row_number() OVER (ORDER BY value) - 1 AS code FROM marts.place WHERE filter = 'customer'
)

SELECT
    hash(j.ticket_id) AS ticket,
    CAST(date_diff('day', DATE '1970-01-01', j.completed_on) AS INTEGER) AS day,
    CAST(coalesce(p.code, -1) AS INTEGER) AS technician,
    CAST(coalesce(m.code, -1) AS INTEGER) AS component,
    CAST(coalesce(c.code, -1) AS INTEGER) AS customer,
    CAST(list_position($product_line, j.product_line) - 1 AS SMALLINT) AS product_line,
    CAST(list_position($region, j.region) - 1 AS SMALLINT) AS region,
    CAST(list_position($zone, j.zone) - 1 AS SMALLINT) AS zone,
    CAST(list_position($priority, j.priority) - 1 AS SMALLINT) AS priority,
    CAST(list_position($service_kind, j.service_kind) - 1 AS SMALLINT) AS service_kind,
    CAST(coalesce(j.labour_hours, CAST('nan' AS DOUBLE)) AS FLOAT) AS labour,
    CAST(coalesce(j.response_wh, CAST('nan' AS DOUBLE)) AS FLOAT) AS response,
    j.is_watched AS was_watched,
    j.came_back,
    j.is_visited AS was_visited,
    j.is_fixed AS was_fixed
FROM marts.job AS j
LEFT JOIN people AS p ON p.technician_id = j.technician_id
LEFT JOIN components AS m ON m.component = j.component
LEFT JOIN customers AS c ON c.value = j.customer_id
