"""The sections that reports are put together from; a section is a function from a ground to blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from bilingual.text import Text
from dashboards.extent_words import OF_THE_HOUSE
from dashboards.page import Chart
from dashboards.reports.blocks import Block, Grid, Heading, Picture, Sentence, Tone
from dashboards.reports.ground import Ground, Section
from warehouse.metrics.wording import count

_SIGNS: dict[bool | None, tuple[Text, Tone]] = {
    True: (Text(en="good", zh="向好"), "good"),
    False: (Text(en="look here", zh="关注"), "warning"),
    None: (Text(en="mind", zh="留意"), "quiet"),
}
_N = Text(en="{words} (n\u00a0=\u00a0{n})", zh="{words}（n\u00a0=\u00a0{n}）")
_SHOWN = Text(en="{words} Shown: {period}.", zh="{words}图示时段：{period}。")
# What a chart is asked of: this period, the periods that lead to it, or all that is on record whatever the period.
Over = Literal["period", "course", "all"]


def under(title: Text, *sections: Section) -> Section:
    """Sections under one heading."""

    def made(g: Ground) -> Iterator[Block]:
        words = g.say(title)
        yield Heading(words)
        for section in sections:
            for block in section(g):
                if isinstance(block, Grid) and block.title == words:
                    yield replace(block, is_titled=False)
                else:
                    yield block

    return made


def of_the_house(*sections: Section) -> Section:
    """Sections that cannot be divided: who sees a part of the house is told so in their place."""

    def made(g: Ground) -> Iterator[Block]:
        if not g.is_of_the_house:
            yield Sentence(g.say(OF_THE_HOUSE), tone="quiet")
            return
        for section in sections:
            yield from section(g)

    return made


def judged(g: Ground, text: Text, n: int | None, is_good: bool | None) -> Sentence:
    """A finding: its sentence, how many it rests on, and whether it is good."""
    sign, tone = _SIGNS[is_good]
    words = text if n is None else _N.format(words=Text(en=text.en.strip(), zh=text.zh.strip()), n=count(n))
    return Sentence(g.say(words), g.say(sign), tone)


def picture(name: str, chart: Chart, over: Over = "course") -> Section:
    """A chart of a page. Where there is none it says why."""

    def made(g: Ground) -> Iterator[Block]:
        drawn, title = chart.draw(g.c if over == "period" else g.course), g.say(chart.question)
        if drawn.figure is None:
            yield Sentence(f"{title} {drawn.words}", tone="quiet")
            return
        words = drawn.words
        if over == "course":
            words = g.say(_SHOWN.format(words=words, period=g.course_words))
        yield Picture(name, title, drawn.figure, words, chart.height)

    return made
