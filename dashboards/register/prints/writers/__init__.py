"""The kinds of files, found by themselves: every file that has a `WRITER`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dashboards.register.prints.sheet import Sheet


@dataclass(frozen=True)
class Writer:
    """One kind of file. ending: of its name; media: its media type; write: makes its bytes."""

    ending: str
    media: str
    write: Callable[[Sheet], bytes]


@cache
def writers() -> dict[str, Writer]:
    """Every writer by the ending of its files."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {module.WRITER.ending: module.WRITER for module in modules}
