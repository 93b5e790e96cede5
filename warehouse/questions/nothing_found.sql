-- The diagnosed failures in which nothing was found, and all confirmed ones of the same assets whenever they were: asset by
-- number, times in days, when the asset was installed (NaN where nobody says).
WITH nothing AS (
    SELECT asset_id, failed_at, age_days, TRUE AS is_nothing
    FROM (SELECT * FROM marts.failure{where}) AS f
    WHERE is_no_fault_found AND resolved_at >= opened_at AND asset_id IS NOT NULL
),

confirmed AS (
    SELECT asset_id, failed_at, age_days, FALSE AS is_nothing
    FROM marts.failure
    WHERE is_diagnosed AND NOT is_no_fault_found AND resolved_at >= opened_at AND asset_id IN (SELECT asset_id FROM nothing)
)

SELECT
    hash(asset_id) AS asset,
    epoch(failed_at) / 86400.0 AS failed,
    coalesce(epoch(failed_at) / 86400.0 - age_days, CAST('nan' AS DOUBLE)) AS installed,
    is_nothing
FROM (SELECT * FROM nothing UNION ALL SELECT * FROM confirmed)
WHERE failed_at <= (SELECT as_of FROM core.as_of)
