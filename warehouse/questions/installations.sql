-- Machines commissioned, with their places, and how the first maintenance planned after it went. Parameters: the time zone
-- twice, days of grace twice, then the filters'.
WITH placed AS (
    SELECT
        i.asset_id,
        CAST(timezone(?, timezone('UTC', i.commissioned_at)) AS DATE) AS commissioned_on,
        coalesce(i.technician_id, '') AS technician_id,
        i.training_done,
        coalesce(i.accepted_by, '') <> '' AS is_accepted,
        i.parameters_ok,
        coalesce(u.serial_no, '') AS serial_no,
        coalesce(u.model, '') AS model,
        coalesce(u.product_line, '') AS product_line,
        coalesce(u.region, '') AS region,
        coalesce(u.customer_id, '') AS customer_id
    FROM core.installation AS i
    LEFT JOIN marts.unit AS u ON u.asset_id = i.asset_id
    WHERE i.commissioned_at IS NOT NULL
),

chosen AS (SELECT * FROM placed{where}),

first_planned AS (
    SELECT
        c.asset_id,
        min(m.planned_on) AS planned_on,
        min_by(CAST(timezone(?, timezone('UTC', m.done_at)) AS DATE), m.planned_on) AS done_on
    FROM chosen AS c
    JOIN core.maintenance AS m ON m.asset_id = c.asset_id AND m.planned_on >= c.commissioned_on
    GROUP BY c.asset_id
)

SELECT
    c.asset_id,
    c.serial_no,
    c.model,
    c.region,
    c.technician_id,
    c.commissioned_on,
    c.training_done,
    c.is_accepted,
    c.parameters_ok,
    f.planned_on,
    f.done_on,
    -- Known once it was done, or the days of grace have passed.
    CASE
        WHEN f.done_on IS NOT NULL THEN f.done_on <= f.planned_on + CAST(? AS INTEGER)
        WHEN f.planned_on + CAST(? AS INTEGER) < a.as_of_on THEN FALSE
    END AS is_in_time
FROM chosen AS c
CROSS JOIN core.as_of AS a
LEFT JOIN first_planned AS f ON f.asset_id = c.asset_id
ORDER BY c.commissioned_on DESC, c.asset_id
