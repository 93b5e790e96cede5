"""Consultations: asked, then answered."""

from bilingual.text import Text
from expectations.check import delivered, in_order, not_ahead, of_entity, rows
from expectations.drift import volume_drift

SUITE = of_entity(
    "consultation",
    *in_order("at", "answered_at"),
    *not_ahead("at"),
    rows(
        "answered_has_answer",
        f"answered_at IS NOT NULL AND answer IS NULL AND {delivered('answer')}",
        "answer",
        Text(en="What was answered has an answer.", zh="已答复的咨询都有答复内容。"),
    ),
    volume_drift("at"),
)
