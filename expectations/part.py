"""Spare parts: what orders and stock are reckoned with."""

from expectations.check import filled_share, not_negative, of_entity

SUITE = of_entity(
    "part",
    *not_negative("unit_cost", "lead_time_days"),
    filled_share("unit_cost", 0.9),
    filled_share("lead_time_days", 0.9),
)
