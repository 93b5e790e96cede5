"""Complaints: opened, answered, closed."""

from bilingual.text import Text
from expectations.check import filled_share, in_order, not_ahead, not_before, of_entity
from expectations.drift import drift, volume_drift

SUITE = of_entity(
    "complaint",
    *in_order("opened_at", "answered_at", "closed_at"),
    *not_ahead("opened_at"),
    not_before(
        "opened_at",
        "ticket",
        "opened_at",
        "ticket_id",
        Text(en="No complaint is older than the call it is about.", zh="投诉不应早于其所涉工单的报修时间。"),
    ),
    filled_share("category", 0.8),
    volume_drift("opened_at"),
    drift("category", "opened_at"),
)
