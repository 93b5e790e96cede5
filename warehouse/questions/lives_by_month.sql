-- Lives of one item by the months in which they begin, are watched from and end: how many, how many failed, and the days of
-- the month on which watching begins and the life ends. A life begins with the installation of its unit or with the last
-- failure of the item on it; what still runs ends with the last day that counts.
WITH unit AS (
    SELECT asset_id, installed_on, watched_from FROM marts.unit
    WHERE installed_on <= $until AND watched_from <= $until AND list_contains($lines, product_line) AND {units}
),

mark AS (
    SELECT u.asset_id, f.failed_on AS ended_on, TRUE AS failed
    FROM (SELECT * FROM marts.failure WHERE {item} = $item AND is_relevant AND {failures}) AS f
    JOIN unit AS u ON u.asset_id = f.asset_id
    WHERE f.failed_on BETWEEN u.watched_from AND $until
    UNION ALL
    SELECT asset_id, CAST($until AS DATE), FALSE FROM unit
),

life AS (
    SELECT
        asset_id,
        lag(ended_on) OVER (PARTITION BY asset_id ORDER BY ended_on, failed DESC) AS since,
        ended_on,
        failed
    FROM mark
),

placed AS (
    SELECT
        coalesce(l.since, u.installed_on) AS begun,
        greatest(coalesce(l.since, u.installed_on), u.watched_from) AS seen,
        l.ended_on,
        l.failed
    FROM life AS l JOIN unit AS u ON u.asset_id = l.asset_id
)

SELECT
    year(begun) * 12 + month(begun) - 1 AS begun,
    year(seen) * 12 + month(seen) - 1 AS seen,
    year(ended_on) * 12 + month(ended_on) - 1 AS ended,
    count(*) AS n,
    CAST(count(*) FILTER (failed) AS BIGINT) AS failed,
    CAST(sum(day(seen) - 1) AS BIGINT) AS late,
    CAST(sum(day(ended_on)) AS BIGINT) AS lasted
FROM placed
GROUP BY ALL
