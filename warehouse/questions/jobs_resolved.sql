-- Followed jobs that were resolved, by the row of marts.job, with how long after that the next of their fault was opened; times in
-- days, NaN for none.
SELECT
    CAST(row AS BIGINT) AS row,
    epoch(resolved_at) / 86400.0 AS done,
    coalesce(refailed_days, CAST('nan' AS DOUBLE)) AS days,
    visits
FROM (SELECT *, rowid AS row FROM marts.job{where}) AS j
WHERE is_followed AND resolved_at >= opened_at AND resolved_at <= (SELECT as_of FROM core.as_of)
