-- Open tickets by age and place.
SELECT product_line, region, priority,
    CASE
        WHEN age_days < 8 THEN '0–7 d'
        WHEN age_days < 31 THEN '8–30 d'
        WHEN age_days < 61 THEN '31–60 d'
        WHEN age_days < 91 THEN '61–90 d'
        ELSE 'over 90 d'
    END AS age,
    count(*) AS n
FROM marts.open_ticket
GROUP BY ALL
