"""How did the failures that an action is about go, before and after it?"""

from __future__ import annotations

import datetime as dt

from bilingual.text import Text
from dashboards.action_words import (
    DEFINITION,
    UNIT_MONTHS,
    VERDICTS,
    about,
    found_effects,
    looking_at,
    months,
    picked,
    ratio_in_words,
    rules,
    tickets_of,
)
from dashboards.charts.repeats_effects import nothing
from dashboards.context import Context
from dashboards.figures.effects import Span, effect_course
from dashboards.figures.marks import Mark, marked
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import UNIT_MONTH, month, number
from warehouse.actions import Action, Course, Effect, Side, actions, course
from warehouse.failure_months import month_index
from warehouse.gaps import of_failures
from warehouse.metrics.wording import count

_WORDS = Text(
    en="{action}, {what}: {verdict}. {about}, implemented {day}{owner}. Before: {b} failures in {eb} {unit}; after: {a} in {ea}. Ratio {ratio}, 95 %.{left_out}{missing}{said}",
    zh="{action}，{what}：{verdict}。{about}，{day} 实施{owner}。措施前 {eb} {unit}内 {b} 次故障；措施后 {ea} {unit}内 {a} 次。比值 {ratio}，95%。{left_out}{missing}{said}",
)
_OWNER = Text(en=" by {owner}", zh="，责任人 {owner}")
_LEFT_OUT = Text(
    en=" Left out: {n} failures from {first} to {last}, which set it off.",
    zh="未计入：{first} 至 {last} 引发该措施的 {n} 次故障。",
)
_MISSING = Text(
    en=" Too early: about {n} more days in service would decide it.", zh="为时尚早：约再运行 {n} 天可得出结论。"
)
_NEVER = Text(en=" Too few failures before it for a verdict at any time.", zh="措施前故障过少，无法得出结论。")
_SAID = Text(en=" Its owners recorded “{said}” on {day}.", zh="责任部门于 {day} 记录的结论为“{said}”。")
_NAMES = (
    Text(en="failures per {unit}", zh="每{unit}故障数"),
    Text(en="mean before and after", zh="措施前后均值"),
    Text(en="implemented", zh="实施"),
    Text(en="left out", zh="未计入"),
)
_OTHERS = Text(en="other actions", zh="其他措施")
_HOVER = Text(
    en="{month}<br>{rate} per {unit}: {n} failures, {exposure} unit-months",
    zh="{month}<br>每{unit} {rate}：{n} 次故障，{exposure} 台·月",
)
_OTHER = Text(en="{day}: {kind} {action}<br>{what}", zh="{day}：{kind} {action}<br>{what}")


def _at(found: Course, day: dt.date) -> float:
    """Where a day is on the axis, in months from its first."""
    return month_index(day) - month_index(found.months[0]) + (day.day - 1) / 31


def _span(found: Course, side: Side) -> Span:
    return Span(_at(found, side.first), _at(found, side.last), side.per_month)


def others(c: Context, action: Action) -> list[Action]:
    """Other actions, of any kind, on what an action is about."""
    return [
        other
        for other in actions(c.reading, rules(c).zone)
        if other.implemented_on
        and other.action_id != action.action_id
        and (other.component, other.failure_mode) == (action.component, action.failure_mode)
    ]


def _marks(c: Context, found: Course) -> list[Mark]:
    known = {effect.action.action_id for effect in found_effects(c).judged}
    marks = []
    for other in others(c, found.effect.action):
        day = other.implemented_on
        if day is None or not found.months[0] <= day.replace(day=1) <= found.months[-1]:
            continue
        hover = _OTHER.format(
            day=day, kind=c.coded("action_kind", other.kind), action=other.action_id, what=other.description
        )
        href = looking_at(c, other) if other.action_id in known else ""
        marks.append(Mark(month(day), c.say(hover), href))
    return marks


def words(c: Context, effect: Effect, unit: Text) -> str:
    """The verdict on an action, and what it rests on."""
    action = effect.action
    trigger, last = effect.trigger, effect.trigger.last - dt.timedelta(days=1) if effect.trigger else None
    undecided = VERDICTS[effect.verdict][0] == "neutral"
    missing = _MISSING.format(n=count(effect.missing_days)) if effect.missing_days else _NEVER
    return c.say(
        _WORDS.format(
            action=action.action_id,
            what=action.description or about(action),
            verdict=VERDICTS[effect.verdict][1],
            about=about(action),
            day=action.implemented_on,
            owner=_OWNER.format(owner=action.owner) if action.owner else "",
            b=count(effect.before.failures),
            eb=months(effect.before),
            a=count(effect.after.failures),
            ea=months(effect.after),
            unit=unit,
            ratio=ratio_in_words(effect),
            left_out=_LEFT_OUT.format(n=count(trigger.failures), first=trigger.first, last=last)
            if trigger and trigger.exposure
            else "",
            missing=missing if undecided else "",
            said=_SAID.format(said=c.coded("effectiveness_verdict", action.said), day=action.said_on)
            if action.said
            else "",
        )
    )


def draw(c: Context) -> Drawn:
    """The failures per unit-month of what the page looks at."""
    looked_at, judged = picked(c), found_effects(c)
    found = course(c.reading, c.filters, rules(c), looked_at) if looked_at else None
    if found is None:
        return Drawn(None, nothing(c, judged))
    effect, unit = found.effect, c.say(UNIT_MONTH[judged.per_unit])
    following = [*found.months[1:], (found.months[-1] + dt.timedelta(days=32)).replace(day=1)]
    links = [tickets_of(c, effect.action, a, b) for a, b in zip(found.months, following, strict=True)]
    hover = [
        c.say(_HOVER.format(month=month(m), rate=number(r), unit=unit, n=count(n), exposure=number(e)))
        for m, r, n, e in zip(found.months, found.rate, found.count, found.exposure, strict=True)
    ]
    trigger = effect.trigger if effect.trigger and effect.trigger.exposure else None
    figure = effect_course(
        [month(m) for m in found.months],
        found.rate,
        links,
        hover,
        _at(found, effect.after.first),
        [_span(found, effect.before), _span(found, effect.after)],
        _span(found, trigger) if trigger else None,
        [c.say(n.format(unit=unit)) for n in _NAMES],
    )

    def table() -> Table:
        rows = zip(found.months, found.count, found.exposure, found.rate, strict=True)
        return Table(("month", "failures", "unit_months", "rate"), [list(row) for row in rows])

    records = tickets_of(c, effect.action, effect.before.first, effect.after.last)
    figure = marked(figure, _marks(c, found), c.say(_OTHERS))
    drawn = Drawn(figure, words(c, effect, UNIT_MONTHS[judged.per_unit]), table, records)
    return with_gaps(c, drawn, of_failures(c.reading), found.months)


CHART = Chart(
    Text(en="How did the failures go before and after it?", zh="该措施前后故障走势如何？"), DEFINITION, draw, 540
)
