"""Decisions of reviewers: taken, and by somebody."""

from bilingual.text import Text
from expectations.check import delivered, not_ahead, of_entity, rows

SUITE = of_entity(
    "review",
    *not_ahead("decided_at"),
    rows(
        "decided_has_reviewer",
        f"decided_at IS NOT NULL AND reviewer IS NULL AND {delivered('reviewer')}",
        "reviewer",
        Text(en="Every decision says who took it.", zh="每项决定都注明评审人。"),
    ),
)
