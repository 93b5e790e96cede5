"""The open risks, as the overview lists them: as of the snapshot, whatever the period."""

from __future__ import annotations

from collections.abc import Iterator

from bilingual.text import Text
from dashboards.components.risk_list import risk_table
from dashboards.reports.blocks import NOTHING, Block, Cell, Grid, Sentence, Tone
from dashboards.reports.cells import number
from dashboards.reports.ground import Ground
from warehouse.metrics.closure import AGES
from warehouse.metrics.evaluate import ageing

TITLE = Text(en="Open risks", zh="未决风险")
_WORDS = Text(en="As of {time}, whatever the period.", zh="截至 {time}，与所选时段无关。")
_STATES: dict[str, tuple[Text, Tone]] = {
    "good": (Text(en="none", zh="无"), "good"),
    "warning": (Text(en="coming", zh="临近"), "warning"),
    "bad": (Text(en="act now", zh="须处理"), "bad"),
    "neutral": (Text(en="not known", zh="未知"), "quiet"),
}
_HEAD = (
    Text(en="Risk", zh="风险"),
    Text(en="State", zh="状态"),
    Text(en="Count", zh="数量"),
    Text(en="Worst", zh="最严重"),
)
_AGEING = Text(en="Open tickets by age", zh="未关闭工单的账龄")
_AGE, _OPEN = Text(en="Open for", zh="已开"), Text(en="Tickets", zh="工单")


def risks(g: Ground) -> Iterator[Block]:
    """The risks. That of the data is left out: it counts sources as overdue as of this moment, and a report that is made
    again has to say the same; what the snapshot says of itself stands among the findings."""
    table = risk_table(g.c)
    found = [risk for row in table.rows if (risk := dict(zip(table.columns, row, strict=True)))["risk"] != "quality"]
    yield Sentence(g.say(_WORDS.format(time=g.c.local(g.c.reading.as_of))))
    rows = []
    for risk in found:
        words, tone = _STATES[risk["state"]]
        rows.append(
            (
                Cell(f"{risk['name']}\n{risk['words']}"),
                Cell(g.say(words), tone=tone),
                Cell(NOTHING, tone="quiet") if risk["count"] is None else number(risk["count"]),
                Cell(risk["worst"], tone="quiet"),
            )
        )
    yield Grid(g.say(TITLE), tuple(g.say(h) for h in _HEAD), tuple(rows), (45, 11, 9, 35), frozenset({2}))


def ages(g: Ground) -> Iterator[Block]:
    """The backlog by age."""
    found = ageing(g.c.reading, g.c.filters)
    if not any(found):
        return
    rows = tuple((Cell(g.say(label)), number(n)) for (_, _, label), n in zip(AGES, found, strict=True))
    yield Grid(g.say(_AGEING), (g.say(_AGE), g.say(_OPEN)), rows, (3, 1), frozenset({1}))
