-- The greatest value of a column over everything that landed: of numbers the greatest number, else the last text.
SELECT CASE WHEN bool_and(number IS NOT NULL) THEN max_by(value, number) ELSE max(value) END
FROM (
    SELECT value, try_cast(value AS DOUBLE) AS number
    FROM (SELECT COLUMNS(c -> lower(c) = lower($column)) AS value FROM read_parquet($files, union_by_name = true))
    WHERE value IS NOT NULL
)
