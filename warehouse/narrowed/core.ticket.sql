-- The tickets of the extent, by the places that the mart found for them: their own, their unit's, their customer's.
SELECT t.*
FROM house.core.ticket AS t
WHERE t.ticket_id IN (SELECT ticket_id FROM house.marts.ticket WHERE is_within(region, product_line))
ORDER BY t.rowid
