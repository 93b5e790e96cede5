-- Followed jobs that were closed, by the row of marts.job, with how long after that the next of their fault was opened; times in
-- days, NaN for none.
SELECT
    CAST(row AS BIGINT) AS row,
    epoch(closed_at) / 86400.0 AS done,
    coalesce(returned_days, CAST('nan' AS DOUBLE)) AS days
FROM (SELECT *, rowid AS row FROM marts.job{where}) AS j
WHERE is_followed AND closed_at >= opened_at AND closed_at <= (SELECT as_of FROM core.as_of)
