"""What the page of service and contracts looks at, from its address; and what one of its views consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.page import Chart, Component, Listing
from warehouse.entities import entities
from warehouse.metrics.measure import Value
from warehouse.service_findings import Finding, Share, is_delivered

PATH = "/service"


@dataclass(frozen=True)
class View:
    """One thing the page may look at: its name, cards of numbers, findings, and at most six charts and tables.

    `wide` names the charts that take a whole row. `silent` says why there is nothing to find, None where there may be:
    that nothing stands out is no news where nobody delivers anything.
    """

    name: Text
    cards: Callable[[Context], Sequence[Component]]
    findings: Callable[[Context], Sequence[Finding]]
    shows: Mapping[str, Chart | Listing]
    wide: tuple[str, ...] = ()
    silent: Callable[[Context], str | None] = lambda _: None


def window_of(c: Context) -> str:
    """What the lists of the view are narrowed down to."""
    return c.query.argument("window") or ""


def here(c: Context, look: str, window: str = "") -> str:
    """The page looking at something, with its lists narrowed down."""
    return link(PATH, c.filters, None, look=look, **({"window": window} if window else {}))


_NOBODY = Text(
    en="No source delivers “{label}”. This fills as soon as a file in sources/ maps the entity {entity}.",
    zh="没有数据源提供“{label}”。在 sources/ 的文件中映射实体 {entity} 后，此处即有内容。",
)
_NONE = Text(
    en="Nothing of “{label}” in this selection: widen the period or take filters away.",
    zh="当前筛选下没有“{label}”：请放宽时段或取消部分筛选。",
)


def nothing_of(c: Context, entity: str) -> str:
    """Why there is nothing to show, and what would fill it."""
    words = _NONE if is_delivered(c.reading, entity) else _NOBODY
    return c.say(words.format(label=entities()[entity].label, entity=entity))


def silent_without(entity: str) -> Callable[[Context], str | None]:
    """For a view that has nothing to say as long as no source delivers an entity."""
    return lambda c: None if is_delivered(c.reading, entity) else nothing_of(c, entity)


def known_by(c: Context, entity: str, value: Value) -> Value:
    """The value; none where no source delivers what it counts: then nobody knows that it is 0."""
    if is_delivered(c.reading, entity):
        return value
    return Value(value.measure, None, 0, reason=_NOBODY.format(label=entities()[entity].label, entity=entity))


def percent(c: Context, found: Share) -> str:
    """A share with its interval; a dash for none."""
    if found.value is None or found.low is None or found.high is None:
        return "—"
    sign = "%" if c.language == "zh" else " %"
    return f"{found.value * 100:,.1f}{sign} ({found.low * 100:,.1f} – {found.high * 100:,.1f})"
