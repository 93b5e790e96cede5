-- Suppliers (those of the parts; '' where nobody says): parts, stated lead time, pieces used in the period and lines filled at
-- once, pieces installed today in serialised positions and those of the same parts replaced, units back in the workshop by verdict.
-- Parameters: the filters over parts used; the time zone, first and last day of the period.
WITH known AS (
    SELECT part_no, coalesce(supplier, '') AS supplier, lead_time_days FROM core.part
),

used AS (
    SELECT k.supplier, sum(u.quantity) AS quantity, count(u.is_from_stock) AS asked, count(*) FILTER (u.is_from_stock) AS at_once
    FROM (SELECT * FROM marts.part_use{where}) AS u
    JOIN known AS k ON k.part_no = u.part_no
    GROUP BY 1
),

base AS (
    SELECT a.model AS part_no, count(*) AS pieces FROM core.asset AS a
    WHERE a.parent_asset_id IS NOT NULL GROUP BY 1
),

replaced AS (
    SELECT u.part_no, sum(u.quantity) AS pieces FROM (SELECT * FROM marts.part_use{where}) AS u GROUP BY 1
),

failing AS (
    SELECT k.supplier, count(*) AS parts, sum(b.pieces) AS installed, sum(coalesce(r.pieces, 0)) AS replaced
    FROM base AS b
    JOIN known AS k ON k.part_no = b.part_no
    LEFT JOIN replaced AS r ON r.part_no = b.part_no
    GROUP BY 1
),

back AS (
    SELECT
        k.supplier,
        count(*) AS returned,
        count(*) FILTER (r.verdict = 'scrapped') AS scrapped,
        count(*) FILTER (r.verdict = 'no_fault_found') AS nothing_found
    FROM core.returned_unit AS r
    JOIN known AS k ON k.part_no = r.part_no
    WHERE r.verdict IS NOT NULL AND CAST(timezone(?, timezone('UTC', r.received_at)) AS DATE) BETWEEN ? AND ?
    GROUP BY 1
)

SELECT
    k.supplier,
    coalesce(any_value(s.name), k.supplier) AS name,
    count(*) AS parts,
    median(k.lead_time_days) AS lead_time_days,
    coalesce(any_value(u.quantity), 0.0) AS used,
    coalesce(any_value(u.asked), 0) AS asked,
    coalesce(any_value(u.at_once), 0) AS at_once,
    coalesce(any_value(f.parts), 0) AS parts_installed,
    CAST(coalesce(any_value(f.installed), 0) AS BIGINT) AS installed,
    coalesce(any_value(f.replaced), 0.0) AS replaced,
    coalesce(any_value(b.returned), 0) AS returned,
    coalesce(any_value(b.scrapped), 0) AS scrapped,
    coalesce(any_value(b.nothing_found), 0) AS nothing_found
FROM known AS k
LEFT JOIN core.supplier AS s ON s.supplier_id = k.supplier
LEFT JOIN used AS u ON u.supplier = k.supplier
LEFT JOIN failing AS f ON f.supplier = k.supplier
LEFT JOIN back AS b ON b.supplier = k.supplier
GROUP BY k.supplier
ORDER BY used DESC, k.supplier
