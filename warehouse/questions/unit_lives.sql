-- From which day the records watch each machine, when it was installed, and the last day of its warranty, as days since 1970
-- (unknown: -1). Parameters: the filters' places over units.
SELECT
    CAST(date_diff('day', DATE '1970-01-01', u.watched_from) AS INTEGER) AS watched,
    CAST(coalesce(date_diff('day', DATE '1970-01-01', u.installed_on), -1) AS INTEGER) AS installed,
    CAST(coalesce(date_diff('day', DATE '1970-01-01', a.warranty_end), -1) AS INTEGER) AS warranty
FROM (SELECT * FROM marts.unit WHERE {where}) AS u
JOIN core.asset AS a ON a.asset_id = u.asset_id
WHERE u.watched_from IS NOT NULL
