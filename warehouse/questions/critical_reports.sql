-- Reports of critical failures in some states, of all sources but one, with the places of the asset or the ticket behind, the
-- newest first. Parameters: the states, that source.
SELECT
    r.report_id AS number,
    coalesce(r.ticket_id, '') AS ticket_id,
    coalesce(t.region, a.region, '') AS region,
    coalesce(r.product_line, t.product_line, a.product_line, '') AS product_line,
    coalesce(t.customer_id, a.customer_id, '') AS customer_id,
    coalesce(r.asset_id, '') AS asset_id,
    coalesce(r.component, r.failure_mode, '') AS what,
    coalesce(r.owner, '') AS owner,
    coalesce(r.submitted_at, r.occurred_at) AS since
FROM core.fracas_report AS r
LEFT JOIN core.asset AS a ON a.asset_id = r.asset_id
LEFT JOIN marts.ticket AS t ON t.ticket_id = r.ticket_id
WHERE r.severity = 'critical' AND r.closed_at IS NULL AND r._source <> $source AND list_contains($states, r.state)
ORDER BY since DESC, r.report_id
