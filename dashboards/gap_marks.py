"""Days without data and holidays as bands of a time axis, and in words below the chart's question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from bilingual.text import Text
from dashboards.context import Context
from dashboards.figures.spans import HOLIDAY, MISSING, Span, spanned
from dashboards.page import Drawn
from warehouse.entities import entities
from warehouse.gaps import Gap, gaps, holidays
from warehouse.quality import sources

_MOST_NAMED = 3
_NO_DATA = Text(en="no data", zh="无数据")
_HOLIDAY = Text(en="holiday", zh="节假日")
_GAP = Text(en="{first} to {last}", zh="{first} 至 {last}")
_FROM = Text(en="{source} ({each}{more})", zh="{source}（{each}{more}）")
_SAID = Text(en=" Grey: no data ({entity}) from {sources}.", zh="灰色：{sources}未提供{entity}数据。")
_MORE = Text(en=", {n} more times", zh="，另有 {n} 段")
_HOVER = Text(en="{name}, {first} to {last}", zh="{name}，{first} 至 {last}")


def _name(c: Context, source: str) -> str:
    known = sources(c.reading).get(source)
    return known[c.language] if known else source


def _said(c: Context, gap: Gap) -> str:
    return c.say(_HOVER.format(name=_name(c, gap.source), first=gap.first, last=gap.last))


def _in_words(c: Context, entity: str, found: Sequence[Gap]) -> str:
    """Each source with its gaps, the first few of them."""
    said = []
    for source in dict.fromkeys(gap.source for gap in found):
        own = [gap for gap in found if gap.source == source]
        each = [c.say(_GAP.format(first=gap.first, last=gap.last)) for gap in own[:_MOST_NAMED]]
        more = _MORE.format(n=len(own) - _MOST_NAMED) if len(own) > _MOST_NAMED else ""
        joint = "、" if c.language == "zh" else ", "
        said.append(c.say(_FROM.format(source=_name(c, source), each=joint.join(each), more=more)))
    label = entities()[entity].label
    what = Text(en=label.en.lower(), zh=label.zh)
    return c.say(_SAID.format(entity=what, sources=("；" if c.language == "zh" else "; ").join(said)))


def _together(c: Context, found: Sequence[Gap]) -> list[Span]:
    """One band for what several sources did not deliver at the same time."""
    spans: list[Span] = []
    for gap in found:
        if spans and gap.first <= spans[-1].last:
            hover = f"{spans[-1].hover}<br>{_said(c, gap)}"
            spans[-1] = Span(spans[-1].first, max(spans[-1].last, gap.last), hover)
        else:
            spans.append(Span(gap.first, gap.last, _said(c, gap)))
    return spans


def with_gaps(c: Context, drawn: Drawn, entity: str, days: Sequence[dt.date]) -> Drawn:
    """A chart over time with the days marked for which a source that it rests on delivered nothing.

    entity: what the chart counts. days: the first days of its buckets, or the first and the last of its axis.
    """
    if drawn.figure is None or not days:
        return drawn
    end = _following(days) - dt.timedelta(days=1)
    first = max(days[0], c.filters.start) if c.filters.start and c.filters.start <= end else days[0]
    found = gaps(c.reading, entity, first, min(end, max(c.filters.end or c.last_day, days[0])))
    if not found:
        return drawn
    figure = spanned(drawn.figure, _together(c, found), c.say(_NO_DATA), MISSING, days)
    return replace(drawn, figure=figure, words=drawn.words + _in_words(c, entity, found))


def with_holidays(c: Context, drawn: Drawn, days: Sequence[dt.date]) -> Drawn:
    """A chart over days with its holidays marked; any other as it is."""
    if drawn.figure is None or not days or c.grain != "day":
        return drawn
    spans = [
        Span(h.first, h.last, c.say(_HOVER.format(name=h.name, first=h.first, last=h.last)))
        for h in holidays(c.reading, days[0], days[-1])
    ]
    return replace(drawn, figure=spanned(drawn.figure, spans, c.say(_HOLIDAY), HOLIDAY, days))


def _following(days: Sequence[dt.date]) -> dt.date:
    """The day after the last bucket."""
    if len(days) > 1 and (days[-1] - days[-2]).days < 28:
        return days[-1] + (days[-1] - days[-2])
    return (days[-1].replace(day=1) + dt.timedelta(days=32)).replace(day=1)
