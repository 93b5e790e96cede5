"""A complaint that nobody answered in time."""

from __future__ import annotations

from collections.abc import Iterator

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import page
from pipelines.rules.rule import Rule
from pipelines.rules.words import place_of
from warehouse.complaints import OVERDUE, complaints
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.reading import Reading
from warehouse.service_findings import named
from warehouse.settings import Settings

_WORDS = Text(
    en="Complaint {number}{where} ({what}) was to be answered by {due} and is {days} days overdue; owner: {owner}.",
    zh="投诉 {number}{where}：{what}，应于 {due} 前答复，已逾期 {days} 天；责任人：{owner}。",
)


class ComplaintDueRule(Rule):
    """Due when the complaint says so, or within the hours of the setting complaint_answer_hours."""

    def find(self, reading: Reading, settings: Settings, /) -> Iterator[Problem]:
        """Each complaint whose customer still waits, the longest first."""
        found = complaints(reading, Filters(), settings.time_zone, settings.complaint_answer_hours)
        for one in sorted((c for c in found if c.is_waiting), key=lambda c: (c.due_on, c.complaint_id)):
            days = (reading.as_of_on - one.due_on).days
            text = _WORDS.format(
                number=one.complaint_id,
                where=place_of(reading, one.region),
                what=named(reading, "complaint_category", one.category),
                due=one.due_on,
                days=count(days),
                owner=one.owner or UNKNOWN,
            )
            row = {
                "complaint": one.complaint_id,
                "ticket": one.ticket_id,
                "opened_on": one.opened_on,
                "owner": one.owner,
            }
            yield self.problem(
                one.complaint_id,
                text,
                address=page("/service", Filters(), look="complaints", window="waiting"),
                size=float(days),
                owner=one.owner,
                region=one.region,
                samples=[row],
                measures=[OVERDUE.label],
            )


KIND = ComplaintDueRule
