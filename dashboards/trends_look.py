"""What the page of failure trends looks at, from its address; and the words its charts share.

`look` names a section; the item that is looked at is a chip of the rail, as its model is. Anything else in `look` is taken
for an item, so that another page can name one without knowing by what failures are told apart.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal, get_args

from analysis.result import Reason
from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from warehouse.early_warnings import warnings
from warehouse.entities import entities
from warehouse.failure_between import BYS, By, is_told
from warehouse.failure_control import series
from warehouse.failure_months import item_column, items, most_changed
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN
from warehouse.reasons import why
from warehouse.records import Selection

PATH = "/trends"
Section = Literal["signals", "rates", "lives", "cohorts"]
SECTIONS: tuple[Section, ...] = get_args(Section)
SECTION_NAMES: dict[Section, Text] = {
    "signals": Text(en="Early warning", zh="预警与控制图"),
    "rates": Text(en="Rates and growth", zh="故障率与增长"),
    "lives": Text(en="Age and life", zh="役龄与寿命"),
    "cohorts": Text(en="Cohorts and what comes next", zh="投用批次与预测"),
}
_CELLS = {
    "region": Text(en="{item} × region", zh="{item} × 区域"),
    "model": Text(en="{item} × model", zh="{item} × 型号"),
}
EVERYTHING = Text(en="All failures", zh="全部故障")
NO_FAILURE = Text(en="No failure is on record.", zh="没有故障记录。")
UNIT_MONTH = {
    True: Text(en="unit-month", zh="台·月"),
    False: Text(en="month (no units on record)", zh="月（无设备记录）"),
}
_NO_AGE = Text(
    en="no source says when units were installed (field installed_at of the entity asset), so that none has an age",
    zh="没有数据源提供设备的装机时间（实体 asset 的字段 installed_at），无从得知役龄",
)
_CHANCE = Text(en="p = {p}", zh="p = {p}")
_SMALL = Text(en="p < 0.001", zh="p < 0.001")


@dataclass(frozen=True)
class Look:
    """The item that is looked at, of which model (None: all), and by what the cells of the early warning are told apart."""

    item: str
    model: str | None
    by: Literal["region", "model"]


def section(c: Context) -> Section:
    """The section that the address asks for, else the first."""
    asked = c.query.argument("look")
    return next((s for s in SECTIONS if s == asked), SECTIONS[0])


def told_apart(c: Context) -> Literal["region", "model"]:
    """Early warning by region unless its section is asked for by model."""
    return "model" if section(c) == "signals" and c.query.argument("window") == "model" else "region"


def compared(c: Context) -> By:
    """By what the time between failures is told apart: by model unless its section is asked for something else."""
    asked = c.query.argument("window") if section(c) == "rates" else None
    return next((by for by in BYS if by == asked), BYS[0])


def asked_for(c: Context) -> str | None:
    """The item that the address names."""
    column = item_column(c.reading)
    chosen: str | None = getattr(c.query.selection, column)
    named = c.query.argument("look")
    return chosen if chosen is not None else named if named not in SECTIONS else None


def look(c: Context) -> Look | None:
    """The item and model of the address where they are known; else the strongest warning, else what changed most clearly."""
    known = items(c.reading)
    if not known:
        return None
    by = told_apart(c)
    item = asked_for(c)
    if item is None or item not in known:
        found = warnings(c.reading, c.filters, by)
        if found.signals:
            item = found.cells[0].item
        else:
            item = most_changed(c.reading, replace(c.filters, start=None)) or next(iter(known))
    model = c.query.selection.model
    if model is not None and (not model or series(c.reading, c.filters, item, model) is None):
        model = None
    return Look(item, model, by)


def kind_of_item(c: Context) -> Text:
    """What failures are told apart by: the component, or the failure mode where nobody says one."""
    return entities()["fault"].fields[item_column(c.reading)].label


def cells_by(c: Context, by: Literal["region", "model"]) -> Text:
    """What the cells of the early warning are, in words."""
    kind = kind_of_item(c)
    return _CELLS[by].format(item=Text(en=kind.en.lower(), zh=kind.zh))


def called(c: Context, item: str) -> str:
    """An item in words."""
    return item or c.say(EVERYTHING)


def named(c: Context, found: Look) -> str:
    """What is looked at in words."""
    return " · ".join([called(c, found.item), *([found.model] if found.model else [])])


def place_called(c: Context, place: str, by: str) -> str:
    """A region or model in words."""
    return c.place("region", place) if by == "region" else place or c.say(UNKNOWN)


def behind(c: Context, item: str | None = None, model: str | None = None) -> Selection:
    """The tickets behind an item's failures, or behind a model's."""
    if not item:
        return Selection(model=model)
    if item_column(c.reading) == "component":
        return Selection(component=item, model=model)
    return Selection(failure_mode=item, model=model)


def ever(filters: Filters) -> Filters:
    """The selection over all records up to the period's end."""
    return replace(filters, start=None)


def month_of(filters: Filters, month: dt.date) -> Filters:
    """The selection of one month, cut to the period's end."""
    last = (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return replace(filters, start=month, end=min(last, filters.end) if filters.end else last)


def here(
    c: Context, item: str, *, model: str | None = None, region: str | None = None, at: Section | None = None
) -> str:
    """The page looking at one cell, in another section or in the one that it shows."""
    filters = replace(c.filters, region=(region,)) if region is not None else c.filters
    # What a section tells apart is its own.
    kept = c.query.choices if at in (None, section(c)) else {}
    return link(PATH, filters, behind(c, item, model), **{**kept, "look": at or section(c)})


def of_cell(c: Context, item: str, by: str, place: str, at: Section | None = None) -> str:
    """The page looking at an item in a region, or on a model."""
    return here(c, item, region=place, at=at) if by == "region" else here(c, item, model=place, at=at)


def month(day: dt.date) -> str:
    """A month, alike in both languages."""
    return day.strftime("%Y-%m")


def number(value: float | None, digits: int = 3) -> str:
    """A number to some significant digits without exponents; a dash for none."""
    if value is None:
        return "—"
    if value == 0:
        return "0"
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text if abs(value) < 1000 else f"{float(text):,.0f}"
    return f"{float(text):,.0f}" if abs(value) >= 1000 else f"{value:.{digits + 3}f}".rstrip("0")


def bounds(value: tuple[float, float | None, float | None] | None, decimals: int | None = None) -> str:
    """A number with its bounds in brackets, or with the one that can be told; a dash for none."""
    if value is None:
        return "—"
    middle, low, high = (number(v) if decimals is None or v is None else f"{v:,.{decimals}f}" for v in value)
    if value[1] is None or value[2] is None:
        known = [f"≥ {low}"] * (value[1] is not None) + [f"≤ {high}"] * (value[2] is not None)
        return f"{middle} ({known[0]})" if known else middle
    return f"{middle} ({low} – {high})"


def span(value: tuple[float, float | None, float | None]) -> Text:
    """A number with its bounds, saying what they are."""
    middle, low, high = (number(v) for v in value)
    return Text(en=f"{middle} (95 %: {low} – {high})", zh=f"{middle}（95%：{low} – {high}）")


def chance(p: float | None) -> Text:
    """A p-value."""
    if p is None:
        return Text(en="p: —", zh="p：—")
    return _SMALL if p < 0.001 else _CHANCE.format(p=f"{p:.2g}" if p < 0.1 else f"{p:.2f}")


def why_no_age(c: Context, reason: Reason) -> Text:
    """Why something that goes by age has no number; what is missing where no unit has one."""
    if reason is Reason.NO_DATA and not is_told(c.reading, "installed_at"):
        return _NO_AGE
    return why(reason)
