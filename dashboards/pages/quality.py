"""Data quality: what a data steward wants to know every morning, from the verdict down to the rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bilingual.text import Text
from dashboards.components import quality_checks, quality_coding, quality_quarantine, quality_sources
from dashboards.components.badge import State, badge
from dashboards.components.facts import table
from dashboards.components.quality_checks import checks_card, checks_table
from dashboards.components.quality_completeness import completeness_card, completeness_table
from dashboards.components.quality_quarantine import lots_card
from dashboards.components.quality_sources import account_card, account_table, sources_card, sources_table
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.extent_words import of_the_house
from dashboards.page import Component, Page
from dashboards.plain import html
from warehouse import quality
from warehouse.metrics.wording import count
from warehouse.quality_findings import findings
from warehouse.reading import Reader

TITLE = Text(en="Data quality", zh="数据质量")
_VERDICT = {
    "good": Text(en="All checks passed; no row is in quarantine.", zh="检查全部通过，无隔离行。"),
    "warning": Text(
        en="{failed} checks failed, {quarantined} rows are in quarantine, {rejected} deliveries were rejected. The rest is published.",
        zh="{failed} 项检查未通过，{quarantined} 行被隔离，{rejected} 份文件被拒收；其余已发布。",
    ),
}
_THIS_MORNING = Text(en="This morning", zh="今日要点")
_ENDED = Text(en="Last refresh {time}: {how}.", zh="最近一次刷新 {time}：{how}。")
_HOW = {
    "new": Text(en="a new snapshot was published", zh="已发布新快照"),
    "same": Text(en="nothing had changed", zh="无变化"),
    "blocked": Text(en="publishing was blocked; the last good snapshot stays", zh="发布被阻止，保留最近一次有效快照"),
    "withdrawn": Text(en="not published, because it was rolled back by hand", zh="该内容曾被人工回滚，未再发布"),
}
_NO_REFRESH = Text(en="No note of a refresh.", zh="没有刷新记录。")
_OVERDUE = Text(
    en="{source}: newest record {latest}, expected within {hours:g} h.",
    zh="{source}：最新记录 {latest}，应在 {hours:g} 小时内更新。",
)
_CALM = Text(en="Nothing changed for the worse against the snapshot before.", zh="与上一快照相比没有变差。")
_MORE = Text(en="{n} more below.", zh="另有 {n} 条见下。")
_SIGNS: dict[State, Text] = {
    "good": Text(en="better", zh="好转"),
    "warning": Text(en="look here", zh="关注"),
    "bad": Text(en="act", zh="处理"),
}
_REJECTED = Text(en="Which deliveries were rejected?", zh="哪些文件被拒收？")
_REJECTED_WORDS = Text(
    en="They are tried again with every refresh; once the file is corrected, it comes in.",
    zh="每次刷新都会重试；文件更正后即可读入。",
)
_REJECTED_HEAD = (
    Text(en="Source", zh="来源"),
    Text(en="File", zh="文件"),
    Text(en="Why", zh="原因"),
)
_NONE = Text(en="None.", zh="无。")
_MOST_FINDINGS = 6


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("quality", "verdict", height=160),
        part("quality", "quarantine", height=260),
        part("quality", "rejected", height=72),
        part("quality", "checks", height=420),
        part("quality", "account", height=420),
        part("quality", "sources", height=620),
        part("quality", "completeness", height=420),
        part("quality", "coding_region", height=320),
        html.Div(
            [part("quality", "coding_team", height=420), part("quality", "coding_site", height=420)], className="halves"
        ),
    ]


def _how(note: dict[str, Any]) -> str:
    if note.get("is_new"):
        return "new"
    if note.get("blocked_by"):
        return "blocked"
    return "withdrawn" if note.get("is_withdrawn") else "same"


def _refreshed(c: Context) -> Component:
    """How the last refresh ended, and what forbade publishing where it was blocked."""
    note = Reader(c.home).last_refresh()
    if note is None:
        return html.P(c.say(_NO_REFRESH), className="words")
    ended = dt.datetime.fromisoformat(note["ended_at"]).astimezone(dt.UTC).replace(tzinfo=None)
    said = html.P(c.say(_ENDED.format(time=c.local(ended), how=_HOW[_how(note)])), className="words")
    if note.get("is_new"):
        return said
    return html.Div([said, *(html.P(badge("bad", check[c.language])) for check in note.get("blocked_by", []))])


def _verdict(c: Context) -> Component:
    """The verdict, how the last refresh ended, and what stands out."""
    found = quality.verdict(c.reading)
    words = _VERDICT[found.state].format(
        failed=found.failed, quarantined=count(found.quarantined), rejected=found.rejected
    )
    lines: list[Component] = []
    for source in quality.overdue_sources(c.reading):
        latest, hours = c.local(source["latest"]), source["fresh_within_hours"]
        said = c.say(_OVERDUE).format(source=source[c.language], latest=latest, hours=hours)
        lines.append(html.Li([badge("bad", c.say(_SIGNS["bad"])), html.Span(said)]))
    told = findings(c.reading, c.home, c.filters)
    lines += [
        html.Li([badge(f.state, c.say(_SIGNS[f.state])), html.Span(c.say(f.text))]) for f in told[:_MOST_FINDINGS]
    ]
    more = len(told) - _MOST_FINDINGS
    return html.Section(
        [
            html.H2(c.say(_THIS_MORNING)),
            html.P(badge(found.state, c.say(words))),
            _refreshed(c),
            html.Ol(lines) if lines else html.P(c.say(_CALM), className="words"),
            html.P(c.say(_MORE.format(n=more)), className="words") if more > 0 else None,
        ],
        className="card findings",
    )


def _rejected(c: Context) -> Component:
    known = quality.sources(c.reading)
    rows = [
        [known[r["source"]][c.language] if r["source"] in known else r["source"], html.Code(r["file"]), r[c.language]]
        for r in quality.rejected(c.reading)
    ]
    body = [
        html.P(c.say(_REJECTED_WORDS), className="words"),
        table([c.say(h) for h in _REJECTED_HEAD], rows),
    ]
    return html.Section(
        [html.H2(c.say(_REJECTED)), *(body if rows else [html.P(c.say(_NONE), className="words")])], className="card"
    )


PAGE = Page(
    name="quality",
    path="/quality",
    title=TITLE,
    layout=_layout,
    group=Text(en="Operate", zh="运行"),
    order=40,
    parts={
        "verdict": _verdict,
        "account": account_card,
        "checks": checks_card,
        "sources": sources_card,
        "completeness": completeness_card,
        **quality_coding.CARDS,
        "quarantine": lots_card,
        "rejected": _rejected,
    },
    tables={
        "account": account_table,
        "checks": checks_table,
        "sources": sources_table,
        "completeness": completeness_table,
        **quality_coding.TABLES,
    },
    # Counts of whole deliveries; what is coded and filled in can be told of a part of the house.
    withheld=of_the_house("verdict", "account", "checks", "sources", "quarantine", "rejected"),
    titles={
        "verdict": _THIS_MORNING,
        "quarantine": quality_quarantine.TITLE,
        "rejected": _REJECTED,
        "checks": quality_checks.TITLE,
        "account": quality_sources.ACCOUNT,
        "sources": quality_sources.SOURCES,
    },
)
