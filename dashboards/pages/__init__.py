"""The pages, one file each, found by themselves: a file that has a `PAGE` is a page."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dashboards.page import Page


@cache
def pages() -> dict[str, Page]:
    """Every page by its address, in the order of the navigation."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found: list[Page] = sorted((module.PAGE for module in modules), key=lambda page: page.order)
    return {page.path: page for page in found}
