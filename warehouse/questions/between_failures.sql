-- Units told apart by one thing they have: how many, their days in service, and their relevant failures in a span of days.
-- Parameters: the first day and the last one that counts; the filters' places over units and over failures.
WITH unit AS (
    SELECT asset_id, product_line, {value} AS value, date_diff('day', greatest(watched_from, $first), $until) + 1 AS days
    FROM marts.unit
    WHERE watched_from <= $until AND {units}
),

failed AS (
    SELECT asset_id, count(*) AS n
    FROM marts.failure
    WHERE is_relevant AND failed_on BETWEEN $first AND $until AND {failures}
    GROUP BY asset_id
)

SELECT
    u.value,
    min(u.product_line) AS product_line,
    count(*) AS units,
    CAST(sum(u.days) AS BIGINT) AS days,
    CAST(coalesce(sum(f.n), 0) AS BIGINT) AS failures
FROM unit AS u
LEFT JOIN failed AS f ON f.asset_id = u.asset_id
GROUP BY {apart}
