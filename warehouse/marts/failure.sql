-- One row per failure with everything that filters, drills and the analysis of failures need. Text '' means nobody said.
-- Where nobody delivers faults, each ticket is a failure; elsewhere a ticket without a fault is none.
-- A failure is relevant unless somebody said that it is not.
WITH known AS (
    SELECT
        fault_id,
        ticket_id,
        asset_id,
        coalesce(occurred_at, detected_at) AS failed_at,
        component,
        failure_mode,
        cause,
        relevant,
        no_fault_found
    FROM core.fault
    UNION ALL
    SELECT NULL, ticket_id, asset_id, opened_at, NULL, category, NULL, NULL, NULL
    FROM core.ticket
    WHERE NOT EXISTS (SELECT 1 FROM core.fault)
)

SELECT
    k.fault_id,
    k.ticket_id,
    k.asset_id,
    coalesce(k.failed_at, t.opened_at) AS failed_at,
    local_day(coalesce(k.failed_at, t.opened_at)) AS failed_on,
    hours_between(a.installed_at, coalesce(k.failed_at, t.opened_at)) / 24.0 AS age_days,
    coalesce(k.component, '') AS component,
    coalesce(k.failure_mode, '') AS failure_mode,
    coalesce(k.cause, '') AS cause,
    coalesce(k.relevant, TRUE) AS is_relevant,
    coalesce(k.no_fault_found, FALSE) AS is_no_fault_found,
    coalesce(a.model, '') AS model,
    coalesce(t.product_line, a.product_line, '') AS product_line,
    coalesce(t.region, a.region, '') AS region,
    coalesce(t.customer_id, a.customer_id, '') AS customer_id,
    coalesce(t.zone, a.zone, '') AS zone,
    coalesce(t.priority, '') AS priority,
    coalesce(t.service_kind, '') AS service_kind,
    t.opened_at,
    t.resolved_at,
    t.closed_at
FROM known AS k
LEFT JOIN marts.ticket AS t ON t.ticket_id = k.ticket_id
LEFT JOIN core.asset AS a ON a.asset_id = k.asset_id
WHERE coalesce(k.failed_at, t.opened_at) IS NOT NULL
