"""Complaints: by category and cause, answered in time, closed only after a return visit, overdue per owner and month."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.measure import Count, Measure, Quotient
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.service_findings import Finding, Share, named, share_of

# An owner or region with fewer complaints is not judged.
FEWEST = 10

COMPLAINTS = Measure(
    "complaints",
    Text(en="Complaints", zh="投诉数"),
    Text(en="Complaints opened in the period.", zh="期内提出的投诉数。"),
    Text(en="complaints opened", zh="提出的投诉"),
    None,
    "count",
    Count("complaints"),
    "lower",
)
ANSWERED = Measure(
    "complaints_answered",
    Text(en="Answered in time", zh="按时答复率"),
    Text(
        en="Of the complaints opened in the period whose time to answer has passed (or that were answered), those answered within the hours of the setting complaint_answer_hours.",
        zh="期内提出且已到答复时限（或已答复）的投诉中，在设置 complaint_answer_hours 规定的小时内答复的比例。",
    ),
    Text(en="answered in time", zh="按时答复"),
    Text(en="complaints due for an answer", zh="应答复的投诉"),
    "share",
    Quotient("in_time", "due"),
    "higher",
)
CONFIRMED = Measure(
    "complaints_confirmed",
    Text(en="Closed by the rule", zh="合规关闭率"),
    Text(
        en="Of the closed complaints of the period, those that were answered and whose return visit confirmed that all is well: only such may be closed.",
        zh="期内已关闭的投诉中，已答复且经回访确认的比例；未经回访确认不得关闭。",
    ),
    Text(en="answered and confirmed", zh="已答复且回访确认"),
    Text(en="complaints closed", zh="已关闭的投诉"),
    "share",
    Quotient("by_rule", "closed"),
    "higher",
)
OPEN = Measure(
    "complaints_open",
    Text(en="Still open", zh="未关闭投诉"),
    Text(en="Complaints of the period that are not closed.", zh="期内提出、尚未关闭的投诉数。"),
    Text(en="complaints not closed", zh="未关闭的投诉"),
    None,
    "count",
    Count("open"),
    "lower",
)
OVERDUE = Measure(
    "complaints_overdue",
    Text(en="Overdue", zh="逾期率"),
    Text(
        en="Of the complaints of the period that have fallen due, those not answered by then (answered later, or not yet).",
        zh="期内提出且已到期的投诉中，到期未答复（之后才答复或仍未答复）的比例。",
    ),
    Text(en="answered late or not", zh="逾期答复或未答复"),
    Text(en="complaints fallen due", zh="已到期的投诉"),
    "share",
    Quotient("overdue", "due"),
    "lower",
)


@dataclass(frozen=True)
class Complaint:
    """One complaint; is_in_time and is_overdue are None while that is not known yet."""

    complaint_id: str
    ticket_id: str
    category: str
    cause: str
    owner: str
    region: str
    opened_on: dt.date
    due_on: dt.date
    answered_on: dt.date | None
    closed_on: dt.date | None
    answer_hours: float | None
    is_in_time: bool | None
    is_overdue: bool | None
    is_confirmed: bool

    @property
    def is_closed(self) -> bool:
        return self.closed_on is not None

    @property
    def is_by_rule(self) -> bool:
        """Whether it was closed as the rule wants it."""
        return self.is_closed and self.is_confirmed and self.answered_on is not None

    @property
    def is_waiting(self) -> bool:
        """Whether the customer still waits for an answer that is overdue."""
        return self.answered_on is None and not self.is_closed and bool(self.is_overdue)


@remembered
def complaints(reading: Reading, filters: Filters, time_zone: str, hours: float) -> tuple[Complaint, ...]:
    """The complaints opened in the period, the latest first; `hours` is the time to answer."""
    where, parameters = filters.where("opened_on")
    sql = f"{question('complaints')}{where} ORDER BY opened_at DESC, complaint_id"
    return tuple(Complaint(*row) for row in reading.rows(sql, [hours, *[time_zone] * 4, *parameters]))


def in_time(found: Iterable[Complaint]) -> Share:
    """The share answered in time."""
    known = [c.is_in_time for c in found if c.is_in_time is not None]
    return share_of(sum(known), len(known))


def by_rule(found: Iterable[Complaint]) -> Share:
    """The share of the closed ones that was closed as the rule wants it."""
    closed = [c.is_by_rule for c in found if c.is_closed]
    return share_of(sum(closed), len(closed))


def overdue(found: Iterable[Complaint]) -> Share:
    """The share of those fallen due that was not answered by then."""
    due = [c.is_overdue for c in found if c.is_overdue is not None]
    return share_of(sum(due), len(due))


def _grouped(
    found: Sequence[Complaint], key: Callable[[Complaint], str], of: Callable[[Iterable[Complaint]], Share]
) -> list[tuple[str, Share]]:
    groups: dict[str, list[Complaint]] = {}
    for c in found:
        groups.setdefault(key(c), []).append(c)
    return [(name, of(group)) for name, group in sorted(groups.items())]


def by_region(found: Sequence[Complaint]) -> list[tuple[str, Share]]:
    """Answered in time by region, least first; regions with none due are left out."""
    known = [(name, s) for name, s in _grouped(found, lambda c: c.region, in_time) if s.value is not None]
    return sorted(known, key=lambda one: (one[1].value or 0.0, one[0]))


@dataclass(frozen=True)
class Owner:
    """One owner: of the complaints fallen due the overdue ones, altogether and per month (of falling due): (overdue, due)."""

    owner: str
    whole: Share
    months: tuple[tuple[int, int], ...]


def by_owner(found: Sequence[Complaint], most: int = 12) -> tuple[tuple[str, ...], tuple[Owner, ...]]:
    """The latest months in which anything fell due, and every owner, most overdue first."""
    due = [c for c in found if c.is_overdue is not None]
    months = tuple(sorted({c.due_on.strftime("%Y-%m") for c in due})[-most:])
    n = Counter((c.owner, c.due_on.strftime("%Y-%m")) for c in due)
    late = Counter((c.owner, c.due_on.strftime("%Y-%m")) for c in due if c.is_overdue)
    owners = [
        Owner(owner, whole, tuple((late[owner, m], n[owner, m]) for m in months))
        for owner, whole in _grouped(due, lambda c: c.owner, overdue)
    ]
    return months, tuple(sorted(owners, key=lambda o: (-o.whole.k, o.owner)))


def by_class(found: Sequence[Complaint]) -> tuple[tuple[str, ...], tuple[str, ...], dict[tuple[str, str], int]]:
    """Categories, most first, and causes; how many of each pair."""
    n = Counter((c.category, c.cause) for c in found)
    categories, causes = Counter(c.category for c in found), Counter(c.cause for c in found)
    order = tuple(name for name, _ in sorted(categories.items(), key=lambda one: (-one[1], one[0])))
    return order, tuple(sorted(causes, key=lambda cause: (cause == "", -causes[cause], cause))), dict(n)


LISTS: dict[str, tuple[Text, Callable[[Complaint], bool]]] = {
    "waiting": (Text(en="waiting for an overdue answer", zh="逾期未答复"), lambda c: c.is_waiting),
    "against": (Text(en="closed against the rule", zh="违规关闭"), lambda c: c.is_closed and not c.is_by_rule),
    "late": (Text(en="answered too late", zh="答复超时"), lambda c: c.is_in_time is False),
    "open": (Text(en="not closed", zh="未关闭"), lambda c: not c.is_closed),
}


def listed(found: Sequence[Complaint], window: str) -> tuple[Complaint, ...]:
    """The complaints of a list: one of `LISTS`, or `category=…`, `owner=…`; all of them for anything else."""
    field, equals, value = window.partition("=")
    if equals and field in ("category", "owner"):
        return tuple(c for c in found if getattr(c, field) == value)
    return tuple(filter(LISTS[window][1], found)) if window in LISTS else tuple(found)


_WAITING = Text(
    en="{n} complaints wait for an answer that is overdue; the oldest since {since} ({owner}).",
    zh="{n} 件投诉逾期未答复；最早的始于 {since}（{owner}）。",
)
_AGAINST = Text(
    en="{n} of {closed} closed complaints were closed without an answer or without a return visit that confirmed it.",
    zh="{closed} 件已关闭投诉中有 {n} 件未答复或未经回访确认即关闭。",
)
_REGION = Text(
    en="{region} answers {share} of its complaints in time (95 %: {low} – {high}), all together {all}.",
    zh="{region} 投诉按时答复率为 {share}（95%：{low} – {high}），总体为 {all}。",
)
_OWNER = Text(
    en="{owner} has most overdue: {k} of {n} complaints fallen due ({share}; all together {all}).",
    zh="{owner} 逾期最多：到期 {n} 件中 {k} 件（{share}；总体 {all}）。",
)


def findings(reading: Reading, found: Sequence[Complaint], filters: Filters) -> tuple[Finding, ...]:
    """Who waits, what was closed against the rule, where answers are slowest, and the owner with most overdue."""
    sentences = []
    waiting = [c for c in found if c.is_waiting]
    if waiting:
        oldest = min(waiting, key=lambda c: c.opened_on)
        owner = Text(en=oldest.owner, zh=oldest.owner) if oldest.owner else UNKNOWN
        words = _WAITING.format(n=count(len(waiting)), since=oldest.opened_on.isoformat(), owner=owner)
        sentences.append(Finding(words, len(found), window="waiting"))
    ruled = by_rule(found)
    if ruled.k < ruled.n:
        words = _AGAINST.format(n=count(ruled.n - ruled.k), closed=count(ruled.n))
        sentences.append(Finding(words, ruled.n, window="against"))
    whole = in_time(found)
    slow = next((r for r in by_region(found) if r[1].n >= FEWEST and r[1].is_below(whole.value or 0.0)), None)
    if slow:
        region, mine = slow
        words = _REGION.format(
            region=named(reading, "region", region),
            share=share(mine.value or 0.0),
            low=share(mine.low or 0.0),
            high=share(mine.high or 0.0),
            all=share(whole.value or 0.0),
        )
        sentences.append(Finding(words, mine.n, filters=Filters(**{**filters.__dict__, "region": (region,)})))
    late = overdue(found)
    worst = next((o for o in by_owner(found)[1] if o.owner and o.whole.is_above(late.value or 0.0)), None)
    if worst:
        words = _OWNER.format(
            owner=worst.owner,
            k=count(worst.whole.k),
            n=count(worst.whole.n),
            share=share(worst.whole.value or 0.0),
            all=share(late.value or 0.0),
        )
        sentences.append(Finding(words, worst.whole.n, window=f"owner={worst.owner}"))
    return tuple(sentences)
