-- The first failure of each closed loop that came back: of the same component (the failure mode where nobody named one, and
-- both where both are said), on a unit for which its actions hold, after they were implemented. Loops are given by their
-- parts, '' is unsaid; `of`, `kind` and `value` name their units: an asset, a serial number of it or of a piece that it
-- carries, or a lot, which stands as a part of its own in the serial numbers of pieces.
WITH loop AS (
    SELECT
        unnest(range(len($number))) AS loop,
        unnest(CAST($number AS VARCHAR[])) AS number,
        unnest(CAST($component AS VARCHAR[])) AS component,
        unnest(CAST($failure_mode AS VARCHAR[])) AS failure_mode,
        unnest(CAST($since AS TIMESTAMP[])) AS since
),

named AS (
    SELECT
        unnest(CAST($of AS BIGINT[])) AS loop,
        unnest(CAST($kind AS VARCHAR[])) AS kind,
        unnest(CAST($value AS VARCHAR[])) AS value
),

-- Pieces: parts that are assets themselves, and what replacements took out or put in.
piece AS (
    SELECT parent_asset_id AS asset_id, serial_no AS serial FROM core.asset
    WHERE parent_asset_id IS NOT NULL AND serial_no IS NOT NULL
    UNION ALL
    SELECT r.asset_id, u.serial
    FROM (SELECT repair_id, unnest([old_serial, new_serial]) AS serial FROM core.part_use) AS u
    JOIN core.repair AS r ON r.repair_id = u.repair_id
    WHERE u.serial IS NOT NULL AND r.asset_id IS NOT NULL
),

unit AS (
    SELECT loop, value AS asset_id FROM named WHERE kind = 'asset'
    UNION
    SELECT n.loop, a.asset_id FROM named AS n JOIN core.asset AS a ON a.serial_no = n.value WHERE n.kind = 'serial'
    UNION
    SELECT n.loop, p.asset_id FROM named AS n JOIN piece AS p ON p.serial = n.value WHERE n.kind = 'serial'
    UNION
    SELECT n.loop, p.asset_id
    FROM (SELECT asset_id, unnest(regexp_split_to_array(serial, '[^0-9A-Za-z]+')) AS lot FROM piece) AS p
    JOIN named AS n ON n.kind = 'lot' AND n.value = p.lot
),

-- Beside the failures of tickets those that only another report tells of.
failure AS (
    SELECT ticket_id, '' AS report_id, asset_id, failed_at, component, failure_mode
    FROM marts.failure
    WHERE is_relevant AND NOT is_no_fault_found AND failed_at > (SELECT min(since) FROM loop)
    UNION ALL
    SELECT NULL, report_id, asset_id, occurred_at, coalesce(component, ''), coalesce(failure_mode, '')
    FROM core.fracas_report
    WHERE occurred_at > (SELECT min(since) FROM loop)
        AND state NOT IN ('draft', 'submitted', 'returned', 'duplicate', 'not_a_failure', 'no_fault_found')
)

SELECT
    l.loop,
    f.ticket_id,
    f.report_id,
    (
        SELECT min(k.fault_id) FROM core.fault AS k
        WHERE k.asset_id = f.asset_id AND coalesce(k.occurred_at, k.detected_at) = f.failed_at
    ) AS fault_id,
    f.asset_id,
    coalesce(a.serial_no, '') AS serial_no,
    f.failed_at
FROM loop AS l
JOIN unit AS u ON u.loop = l.loop
JOIN failure AS f ON f.asset_id = u.asset_id
LEFT JOIN core.asset AS a ON a.asset_id = f.asset_id
WHERE f.failed_at > l.since
    AND f.report_id <> l.number
    AND CASE
        WHEN l.component = '' OR f.component = '' THEN l.failure_mode <> '' AND f.failure_mode = l.failure_mode
        ELSE f.component = l.component AND (l.failure_mode = '' OR f.failure_mode = '' OR f.failure_mode = l.failure_mode)
    END
QUALIFY row_number() OVER (PARTITION BY l.loop ORDER BY f.failed_at, f.ticket_id, f.report_id) = 1
ORDER BY l.loop
