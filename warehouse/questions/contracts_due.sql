-- Contracts that end from the day of the snapshot until another day, and that nothing follows on the same machine (or, where
-- they name no machine, for the same customer). Parameters: that day, then the filters' places.
WITH due AS (
    SELECT c.*
    FROM core.contract AS c
    CROSS JOIN core.as_of AS a
    WHERE c.ends_at BETWEEN a.as_of_on AND ?
),

placed AS (
    SELECT
        d.contract_id,
        coalesce(d.kind, '') AS kind,
        d.ends_at,
        d.price,
        coalesce(d.asset_id, '') AS asset_id,
        coalesce(u.serial_no, '') AS serial_no,
        coalesce(u.model, '') AS model,
        coalesce(u.product_line, '') AS product_line,
        coalesce(u.region, c.region, '') AS region,
        coalesce(d.customer_id, u.customer_id, '') AS customer_id,
        coalesce(c.name, '') AS customer_name
    FROM due AS d
    LEFT JOIN marts.unit AS u ON u.asset_id = d.asset_id
    LEFT JOIN core.customer AS c ON c.customer_id = coalesce(d.customer_id, u.customer_id)
    WHERE NOT EXISTS (
        SELECT 1 FROM core.contract AS n
        WHERE n.ends_at > d.ends_at AND n.contract_id <> d.contract_id
            AND n.asset_id = d.asset_id
    ) AND NOT EXISTS (
        SELECT 1 FROM core.contract AS n
        WHERE d.asset_id IS NULL AND n.asset_id IS NULL AND n.ends_at > d.ends_at AND n.contract_id <> d.contract_id
            AND n.customer_id = d.customer_id
    )
)

SELECT contract_id, kind, ends_at, price, asset_id, serial_no, model, region, customer_id, customer_name
FROM placed
