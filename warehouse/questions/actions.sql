-- Every action with what it is about: as it says itself, else as its report says, else as the failure behind the report does.
SELECT
    a.action_id,
    a.source_key,
    a._source AS source,
    coalesce(a.kind, '') AS kind,
    coalesce(a.description, '') AS description,
    coalesce(a.owner, '') AS owner,
    coalesce(a.effectivity, '') AS effectivity,
    a.original_due_on,
    a.due_on,
    a.implemented_at,
    coalesce(r.submitted_at, r.occurred_at) AS raised_at,
    coalesce(a.component, r.component, f.component, '') AS component,
    coalesce(a.failure_mode, r.failure_mode, f.failure_mode, '') AS failure_mode,
    coalesce(a.product_line, r.product_line, s.product_line, '') AS product_line,
    coalesce(a.model, '') AS model,
    coalesce(e.verdict, '') AS said,
    e.said_on
FROM core.action AS a
LEFT JOIN core.fracas_report AS r ON r.report_id = a.report_id
-- Of very many failures and assets only those of reports.
LEFT JOIN (
    SELECT fault_id, component, failure_mode FROM core.fault WHERE fault_id IN (SELECT fault_id FROM core.fracas_report)
) AS f ON f.fault_id = r.fault_id
LEFT JOIN (
    SELECT asset_id, product_line FROM core.asset WHERE asset_id IN (SELECT asset_id FROM core.fracas_report)
) AS s ON s.asset_id = r.asset_id
LEFT JOIN (
    SELECT action_id, max_by(verdict, window_end) AS verdict, max(window_end) AS said_on
    FROM core.effectiveness GROUP BY action_id
) AS e ON e.action_id = a.action_id
ORDER BY a.implemented_at DESC, a.action_id
