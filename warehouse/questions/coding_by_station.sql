-- Closed failure reports of a selection by station: how many are coded whole (failure mode, cause, serial number of the
-- asset), of how many each of the three is missing, and the tickets of the latest that lack something.
-- {station} is the column that names the station ('' where nobody said), {join} what has to be joined for it.
WITH report AS (
    -- Only what is not coded whole may lack the number: so few are looked for among the assets.
    SELECT ticket_id, CASE WHEN NOT is_coded THEN asset_id END AS asset_id, region, failure_mode, cause, failed_at, is_coded
    FROM marts.failure
    {where} AND closed_at IS NOT NULL
)

SELECT
    {station} AS station,
    count(*) AS n,
    count(*) FILTER (is_coded) AS whole,
    max_by(r.ticket_id, failed_at, {most}) FILTER (NOT is_coded) AS latest,
    count(*) FILTER (failure_mode = '') AS failure_mode,
    count(*) FILTER (cause = '') AS cause,
    count(*) FILTER (NOT is_coded AND s.asset_id IS NULL) AS serial_no
FROM report AS r
LEFT JOIN (SELECT asset_id FROM core.asset WHERE serial_no IS NOT NULL) AS s ON s.asset_id = r.asset_id
{join}
GROUP BY station
