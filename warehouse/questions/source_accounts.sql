-- For each entity and source: rows that a filter of the mapping leaves out, and rows that were staged.
SELECT entity, source, sum(left_out), sum(staged)
FROM (
    SELECT entity, source, stream, sum(left_out) AS left_out, max(staged) AS staged
    FROM meta.mapped GROUP BY entity, source, stream
)
GROUP BY entity, source
