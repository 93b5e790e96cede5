-- Relevant failures of a component before and after a day, with the unit-days in service on either side.
WITH unit AS (
    SELECT
        asset_id,
        greatest(installed_at, CAST($since AS TIMESTAMP)) AS begins
    FROM core.asset
    WHERE parent_asset_id IS NULL AND product_line = $product_line AND installed_at < CAST($until AS TIMESTAMP)
),
failure AS (
    SELECT
        count(*) FILTER (WHERE f.occurred_at < CAST($implemented AS TIMESTAMP)) AS before,
        count(*) FILTER (WHERE f.occurred_at >= CAST($implemented AS TIMESTAMP)) AS after
    FROM core.fault AS f
    INNER JOIN unit AS u ON f.asset_id = u.asset_id
    WHERE f.component = $component AND f.relevant
),
exposure AS (
    SELECT
        sum(greatest(0, date_diff('second', begins, CAST($implemented AS TIMESTAMP)))) / 86400.0 AS days_before,
        sum(date_diff('second', greatest(begins, CAST($implemented AS TIMESTAMP)), CAST($until AS TIMESTAMP))) / 86400.0 AS days_after
    FROM unit
)
SELECT f.before, f.after, e.days_before, e.days_after
FROM failure AS f, exposure AS e
