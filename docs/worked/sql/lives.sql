-- Lives of one component on its units, by the units' own meter: from its last relevant failure (or the installation)
-- to the next one (or the end of the records). A unit installed before the records began is known to have come as far
-- as its meter stood then: that is its entry. Units are used evenly, so a meter is read between its readings.
WITH unit AS (
    SELECT
        a.asset_id,
        a.installed_at,
        arg_max(u.value, u.read_at) / date_diff('second', a.installed_at, max(u.read_at)) AS per_second
    FROM core.asset AS a
    INNER JOIN core.usage AS u ON a.asset_id = u.asset_id
    WHERE a.parent_asset_id IS NULL AND a.product_line = $product_line AND a.installed_at < CAST($until AS TIMESTAMP)
    GROUP BY a.asset_id, a.installed_at
),
mark AS (
    SELECT f.asset_id, f.usage_at_failure AS meter, TRUE AS failed
    FROM core.fault AS f
    INNER JOIN unit AS u ON f.asset_id = u.asset_id
    WHERE f.component = $component AND f.relevant AND f.occurred_at < CAST($until AS TIMESTAMP)
    UNION ALL
    SELECT asset_id, date_diff('second', installed_at, CAST($until AS TIMESTAMP)) * per_second, FALSE FROM unit
),
life AS (
    SELECT asset_id, meter, failed, lag(meter) OVER (PARTITION BY asset_id ORDER BY meter) AS since
    FROM mark
),
span AS (
    SELECT
        CASE
            WHEN l.since IS NULL
                THEN greatest(0, date_diff('second', u.installed_at, CAST($since AS TIMESTAMP)) * u.per_second)
            ELSE 0
        END AS entry,
        l.meter - coalesce(l.since, 0) AS "exit",
        l.failed,
        u.per_second * 86400.0 AS per_day
    FROM life AS l
    INNER JOIN unit AS u ON l.asset_id = u.asset_id
)
SELECT entry, "exit", failed, per_day
FROM span
WHERE "exit" > entry
ORDER BY ALL
