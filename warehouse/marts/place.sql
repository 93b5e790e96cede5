-- The values that each filter can take, with how many tickets carry them.
SELECT 'product_line' AS filter, product_line AS value, count(*) AS n FROM marts.ticket GROUP BY product_line
UNION ALL SELECT 'region', region, count(*) FROM marts.ticket GROUP BY region
UNION ALL SELECT 'customer', customer_id, count(*) FROM marts.ticket GROUP BY customer_id
UNION ALL SELECT 'zone', zone, count(*) FROM marts.ticket GROUP BY zone
UNION ALL SELECT 'priority', priority, count(*) FROM marts.ticket GROUP BY priority
UNION ALL SELECT 'service_kind', service_kind, count(*) FROM marts.ticket GROUP BY service_kind
