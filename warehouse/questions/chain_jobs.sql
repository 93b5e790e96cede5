-- The followed jobs of every fault that came back within some days at all, by the row of marts.failure; fault as a number,
-- times in days (NaN where not closed).
WITH job AS (
    SELECT
        rowid AS row,
        hash(asset_id, CASE WHEN component <> '' THEN component ELSE failure_mode END) AS fault,
        opened_at,
        closed_at,
        returned_days
    FROM marts.failure
    WHERE is_followed
)

SELECT
    CAST(j.row AS BIGINT) AS row,
    j.fault,
    epoch(j.opened_at) / 86400.0 AS opened,
    CASE WHEN j.closed_at >= j.opened_at THEN epoch(j.closed_at) / 86400.0 ELSE CAST('nan' AS DOUBLE) END AS closed
FROM job AS j
WHERE j.fault IN (SELECT fault FROM job WHERE returned_days <= ?)
ORDER BY j.fault, j.opened_at
