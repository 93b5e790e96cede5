"""What the built warehouse must satisfy before people see it: one file per suite, found by itself."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from expectations.check import Check, Suite
from warehouse.stage import Rule

__all__ = ["Check", "Suite", "row_rules", "suites"]


@cache
def suites() -> dict[str, Suite]:
    """Every suite by name: the `SUITE` of each module in this folder that has one."""
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__) if m.name not in ("check", "run"))
    return {m.SUITE.name: m.SUITE for m in modules}


def row_rules() -> dict[str, list[Rule]]:
    """The rules whose rows go to quarantine while the warehouse is built, by entity."""
    return {
        suite.name: [Rule(c.name, c.field, c.quarantine, c.text) for c in suite.checks if c.quarantine]
        for suite in suites().values()
    }
