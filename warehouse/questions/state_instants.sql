-- The instants of every k-th ticket of a selection, hours since 1970, NaN for none: what stands in where no changes of state
-- are delivered. An instant before the opening is left out.
WITH chosen AS (
    SELECT rowid AS row, opened_at, dispatched_at, arrived_at, resolved_at, closed_at FROM marts.ticket{where}
)

SELECT
    epoch(opened_at) / 3600.0 AS new,
    coalesce(CASE WHEN dispatched_at >= opened_at THEN epoch(dispatched_at) / 3600.0 END, CAST('nan' AS DOUBLE)) AS dispatched,
    coalesce(CASE WHEN arrived_at >= opened_at THEN epoch(arrived_at) / 3600.0 END, CAST('nan' AS DOUBLE)) AS in_progress,
    coalesce(CASE WHEN resolved_at >= opened_at THEN epoch(resolved_at) / 3600.0 END, CAST('nan' AS DOUBLE)) AS resolved,
    coalesce(CASE WHEN closed_at >= opened_at THEN epoch(closed_at) / 3600.0 END, CAST('nan' AS DOUBLE)) AS closed
FROM chosen
WHERE row % ? = 0
