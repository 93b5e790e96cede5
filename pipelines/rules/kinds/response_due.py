"""A call that is about to miss its response target, or has missed it, and to which nobody came yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import thing
from pipelines.rules.rule import Rule
from pipelines.rules.words import local, place_of
from warehouse.metrics import measures
from warehouse.metrics.wording import elapsed
from warehouse.reading import Reading
from warehouse.settings import Settings
from warehouse.urgent import Call, calls_waiting

_SOON = Text(
    en="Call {ticket}{where} falls due in {left} working hours, at {due}, and nobody is there yet.",
    zh="工单 {ticket}{where}：将在 {left} 个工作小时后（{due}）到期，尚无人到场。",
)
_LATE = Text(
    en="Call {ticket}{where} was due at {due}, {late} ago, and nobody is there yet.",
    zh="工单 {ticket}{where}：应于 {due} 到场，已超时 {late}，尚无人到场。",
)
# One that was missed is markedly worse than one that is about to be, so that it is told again: once.
_ABOUT_TO_BE, _MISSED = 1.0, 4.0


class ResponseDueRule(Rule):
    """hours: working hours of the zone before the target at which a call is told; since: of calls that came before this day
    nothing is told. missed: whether those that missed it are told too."""

    hours: Annotated[float, Field(ge=0)] = 2.0
    since: dt.date | None = None
    missed: bool = True

    def find(self, reading: Reading, settings: Settings, /) -> Iterator[Problem]:
        """Each call: those that can still be kept first, then the latest missed."""
        for call in calls_waiting(reading, self.hours):
            is_told = self.since is None or call.opened_at.date() >= self.since
            if is_told and (self.missed or call.late is None):
                yield self._told(reading, call, settings)

    def _told(self, reading: Reading, call: Call, settings: Settings) -> Problem:
        is_late = call.late is not None
        text = (_LATE if is_late else _SOON).format(
            ticket=call.ticket_id,
            where=place_of(reading, call.region, call.product_line),
            due=local(settings, call.due_at),
            left=f"{call.left or 0.0:.1f}",
            late=elapsed(call.late or 0.0),
        )
        row = {
            "ticket": call.ticket_id,
            "customer": call.customer_id,
            "priority": call.priority,
            "symptom": call.symptom,
        }
        return self.problem(
            call.ticket_id,
            text,
            address=thing("/record", ticket=call.ticket_id),
            size=_MISSED if is_late else _ABOUT_TO_BE,
            region=call.region,
            product_line=call.product_line,
            samples=[row],
            measures=[measures()["response_within_target"].label],
        )


KIND = ResponseDueRule
