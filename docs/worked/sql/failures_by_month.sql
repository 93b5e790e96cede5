-- Relevant failures by component, region and month (0 = the first month of the records), with the unit-months in
-- service: every cell of components of a product line × regions × months, also those without a failure.
WITH month AS (
    SELECT
        m AS month,
        CAST($since AS TIMESTAMP) + to_months(CAST(m AS INTEGER)) AS begins,
        CAST($since AS TIMESTAMP) + to_months(CAST(m + 1 AS INTEGER)) AS ends
    FROM generate_series(0, $months - 1) AS s(m)
),
unit_month AS (
    SELECT
        a.product_line, a.region, m.month,
        sum(date_diff('second', greatest(a.installed_at, m.begins), m.ends) / date_diff('second', m.begins, m.ends)) AS unit_months
    FROM core.asset AS a
    INNER JOIN month AS m ON a.installed_at < m.ends
    WHERE a.parent_asset_id IS NULL
    GROUP BY a.product_line, a.region, m.month
),
failure AS (
    SELECT a.product_line, f.component, a.region, m.month, count(*) AS failures
    FROM core.fault AS f
    INNER JOIN core.asset AS a ON f.asset_id = a.asset_id
    INNER JOIN month AS m ON f.occurred_at >= m.begins AND f.occurred_at < m.ends
    WHERE f.relevant AND f.component IS NOT NULL
    GROUP BY a.product_line, f.component, a.region, m.month
),
cell AS (
    SELECT DISTINCT product_line, component FROM failure
)
SELECT c.component, u.region, u.month, coalesce(f.failures, 0) AS failures, u.unit_months
FROM cell AS c
INNER JOIN unit_month AS u ON c.product_line = u.product_line
LEFT JOIN failure AS f
    ON c.product_line = f.product_line AND c.component = f.component AND u.region = f.region AND u.month = f.month
ORDER BY c.component, u.region, u.month
