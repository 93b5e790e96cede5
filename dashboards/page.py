"""What a page is: an address, a name, a layout without numbers, and the parts that fill it one request each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bilingual.text import Text
from dashboards.context import Context

Component = Any
Figure = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows as they are exported: column names and plain values."""

    columns: tuple[str, ...] = ()
    rows: Sequence[Sequence[Any]] = ()


@dataclass(frozen=True)
class Drawn:
    """A chart, drawn for one context: the figure, a line in words, its data, where the records behind it are.

    `figure` is None where there is nothing to draw; `words` then says why. `table` is made when it is exported.
    """

    figure: Figure | None
    words: str
    table: Callable[[], Table] = Table
    records: str | None = None


@dataclass(frozen=True)
class Chart:
    """One question and how it is answered. `definition` says how the numbers come about."""

    question: Text
    definition: Text
    draw: Callable[[Context], Drawn]
    height: int = 300


@dataclass(frozen=True)
class Listed:
    """A table (or what else a card may hold), made for one context: a line in words, what is shown, its records.

    `body` is None where there is nothing to show; `words` then says why.
    """

    words: str
    body: Component | None
    records: str | None = None


@dataclass(frozen=True)
class Listing:
    """A card that is no chart: its question, how its numbers come about, what it shows, and the rows that are exported."""

    question: Text
    definition: Text
    draw: Callable[[Context], Listed]
    table: Callable[[Context], Table]
    is_wide: bool = True


@dataclass(frozen=True)
class Page:
    """One page of the application.

    `layout` gives the frame at once, in which `part(...)` marks the places; `parts` and `charts` fill them, each in a
    request of its own. `group` None keeps a page out of the navigation. `tables` are exported, as charts
    are, under their names. `permission` is what its visitors need; `withheld` says why one of its parts, charts or tables is
    not for who asks, and None where it is; `titles` what the parts are called of which it may say so.
    """

    name: str
    path: str
    title: Text
    layout: Callable[[Context], Component]
    group: Text | None = None
    order: int = 0
    has_filters: bool = True
    parts: Mapping[str, Callable[[Context], Component]] = field(default_factory=dict)
    charts: Mapping[str, Chart] = field(default_factory=dict)
    tables: Mapping[str, Callable[[Context], Table]] = field(default_factory=dict)
    permission: str = "dashboards.read"
    withheld: Callable[[Context, str], Text | None] = lambda c, name: None
    titles: Mapping[str, Text] = field(default_factory=dict)

    def not_shown(self, c: Context, why: Text) -> tuple[Text, ...]:
        """What is withheld for a reason, as far as it has a title."""
        called = {**self.titles, **{name: chart.question for name, chart in self.charts.items()}}
        return tuple(title for name, title in called.items() if self.withheld(c, name) == why)
