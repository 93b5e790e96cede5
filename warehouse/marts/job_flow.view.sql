-- What became of completed jobs, one row per job, dated by the day of its completion; every column adds up over days and places.
SELECT completed_on AS day, product_line, region, customer_id, zone, priority, service_kind,
    1 AS jobs, repairs, CAST(coalesce(labour_hours, 0.0) AS DECIMAL(18, 6)) AS labour_hours,
    CAST(is_watched AS INTEGER) AS watched, CAST(came_back AS INTEGER) AS came_back,
    CAST(is_visited AS INTEGER) AS visited, CAST(is_fixed AS INTEGER) AS fixed
FROM marts.job
