-- Targets of everybody, and those whose places (`region=East; product_line=Doors`) are in the extent.
SELECT t.*
FROM house.core.target AS t
WHERE NOT EXISTS (
    SELECT 1
    FROM (SELECT unnest(string_split(coalesce(t.scope, ''), ';')) AS part) AS p
    WHERE NOT is_within(
        CASE WHEN trim(split_part(p.part, '=', 1)) = 'region' THEN trim(split_part(p.part, '=', 2)) ELSE '' END,
        CASE WHEN trim(split_part(p.part, '=', 1)) = 'product_line' THEN trim(split_part(p.part, '=', 2)) ELSE '' END
    )
)
ORDER BY t.rowid
