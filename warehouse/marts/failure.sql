-- One row per failure with everything that filters, drills and the analysis of failures need. Text '' means nobody said.
-- Where nobody delivers faults, each ticket is a failure; elsewhere a ticket without a fault is none.
-- A failure is relevant unless somebody said that it is not; it is diagnosed where somebody said what was found, or that
-- nothing was.
-- Two failures are of one fault where asset and component are the same (the failure mode where nobody names a component);
-- two of one ticket are one job, of which the second is not followed. A job came back when the next one of its fault was
-- opened after it was done: returned_days after its closing, refailed_days after its resolution, as far as the records tell.
WITH known AS (
    SELECT
        row_number() OVER () AS number,
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
    SELECT row_number() OVER (), ticket_id, asset_id, opened_at, NULL, category, NULL, NULL, NULL
    FROM core.ticket
    WHERE NOT EXISTS (SELECT 1 FROM core.fault)
),

job AS (
    SELECT min(k.number) AS number, key_of(k.asset_id, coalesce(k.component, k.failure_mode)) AS fault_key,
        t.opened_at, t.closed_at, t.resolved_at
    FROM known AS k
    JOIN marts.ticket AS t ON t.ticket_id = k.ticket_id
    CROSS JOIN core.as_of AS n
    WHERE k.asset_id IS NOT NULL AND coalesce(k.component, k.failure_mode) IS NOT NULL AND t.opened_at <= n.as_of
    GROUP BY key_of(k.asset_id, coalesce(k.component, k.failure_mode)), t.opened_at, t.closed_at, t.resolved_at
),

ordered AS (
    SELECT *, lead(opened_at) OVER (PARTITION BY fault_key ORDER BY opened_at) AS next_at FROM job
),

-- Where the next job was opened before this one was done, a later one may be what came back.
overlapping AS (
    SELECT
        o.number,
        min(CASE WHEN j.opened_at > o.closed_at THEN j.opened_at END) AS after_closing_at,
        min(CASE WHEN j.opened_at > o.resolved_at THEN j.opened_at END) AS after_resolution_at
    FROM ordered AS o
    JOIN job AS j ON j.fault_key = o.fault_key
    WHERE o.next_at <= o.closed_at OR o.next_at <= o.resolved_at
    GROUP BY o.number
),

followed AS (
    SELECT
        o.number,
        CASE WHEN o.closed_at >= o.opened_at THEN hours_between(
            o.closed_at, CASE WHEN o.next_at > o.closed_at THEN o.next_at ELSE v.after_closing_at END
        ) / 24.0 END AS returned_days,
        CASE WHEN o.resolved_at >= o.opened_at THEN hours_between(
            o.resolved_at, CASE WHEN o.next_at > o.resolved_at THEN o.next_at ELSE v.after_resolution_at END
        ) / 24.0 END AS refailed_days
    FROM ordered AS o
    LEFT JOIN overlapping AS v ON v.number = o.number
)

SELECT
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
    k.no_fault_found IS NOT NULL OR k.cause IS NOT NULL AS is_diagnosed,
    k.failure_mode IS NOT NULL AND k.cause IS NOT NULL AND a.serial_no IS NOT NULL AS is_coded,
    coalesce(a.model, '') AS model,
    coalesce(a.software_version, '') AS software_version,
    coalesce(t.product_line, a.product_line, '') AS product_line,
    coalesce(t.region, a.region, '') AS region,
    coalesce(t.customer_id, a.customer_id, '') AS customer_id,
    coalesce(t.zone, a.zone, '') AS zone,
    coalesce(t.priority, '') AS priority,
    coalesce(t.service_kind, '') AS service_kind,
    t.opened_at,
    t.resolved_at,
    t.closed_at,
    CASE WHEN t.resolved_at >= coalesce(k.failed_at, t.opened_at)
        THEN hours_between(coalesce(k.failed_at, t.opened_at), t.resolved_at) END AS down_hours,
    n.number IS NOT NULL AS is_followed,
    n.returned_days,
    n.refailed_days
FROM known AS k
LEFT JOIN marts.ticket AS t ON t.ticket_id = k.ticket_id
LEFT JOIN core.asset AS a ON a.asset_id = k.asset_id
LEFT JOIN followed AS n ON n.number = k.number
WHERE coalesce(k.failed_at, t.opened_at) IS NOT NULL
