"""The tables of the page of failure trends: the early-warning list, the rules that months break, the life of each component."""

from __future__ import annotations

from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.charts import trends_control, trends_lives, trends_warning
from dashboards.components.badge import badge
from dashboards.components.chart import RECORDS
from dashboards.components.facts import table
from dashboards.context import Context
from dashboards.page import Component, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.trends_look import (
    NO_FAILURE,
    behind,
    bounds,
    called,
    ever,
    here,
    kind_of_item,
    look,
    month,
    named,
    number,
    of_cell,
    place_called,
    told_apart,
    why_no_age,
)
from warehouse.early_warnings import Warned, warnings
from warehouse.metrics.wording import count
from warehouse.reasons import why

_LIST = Text(en="Early-warning list", zh="预警清单")
_LIST_HEAD = (
    Text(en="", zh=""),
    Text(en="Seen", zh="实际"),
    Text(en="Expected", zh="期望"),
    Text(en="Ratio (95 %)", zh="比值（95%）"),
    Text(en="q", zh="q"),
    Text(en="Since", zh="起始"),
    Text(en="n", zh="n"),
    Text(en="", zh=""),
)
_PLACES = {"region": Text(en="Region", zh="区域"), "model": Text(en="Model", zh="型号")}
_SIGNAL = Text(en="stands out", zh="预警")
_NONE = Text(en="as usual", zh="正常")
_LISTED = 15
_RULES = Text(en="Why months are out of line", zh="判异依据")
_RULES_WORDS = Text(
    en="{name}: {n} of {months} months break a rule.", zh="{name}：{months} 个月中 {n} 个月触发判异规则。"
)
_RULES_NOT = Text(en="{name}: {why}.", zh="{name}：{why}。")
_RULES_HEAD = (
    Text(en="Rule", zh="规则"),
    Text(en="Side", zh="方向"),
    Text(en="Months", zh="月数"),
    Text(en="Which", zh="月份"),
)
_LIVES = Text(en="Life of each component", zh="各部件寿命")
_LIVES_HEAD = (
    Text(en="Fails by", zh="失效类型"),
    Text(en="Shape (95 %)", zh="形状（95%）"),
    Text(en="B10 (95 %)", zh="B10（95%）"),
    Text(en="Unit", zh="单位"),
    Text(en="Failures", zh="故障数"),
    Text(en="n", zh="n"),
)


def _row(c: Context, w: Warned, by: str) -> list[Component]:
    ratio = bounds((w.ratio, w.low, w.high), 2)
    records = link(
        "/records",
        replace(ever(c.filters), region=(w.place,)) if by == "region" else ever(c.filters),
        behind(c, w.item, w.place if by == "model" else None),
    )
    return [
        badge("warning" if w.is_signal else "neutral", c.say(_SIGNAL if w.is_signal else _NONE)),
        dcc.Link(called(c, w.item), href=of_cell(c, w.item, by, w.place)),
        place_called(c, w.place, by),
        count(w.observed),
        number(w.expected),
        ratio,
        number(w.q, 2) if w.q < 0.995 else "1",
        month(w.since) if w.since else "—",
        count(w.n),
        dcc.Link(c.say(RECORDS), href=records, className="tool"),
    ]


def _warnings(c: Context) -> Listed:
    """The early-warning list: all that stand out, else those nearest to it."""
    by = told_apart(c)
    found = warnings(c.reading, ever(c.filters), by)
    shown = found.cells[: max(_LISTED, found.signals)]
    head = [c.say(h) for h in (_LIST_HEAD[0], kind_of_item(c), _PLACES[by], *_LIST_HEAD[1:])]
    body = table(head, [_row(c, w, by) for w in shown], frozenset({3, 4, 5, 6, 8})) if shown else None
    return Listed(trends_warning.words(c, found, by), body)


def _warning_rows(c: Context) -> Table:
    by = told_apart(c)
    return trends_warning.table_of(warnings(c.reading, ever(c.filters), by), by)


def _rules(c: Context) -> Listed:
    """Which rule each month out of line breaks, in words."""
    found = look(c)
    if found is None:
        return Listed(c.say(NO_FAILURE), None)
    chart = trends_control.chart_of(c, found)
    if chart.reason:
        return Listed(c.say(_RULES_NOT.format(name=named(c, found), why=why(chart.reason))), None)
    words = c.say(_RULES_WORDS.format(name=named(c, found), n=len(chart.signals), months=len(chart.months)))
    rows = [
        [
            c.say(trends_control.RULES[broken.rule]),
            c.say(trends_control.ABOVE[broken.is_above]),
            count(len(broken.months)),
            trends_control.months_in_words(broken),
        ]
        for broken in chart.broken
    ]
    return Listed(words, table([c.say(h) for h in _RULES_HEAD], rows, frozenset({2})) if rows else None)


def _rule_rows(c: Context) -> Table:
    found = look(c)
    broken = trends_control.chart_of(c, found).broken if found else ()
    rows = [[b.rule, trends_control.RULES[b.rule].en, b.is_above, m] for b in broken for m in b.months]
    return Table(("rule", "words", "above", "month"), rows)


def _life_table(c: Context) -> Listed:
    """Every component's life, those without a distribution with the reason."""
    found = trends_lives.found_lives(c)
    if found.lives and not any(life.n for life in found.lives):
        # A row of each would say the same as often as there are components.
        return Listed(trends_lives.none_in_words(c, found), None)
    rows: list[list[Component]] = []
    for life in found.lives:
        pattern = life.pattern
        reason = html.Span(c.say(why_no_age(c, life.reason)), className="quiet") if life.reason else "—"
        rows.append(
            [
                dcc.Link(called(c, life.item), href=here(c, life.item)),
                c.say(trends_lives.PATTERNS[pattern]) if pattern else reason,
                bounds(life.shape, 2),
                bounds(life.b10),
                html.Span(trends_lives.unit_called(c, life), className="machine"),
                count(life.failures),
                count(life.n),
            ]
        )
    head = [c.say(h) for h in (kind_of_item(c), *_LIVES_HEAD)]
    body = table(head, rows, frozenset({2, 3, 5, 6})) if rows else None
    return Listed(trends_lives.words(c, found), body)


WARNINGS = Listing(_LIST, trends_warning.CHART.definition, _warnings, _warning_rows)
RULES = Listing(_RULES, trends_control.CHART.definition, _rules, _rule_rows)
LIVES = Listing(
    _LIVES, trends_lives.CHART.definition, _life_table, lambda c: trends_lives.table_of(trends_lives.found_lives(c))
)
