-- Pieces of each part used in repairs, by month of the repair (0 = the first month of the records).
WITH month AS (
    SELECT
        m AS month,
        CAST($since AS TIMESTAMP) + to_months(CAST(m AS INTEGER)) AS begins,
        CAST($since AS TIMESTAMP) + to_months(CAST(m + 1 AS INTEGER)) AS ends
    FROM generate_series(0, $months - 1) AS s(m)
)
SELECT p.part_no, m.month, sum(p.quantity) AS quantity
FROM core.part_use AS p
INNER JOIN core.repair AS r ON p.repair_id = r.repair_id
INNER JOIN month AS m ON r.finished_at >= m.begins AND r.finished_at < m.ends
GROUP BY p.part_no, m.month
ORDER BY p.part_no, m.month
