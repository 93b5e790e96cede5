"""How completely each station codes its failure reports, and what it leaves out most."""

from __future__ import annotations

from collections.abc import Callable

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import table
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import dcc, html
from warehouse.entities import entities
from warehouse.metrics.findings import at_place
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.quality_coding import SHOWN, STATIONS, By, Missing, Station, coding, is_told, together
from warehouse.records import Selection

_TITLES: dict[By, Text] = {
    "region": Text(en="How completely are reports coded, by region?", zh="各区域的故障报告编码是否完整？"),
    "site": Text(en="… by site?", zh="各站点呢？"),
    "team": Text(en="… by team of technicians?", zh="各班组呢？"),
}
_CALLED: dict[By, Text] = {
    "region": entities()["ticket"].fields["region"].label,
    "site": entities()["ticket"].fields["site"].label,
    "team": entities()["technician"].fields["team"].label,
}
_LABELS: dict[Missing, Text] = {
    "failure_mode": entities()["fault"].fields["failure_mode"].label,
    "cause": entities()["fault"].fields["cause"].label,
    "serial_no": entities()["asset"].fields["serial_no"].label,
}
# The tickets behind what is missing; records are not found by what an asset lacks.
_LACKING: dict[Missing, Selection] = {
    "failure_mode": Selection(is_open=False, failure_mode=""),
    "cause": Selection(is_open=False, cause=""),
}
_WORDS = Text(
    en="{share} of {n} closed reports have mode, cause and serial number. The worst first{few}.",
    zh="{n} 份已关闭报告中，{share} 填有故障模式、原因与序列号。最差在前{few}。",
)
_FEW = Text(
    en="; {n} with fewer than {least} reports last: too few to say",
    zh="；报告少于 {least} 份的 {n} 个排在最后，数量过少无法判断",
)
_SHOWN = Text(en="; the first {shown} of {n} are shown", zh="；显示 {n} 个中的前 {shown} 个")
_NONE = Text(
    en="No closed report in this selection. Reports are faults whose ticket is closed; a source of faults fills this.",
    zh="当前筛选下没有已关闭的报告。报告即工单已关闭的故障；接入故障数据后即有内容。",
)
_OLD = Text(
    en="This snapshot is from an earlier version of the program; the next refresh fills this part.",
    zh="本快照由较早版本生成；下次刷新后此处即有内容。",
)
_DEFINITION = (
    Text(
        en="Reports whose failure mode, cause and asset's serial number are all known ÷ reports about failures of the period whose ticket is closed. In brackets Jeffreys' 95 % interval.",
        zh="故障模式、原因及设备序列号均已知的报告 ÷ 期内故障中工单已关闭的报告。括号内为 Jeffreys 95% 区间。",
    ),
    Text(
        en="A team is that of the technician whom the ticket names.",
        zh="班组取工单所列技术员的班组。",
    ),
)
_HEAD = (
    Text(en="Coded", zh="编码完整"),
    Text(en="Reports", zh="报告数"),
    Text(en="Missing", zh="缺少"),
    Text(en="Latest", zh="最近"),
)
_TICKETS = 2


def _missing(c: Context, station: Station, by: By) -> Component:
    """What is missing, most first; of a region each leads to the tickets behind it."""
    lines: list[Component] = []
    for what, n in sorted(station.missing.items(), key=lambda item: -item[1]):
        if not n:
            continue
        words = f"{c.say(_LABELS[what])} {count(n)}"
        behind = _LACKING.get(what)
        if by == "region" and behind:
            lines.append(dcc.Link(words, href=link("/records", at_place(c.filters, "region", station.name), behind)))
        else:
            lines.append(words)
        lines.append(html.Br())
    return html.Span(lines[:-1]) if lines else "—"


def _line(c: Context, station: Station, by: By, least: int) -> list[Component]:
    name = c.place("region", station.name) if by == "region" else station.name or c.say(UNKNOWN)
    interval = f"{station.low * 100:.0f}–{station.high * 100:.0f}{'%' if c.language == 'zh' else ' %'}"
    bar = html.Span(className="filled", style={"width": f"{station.share * 100:.1f}%"})
    coded = [
        html.B(c.say(share(station.share))),
        " ",
        html.Span(interval, className="small"),
        html.Div(bar, className="bar"),
    ]
    tickets = [dcc.Link(t, href=thing("/record", ticket=t)) for t in station.latest[:_TICKETS]]
    return [
        html.Span(name, className="quiet" if station.n < least else None),
        html.Div(coded),
        count(station.n),
        _missing(c, station, by),
        html.Span([x for t in tickets for x in (t, " ")], className="small tickets"),
    ]


def coding_card(by: By) -> Callable[[Context], Component]:
    """The card of one kind of station."""

    def card(c: Context) -> Component:
        least = c.home.settings.least_jobs
        stations = coding(c.reading, c.filters, by, least)
        whole = together(stations)
        title = c.say(_TITLES[by])
        if whole is None:
            why = _NONE if is_told(c.reading) else _OLD
            return html.Section([html.H2(title), html.P(c.say(why), className="nothing")], className="card")
        few = sum(s.n < least for s in stations)
        tail = [_FEW.format(n=few, least=least)] if few else []
        tail += [_SHOWN.format(n=len(stations), shown=SHOWN)] if len(stations) > SHOWN else []
        said = _WORDS.format(
            share=share(whole.share),
            n=count(whole.n),
            few=Text(en="".join(t.en for t in tail), zh="".join(t.zh for t in tail)),
        )
        tools = html.Div(
            [exports(c, "quality", f"coding_{by}"), definition([c.say(t) for t in _DEFINITION], title, c.language)],
            className="tools",
        )
        rows = [_line(c, s, by, least) for s in stations[:SHOWN]]
        body = table([c.say(_CALLED[by]), *(c.say(h) for h in _HEAD)], rows, frozenset({2}))
        return html.Section(
            [html.Header([html.H2(title), tools]), html.P(c.say(said), className="words"), body],
            className="card coding",
        )

    return card


def coding_table(by: By) -> Callable[[Context], Table]:
    """All stations of one kind, for export."""

    def rows(c: Context) -> Table:
        stations = coding(c.reading, c.filters, by, c.home.settings.least_jobs)
        columns = (by, "reports", "coded", "share", "low", "high", *(f"without_{what}" for what in _LABELS))
        return Table(
            columns,
            [[s.name, s.n, s.whole, s.share, s.low, s.high, *(s.missing[what] for what in _LABELS)] for s in stations],
        )

    return rows


CARDS = {f"coding_{by}": coding_card(by) for by in STATIONS}
TABLES = {f"coding_{by}": coding_table(by) for by in STATIONS}
