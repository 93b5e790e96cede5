-- Units in the field whose planned maintenance falls due by a day and was neither done nor overtaken by a later one, and since when.
WITH done AS (
    SELECT asset_id, max(planned_on) AS planned_on FROM core.maintenance WHERE done_at IS NOT NULL GROUP BY asset_id
)

SELECT
    hash(m.asset_id) AS unit,
    CAST(date_diff('day', DATE '1970-01-01', min(m.planned_on)) AS INTEGER) AS due
FROM core.maintenance AS m
INNER JOIN marts.unit AS u ON m.asset_id = u.asset_id
LEFT JOIN done AS d ON m.asset_id = d.asset_id
WHERE
    m.done_at IS NULL
    AND m.planned_on <= $until
    AND (d.planned_on IS NULL OR m.planned_on > d.planned_on)
    AND u.status NOT IN ('out_of_service', 'scrapped')
GROUP BY m.asset_id
