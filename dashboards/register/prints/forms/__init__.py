"""The forms, found by themselves: every file that has a `FORM`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bilingual.text import Text
from dashboards.register.prints.record import Record
from dashboards.register.prints.sheet import Section


@dataclass(frozen=True)
class Form:
    """One form. name: in addresses and names of files; sections: what stands in it, of a report."""

    name: str
    title: Text
    order: int
    sections: Callable[[Record], tuple[Section, ...]]


@cache
def forms() -> dict[str, Form]:
    """Every form by its name, in their order."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {form.name: form for form in sorted((module.FORM for module in modules), key=lambda form: form.order)}
