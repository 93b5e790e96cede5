-- Return visits, one row per ticket asked about, dated by the day of the return visit; every column adds up over days and places.
SELECT asked_on AS day, product_line, region, customer_id, zone, priority, service_kind,
    1 AS asked, reached, answers, CAST(score AS DECIMAL(18, 6)) AS score
FROM marts.survey
WHERE asked_on IS NOT NULL
