"""Plain tables: what is a number, and what may not be broken."""

from __future__ import annotations

from dashboards.components.facts import table


def test_days_months_and_quarters_are_not_broken_at_their_hyphens() -> None:
    row = ["2026-10-31", "2026-10", "2026-Q4", "2026", "DR-2001", "since 2026-10-31", 7]
    made = table(["x"] * 7, [row], frozenset({1, 6}))
    (shown,) = made["props"]["children"]["props"]["children"][1]["props"]["children"]
    classes = [cell["props"].get("className") for cell in shown["props"]["children"]]
    assert classes == ["day", "number day", "day", None, None, None, "number"]
