"""A group of commands that finds them by itself: one module or package each, imported when it is needed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click


class Found(click.Group):
    """A group whose commands are the modules of a package; each module has one click command named `command`.

    `package` is the package's name, `path` its `__path__`.
    """

    def __init__(self, *args: Any, package: str = "", path: Iterable[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self._package, self._path = package, list(path)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return sorted(module.name for module in iter_modules(self._path) if not module.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return import_module(f"{self._package}.{cmd_name}").command  # type: ignore[no-any-return]
