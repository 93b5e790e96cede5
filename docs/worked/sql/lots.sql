-- Failures of a serialised part by its lot: pieces installed, how many failed, and their years in service. Only lots made since
-- the records began: of older ones the records know the survivors alone.
WITH installed AS (
    SELECT serial_no AS serial, installed_at AS at
    FROM core.asset
    WHERE parent_asset_id IS NOT NULL AND model = $part_no
    UNION ALL
    SELECT p.new_serial, r.finished_at
    FROM core.part_use AS p
    INNER JOIN core.repair AS r ON p.repair_id = r.repair_id
    WHERE p.part_no = $part_no AND p.new_serial IS NOT NULL
),
removed AS (
    SELECT p.old_serial AS serial, min(r.finished_at) AS at
    FROM core.part_use AS p
    INNER JOIN core.repair AS r ON p.repair_id = r.repair_id
    WHERE p.part_no = $part_no AND p.old_serial IS NOT NULL
    GROUP BY p.old_serial
),
piece AS (
    SELECT i.serial, min(i.at) AS begins, any_value(r.at) AS ends
    FROM installed AS i
    LEFT JOIN removed AS r ON i.serial = r.serial
    GROUP BY i.serial
)
SELECT
    split_part(serial, '-', 3) AS lot,
    count(*) AS pieces,
    count(ends) AS failures,
    sum(date_diff('second', begins, coalesce(ends, CAST($until AS TIMESTAMP)))) / 86400.0 / 365.25 AS years
FROM piece
WHERE begins < CAST($until AS TIMESTAMP) AND split_part(serial, '-', 3) >= $first_lot
GROUP BY ALL
ORDER BY ALL
