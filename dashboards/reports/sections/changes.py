"""What changed most, and where that comes from: the parts of the change that the overview takes apart."""

from __future__ import annotations

from collections.abc import Iterator

from bilingual.text import Text
from dashboards.components.contribution_bars import LABELS, QUESTIONS, contribution_table, signed
from dashboards.overview_words import against, look
from dashboards.reports.blocks import Block, Cell, Grid, Sentence, Tone
from dashboards.reports.cells import FORMS, number, then
from dashboards.reports.ground import Ground
from warehouse.contributions import comes_apart
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import change, count, spoken

TITLE = Text(en="What changed most, and why", zh="变化最大的指标及原因")
_MOVED = Text(
    en="{measure}: {before} → {now}{change}, n = {n_before} and {n}, against the {against}.{why}",
    zh="{measure}：{before} → {now}{change}，n = {n_before} 与 {n}，对比{against}。{why}",
)
_CHANGE = Text(en=" ({change})", zh="（{change}）")
_LARGEST = Text(
    en=" Of all measures that changed by a tenth (shares: two points) it left its usual movement furthest behind ({t} standard errors).",
    zh="在变化达一成（比率：两个百分点）的指标中，其变化相对自身日常波动最大（{t} 倍标准误）。",
)
_QUIET = Text(
    en=" No measure changed both by much and by more than it usually moves; here are the tickets opened.",
    zh="没有指标的变化既明显又超出其日常波动；此处列出报修数。",
)
_NOTHING = Text(
    en="Nothing to compare with: the records do not reach back to a period before.", zh="无可对比的周期：此前没有记录。"
)
_HEAD = (
    Text(en="Before", zh="此前"),
    Text(en="Now", zh="现在"),
    Text(en="n", zh="n"),
    Text(en="Contribution", zh="贡献"),
)
_PALE = Text(en="within chance", zh="偶然范围内")
_CLEAR = Text(en="Beyond chance", zh="超出偶然")
_IS_CLEAR = {True: Text(en="yes", zh="是"), False: _PALE}
_BY = ("product_line", "region", "component")
_MOST = 6


def changes(g: Ground) -> Iterator[Block]:
    """The measure, how it moved, and what contributed to that by product line, region and component."""
    c = g.c
    if c.before is None:
        yield Sentence(g.say(_NOTHING), tone="quiet")
        return
    looked = look(c, c.before)
    measure = measures()[looked.measure]
    now, before = (evaluate(c.reading, (measure.name,), f)[measure.name] for f in (c.filters, c.before))
    moved = change(measure, now, before)
    words = _MOVED.format(
        measure=measure.label,
        before=spoken(measure, before.value),
        now=spoken(measure, now.value),
        change=_CHANGE.format(change=moved[1]) if moved else "",
        n_before=count(before.n),
        n=count(now.n),
        against=against(c, c.before),
        why=_QUIET if looked.strength is None else _LARGEST.format(t=f"{looked.strength:.1f}"),
    )
    yield Sentence(g.say(words))
    for by in _BY:
        if comes_apart(measure, by):
            yield from _parts(g, measure, by, is_quiet=looked.strength is None)


def _parts(g: Ground, measure: Measure, by: str, *, is_quiet: bool) -> Iterator[Block]:
    """What each place contributed; of a change that is none, only where a place changed by more than chance."""
    found = contribution_table(g.c, by)
    named = [dict(zip(found.columns, row, strict=True)) for row in found.rows[:_MOST]]
    if len(named) < 2 or (is_quiet and not any(part["clear"] for part in named)):
        return
    form = g.say(FORMS[measure.unit])
    rows = tuple(
        (
            Cell(part["name"]),
            then(measure, Value(measure.name, part["before"], part["n_before"]), g.c.language),
            Cell(g.say(spoken(measure, part["now"])), part["now"], form),
            number(part["n"]),
            Cell(g.say(signed(measure, part["contribution"])), part["contribution"], "", _tone(measure, part)),
            Cell("—" if part["clear"] is None else g.say(_IS_CLEAR[bool(part["clear"])]), tone="quiet"),
        )
        for part in named
    )
    heads = (g.say(LABELS[by]), *(g.say(h) for h in _HEAD), g.say(_CLEAR))
    yield Grid(g.say(QUESTIONS[by]), heads, rows, (28, 14, 14, 10, 16, 16), frozenset({1, 2, 3, 4}))


def _tone(measure: Measure, part: dict[str, float]) -> Tone:
    made = part["contribution"]
    if measure.better is None or not made:
        return ""
    return "good" if (made > 0) == (measure.better == "higher") else "bad"
