-- Closed failure reports as numbers: the row of the report, when it failed (microseconds and days since 1970), places, sites
-- and teams by their order (−1 where nobody said), and what is lacking: 1 failure mode, 2 cause, 4 serial number of the asset
-- of a report that is not coded whole, 8 anything.
WITH places AS (
    SELECT filter, value, row_number() OVER (PARTITION BY filter ORDER BY value) - 1 AS code FROM marts.place
),

sites AS (
    SELECT site, row_number() OVER (ORDER BY site) - 1 AS code FROM (SELECT DISTINCT site FROM marts.ticket WHERE site <> '')
),

teams AS (
    SELECT team, row_number() OVER (ORDER BY team) - 1 AS code FROM (SELECT DISTINCT team FROM core.technician WHERE team <> '')
),

workers AS (
    SELECT w.technician_id, m.code FROM core.technician AS w JOIN teams AS m ON m.team = w.team
)

SELECT
    r.rowid AS report,
    epoch_us(r.failed_at) AS failed_us,
    CAST(date_diff('day', DATE '1970-01-01', r.failed_on) AS INTEGER) AS failed_day,
    CAST(coalesce(l.code, -1) AS INTEGER) AS product_line,
    CAST(coalesce(g.code, -1) AS INTEGER) AS region,
    CAST(coalesce(u.code, -1) AS INTEGER) AS priority,
    CAST(coalesce(k.code, -1) AS INTEGER) AS service_kind,
    CAST(coalesce(c.code, -1) AS INTEGER) AS customer,
    CAST(coalesce(s.code, -1) AS INTEGER) AS site,
    CAST(coalesce(w.code, -1) AS INTEGER) AS team,
    CAST(
        CASE WHEN r.failure_mode = '' THEN 1 ELSE 0 END
        + CASE WHEN r.cause = '' THEN 2 ELSE 0 END
        + CASE WHEN NOT r.is_coded AND a.serial_no IS NULL THEN 4 ELSE 0 END
        + CASE WHEN NOT r.is_coded THEN 8 ELSE 0 END AS UTINYINT
    ) AS lacking
FROM marts.failure AS r
JOIN marts.ticket AS t ON t.ticket_id = r.ticket_id
LEFT JOIN core.asset AS a ON a.asset_id = r.asset_id
LEFT JOIN places AS l ON l.filter = 'product_line' AND l.value = r.product_line
LEFT JOIN places AS g ON g.filter = 'region' AND g.value = r.region
LEFT JOIN places AS u ON u.filter = 'priority' AND u.value = r.priority
LEFT JOIN places AS k ON k.filter = 'service_kind' AND k.value = r.service_kind
LEFT JOIN places AS c ON c.filter = 'customer' AND c.value = r.customer_id
LEFT JOIN sites AS s ON s.site = t.site
LEFT JOIN workers AS w ON w.technician_id = t.technician_id
WHERE r.closed_at IS NOT NULL
