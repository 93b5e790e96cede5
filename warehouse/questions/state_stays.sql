-- The changes of every k-th ticket of a selection in their order, from which times in a state are measured. Hours since 1970.
WITH chosen AS (SELECT ticket_id, opened_at, rowid AS row FROM marts.ticket{where})

SELECT
    t.row AS ticket,
    epoch(t.opened_at) / 3600.0 AS opened,
    CAST(list_position(?, coalesce(e.from_status, 'new')) - 1 AS SMALLINT) AS came_from,
    CAST(list_position(?, e.to_status) - 1 AS SMALLINT) AS went_to,
    epoch(e.at) / 3600.0 AS at
FROM chosen AS t
JOIN core.ticket_event AS e ON e.ticket_id = t.ticket_id
WHERE t.row % ? = 0 AND coalesce(e.from_status, 'new') <> e.to_status
ORDER BY t.row, e.at, e.source_key
