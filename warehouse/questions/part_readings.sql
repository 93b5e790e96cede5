-- What the meters of units (of the share asked for) showed, and when; `used` is the place of the unit of use in the list given.
SELECT
    hash(asset_id) AS unit,
    epoch(read_at) / 86400.0 AS at,
    value,
    CAST(list_position($uses, unit) - 1 AS INTEGER) AS used
FROM core.usage
WHERE list_contains($uses, unit) AND value >= 0 AND isfinite(value) AND hash(asset_id) % 1000 < $share
