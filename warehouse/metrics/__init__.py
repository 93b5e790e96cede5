"""Measures: one file per family, found by itself; cards, tables, exports, alerts and docs iterate the same list."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from warehouse.metrics.measure import Measure, Value

__all__ = ["Measure", "Value", "measures"]

# What is not a family; a new family is a new file and needs no entry anywhere.
_MACHINERY = {"__main__", "durations", "evaluate", "findings", "flows", "measure", "wording"}


@cache
def measures() -> dict[str, Measure]:
    """Every measure by name: the `MEASURES` of each family file in this folder."""
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__) if m.name not in _MACHINERY)
    return {measure.name: measure for module in modules for measure in getattr(module, "MEASURES", ())}
