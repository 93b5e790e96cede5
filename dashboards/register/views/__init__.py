"""The register's addresses, found by themselves: every file that has `VIEWS`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dashboards.register.view import View


@cache
def views() -> tuple[View, ...]:
    """Every address, in no order that matters."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(view for module in modules for view in module.VIEWS)
