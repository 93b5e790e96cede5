"""Every measure with its target, the period compared with, and n; those without a value with the reason, as the pages say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bilingual.text import Text
from dashboards.overview_words import themes
from dashboards.reports.blocks import Block, Cell, Grid, Sentence
from dashboards.reports.cells import aimed, moved, number, then, valued
from dashboards.reports.ground import Ground
from dashboards.service_look import known_by
from warehouse import actions, complaints, satisfaction
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import UNKNOWN
from warehouse.quality_needs import explained
from warehouse.service_findings import as_value
from warehouse.targets import Goal, goal, is_met, targets

TITLE = Text(en="All measures against target", zh="全部指标与目标")
_MET = Text(
    en="{met} of {judged} targets met. Targets are those of the period's last day.",
    zh="{judged} 项目标中达成 {met} 项。目标取时段末日所适用者。",
)
_NO_TARGETS = Text(en="No target is on record for these measures.", zh="没有这些指标的目标记录。")
_UNREAD = Text(
    en=" {n} targets name a measure, period or scope that is not known here.",
    zh="另有 {n} 项目标的指标、周期或范围无法识别。",
)
_HEAD = (
    Text(en="Measure", zh="指标"),
    Text(en="Value", zh="值"),
    Text(en="n", zh="n"),
    Text(en="Target", zh="目标"),
)
_CHANGE = Text(en="Change", zh="变化")
_WITHOUT = Text(en="Without a value", zh="无值的指标")
_WHY = Text(en="Why", zh="原因")
_COMPLAINTS = Text(en="Complaints", zh="投诉")
_ACTIONS = Text(en="Corrective actions", zh="纠正措施")
_SURVEYS = Text(en="Return visits", zh="回访")


@dataclass(frozen=True)
class Line:
    """One measure in the period and in the one compared with."""

    measure: Measure
    now: Value
    then: Value | None
    goal: Goal | None = None


def _catalogue(g: Ground) -> Iterator[tuple[Text, list[Line]]]:
    c = g.c
    names = tuple(name for _, _, mine in themes() for name in mine)
    now = evaluate(c.reading, names, c.filters)
    before = evaluate(c.reading, names, c.before) if c.before else {}
    for theme, _, mine in themes():
        yield (
            theme,
            [
                Line(measures()[n], explained(c.reading, now[n]), before.get(n), goal(c.reading, n, c.filters))
                for n in mine
            ],
        )


def _surveys(g: Ground, filters: Filters) -> dict[Measure, Value]:
    found = satisfaction.surveyed(g.c.reading, filters, satisfaction.Rules.of(g.c.home.settings))
    shares = (satisfaction.SATISFIED, satisfaction.COVERAGE, satisfaction.RETURN, satisfaction.REACHED)
    return {satisfaction.SCORE: satisfaction.score_value(found), **{m: found.value(m) for m in shares}}


def _complaints(g: Ground, filters: Filters) -> dict[Measure, Value]:
    hours = g.c.home.settings.complaint_answer_hours
    found = complaints.complaints(g.c.reading, filters, g.c.time_zone, hours)
    n = len(found)
    return {
        complaints.COMPLAINTS: Value(complaints.COMPLAINTS.name, float(n), n, float(n)),
        complaints.ANSWERED: as_value(complaints.ANSWERED, complaints.in_time(found)),
        complaints.OVERDUE: as_value(complaints.OVERDUE, complaints.overdue(found)),
        complaints.CONFIRMED: as_value(complaints.CONFIRMED, complaints.by_rule(found)),
    }


def _actions(g: Ground, filters: Filters) -> dict[Measure, Value]:
    found = actions.due(g.c.reading, filters, g.c.time_zone)
    return {actions.OVERDUE: found.overdue, actions.ON_TIME: found.on_time}


# The measures that pages have beside the catalogue: theme, the entity without which nobody knows them, and their values.
_OTHERS = (
    (_SURVEYS, "survey", _surveys),
    (_COMPLAINTS, "complaint", _complaints),
    (_ACTIONS, "action", _actions),
)


def lines(g: Ground) -> Iterator[tuple[Text, list[Line]]]:
    """All measures by theme."""
    yield from _catalogue(g)
    for theme, entity, values in _OTHERS:
        now, before = values(g, g.c.filters), values(g, g.c.before) if g.c.before else {}
        yield theme, [Line(m, known_by(g.c, entity, value), before.get(m)) for m, value in now.items()]


def scorecard(g: Ground) -> Iterator[Block]:
    """The table, and why some have no value."""
    rows: list[tuple[Cell, ...]] = []
    without: dict[str, list[str]] = {}
    verdicts = []
    for theme, found in lines(g):
        known = [line for line in found if line.now.value is not None]
        if known:
            rows.append((Cell(g.say(theme)),))
        rows += [_row(g, line) for line in known]
        for line in found:
            if line.now.value is None:
                why = g.say(line.now.reason or UNKNOWN)
                without.setdefault(why, []).append(g.say(line.measure.label))
            elif (met := is_met(line.measure, line.now, line.goal)) is not None:
                verdicts.append(met)
    yield Sentence(_words(g, verdicts))
    if rows:
        heads = (*(g.say(h) for h in _HEAD), g.say(g.c.compared).capitalize(), g.say(_CHANGE))
        yield Grid(g.say(TITLE), heads, tuple(rows), (25, 14, 8, 18, 20, 15), frozenset({1, 2, 4, 5}))
    if without:
        between = "、" if g.c.language == "zh" else ", "
        reasons = tuple((Cell(between.join(labels)), Cell(why, tone="quiet")) for why, labels in without.items())
        yield Grid(g.say(_WITHOUT), (g.say(_HEAD[0]), g.say(_WHY)), reasons, (2, 3))


def _words(g: Ground, verdicts: list[bool]) -> str:
    unread = targets(g.c.reading)[1]
    words = g.say(_MET.format(met=sum(verdicts), judged=len(verdicts)) if verdicts else _NO_TARGETS)
    return words + (g.say(_UNREAD.format(n=unread)) if unread else "")


def _row(g: Ground, line: Line) -> tuple[Cell, ...]:
    language, measure, now = g.c.language, line.measure, line.now
    return (
        Cell(g.say(measure.label)),
        valued(measure, now, language),
        number(now.n),
        aimed(measure, now, line.goal, language),
        then(measure, line.then, language),
        moved(measure, now, line.then, language),
    )
