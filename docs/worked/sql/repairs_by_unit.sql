-- Relevant failures of one product line's units by the unit's age in days, each unit seen from `entry` to `leave`; a unit
-- without a failure has one row with age −1.
WITH unit AS (
    SELECT
        asset_id,
        row_number() OVER (ORDER BY asset_id) - 1 AS system,
        greatest(0, date_diff('second', installed_at, CAST($since AS TIMESTAMP)) / 86400.0) AS entry,
        date_diff('second', installed_at, CAST($until AS TIMESTAMP)) / 86400.0 AS leave,
        model
    FROM core.asset
    WHERE parent_asset_id IS NULL AND product_line = $product_line
        AND installed_at < CAST($until AS TIMESTAMP)
)
SELECT u.system, u.entry, u.leave, u.model, coalesce(date_diff('second', a.installed_at, f.occurred_at) / 86400.0, -1) AS age
FROM unit AS u
INNER JOIN core.asset AS a ON u.asset_id = a.asset_id
LEFT JOIN core.fault AS f ON u.asset_id = f.asset_id AND f.relevant
ORDER BY u.system, age
