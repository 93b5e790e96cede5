-- Followed jobs that were closed, with how long after that the next of their fault was opened; times in days, NaN for none.
SELECT
    hash(asset_id) AS asset,
    epoch(closed_at) / 86400.0 AS done,
    coalesce(returned_days, CAST('nan' AS DOUBLE)) AS days,
    visits
FROM (SELECT * FROM marts.job{where}) AS j
WHERE is_followed AND closed_at >= opened_at AND closed_at <= (SELECT as_of FROM core.as_of)
