-- Pieces on the shelf per part and store: the last count, and what came in and went out since; without a count, all that
-- came in less all that went out. A movement at the instant of the count is in the count. Store '' means nobody said.
WITH counted AS (
    SELECT part_no, coalesce(site, '') AS site, max(m.at) AS counted_at
    FROM core.stock_move AS m
    WHERE kind = 'count'
    GROUP BY part_no, coalesce(site, '')
)

SELECT
    m.part_no,
    coalesce(m.site, '') AS site,
    sum(
        CASE
            WHEN c.counted_at IS NOT NULL AND m.at < c.counted_at THEN 0.0
            WHEN m.kind = 'count' THEN m.quantity
            WHEN c.counted_at IS NOT NULL AND m.at = c.counted_at THEN 0.0
            WHEN m.kind = 'issue' THEN -m.quantity
            ELSE m.quantity
        END
    ) AS on_hand,
    local_day(max(c.counted_at)) AS counted_on,
    local_day(min(m.at)) AS first_on,
    local_day(max(CASE WHEN m.kind = 'issue' THEN m.at END)) AS issued_on
FROM core.stock_move AS m
LEFT JOIN counted AS c ON c.part_no = m.part_no AND c.site = coalesce(m.site, '')
GROUP BY m.part_no, coalesce(m.site, '')
