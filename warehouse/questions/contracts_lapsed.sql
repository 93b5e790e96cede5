-- Machines whose last contract (warranty cards among them) ended before the snapshot and that called after it ended, within
-- the period. Parameters: the filters' over calls.
WITH last_of AS (
    SELECT
        asset_id,
        max(ends_at) AS ended_on,
        max_by(contract_id, ends_at) AS contract_id,
        max_by(kind, ends_at) AS kind,
        max_by(price, ends_at) AS price
    FROM core.contract
    WHERE asset_id IS NOT NULL AND ends_at IS NOT NULL
    GROUP BY asset_id
),

called AS (
    SELECT l.asset_id, l.ended_on, l.kind, l.price, count(*) AS calls, max(t.opened_on) AS last_call, any_value(t.customer_id) AS customer_id,
        any_value(t.region) AS region
    FROM (SELECT * FROM marts.ticket{where}) AS t
    JOIN last_of AS l ON l.asset_id = t.asset_id AND t.opened_on > l.ended_on
    CROSS JOIN core.as_of AS a
    WHERE l.ended_on < a.as_of_on
    GROUP BY ALL
)

SELECT
    k.asset_id,
    coalesce(u.serial_no, '') AS serial_no,
    coalesce(u.model, '') AS model,
    k.region,
    k.customer_id,
    coalesce(c.name, '') AS customer_name,
    coalesce(k.kind, '') AS kind,
    k.ended_on,
    k.price,
    k.calls,
    k.last_call
FROM called AS k
LEFT JOIN marts.unit AS u ON u.asset_id = k.asset_id
LEFT JOIN core.customer AS c ON c.customer_id = k.customer_id
ORDER BY k.calls DESC, k.ended_on, k.asset_id
