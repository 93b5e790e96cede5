"""Complaints and return visits against the house's rules: answered, reported on, confirmed, asked about in time.

A rule is judged where it was kept or its time is over; what the records do not tell is counted, not guessed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.evaluate import share_of
from warehouse.metrics.measure import Measure, Quotient, Value
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.settings import Settings


@dataclass(frozen=True)
class Rules:
    """What an installation asks for; `visit_lines` are product lines with other days for the return visit."""

    answer_hours: float
    report_days: int
    visit_days: int
    visit_lines: tuple[tuple[str, int], ...]
    remark_days: int


def rules_of(settings: Settings) -> Rules:
    """The rules of an installation."""
    return Rules(
        settings.complaint_answer_hours,
        settings.complaint_report_days,
        settings.return_visit_days,
        tuple(sorted(settings.return_visit_lines.items())),
        settings.remark_answer_days,
    )


ANSWERED = Measure(
    "complaint_answered_in_time",
    Text(en="Complaints answered in time", zh="投诉按时答复率"),
    Text(
        en="Of the complaints raised in the period that were answered or whose time is over, the share answered within the hours of the setting complaint_answer_hours (clock hours).",
        zh="期内提出、已答复或时限已过的投诉中，在设置 complaint_answer_hours 规定的自然小时内答复的比例。",
    ),
    Text(en="answered in time", zh="按时答复"),
    Text(en="complaints answered or overdue", zh="已答复或已逾期的投诉"),
    "share",
    Quotient("answered", "judged"),
    "higher",
)
REPORTED = Measure(
    "complaint_reported_in_time",
    Text(en="Owner's report in time, at least", zh="责任人按时报告率（下限）"),
    Text(
        en="No record says when the owner reported; a complaint is closed after the report. So the share closed within the working days of the setting complaint_report_days (calendar of the ticket's zone) is the least that can have been reported in time.",
        zh="没有记录责任人何时提交报告；投诉在报告之后关闭。因此在设置 complaint_report_days 规定的工作日内（按工单服务区日历）关闭的比例，是按时报告率的下限。",
    ),
    Text(en="closed within the days of the report", zh="在报告时限内关闭"),
    Text(en="complaints closed or past that time", zh="已关闭或时限已过的投诉"),
    "share",
    Quotient("reported", "judged"),
    "higher",
)
CONFIRMED = Measure(
    "complaint_closed_confirmed",
    Text(en="Closed after confirmation", zh="经确认后关闭率"),
    Text(
        en="Of the closed complaints raised in the period that say whether a return visit confirmed them, the share that was confirmed. The rule: closed only then.",
        zh="期内提出、已关闭且注明回访确认与否的投诉中，经回访确认的比例。规则：确认后方可关闭。",
    ),
    Text(en="confirmed by a return visit", zh="经回访确认"),
    Text(en="closed complaints that say so", zh="注明确认与否的已关闭投诉"),
    "share",
    Quotient("confirmed", "judged"),
    "higher",
)
VISITED = Measure(
    "return_visit_in_time",
    Text(en="Return visit in time", zh="按时回访率"),
    Text(
        en="Of the jobs resolved in the period that were asked about on a known day or whose days are over, the share asked about within the days of the settings return_visit_days and return_visit_lines (calendar days after the repair). All jobs are to be asked about.",
        zh="期内修复、已回访（日期已知）或时限已过的工单中，在设置 return_visit_days 与 return_visit_lines 规定的天数内（修复后自然日）回访的比例。规则：全部工单均须回访。",
    ),
    Text(en="asked about in time", zh="按时回访"),
    Text(en="jobs asked about or overdue", zh="已回访或已逾期的工单"),
    "share",
    Quotient("in_time", "judged"),
    "higher",
)


@dataclass(frozen=True)
class Complaint:
    """One complaint; what is None was not judged yet, or nobody says. `hours` until the answer, or so far."""

    complaint_id: str
    ticket_id: str
    category: str
    owner: str
    raised_on: dt.date
    hours: float
    is_answered: bool
    is_closed: bool
    answered_in_time: bool | None
    reported_in_time: bool | None
    is_confirmed: bool | None


@dataclass(frozen=True)
class Kept:
    """Complaints and, of each rule, how many were judged and how many kept it."""

    complaints: int
    answered: tuple[int, int]
    reported: tuple[int, int]
    confirmed: tuple[int, int]
    unanswered: int
    open: int

    @property
    def late(self) -> int:
        """Not answered in time."""
        return self.answered[1] - self.answered[0]

    def values(self) -> tuple[Value, Value, Value]:
        """The shares of ANSWERED, REPORTED and CONFIRMED."""
        return (
            share_of(ANSWERED, *self.answered),
            share_of(REPORTED, *self.reported),
            share_of(CONFIRMED, *self.confirmed),
        )


def kept(found: Iterable[Complaint]) -> Kept:
    """Some complaints added up."""
    every = tuple(found)

    def judged(of: Callable[[Complaint], bool | None]) -> tuple[int, int]:
        known = [verdict for c in every if (verdict := of(c)) is not None]
        return sum(known), len(known)

    return Kept(
        len(every),
        judged(lambda c: c.answered_in_time),
        judged(lambda c: c.reported_in_time),
        judged(lambda c: c.is_confirmed if c.is_closed else None),
        sum(c.answered_in_time is False and not c.is_answered for c in every),
        sum(not c.is_closed for c in every),
    )


@remembered
def complaints(reading: Reading, filters: Filters, rules: Rules) -> tuple[Complaint, ...]:
    """The complaints raised in the period, in their order."""
    where, parameters = filters.where("raised_on")
    rows = reading.records(question("complaints_by_rule").format(where=where), [*parameters, rules.report_days])
    return tuple(_complaint(row, rules, reading.as_of, reading.as_of_on) for row in rows)


def _complaint(row: dict[str, object], rules: Rules, as_of: dt.datetime, today: dt.date) -> Complaint:
    opened, answered, closed_on, due = (row[k] for k in ("opened_at", "answered_at", "closed_on", "report_due_on"))
    assert isinstance(opened, dt.datetime)
    until = answered if isinstance(answered, dt.datetime) else as_of
    hours = max((until - opened).total_seconds() / 3600, 0.0)
    is_late = hours > rules.answer_hours
    reported: bool | None = None
    if isinstance(due, dt.date):
        reported = closed_on <= due if isinstance(closed_on, dt.date) else (False if due < today else None)
    confirmed = row["confirmed"]
    return Complaint(
        complaint_id=str(row["complaint_id"]),
        ticket_id=str(row["ticket_id"]),
        category=str(row["category"]),
        owner=str(row["owner"]),
        raised_on=row["raised_on"],  # type: ignore[arg-type]
        hours=hours,
        is_answered=answered is not None,
        is_closed=row["closed_at"] is not None,
        answered_in_time=not is_late if answered is not None else (False if is_late else None),
        reported_in_time=reported,
        is_confirmed=confirmed if isinstance(confirmed, bool) else None,
    )


def by_month(found: Iterable[Complaint]) -> dict[dt.date, Kept]:
    """The complaints raised in each month, added up."""
    months: dict[dt.date, list[Complaint]] = {}
    for complaint in found:
        months.setdefault(complaint.raised_on.replace(day=1), []).append(complaint)
    return {month: kept(of) for month, of in sorted(months.items())}


def by_owner(found: Iterable[Complaint]) -> dict[str, Kept]:
    """The complaints of each owner added up, most late ones first; '' where nobody says."""
    owners: dict[str, list[Complaint]] = {}
    for complaint in found:
        owners.setdefault(complaint.owner, []).append(complaint)
    each = {owner: kept(of) for owner, of in owners.items()}
    return dict(sorted(each.items(), key=lambda item: (-item[1].late, -item[1].complaints, item[0])))


@dataclass(frozen=True)
class Visits:
    """The jobs resolved in a month: asked about in time, later, on an unknown day, not though the days are over; reached."""

    month: dt.date
    jobs: int
    in_time: int
    late: int
    undated: int
    never: int
    reached: int

    @property
    def asked(self) -> int:
        return self.in_time + self.late + self.undated

    @property
    def judged(self) -> int:
        return self.in_time + self.late + self.never


@remembered
def return_visits(reading: Reading, filters: Filters, rules: Rules) -> tuple[Visits, ...] | None:
    """By month of resolution; None where nobody delivers return visits."""
    if not reading.rows("SELECT 1 FROM core.survey LIMIT 1"):
        return None
    where, parameters = filters.where("resolved_on")
    where += f"{' AND' if where else ' WHERE'} resolved_on IS NOT NULL"
    lines, days = [line for line, _ in rules.visit_lines], [n for _, n in rules.visit_lines]
    rows = reading.rows(question("return_visits").format(where=where), [days, lines, rules.visit_days, *parameters])
    return tuple(Visits(*row) for row in rows)


def visited(found: Iterable[Visits]) -> Value:
    """The share asked about in time over some months."""
    every = tuple(found)
    return share_of(VISITED, sum(v.in_time for v in every), sum(v.judged for v in every))


@dataclass(frozen=True)
class Remark:
    """What a customer remarked; whether its answer is due, and whether a complaint of the same ticket came after it."""

    ticket_id: str
    said_on: dt.date
    text: str
    is_unhappy: bool
    is_due: bool
    is_taken_up: bool


@dataclass(frozen=True)
class Remarks:
    """The remarks of dissatisfied customers first, then the latest; and how many there are of each kind in all."""

    first: tuple[Remark, ...]
    n: int
    due: int
    unhappy: int
    taken_up: int


@remembered
def remarks(reading: Reading, filters: Filters, rules: Rules, most: int) -> Remarks:
    """What customers remarked in return visits of the period."""
    where, parameters = filters.where("said_on")
    rows = reading.rows(question("remarks").format(where=where), [*parameters, rules.remark_days])
    # The words are looked up for those that are shown: sorting all of them would cost most.
    words = dict(
        reading.rows(
            "SELECT s.ticket_id, max(s.remark) FROM (SELECT unnest(?) AS ticket_id) AS t "
            "JOIN core.survey AS s ON s.ticket_id = t.ticket_id GROUP BY 1",
            [[row[0] for row in rows[:most]]],
        )
        if rows
        else ()
    )
    first = tuple(Remark(ticket, day, words[ticket], *flags) for ticket, day, *flags in rows[:most])
    unhappy, due, taken_up = (sum(row[i] for row in rows) for i in (2, 3, 4))
    return Remarks(first, len(rows), due, unhappy, taken_up)
