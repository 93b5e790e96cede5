"""Meter readings: they grow."""

from bilingual.text import Text
from expectations.check import not_ahead, not_negative, of_entity, query
from expectations.drift import volume_drift

SUITE = of_entity(
    "usage",
    *not_negative("value"),
    *not_ahead("read_at"),
    query(
        "runs_forward",
        "SELECT * FROM {batch} QUALIFY value < lag(value) OVER (PARTITION BY asset_id, unit ORDER BY read_at)",
        Text(en="No meter runs backwards.", zh="抄表读数不应倒退。"),
        about="value",
    ),
    volume_drift("read_at"),
)
