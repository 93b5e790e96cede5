"""What the built warehouse must satisfy before people see it: a suite per entity and table, found by itself.

An entity has the suite of the file of its name, else the one that its schema says.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from expectations.check import Check, Suite, of_entity
from warehouse.entities import entities
from warehouse.stage import Rule

__all__ = ["Check", "Suite", "row_rules", "suites"]

# The machinery; the first takes seconds to load.
_NO_SUITES = {"counting", "run"}


@cache
def suites() -> dict[str, Suite]:
    """Every suite by name: the `SUITE` of each module in this folder that has one, and one of every other entity."""
    names = [m.name for m in iter_modules(__path__) if m.name not in _NO_SUITES]
    modules = [import_module(f"{__name__}.{name}") for name in names]
    own = {m.SUITE.name: m.SUITE for m in modules if hasattr(m, "SUITE")}
    others = {name: of_entity(name) for name in entities() if name not in own}
    return dict(sorted((own | others).items()))


def row_rules() -> dict[str, list[Rule]]:
    """The rules whose rows go to quarantine while the warehouse is built, by entity."""
    return {
        suite.name: [Rule(c.name, c.field, c.quarantine, c.text) for c in suite.checks if c.quarantine]
        for suite in suites().values()
    }
