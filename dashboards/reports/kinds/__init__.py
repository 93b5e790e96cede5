"""The reports, found by themselves: every file that has a `REPORT`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bilingual.text import Text
from dashboards.reports.ground import Section
from dashboards.reports.periods import Rule
from warehouse.comparison import Comparison


@dataclass(frozen=True)
class Report:
    """One report. rule: the periods it is about; compared: with what, where that is on record, else with the period before."""

    name: str
    title: Text
    rule: Rule
    compared: Comparison
    sections: tuple[Section, ...]


@cache
def reports() -> dict[str, Report]:
    """Every report by its name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {module.REPORT.name: module.REPORT for module in modules}
