-- All diagnosed failures in which nothing was found, by the row of marts.failure, and all confirmed ones of the same assets:
-- asset by number, times in days, when the asset was installed (NaN where nobody says).
WITH nothing AS (
    SELECT rowid AS row, asset_id, failed_at, age_days, TRUE AS is_nothing
    FROM marts.failure
    WHERE is_no_fault_found AND resolved_at >= opened_at AND asset_id IS NOT NULL
),

confirmed AS (
    SELECT rowid AS row, asset_id, failed_at, age_days, FALSE AS is_nothing
    FROM marts.failure
    WHERE is_diagnosed AND NOT is_no_fault_found AND resolved_at >= opened_at AND asset_id IN (SELECT asset_id FROM nothing)
)

SELECT
    CAST(row AS BIGINT) AS row,
    hash(asset_id) AS asset,
    epoch(failed_at) / 86400.0 AS failed,
    coalesce(epoch(failed_at) / 86400.0 - age_days, CAST('nan' AS DOUBLE)) AS installed,
    is_nothing
FROM (SELECT * FROM nothing UNION ALL SELECT * FROM confirmed)
WHERE failed_at <= (SELECT as_of FROM core.as_of)
