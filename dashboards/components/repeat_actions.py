"""Corrective actions as tables: each with its verdict and what that rests on, and those that are overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

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
from dashboards.address import thing
from dashboards.charts import repeats_effects
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.components.kpi import kpi_card
from dashboards.context import Context
from dashboards.page import Component, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.repeat_look import here
from dashboards.service_look import known_by
from warehouse.actions import ON_TIME, OVERDUE, Action, Due, Effect, Side, due
from warehouse.metrics.wording import count

_TITLE = Text(en="Before and after corrective actions", zh="纠正措施前后对比")
_HEAD = (
    Text(en="Verdict", zh="结论"),
    Text(en="Action", zh="措施"),
    Text(en="About", zh="对象"),
    Text(en="Implemented", zh="实施"),
    Text(en="Before: n / {unit}", zh="措施前：n / {unit}"),
    Text(en="After: n / {unit}", zh="措施后：n / {unit}"),
    Text(en="After ÷ before (95 %)", zh="措施后 ÷ 措施前（95%）"),
    Text(en="Its owners say", zh="责任部门结论"),
)
_SOURCE = Text(en="Source row", zh="来源行")
_OVERDUE = Text(en="Overdue actions", zh="逾期措施")
_OVERDUE_WORDS = Text(
    en="As of {day}, {late} of {open} actions that are not implemented are past their due date; {moved} of these had it moved already.",
    zh="截至 {day}，{open} 项未实施措施中 {late} 项已逾期，其中 {moved} 项曾变更期限。",
)
_NONE_OVERDUE = Text(
    en="As of {day} none of the {open} actions that are not implemented is past its due date.",
    zh="截至 {day}，{open} 项未实施措施均未逾期。",
)
_NO_OPEN = Text(
    en="No action that is not implemented is on record. A list of actions with due dates (entity “action”) would fill this.",
    zh="没有未实施的措施记录。提供带期限的措施台账（实体 action）即可填充。",
)
_OVERDUE_HEAD = (
    Text(en="Days late", zh="逾期天数"),
    Text(en="Action", zh="措施"),
    Text(en="Kind", zh="类型"),
    Text(en="About", zh="对象"),
    Text(en="Owner", zh="责任人"),
    Text(en="Due", zh="期限"),
    Text(en="First due", zh="原定期限"),
)
_OVERDUE_SHOWN = 30
_SHOWN = 100


def _named(c: Context, action: Action, name: Component) -> Component:
    """An action with what is done, and the way to its row in the source."""
    source = thing("/source", entity="action", key=action.source_key, source=action.source)
    row = dcc.Link(c.say(_SOURCE), href=source, className="tool")
    what = html.Div(action.description, className="quiet")
    return html.Div([name, html.Span(" · ", className="quiet"), row, what], className="action")


def _side(c: Context, effect: Effect, side: Side) -> Component:
    tickets = dcc.Link(count(side.failures), href=tickets_of(c, effect.action, side.first, side.last))
    return html.Span([tickets, " / ", months(side)])


def _day(day: dt.date | None) -> Component:
    """A day that is not broken into lines."""
    return html.Span(day.isoformat() if day else "—", className="day")


def _row(c: Context, effect: Effect, chosen: str | None) -> Sequence[Component]:
    action = effect.action
    state, words = VERDICTS[effect.verdict]
    name = dcc.Link(action.action_id, href=looking_at(c, action))
    return [
        badge(state, c.say(words)),
        _named(c, action, html.B(name) if action.action_id == chosen else name),
        about(action),
        _day(action.implemented_on),
        _side(c, effect, effect.before),
        _side(c, effect, effect.after),
        ratio_in_words(effect),
        c.coded("effectiveness_verdict", action.said) if action.said else "—",
    ]


def _actions(c: Context) -> Listed:
    """Every judged action, those that did not work first."""
    found = found_effects(c)
    if not found.judged:
        return Listed(repeats_effects.nothing(c, found), None)
    unit = UNIT_MONTHS[found.per_unit]
    chosen = picked(c)
    rows = [_row(c, effect, chosen) for effect in found.judged[:_SHOWN]]
    body = table([c.say(h.format(unit=unit)) for h in _HEAD], rows, frozenset({4, 5, 6}))
    return Listed(repeats_effects.words(c, found, len(rows)), html.Div(body, className="listed"))


def _found_due(c: Context) -> Due:
    return due(c.reading, c.filters, rules(c).zone)


def due_cards(c: Context) -> Component:
    """How many actions are overdue, and how many were done in time."""
    now = _found_due(c)
    before = due(c.reading, c.before, rules(c).zone) if c.before else None
    place = here(c, "actions")
    return [
        kpi_card(
            OVERDUE, known_by(c, "action", now.overdue), before.overdue if before else None, (), place, c.language
        ),
        kpi_card(
            ON_TIME, known_by(c, "action", now.on_time), before.on_time if before else None, (), place, c.language
        ),
    ]


def _overdue(c: Context) -> Listed:
    """The overdue actions, the longest first."""
    found = _found_due(c)
    day = min(c.filters.end or c.last_day, c.last_day)
    if not found.open:
        return Listed(c.say(_NO_OPEN), None)
    moved = sum(a.due_on != a.original_due_on for a, _ in found.late if a.original_due_on)
    words = (_OVERDUE_WORDS if found.late else _NONE_OVERDUE).format(
        day=day, late=count(len(found.late)), open=count(found.open), moved=count(moved)
    )
    rows = [
        [
            count(days),
            _named(c, action, action.action_id),
            c.coded("action_kind", action.kind),
            about(action),
            action.owner or "—",
            _day(action.due_on),
            _day(action.original_due_on),
        ]
        for action, days in found.late[:_OVERDUE_SHOWN]
    ]
    body = table([c.say(h) for h in _OVERDUE_HEAD], rows, frozenset({0})) if rows else None
    return Listed(c.say(words), html.Div(body, className="listed") if body else None)


def _overdue_table(c: Context) -> Table:
    """All overdue actions, as they are exported."""
    columns = ("action_id", "days_late", "kind", "description", "component", "failure_mode", "owner", "due_on")
    rows = [
        [a.action_id, days, a.kind, a.description, a.component, a.failure_mode, a.owner, a.due_on, a.original_due_on]
        for a, days in _found_due(c).late
    ]
    return Table((*columns, "original_due_on"), rows)


ACTIONS = Listing(_TITLE, DEFINITION, _actions, lambda c: repeats_effects.table_of(found_effects(c)))
OVERDUE_ACTIONS = Listing(_OVERDUE, OVERDUE.definition, _overdue, _overdue_table)
