"""A serious failure, complaint or report of one: each is told at once, and once, until it is dealt with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Literal

from bilingual.text import Text
from fracas.states import FOLLOWED
from fracas.watch.alerts import Problem
from pipelines.rules.address import page, thing
from pipelines.rules.rule import Rule
from pipelines.rules.words import local_day, place_of
from warehouse.filters import Filters
from warehouse.mapping import REGISTER
from warehouse.reading import Reading
from warehouse.service_findings import named
from warehouse.settings import Settings
from warehouse.urgent import Serious, critical_complaints, critical_failures, critical_reports

Of = Literal["failure", "complaint", "report"]
_WORDS: dict[Of, Text] = {
    "failure": Text(
        en="Critical failure{where}: {what}, ticket {number}, open since {since}.",
        zh="严重故障{where}：{what}，工单 {number}，报修日期 {since}。",
    ),
    "complaint": Text(
        en="Serious complaint{where}: {what}, {number}, open since {since}.",
        zh="严重投诉{where}：{what}，{number}，投诉日期 {since}。",
    ),
    "report": Text(
        en="Report of a critical failure{where}: {what}, {number}, since {since}.",
        zh="严重故障报告{where}：{what}，{number}，日期 {since}。",
    ),
}


class SeriousRule(Rule):
    """of: what is looked at; since: what was opened before this day is not told."""

    of: tuple[Of, ...] = ("failure", "complaint", "report")
    since: dt.date | None = None

    def find(self, reading: Reading, settings: Settings, /) -> Iterator[Problem]:
        """Each of them, the newest first."""
        found = [(of, one) for of in self.of for one in _FOUND[of](reading)]
        # Nobody knows how old the others are: they are told.
        newest = sorted(found, key=lambda pair: pair[1].since or dt.datetime.max, reverse=True)
        for of, one in newest:
            if self.since is None or one.since is None or one.since.date() >= self.since:
                yield self._told(reading, of, one, settings)

    def _told(self, reading: Reading, of: Of, one: Serious, settings: Settings) -> Problem:
        text = _WORDS[of].format(
            where=place_of(reading, one.region, one.product_line),
            what=named(reading, "complaint_category" if of == "complaint" else "component", one.what),
            number=one.number,
            since=local_day(settings, one.since) if one.since else "—",
        )
        row = {"number": one.number, "ticket": one.ticket_id, "asset": one.asset_id, "customer": one.customer_id}
        return self.problem(
            f"{of}/{one.number}",
            text,
            address=_address(of, one),
            owner=one.owner,
            region=one.region,
            product_line=one.product_line,
            samples=[row],
        )


def _address(of: Of, one: Serious) -> str:
    if one.ticket_id:
        return thing("/record", ticket=one.ticket_id)
    return (
        page("/service", Filters(), look="complaints")
        if of == "complaint"
        else page("/repeats", Filters(), look="actions")
    )


# Those of the house's own register are told as they are submitted, by the register itself.
_FOUND: dict[Of, Callable[[Reading], tuple[Serious, ...]]] = {
    "failure": critical_failures,
    "complaint": critical_complaints,
    "report": lambda reading: critical_reports(reading, FOLLOWED, REGISTER),
}
KIND = SeriousRule
