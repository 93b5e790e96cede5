-- Units in which a part of the same number was fitted (and of the lot, where serial numbers name it), or all of a model: what
-- another failure of the same kind may hit next. The unit itself is left out.
WITH fitted AS (
    SELECT DISTINCT r.asset_id, u.new_serial AS piece
    FROM core.part_use AS u
    INNER JOIN core.repair AS r ON r.repair_id = u.repair_id
    WHERE u.part_no = $part_no AND ($lot IS NULL OR contains(lower(coalesce(u.new_serial, '')), lower($lot)))
)

SELECT
    a.asset_id,
    a.serial_no,
    a.site,
    max(f.piece) AS piece
FROM core.asset AS a
LEFT JOIN fitted AS f ON f.asset_id = a.asset_id
WHERE
    a.asset_id <> coalesce($asset_id, '')
    AND (f.asset_id IS NOT NULL OR ($part_no IS NULL AND a.model = $model))
    AND coalesce(a.status, '') <> 'scrapped'
GROUP BY a.asset_id, a.serial_no, a.site
ORDER BY a.asset_id
LIMIT $most
