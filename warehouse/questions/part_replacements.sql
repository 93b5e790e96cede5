-- When each part (of those named, or of all) was replaced on each unit (of the share asked for).
WITH part AS (
    SELECT part_no, row_number() OVER (ORDER BY part_no) - 1 AS code
    FROM (SELECT DISTINCT part_no FROM core.part_use)
)

SELECT
    CAST(p.code AS INTEGER) AS part,
    hash(r.asset_id) AS unit,
    hash(coalesce(u.position, '')) AS place,
    epoch(coalesce(r.finished_at, r.started_at)) / 86400.0 AS at
FROM core.part_use AS u
INNER JOIN core.repair AS r ON u.repair_id = r.repair_id
INNER JOIN part AS p ON u.part_no = p.part_no
WHERE
    coalesce(r.finished_at, r.started_at) IS NOT NULL
    AND r.asset_id IS NOT NULL
    AND hash(r.asset_id) % 1000 < $share
    AND (len($parts) = 0 OR list_contains($parts, u.part_no))
