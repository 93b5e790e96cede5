"""Stock movements: the ledger of each store never falls below nothing."""

from bilingual.text import Text
from expectations.check import not_ahead, not_negative, of_entity, query
from expectations.drift import volume_drift

# What is on the shelf after each movement: since the last count, or since the first movement of a store that never
# counted; what was there before a first count nobody knows. At one instant the count comes first, then what comes in.
_LEDGER = """
    WITH moved AS (
        SELECT *, coalesce(site, '') AS store, CASE kind WHEN 'issue' THEN -quantity ELSE quantity END AS change
        FROM {batch}
    ), counted AS (
        SELECT *, count(*) FILTER (kind = 'count') OVER (PARTITION BY part_no, store ORDER BY "at") AS period
        FROM moved
    ), running AS (
        SELECT
            *, sum(change) OVER (
                PARTITION BY part_no, store, period ORDER BY "at", kind <> 'count', change DESC ROWS UNBOUNDED PRECEDING
            ) AS on_hand
        FROM counted
        WHERE NOT (period = 0 AND (part_no, store) IN (SELECT (c.part_no, c.store) FROM moved AS c WHERE c.kind = 'count'))
    )
    SELECT * FROM running WHERE on_hand < -0.000001"""

SUITE = of_entity(
    "stock_move",
    *not_negative("quantity"),
    *not_ahead("at"),
    query(
        "stock_not_negative",
        _LEDGER,
        Text(en="No store gives out more of a part than it has by its ledger.", zh="按台账各库房的备件库存不应为负。"),
        about="quantity",
    ),
    volume_drift("at"),
)
