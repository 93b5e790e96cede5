"""The cells of what fails × where (or which model) that fail more lately than their own past: the early warnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import page
from pipelines.rules.rule import Rule, When
from pipelines.rules.words import line_of
from warehouse.early_warnings import Warned, Warnings, warnings
from warehouse.failure_months import item_column
from warehouse.filters import Filters
from warehouse.metrics.wording import count
from warehouse.reading import Reading
from warehouse.service_findings import named
from warehouse.settings import Settings

By = Literal["region", "model"]
_WORDS = Text(
    en="{item}, {place}: {observed} failures from {first} to {last}, {expected} expected from its past and its peers: {ratio} times as many (n = {n}{since}).",
    zh="{item}，{place}：{first} 至 {last} 故障 {observed} 次，按以往与同类期望 {expected} 次，为 {ratio} 倍（n = {n}{since}）。",
)
_SINCE = Text(en="; most likely since {month}", zh="；最可能始于 {month}")
_NOTHING = Text(en="", zh="")


class EarlyWarningRule(Rule):
    """by: by what cells are told apart; least_n: failures that a cell must have had lately to be told."""

    when: When = "nightly"
    by: tuple[By, ...] = ("region", "model")
    least_n: Annotated[int, Field(ge=1)] = 3

    def find(self, reading: Reading, _settings: Settings, /) -> Iterator[Problem]:
        """Each cell that stands out, the strongest first."""
        for by in self.by:
            found = warnings(reading, Filters(), by)
            for cell in found.cells:
                if cell.is_signal and cell.observed >= self.least_n:
                    yield self._told(reading, by, cell, found)

    def _told(self, reading: Reading, by: By, cell: Warned, found: Warnings) -> Problem:
        place = named(reading, by, cell.place)
        text = _WORDS.format(
            item=named(reading, item_column(reading), cell.item),
            place=place,
            observed=count(cell.observed),
            expected=f"{cell.expected:,.1f}",
            ratio=f"{cell.ratio:.1f}",
            first=f"{found.first:%Y-%m}" if found.first else "—",
            last=f"{found.last:%Y-%m}" if found.last else "—",
            n=count(cell.n),
            since=_SINCE.format(month=f"{cell.since:%Y-%m}") if cell.since else _NOTHING,
        )
        looks = {"look": "signals", item_column(reading): cell.item}
        if by == "model":
            looks |= {"window": "model", "model": cell.place}
        row = {by: cell.place, "item": cell.item, "failures": cell.observed, "expected": round(cell.expected, 1)}
        return self.problem(
            f"{by}/{cell.item}/{cell.place}",
            text,
            address=page("/trends", Filters(region=(cell.place,)) if by == "region" else Filters(), **looks),
            size=cell.ratio,
            region=cell.place if by == "region" else "",
            product_line=line_of(reading, cell.item),
            samples=[row],
        )


KIND = EarlyWarningRule
