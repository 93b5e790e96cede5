-- The usual opening of each zone per weekday (1 is Monday) between two days, and how many of its days have a name of their
-- own: holidays that are off, make-up days that are worked.
SELECT
    zone,
    isodow(day) AS weekday,
    coalesce(mode(CASE WHEN opens IS NOT NULL THEN left(CAST(opens AS VARCHAR), 5) || '–' || left(CAST(closes AS VARCHAR), 5) ELSE '' END), '') AS hours,
    count(*) FILTER (opens IS NULL AND name IS NOT NULL) AS off,
    count(*) FILTER (opens IS NOT NULL AND name IS NOT NULL) AS made_up
FROM core.calendar
WHERE day BETWEEN ? AND ?
GROUP BY 1, 2
ORDER BY 1, 2
