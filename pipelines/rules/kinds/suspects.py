"""Lots of a part, or units of a model, that fail more than their age and their peers explain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import page, thing
from pipelines.rules.rule import Rule, When
from warehouse.filters import Filters
from warehouse.metrics.wording import count
from warehouse.reading import Reading
from warehouse.settings import Settings
from warehouse.suspects import Suspect, Suspects, lots, part_names, tickets_of_lot, units

_LOT = Text(
    en="Lot {lot} of {part}: {failures} pieces failed, {ratio} times as many as pieces of their age do (95 %: {low} – {high}).",
    zh="{part} 批次 {lot}：{failures} 件失效，为同龄件的 {ratio} 倍（95%：{low} – {high}）。",
)
_UNIT = Text(
    en="Unit {unit} ({model}): {failures} failures in {years} years, {ratio} times as many as units of its model (95 %: {low} – {high}).",
    zh="设备 {unit}（{model}）：{years} 年内故障 {failures} 次，为同型号的 {ratio} 倍（95%：{low} – {high}）。",
)


class SuspectsRule(Rule):
    """of: lots of serialised parts, units, or both."""

    when: When = "nightly"
    of: tuple[Literal["lots", "units"], ...] = ("lots",)

    def find(self, reading: Reading, _settings: Settings, /) -> Iterator[Problem]:
        """Each that is named as one, the likeliest first."""
        for of, ask in (("lots", _lots), ("units", _units)):
            if of in self.of:
                for one in ask(reading, self.most):
                    yield self._lot(reading, one) if of == "lots" else self._unit(one)

    def _lot(self, reading: Reading, one: Suspect) -> Problem:
        name = part_names(reading, (one.group,))[one.group]
        part = f"{one.group} {name}" if name != one.group else name
        text = _LOT.format(lot=one.name, part=part, failures=count(one.failures), **_times(one))
        rows = [
            {"ticket": ticket, "part": one.group, "lot": one.name}
            for ticket in tickets_of_lot(reading, one.group, one.name, 3)
        ]
        return self.problem(
            f"lot/{one.group}/{one.name}",
            text,
            address=page("/repeats", Filters(), look="what"),
            size=one.rate / one.peers,
            samples=rows,
        )

    def _unit(self, one: Suspect) -> Problem:
        text = _UNIT.format(
            unit=one.name, model=one.group, failures=count(one.failures), years=f"{one.years:.1f}", **_times(one)
        )
        row = {"asset": one.name, "serial_no": one.serial_no, "model": one.group}
        return self.problem(
            f"unit/{one.name}", text, address=thing("/asset", look=one.name), size=one.rate / one.peers, samples=[row]
        )


def _lots(reading: Reading, most: int) -> list[Suspect]:
    return _named(partial(lots, reading), most)


def _units(reading: Reading, most: int) -> list[Suspect]:
    return _named(partial(units, reading, Filters()), most)


def _named(ask: Callable[[int], Suspects | None], most: int) -> list[Suspect]:
    """Every one that is named: what is beyond `most` is counted."""
    found = ask(most)
    if found and found.named > most:
        found = ask(found.named)
    return [one for one in found.worst if one.is_named] if found else []


def _times(one: Suspect) -> dict[str, str]:
    values = {"ratio": one.rate, "low": one.low, "high": one.high}
    return {name: f"{value / one.peers:.1f}" for name, value in values.items()}


KIND = SuspectsRule
