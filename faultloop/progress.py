"""A refresh watched at the terminal: one line per step, with parts, rows and seconds."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from faultloop.language import say

_STEPS = {
    "extract": say("Extract", "抽取"),
    "build": say("Build", "构建"),
    "check": say("Check", "检查"),
    "publish": say("Publish", "发布"),
}


class Watched:
    """Shows the steps of a refresh as they go; plain lines where the output is no terminal."""

    def __init__(self, parts: int) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._parts = parts
        self._task: TaskID | None = None
        self._name = ""
        self._rows = 0

    def __enter__(self) -> Watched:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None and kind is None:
            self._bar.update(self._task, total=1, completed=1)
        self._bar.stop()

    def step(self, name: str, part: str = "") -> None:
        """A step begins, or a part of it."""
        if name != self._name:
            if self._task is not None:
                self._bar.update(self._task, total=1, completed=1)
            self._name = name
            self._task = self._bar.add_task(
                _STEPS.get(name, name), total=self._parts if name == "build" else None, note=""
            )
            if self._bar.disable:
                self._console.print(_STEPS.get(name, name))
        if self._task is not None:
            self._bar.update(self._task, note=part, advance=1 if part else 0)

    def rows(self, count: int) -> None:
        """So many more rows were landed."""
        self._rows += count
        if self._task is not None:
            self._bar.update(self._task, note=say(f"{self._rows:,} rows", f"{self._rows:,} 行"))
