-- What became of failures, one row per failure, dated by the day on which it failed; every column adds up over days and
-- places. A failure is diagnosed when its ticket is resolved and somebody said what was found, or that nothing was; it is
-- reported when the ticket is closed.
SELECT failed_on AS day, product_line, region, customer_id, zone, priority, service_kind,
    CASE WHEN is_relevant THEN 1 ELSE 0 END AS failures,
    CASE WHEN resolved_at IS NOT NULL AND is_diagnosed THEN 1 ELSE 0 END AS diagnosed,
    CASE WHEN resolved_at IS NOT NULL AND is_no_fault_found THEN 1 ELSE 0 END AS nothing_found,
    CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END AS reported,
    CASE WHEN closed_at IS NOT NULL AND is_coded THEN 1 ELSE 0 END AS coded,
    CASE WHEN down_hours IS NULL THEN 0 ELSE 1 END AS restored,
    CAST(coalesce(down_hours, 0.0) AS DECIMAL(18, 6)) AS down_hours
FROM marts.failure
