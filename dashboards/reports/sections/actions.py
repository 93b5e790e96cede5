"""Overdue corrective actions and complaints per owner, and which actions worked."""

from __future__ import annotations

from collections.abc import Iterator

from bilingual.text import Text
from dashboards.charts.repeats_effects import CHART as EFFECTS
from dashboards.reports.blocks import Block, Cell, Grid, Sentence
from dashboards.reports.cells import number, percent
from dashboards.reports.ground import Ground
from dashboards.service_look import nothing_of
from warehouse.action_owners import late_by_owner
from warehouse.actions import due
from warehouse.complaints import by_owner, complaints
from warehouse.complaints import overdue as complaints_overdue
from warehouse.metrics.wording import UNKNOWN, count

TITLE = Text(en="Overdue actions per owner", zh="各责任人的逾期措施")
COMPLAINTS = Text(en="Overdue complaints per owner", zh="各责任人的逾期投诉")
_WORDS = Text(
    en="As of {day}, {late} of {open} actions that are not implemented are past their due date.",
    zh="截至 {day}，{open} 项未实施措施中 {late} 项已逾期。",
)
_HEAD = (
    Text(en="Owner", zh="责任人"),
    Text(en="Overdue", zh="逾期"),
    Text(en="Longest, days", zh="最长（天）"),
    Text(en="That one", zh="该项措施"),
)
_COMPLAINT_WORDS = Text(
    en="Of {n} complaints opened in the period and fallen due {late} were not answered by then.",
    zh="期内提出且已到期的 {n} 件投诉中，{late} 件到期未答复。",
)
_COMPLAINT_HEAD = (
    _HEAD[0],
    _HEAD[1],
    Text(en="Fallen due", zh="已到期"),
    Text(en="Share", zh="比例"),
)
_MORE = Text(en="{n} more owners have some.", zh="另有 {n} 位责任人存在逾期。")
_MOST = 15


def overdue(g: Ground) -> Iterator[Block]:
    """How many actions are overdue, whose, and for how long."""
    c = g.c
    found = due(c.reading, c.filters, c.time_zone)
    if not found.open:
        yield Sentence(nothing_of(c, "action"), tone="quiet")
        return
    day = min(c.filters.end or c.last_day, c.last_day)
    yield Sentence(g.say(_WORDS.format(day=day, late=count(len(found.late)), open=count(found.open))))
    owners = late_by_owner(found)
    rows = tuple(
        (
            Cell(one.owner or g.say(UNKNOWN)),
            number(len(one.late)),
            number(one.longest[1]),
            Cell(f"{one.longest[0].action_id} {one.longest[0].description}".strip(), tone="quiet"),
        )
        for one in owners[:_MOST]
    )
    if rows:
        yield Grid(g.say(TITLE), tuple(g.say(h) for h in _HEAD), rows, (22, 10, 13, 55), frozenset({1, 2}))
    yield from _rest(g, len(owners))


def overdue_complaints(g: Ground) -> Iterator[Block]:
    """The same of complaints, counted over the period."""
    c = g.c
    found = complaints(c.reading, c.filters, c.time_zone, c.home.settings.complaint_answer_hours)
    every = by_owner(found)[1]
    if not every:
        yield Sentence(nothing_of(c, "complaint"), tone="quiet")
        return
    whole = complaints_overdue(found)
    yield Sentence(g.say(_COMPLAINT_WORDS.format(n=count(whole.n), late=count(whole.k))))
    owners = [o for o in every if o.whole.k]
    rows = tuple(
        (Cell(o.owner or g.say(UNKNOWN)), number(o.whole.k), number(o.whole.n), percent(o.whole.value, c.language))
        for o in owners[:_MOST]
    )
    if rows:
        heads = tuple(g.say(h) for h in _COMPLAINT_HEAD)
        yield Grid(g.say(COMPLAINTS), heads, rows, (4, 1, 1, 1), frozenset({1, 2, 3}))
    yield from _rest(g, len(owners))


def _rest(g: Ground, owners: int) -> Iterator[Block]:
    if owners > _MOST:
        yield Sentence(g.say(_MORE.format(n=count(owners - _MOST))), tone="quiet")


def effects(g: Ground) -> Iterator[Block]:
    """How many of the actions worked."""
    drawn = EFFECTS.draw(g.c)
    yield Sentence(drawn.words, tone="" if drawn.figure else "quiet")
