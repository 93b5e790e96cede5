-- The clock as a function of working minutes: for each zone and block of `block_minutes` the instant at which it starts.
-- No block straddles a closing, because block_minutes divides every opening's length: so a due time is one equal join away.
SELECT
    i.zone,
    CAST(i.minutes_before / g.block_minutes AS BIGINT) + n.block AS block,
    plus_minutes(i.opens_at, n.block * g.block_minutes) AS starts_at
FROM core.working_interval AS i
CROSS JOIN core.clock_grain AS g
JOIN core.dim_block AS n ON n.block * g.block_minutes < i.minutes
