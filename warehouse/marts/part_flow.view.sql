-- Lines of parts requested by repairs, dated by the day of use; every column adds up over days and places. A line of which
-- nobody says whether the shelf had it counts in neither.
SELECT used_on AS day, product_line, region, customer_id, zone, priority, service_kind,
    CASE WHEN is_from_stock IS NULL THEN 0 ELSE 1 END AS requested,
    CASE WHEN is_from_stock THEN 1 ELSE 0 END AS filled
FROM marts.part_use
