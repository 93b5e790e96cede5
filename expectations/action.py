"""Actions: each has somebody who does it, and a day by which."""

from bilingual.text import Text
from expectations.check import delivered, not_ahead, of_entity, rows

SUITE = of_entity(
    "action",
    rows(
        "has_owner",
        f"owner IS NULL AND {delivered('owner')}",
        "owner",
        Text(en="Every action has an owner.", zh="每项措施都有责任人。"),
    ),
    rows(
        "has_due_date",
        f"due_on IS NULL AND implemented_at IS NULL AND {delivered('due_on')}",
        "due_on",
        Text(en="Every action that is not implemented yet has a due date.", zh="尚未实施的措施都有期限。"),
    ),
    *not_ahead("implemented_at"),
)
