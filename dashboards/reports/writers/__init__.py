"""The files of a report, found by themselves: every module that has a `WRITER`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dashboards.reports.blocks import Document, Drawn


@dataclass(frozen=True)
class Writer:
    """One file. file: its name; write: makes its bytes, given when the report was made (local time of the house)."""

    file: str
    write: Callable[[Document, Drawn, dt.datetime], bytes]


@cache
def writers() -> dict[str, Writer]:
    """Every writer by the name of its file."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {module.WRITER.file: module.WRITER for module in modules}
