"""Which failures come back, how long units run between failures, and which parts run out."""

from __future__ import annotations

from collections.abc import Iterator

from bilingual.text import Text
from dashboards.part_words import chance, plan_of
from dashboards.repeat_words import LABELS, LOOKS, look_of
from dashboards.reports.blocks import Block, Cell, Grid, Sentence
from dashboards.reports.cells import NONE, decimal, number, percent
from dashboards.reports.ground import Ground
from dashboards.trends_look import number as significant
from warehouse import records
from warehouse.failure_between import between_failures
from warehouse.failure_classes import pareto
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.reasons import why
from warehouse.repeats import house_window

REPEATS = Text(en="Repeat failures", zh="重复故障")
BETWEEN = Text(en="Time between failures", zh="平均故障间隔")
PARTS = Text(en="Parts at risk", zh="备件风险")
_REPEAT_WORDS = Text(
    en="{back} of {n} failures of the period came back within {window} days so far ({share}).",
    zh="期内故障 {n} 次，至今 {back} 次（{share}）在 {window} 天内再次发生。",
)
_NO_FAILURE = Text(en="No failure in this selection.", zh="当前筛选下没有故障。")
_REPEAT_HEAD = (Text(en="Failures", zh="故障"), Text(en="Came back", zh="重复"), Text(en="Share", zh="比例"))
_BETWEEN_WORDS = Text(
    en="Unit-months in service per relevant failure, {period}, n = {n}; MTBF with χ² bounds (95 %). Of the models with most failures.",
    zh="{period}，每次关联故障的在役台·月（n = {n}）；MTBF 附 χ² 界限（95%）。列出故障最多的型号。",
)
_NO_BETWEEN = Text(
    en="No unit or no failure is on record in this time: no time between failures can be told.",
    zh="此期间没有设备或故障记录，无法得出平均故障间隔。",
)
_BETWEEN_HEAD = (
    Text(en="Model", zh="型号"),
    Text(en="Units", zh="设备"),
    Text(en="Failures", zh="故障"),
    Text(en="MTBF, unit-months", zh="MTBF（台·月）"),
    Text(en="95 %", zh="95%"),
)
_PART_WORDS = Text(
    en="{n} of {all} parts more likely than not run short before an order of today arrives; {order} are to be ordered. As of {time}, all stores together.",
    zh="{all} 种备件中 {n} 种在今日订货到货之前更可能短缺，{order} 种应订货。截至 {time}，各库房合并。",
)
_NO_PART = Text(
    en="No part has both a stock and a use on record; a parts ledger would fill this.",
    zh="没有同时具备库存与用量记录的备件；接入配件台账后即可显示。",
)
_PART_HEAD = (
    Text(en="Part", zh="备件"),
    Text(en="Chance of running out", zh="断货概率"),
    Text(en="On hand", zh="现存"),
    Text(en="Expected", zh="预计需求"),
    Text(en="Order now", zh="现应订"),
)
_MOST = 10


def repeats(g: Ground) -> Iterator[Block]:
    """The classes with most failures, and how much of them came back."""
    c = g.c
    look, window = look_of(c), house_window(c.reading)
    column = LOOKS[look]
    found = pareto(c.reading, c.filters, column, window, _MOST)
    if not found.failures:
        yield Sentence(g.say(_NO_FAILURE), tone="quiet")
        return
    words = _REPEAT_WORDS.format(
        back=count(found.came_back),
        n=count(found.failures),
        window=window,
        share=share(found.came_back / found.failures),
    )
    yield Sentence(g.say(words))
    named = records.customer_names(c.reading, tuple(v for v in found.values if v)) if look == "customer" else {}
    rows = tuple(
        (Cell(named.get(value, value) or g.say(UNKNOWN)), number(n), number(back), percent(back / n, c.language))
        for value, n, back in zip(found.values, found.counts, found.repeated, strict=True)
    )
    heads = (g.say(LABELS[column]), *(g.say(h) for h in _REPEAT_HEAD))
    yield Grid(g.say(REPEATS), heads, rows, (4, 1, 1, 1), frozenset({1, 2, 3}))


def between(g: Ground) -> Iterator[Block]:
    """MTBF by model over the course: of one month alone there are seldom enough failures."""
    c = g.course
    found = between_failures(c.reading, c.filters, "model")
    if not found.groups:
        yield Sentence(g.say(_NO_BETWEEN), tone="quiet")
        return
    yield Sentence(g.say(_BETWEEN_WORDS.format(period=g.course_words, n=count(found.n))))
    rows = tuple(
        (
            Cell(one.value or g.say(UNKNOWN)),
            number(one.units),
            number(one.n),
            Cell(g.say(why(one.reason)), tone="quiet")
            if one.mtbf is None
            else Cell(significant(one.mtbf), one.mtbf, "#,##0.00"),
            NONE
            if one.low is None
            else Cell(f"{significant(one.low)} – {'∞' if one.high is None else significant(one.high)}", tone="quiet"),
        )
        for one in sorted(found.groups, key=lambda group: -group.n)[:_MOST]
    )
    yield Grid(
        g.say(BETWEEN), tuple(g.say(h) for h in _BETWEEN_HEAD), rows, (32, 12, 12, 22, 22), frozenset({1, 2, 3, 4})
    )


def parts(g: Ground) -> Iterator[Block]:
    """Parts that run out before an order arrives, as of the snapshot."""
    c = g.c
    plan = plan_of(c)
    known = [p for p in plan.parts if p.risk is not None]
    if not known:
        yield Sentence(g.say(_NO_PART), tone="quiet")
        return
    out = plan.flagged("out")
    words = _PART_WORDS.format(
        n=count(len(out)), all=count(len(known)), order=count(len(plan.flagged("order"))), time=c.local(c.reading.as_of)
    )
    yield Sentence(g.say(words))
    rows = tuple(
        (
            Cell(p.title),
            Cell(g.say(chance(p.risk)), p.risk, "0.0%"),
            NONE if p.on_hand is None else number(p.on_hand),
            decimal(p.expected, 1),
            NONE if p.order is None else number(p.order),
        )
        for p in (*out, *(p for p in plan.flagged("order") if p not in out))[:_MOST]
    )
    if rows:
        yield Grid(
            g.say(PARTS), tuple(g.say(h) for h in _PART_HEAD), rows, (40, 20, 12, 14, 14), frozenset({1, 2, 3, 4})
        )
