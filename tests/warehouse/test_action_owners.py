"""Overdue actions per owner."""

from __future__ import annotations

from pathlib import Path

from factories import warehouse

from warehouse.action_owners import late_by_owner
from warehouse.actions import due
from warehouse.filters import Filters

SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}


def test_overdue_actions_are_counted_per_owner(tmp_path: Path) -> None:
    actions = """\
    action_id | kind | owner | due_on | implemented_at
    A1 | corrective | Ann | 2024-12-01 |
    A2 | corrective | Bo | 2024-06-01 |
    A3 | corrective | Ann | 2024-11-01 |
    A4 | corrective | Cy | 2025-06-01 |
    A5 | corrective | Cy | 2024-06-01 | 2024-07-01
    A6 | corrective | | 2024-12-30 |
    """
    found = late_by_owner(due(warehouse(tmp_path, SETTINGS, action=actions), Filters(), "UTC"))
    assert [(o.owner, len(o.late), o.longest[0].action_id) for o in found] == [
        ("Ann", 2, "A3"), ("Bo", 1, "A2"), ("", 1, "A6"),
    ]  # fmt: skip
    assert found[1].longest[1] == 213  # 1 June to 31 December
