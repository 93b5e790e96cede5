"""Repeat failures: how often the same fault comes back, what fails and where, what keeps failing, and what was done about it.

Findings and numbers come first; below them one section at a time, chosen in the address, so that no screen has more than
six charts.
"""

from __future__ import annotations

from analysis.effectiveness import Verdict
from bilingual.text import Text
from dashboards.action_words import found_effects, looking_at
from dashboards.address import link
from dashboards.charts import (
    repeats_chains,
    repeats_course,
    repeats_effects,
    repeats_months,
    repeats_pareto,
    repeats_units,
    repeats_windows,
)
from dashboards.components import repeat_actions, repeat_tables
from dashboards.components.badge import badge
from dashboards.components.kpi import kpi_card
from dashboards.components.picker import picker
from dashboards.components.sections import Shown, charts_of, choice, fillers, places, tables_of
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from dashboards.plain import dcc, html
from dashboards.repeat_look import SECTION_NAMES, SECTIONS, Section, here, section
from dashboards.repeat_words import DAYS, LABELS, LOOKS, PATH, look_of, window_of
from warehouse.metrics.measure import Measure
from warehouse.metrics.wording import count
from warehouse.quality_needs import explained
from warehouse.repeat_findings import MOST, Finding, findings
from warehouse.repeats import (
    FIRST_TIME_FIX,
    FOUND_LATER,
    NOTHING_FOUND,
    Rate,
    fixed_at_first,
    nothing_found,
    repeat_measure,
    repeat_rate,
    windows,
)

TITLE = Text(en="Repeat failures", zh="重复故障")
_WINDOW = Text(en="Comes back within", zh="重复窗口")
_LOOK = Text(en="Count failures by", zh="故障分类")
_FINDINGS = Text(en="What stands out", zh="值得注意")
_NOTHING = Text(
    en="Nothing stands out in this selection: no rate, component, lot or unit differs by more than chance.",
    zh="当前筛选下没有值得注意之处：各比率、部件、批次与设备的差异均未超出偶然。",
)
_ACTIONS = Text(
    en="{n} of {all} corrective actions did not make their failures rarer as they should; of {said} of these their owners recorded “effective”.",
    zh="{all} 项纠正措施中有 {n} 项未使故障按目标减少；其中 {said} 项责任部门记录为“有效”。",
)
_N = Text(en="n = {n}", zh="n = {n}")
_SHOW = Text(en="Show", zh="查看")
_GOOD = Text(en="good", zh="向好")
_BAD = Text(en="look here", zh="关注")


# What each section shows, in its order.
SHOWN: dict[Section, Shown] = {
    "often": {
        "windows": repeats_windows.CHART,
        "again_by_month": repeats_months.AGAIN,
        "fixed_by_month": repeats_months.FIXED,
    },
    "what": {
        "pareto": repeats_pareto.CHART,
        "units": repeats_units.CHART,
        "matrix": repeat_tables.MATRIX,
        "lot_table": repeat_tables.LOTS,
    },
    "chains": {
        "chains": repeats_chains.CHART,
        "found_later": repeats_months.NOTHING,
        "texts": repeat_tables.TEXTS,
    },
    "actions": {
        "actions": repeat_actions.ACTIONS,
        "effects": repeats_effects.CHART,
        "course": repeats_course.CHART,
        "overdue": repeat_actions.OVERDUE_ACTIONS,
    },
}
_DRESS = {"windows": "wide"}
_PLACES = max(len(shown) for shown in SHOWN.values())


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("repeats", "findings", height=96),
        part("repeats", "choices", height=32),
        html.Div(
            [
                part("repeats", "again", height=128, class_name="spread"),
                part("repeats", "fixed", height=128, class_name="spread"),
                part("repeats", "found", height=128, class_name="spread"),
                part("repeats", "due", height=128, class_name="spread"),
            ],
            className="kpis",
        ),
        part("repeats", "sections", height=32),
        part("repeats", "classes", height=0),
        places("repeats", _PLACES),
    ]


def _sections(c: Context) -> Component:
    return choice(c, TITLE, [(s, SECTION_NAMES[s], here(c, s)) for s in SECTIONS], section(c))


def _choices(c: Context) -> Component:
    offered = [(str(days), c.say(DAYS.format(n=days))) for days in windows(c.reading)]
    chosen = picker(c, PATH, "window", c.say(_WINDOW), offered, str(window_of(c)))
    return html.Div(chosen, className="pickers")


def _classes(c: Context) -> Component:
    """By what failures are counted is chosen above the section that counts them only."""
    if section(c) != "what":
        return None
    looks = [(look, c.say(LABELS[column])) for look, column in LOOKS.items()]
    return html.Div(picker(c, PATH, "look", c.say(_LOOK), looks, look_of(c)), className="pickers")


_SHOWS: dict[str, Section] = {"rate": "often", "class": "what", "lots": "what", "units": "what", "later": "chains"}


def _of_actions(c: Context) -> list[tuple[Finding, str]]:
    """That corrective actions did not work, with the way to the first of them."""
    judged = found_effects(c).judged
    failed = [effect.action for effect in judged if effect.verdict == Verdict.NOT_EFFECTIVE]
    if not failed:
        return []
    said = sum(action.said == Verdict.EFFECTIVE for action in failed)
    text = _ACTIONS.format(n=count(len(failed)), all=count(len(judged)), said=count(said))
    return [(Finding(text, len(judged), "actions"), looking_at(c, failed[0]))]


def _findings(c: Context) -> Component:
    found = [(f, here(c, _SHOWS[f.subject])) for f in findings(c.reading, c.filters, c.before, window_of(c))]
    of_actions = _of_actions(c)
    found = [*found[: MOST - len(of_actions)], *of_actions]
    rows = [
        html.Li(
            [
                badge("good" if f.is_good else "warning", c.say(_GOOD if f.is_good else _BAD)),
                html.Span([c.say(f.text), " ", html.Span(c.say(_N.format(n=count(f.n))), className="quiet")]),
                dcc.Link(c.say(_SHOW), href=href, className="tool"),
            ]
        )
        for f, href in found
    ]
    body = html.Ol(rows) if rows else html.P(c.say(_NOTHING), className="quiet")
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


def _card(c: Context, measure: Measure, now: Rate, before: Rate | None) -> Component:
    href = link("/records", c.filters)
    value = explained(c.reading, now.value)
    return kpi_card(measure, value, before.value if before else None, now.trend, href, c.language)


def _again(c: Context) -> Component:
    window = window_of(c)
    before = repeat_rate(c.reading, c.before, window) if c.before else None
    return _card(c, repeat_measure(window), repeat_rate(c.reading, c.filters, window), before)


def _fixed(c: Context) -> Component:
    before = fixed_at_first(c.reading, c.before) if c.before else None
    return _card(c, FIRST_TIME_FIX, fixed_at_first(c.reading, c.filters), before)


def _found(c: Context) -> Component:
    now = nothing_found(c.reading, c.filters)
    before = nothing_found(c.reading, c.before) if c.before else None
    return [
        _card(c, NOTHING_FOUND, now.rate, before.rate if before else None),
        _card(
            c,
            FOUND_LATER,
            Rate(explained(c.reading, now.later, NOTHING_FOUND.name), ()),
            Rate(before.later, ()) if before else None,
        ),
    ]


PAGE = Page(
    name="repeats",
    path=PATH,
    title=TITLE,
    layout=_layout,
    group=Text(en="Analyse", zh="分析"),
    order=21,
    parts={
        "findings": _findings,
        "choices": _choices,
        "again": _again,
        "fixed": _fixed,
        "found": _found,
        "due": repeat_actions.due_cards,
        "sections": _sections,
        "classes": _classes,
        **fillers("repeats", _PLACES, lambda c: SHOWN[section(c)], _DRESS),
    },
    charts=charts_of(SHOWN.values()),
    tables=tables_of(SHOWN.values()),
)
