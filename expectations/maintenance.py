"""Planned maintenance: done, with a reading of the meter."""

from expectations.check import not_ahead, not_negative, of_entity
from expectations.drift import volume_drift

SUITE = of_entity(
    "maintenance",
    *not_ahead("done_at"),
    *not_negative("meter"),
    volume_drift("done_at"),
)
