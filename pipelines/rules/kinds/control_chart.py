"""A signal of a control chart in the last completed month: of what fails, as a whole, by region or by model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import page
from pipelines.rules.periods import last_completed
from pipelines.rules.rule import Rule, When
from pipelines.rules.words import line_of
from warehouse.failure_control import Control, control
from warehouse.failure_months import failure_months, item_column, items
from warehouse.filters import Filters
from warehouse.metrics.wording import count
from warehouse.reading import Reading
from warehouse.records import places
from warehouse.service_findings import named
from warehouse.settings import Settings

Broken = Literal[1, 2, 3, 4]
Cell = tuple[Filters, str, str, str]  # the selection, the item, the model and the place ('' for all)
_WORDS = Text(
    en="{item}{where}: {n} failures in {month}, {rate} per {unit} where {centre} is usual and {limit} the limit: {rules}.",
    zh="{item}{where}：{month} 故障 {n} 次，每{unit} {rate}，通常为 {centre}，控制限 {limit}：{rules}。",
)
_WHERE = Text(en=" ({place})", zh="（{place}）")
_NOWHERE = Text(en="", zh="")
_UNITS = {True: Text(en="unit-month", zh="台·月"), False: Text(en="month", zh="月")}
_RULES: dict[int, Text] = {
    1: Text(en="beyond the limit", zh="超出控制限"),
    2: Text(en="two of three months beyond two thirds of it", zh="连续三月中有两月超出控制限的三分之二"),
    3: Text(en="four of five months beyond one third of it", zh="连续五月中有四月超出控制限的三分之一"),
    4: Text(en="eight months in a row on one side", zh="连续八个月位于中心线同侧"),
}


class ControlChartRule(Rule):
    """by: of which cells there are charts; side: more failures than usual, or fewer; rules: those of Western Electric that
    count; least_n: failures in the month from which a rise is told."""

    when: When = "nightly"
    by: tuple[Literal["house", "region", "model"], ...] = ("house",)
    side: Literal["above", "below", "both"] = "above"
    rules: tuple[Broken, ...] = (1, 2, 3, 4)
    least_n: Annotated[int, Field(ge=1)] = 3

    def find(self, reading: Reading, _settings: Settings, /) -> Iterator[Problem]:
        """Each cell with a signal in that month, what is furthest from its centre first."""
        month, end = last_completed(reading.as_of_on, "month")
        found = []
        for cell in self._cells(reading, end):
            filters, item, model, _ = cell
            chart = control(reading, filters, item, model or None)
            signal = self._signal(chart, month)
            if signal is not None:
                found.append((signal[0], cell, chart, signal[1]))
        for size, cell, chart, broken in sorted(found, key=lambda one: -one[0]):
            yield self._told(reading, cell, chart, size, broken)

    def _cells(self, reading: Reading, end: dt.date) -> Iterator[Cell]:
        whole = Filters(end=end)
        if "house" in self.by:
            yield from ((whole, item, "", "") for item in items(reading))
        if "region" in self.by:
            for region, _ in places(reading).get("region", []):
                yield from ((Filters(end=end, region=(region,)), item, "", region) for item in items(reading))
        known = failure_months(reading, whole, "model") if "model" in self.by else None
        if known is not None:
            yield from ((whole, cell.item, cell.place, cell.place) for cell in known.cells if cell.place)

    def _signal(self, chart: Control, month: dt.date) -> tuple[float, tuple[int, ...]] | None:
        """How many times as far as the centre the month is, and the rules that it breaks; None where it is no signal."""
        if not chart.months or chart.months[-1] != month or chart.rate[-1] is None:
            return None
        broken, rate = tuple(rule for rule in chart.rules[-1] if rule in self.rules), chart.rate[-1]
        is_above = rate > chart.centre
        if not broken or self.side not in ("both", "above" if is_above else "below"):
            return None
        if is_above and chart.count[-1] < self.least_n:
            return None
        # Where nothing fails any more it cannot get better: so many times as rare as this month's exposure can show.
        seen = max(rate, 0.5 / chart.exposure[-1])
        return (rate / chart.centre if is_above else chart.centre / seen), broken

    def _told(self, reading: Reading, cell: Cell, chart: Control, size: float, broken: tuple[int, ...]) -> Problem:
        filters, item, model, place = cell
        is_above = (chart.rate[-1] or 0.0) > chart.centre
        rules = [_RULES[rule] for rule in broken]
        text = _WORDS.format(
            item=named(reading, item_column(reading), item),
            where=_WHERE.format(place=named(reading, "model" if model else "region", place)) if place else _NOWHERE,
            n=count(chart.count[-1]),
            month=f"{chart.months[-1]:%Y-%m}",
            rate=f"{chart.rate[-1]:.3g}",
            unit=_UNITS[chart.per_unit],
            centre=f"{chart.centre:.3g}",
            limit=_number(chart.high[-1] if is_above else chart.low[-1]),
            rules=Text(en="; ".join(r.en for r in rules), zh="；".join(r.zh for r in rules)),
        )
        looks = {"look": "signals", item_column(reading): item, **({"model": model} if model else {})}
        row = {"item": item, "place": place, "month": f"{chart.months[-1]:%Y-%m}", "failures": chart.count[-1]}
        return self.problem(
            f"{'model' if model else 'region' if place else 'house'}/{item}/{place}",
            text,
            address=page("/trends", filters, **looks),
            size=size,
            region="" if model else place,
            product_line=line_of(reading, item),
            samples=[row],
        )


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3g}"


KIND = ControlChartRule
