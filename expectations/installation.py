"""Installations: commissioned once, and not before the machine was there."""

from expectations.check import not_ahead, of_entity
from expectations.drift import volume_drift

SUITE = of_entity(
    "installation",
    *not_ahead("commissioned_at"),
    volume_drift("commissioned_at"),
)
