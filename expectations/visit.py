"""Visits: departed, arrived, started, finished."""

from bilingual.text import Text
from expectations.check import in_order, not_ahead, not_before, of_entity
from expectations.drift import volume_drift

SUITE = of_entity(
    "visit",
    *in_order("departed_at", "arrived_at", "started_at", "finished_at"),
    *not_ahead("arrived_at"),
    not_before(
        "arrived_at",
        "ticket",
        "opened_at",
        "ticket_id",
        Text(en="Nobody arrives before the ticket was opened.", zh="到达不应早于其工单的报修时间。"),
    ),
    volume_drift("arrived_at"),
)
