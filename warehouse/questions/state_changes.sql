-- How often the tickets of a selection went from one state to another. A change that does not say from where left `new`.
SELECT coalesce(e.from_status, 'new') AS from_status, e.to_status, count(*) AS n
FROM core.ticket_event AS e
JOIN (SELECT ticket_id FROM marts.ticket{where}) AS t ON t.ticket_id = e.ticket_id
WHERE coalesce(e.from_status, 'new') <> e.to_status
GROUP BY 1, 2
ORDER BY n DESC, 1, 2
