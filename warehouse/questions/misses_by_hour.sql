-- Calls whose response fell due and those of them that were missed, by local weekday (1 is Monday) and hour of the call.
-- Quarters of an hour are counted first, so that few instants need their local time. Parameters: the time zone, the filters'.
SELECT isodow(local) AS weekday, hour(local) AS hour, CAST(sum(due) AS BIGINT) AS due, CAST(sum(missed) AS BIGINT) AS missed
FROM (
    SELECT timezone(?, timezone('UTC', make_timestamp(quarter * 900000000))) AS local, due, missed
    FROM (
        SELECT epoch_us(opened_at) // 900000000 AS quarter, count(*) AS due, count(*) FILTER (NOT response_met) AS missed
        FROM (SELECT * FROM marts.ticket{where}) AS t
        WHERE response_met IS NOT NULL
        GROUP BY 1
    ) AS counted
) AS placed
GROUP BY 1, 2
ORDER BY 1, 2
