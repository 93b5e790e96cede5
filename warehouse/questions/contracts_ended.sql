-- Contracts that ended in the period, long enough ago, by kind and month; how many of them another followed in time on the same
-- machine. Parameters: the days of grace twice, then the filters'.
WITH placed AS (
    SELECT
        d.contract_id,
        d.asset_id,
        coalesce(d.kind, '') AS kind,
        d.ends_at,
        coalesce(u.product_line, '') AS product_line,
        coalesce(u.region, '') AS region,
        coalesce(u.customer_id, d.customer_id, '') AS customer_id
    FROM core.contract AS d
    JOIN core.as_of AS a ON d.ends_at + CAST(? AS INTEGER) <= a.as_of_on
    LEFT JOIN marts.unit AS u ON u.asset_id = d.asset_id
    WHERE d.asset_id IS NOT NULL
),

ended AS (SELECT * FROM placed{where})

SELECT kind, CAST(date_trunc('month', ends_at) AS DATE) AS month, count(*) AS n, count(*) FILTER (
    EXISTS (
        SELECT 1 FROM core.contract AS n
        WHERE n.asset_id = e.asset_id AND n.contract_id <> e.contract_id AND n.ends_at > e.ends_at
            AND n.starts_at <= e.ends_at + CAST(? AS INTEGER)
    )
) AS renewed
FROM ended AS e
GROUP BY ALL
ORDER BY 1, 2
