"""A spare part to be ordered, running out, dying out, or lying there for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import thing
from pipelines.rules.rule import Rule, When
from warehouse.metrics import measures
from warehouse.metrics.wording import money, share
from warehouse.parts import Flag, Part, plan
from warehouse.reading import Reading
from warehouse.risks import Rules
from warehouse.settings import Settings

_WORDS: dict[Flag, Text] = {
    "out": Text(
        en="{part} runs out: {hand} on hand, {expected} expected in the lead time of {lead} days, short with {risk}; order {order}.",
        zh="{part} 将断货：现存 {hand}，提前期 {lead} 天内预计需 {expected}，短缺概率 {risk}；应订 {order}。",
    ),
    "order": Text(
        en="{part} is at its reorder point: {hand} on hand, reorder point {point}; order {order} (lead time {lead} days).",
        zh="{part} 已达订货点：现存 {hand}，订货点 {point}；应订 {order}（提前期 {lead} 天）。",
    ),
    "obsolescent": Text(
        en="{part} is dying out: lines of use in the last 12 months {recent}, before {earlier}; on hand {hand}.",
        zh="{part} 需求趋于消亡：最近 12 个月 {recent} 行，此前 {earlier} 行；现存 {hand}。",
    ),
    "dead": Text(
        en="{part} does not move: {hand} on hand, worth {value}.", zh="{part} 呆滞：现存 {hand}，金额 {value}。"
    ),
    "excess": Text(
        en="{part}: {surplus} on hand more than a year needs, worth {surplus_value}.",
        zh="{part}：超出一年需求 {surplus} 件，金额 {surplus_value}。",
    ),
    "seasonal": Text(en="{part} is needed by the season.", zh="{part} 的需求有季节性。"),
}
_SIZES: dict[Flag, Callable[[Part], float | None]] = {
    "out": lambda part: part.order,
    "order": lambda part: part.order,
    "dead": lambda part: part.value,
    "excess": lambda part: part.surplus_value,
}


class StockRule(Rule):
    """flags: what of a part is told, the first that holds; service: the share of lead times without shortage that is wanted.
    critical_only: only parts that the catalogue calls critical."""

    when: When = "nightly"
    flags: tuple[Flag, ...] = ("out", "order")
    service: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    critical_only: bool = False

    def find(self, reading: Reading, settings: Settings, /) -> Iterator[Problem]:
        """Each part, in the order of the plan: what runs out and is needed most first."""
        rules = Rules.of(settings)
        for part in plan(reading, self.service, rules.costs, rules.dead_months).parts:
            flag = next((flag for flag in self.flags if flag in part.flags), None)
            if flag and (not self.critical_only or part.criticality == "critical"):
                yield self._told(part, flag)

    def _told(self, part: Part, flag: Flag) -> Problem:
        text = _WORDS[flag].format(
            part=part.title,
            hand=_number(part.on_hand),
            point=_number(part.reorder),
            order=_number(part.order),
            expected=_number(part.expected, 1),
            lead=_number(part.lead_days),
            risk=share(part.risk) if part.risk is not None else "—",
            recent=part.recent,
            earlier=part.earlier,
            surplus=_number(part.surplus),
            value=money(part.value),
            surplus_value=money(part.surplus_value),
        )
        size = _SIZES.get(flag)
        row = {"part": part.part_no, "name": part.name, "supplier": part.supplier, "on_hand": part.on_hand}
        return self.problem(
            part.part_no,
            text,
            address=thing("/parts", look=part.part_no, service=f"{self.service * 100:.0f}"),
            size=size(part) if size else None,
            samples=[row],
            measures=[measures()["fill_rate"].label],
        )


def _number(value: float | None, decimals: int = 0) -> str:
    return "—" if value is None else f"{value:,.{decimals}f}"


KIND = StockRule
