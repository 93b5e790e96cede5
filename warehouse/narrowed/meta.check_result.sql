-- What the checks found in the whole house, which says how far its data can be trusted; without the rows they found it in.
SELECT * REPLACE ('[]' AS samples)
FROM house.meta.check_result
ORDER BY rowid
