"""Makes the content of a report: of one snapshot, period, language and extent always the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from bilingual.errors import UserError
from bilingual.text import Language, Text
from dashboards.address import Query, link
from dashboards.comparison import comparing
from dashboards.context import Context
from dashboards.extent_words import seen
from dashboards.reports.blocks import Block, Document, Period, Sentence
from dashboards.reports.ground import Ground, Recipient
from dashboards.reports.kinds import Report, reports
from warehouse.comparison import Comparison, compared_with
from warehouse.extent import WHOLE, Extent
from warehouse.filters import Filters
from warehouse.gaps import Gap, gaps
from warehouse.metrics.evaluate import evaluate, first_day
from warehouse.quality import sources
from warehouse.reading import Reading
from warehouse.settings import Home

_HOUSE = Text(en="Organisation", zh="组织")
_PERIOD = Text(en="Period", zh="时段")
_EXTENT = Text(en="Part of the house", zh="可见范围")
_ALL = Text(en="all regions and product lines", zh="全部区域与产品线")
_COMPARED = Text(en="Compared with", zh="对比")
_NOT_COMPARED = Text(en="nothing, no such period is on record", zh="无，此前没有记录")
_SNAPSHOT = Text(en="Snapshot", zh="快照")
_AS_OF = Text(en="Data as of", zh="数据截至")
_DAYS = Text(en="{start} to {end}", zh="{start} 至 {end}")
_NAMED = Text(en="{label} ({days})", zh="{label}（{days}）")
_AGAINST = Text(en="{name}, {start} to {end}", zh="{name}（{start} 至 {end}）")
_SUBJECT = Text(en="{title}, {period} – {house}{extent}", zh="{title}，{period} – {house}{extent}")
_OF = Text(en=" ({part})", zh="（{part}）")
_FOOT = Text(
    en="{period} · {part} · snapshot {snapshot}, as of {as_of}", zh="{period} · {part} · 快照 {snapshot}，截至 {as_of}"
)
_SO_FAR = Text(en="This period is not over: the records tell until {time}.", zh="本时段尚未结束：记录截至 {time}。")
_NO_DATA = Text(en="no data", zh="无数据")
_SILENT = Text(
    en="{source} delivered nothing from {first} to {last}: what is counted in these days is too low.",
    zh="{source}在 {first} 至 {last} 未提供数据：这些日子的计数偏低。",
)
_NOTHING_KNOWN = Text(
    en="Nothing was delivered for this period, so there is nothing to report of it.",
    zh="本时段没有任何数据，无可报告的内容。",
)
_EMPTY = Text(
    en="No ticket is on record in this snapshot, so there is nothing to report.",
    zh="本快照中没有工单记录，无可报告的内容。",
)


def named(name: str) -> Report:
    """The report of a name."""
    found = reports().get(name)
    if found is None:
        known = ", ".join(sorted(reports()))
        raise UserError(
            en=f"There is no report “{name}”; the names are {known}.", zh=f"没有名为“{name}”的报表；可用的有 {known}。"
        )
    return found


def period_of(report: Report, reading: Reading, language: Language, on: dt.date | None = None) -> Period:
    """The week or month in which a day lies; without one the last that is over before the snapshot's last day."""
    first, last = report.rule.of(on) if on else report.rule.last_whole(reading.as_of_on)
    if first > reading.as_of_on:
        raise UserError(
            en=f"The records tell until {reading.as_of_on}, so nothing can be said of {first} to {last}; name an earlier day.",
            zh=f"记录截至 {reading.as_of_on}，无法报告 {first} 至 {last}；请指定更早的日期。",
        )
    return Period(first, last, report.rule.label(first)[language])


def render(
    home: Home,
    reading: Reading,
    report: Report,
    language: Language,
    *,
    on: dt.date | None = None,
    extent: Extent = WHOLE,
    sees_team: bool = False,
) -> Document:
    """The report as data; `reading` holds the extent. Nothing is drawn: figures are as plotly takes them."""
    period = period_of(report, reading, language, on)
    filters = Filters(period.first, period.last)
    compared: Comparison = "before"
    if compared_with(reading, filters, reading.as_of_on, report.compared):
        compared = report.compared
    viewer = Recipient(part=extent, sees_team=sees_team)
    c = Context(home, reading, Query(filters, compare=compared), language, viewer)
    with comparing(compared):
        return Document(
            name=report.name,
            language=language,
            house=home.settings.organisation,
            title=c.say(report.title),
            period=period,
            subject=_subject(c, report, period),
            about=_about(c, period),
            foot=c.say(
                _FOOT.format(period=period.label, part=_part(c), snapshot=reading.id, as_of=c.local(reading.as_of))
            ),
            blocks=tuple(_blocks(c, report, period)),
            address=_address(home, filters),
        )


def _blocks(c: Context, report: Report, period: Period) -> Iterator[Block]:
    if first_day(c.reading) is None:
        yield Sentence(c.say(_EMPTY), tone="quiet")
        return
    if period.last >= c.last_day:
        yield Sentence(c.say(_SO_FAR.format(time=c.local(c.reading.as_of))), tone="warning")
    silences = _silences(c)
    for silence in silences:
        yield _said(c, silence)
    # Nobody knows what happened while no source told anything: no number of it is one.
    opened = evaluate(c.reading, ("opened",), c.filters)["opened"].value
    if not opened and any(s.first <= period.first and period.last <= s.last for s in silences):
        yield Sentence(c.say(_NOTHING_KNOWN), tone="quiet")
        return
    ground = _ground(c, report, period)
    for section in report.sections:
        yield from section(ground)


def _silences(c: Context) -> list[Gap]:
    """When a source of tickets delivered nothing, in the period and in the one compared with."""
    spans = (c.filters, c.before) if c.before else (c.filters,)
    return [gap for f in spans if f.start and f.end for gap in gaps(c.reading, "ticket", f.start, f.end)]


def _said(c: Context, gap: Gap) -> Sentence:
    known = sources(c.reading).get(gap.source)
    name = known[c.language] if known else gap.source
    return Sentence(c.say(_SILENT.format(source=name, first=gap.first, last=gap.last)), c.say(_NO_DATA), "warning")


def _ground(c: Context, report: Report, period: Period) -> Ground:
    """A course does not begin before the records do: what nobody wrote down would look like nothing."""
    known = first_day(c.reading) or period.first
    start = max(report.rule.back(period.first, report.rule.courses - 1), report.rule.of(known)[0])
    filters = replace(c.filters, start=min(start, period.first))
    course = replace(c, query=Query(filters, compare="none"))
    words = report.rule.course_label.format(last=period.last)
    if start > report.rule.back(period.first, report.rule.courses - 1):
        words = _DAYS.format(start=filters.start, end=filters.end)
    return Ground(c, course, words)


def _part(c: Context) -> str:
    return seen(c) or c.say(_ALL)


def _subject(c: Context, report: Report, period: Period) -> str:
    part = seen(c)
    words = _SUBJECT.format(
        title=report.title,
        period=period.label,
        house=c.home.settings.organisation,
        extent=_OF.format(part=part) if part else "",
    )
    # A subject is one line.
    return " ".join(c.say(words).split())


def _about(c: Context, period: Period) -> tuple[tuple[str, str], ...]:
    against = c.say(_NOT_COMPARED)
    if c.before:
        against = c.say(_AGAINST.format(name=c.compared, start=c.before.start, end=c.before.end))
    days = _DAYS.format(start=period.first, end=period.last)
    pairs = (
        (_HOUSE, c.home.settings.organisation),
        (_PERIOD, c.say(_NAMED.format(label=period.label, days=days))),
        (_EXTENT, _part(c)),
        (_COMPARED, against),
        (_AS_OF, f"{c.local(c.reading.as_of)} {c.time_zone}"),
        (_SNAPSHOT, c.reading.id),
    )
    return tuple((c.say(label), words) for label, words in pairs)


def _address(home: Home, filters: Filters) -> str:
    """The overview with the same period, where the house says under which address people reach it."""
    public = home.settings.public_address.rstrip("/")
    return public + link("/", filters) if public else ""
