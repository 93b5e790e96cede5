"""Data quality: the verdict, the account of rows, the checks, what was sent to quarantine and what was rejected."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dash import dcc, html

from dashboards.address import thing
from dashboards.components.badge import State, badge
from dashboards.components.facts import table
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from warehouse import quality
from warehouse.entities import entities
from warehouse.metrics.wording import count
from warehouse.reading import Reader
from warehouse.text import Text

TITLE = Text(en="Data quality", zh="数据质量")
_VERDICT = {
    "good": Text(en="All checks passed; no row is in quarantine.", zh="检查全部通过，无隔离行。"),
    "warning": Text(
        en="{failed} checks failed, {quarantined} rows are in quarantine, {rejected} deliveries were rejected. The rest is published.",
        zh="{failed} 项检查未通过，{quarantined} 行被隔离，{rejected} 份文件被拒收；其余已发布。",
    ),
}
_STATUS: dict[str, tuple[State, Text]] = {
    "passed": ("good", Text(en="passed", zh="通过")),
    "failed": ("bad", Text(en="failed", zh="未通过")),
    "error": ("bad", Text(en="could not run", zh="无法执行")),
    "quarantined": ("warning", Text(en="rows quarantined", zh="有行被隔离")),
    "not_applicable": ("neutral", Text(en="does not apply", zh="不适用")),
}
_SEVERITY = {
    "critical": Text(en="critical", zh="严重"),
    "warning": Text(en="warning", zh="警告"),
    "info": Text(en="info", zh="提示"),
}
_ACCOUNT = Text(en="Account of rows", zh="行数核对")
_ACCOUNT_WORDS = Text(
    en="Staged = in the warehouse + quarantined + superseded by a later version; nothing gets lost.",
    zh="暂存 = 入库 + 隔离 + 被更新版本取代；不丢失任何行。",
)
_ACCOUNT_HEAD = (
    Text(en="Entity", zh="实体"),
    Text(en="Landed", zh="落地"),
    Text(en="Staged", zh="暂存"),
    Text(en="In the warehouse", zh="入库"),
    Text(en="Quarantined", zh="隔离"),
    Text(en="Superseded", zh="被取代"),
)
_CHECKS = Text(en="Checks", zh="检查")
_CHECKS_HEAD = (
    Text(en="Result", zh="结果"),
    Text(en="Entity", zh="实体"),
    Text(en="What is expected", zh="期望"),
    Text(en="Severity", zh="级别"),
    Text(en="Failed", zh="不符"),
    Text(en="Of", zh="总数"),
)
_QUARANTINE = Text(en="Quarantine", zh="隔离区")
_QUARANTINE_WORDS = Text(
    en="Rows that were left out, with the reason; correct them in the source and they come in with the next refresh. The first {n} are shown.",
    zh="未入库的行及原因；在来源中更正后，下次刷新即可入库。显示前 {n} 行。",
)
_QUARANTINE_HEAD = (
    Text(en="Entity", zh="实体"),
    Text(en="Key", zh="键"),
    Text(en="Reason", zh="原因"),
    Text(en="Field", zh="字段"),
    Text(en="Value", zh="值"),
    Text(en="File and row", zh="文件与行"),
)
_REJECTED = Text(en="Rejected deliveries", zh="被拒收的文件")
_REFRESH = Text(en="Last refresh", zh="最近一次刷新")
_ENDED = Text(en="Ended {time}: {how}.", zh="结束于 {time}：{how}。")
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
_NONE = Text(en="None.", zh="无。")
_MOST_ROWS = 100


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("quality", "verdict", height=120),
        part("quality", "account", height=300),
        part("quality", "checks", height=400),
        part("quality", "quarantine", height=300),
        part("quality", "rejected", height=96),
    ]


def _how(note: dict[str, Any]) -> str:
    if note.get("is_new"):
        return "new"
    if note.get("blocked_by"):
        return "blocked"
    return "withdrawn" if note.get("is_withdrawn") else "same"


def _verdict(c: Context) -> Component:
    found = quality.verdict(c.reading)
    words = _VERDICT[found.state].format(failed=found.failed, quarantined=found.quarantined, rejected=found.rejected)
    note = Reader(c.home).last_refresh()
    lines: list[Component] = [html.P(badge("good" if found.state == "good" else "warning", c.say(words)))]
    if note is None:
        lines.append(html.P(c.say(_NO_REFRESH)))
    else:
        ended = dt.datetime.fromisoformat(note["ended_at"]).astimezone(dt.UTC).replace(tzinfo=None)
        lines.append(html.P(c.say(_ENDED.format(time=c.local(ended), how=_HOW[_how(note)]))))
        blocking = [html.Li(badge("bad", check[c.language])) for check in note.get("blocked_by", [])]
        lines.append(html.Ul(blocking, className="plain") if blocking else None)
    for source in quality.overdue_sources(c.reading):
        latest, hours = c.local(source["latest"]), source["fresh_within_hours"]
        lines.append(
            html.P(badge("bad", c.say(_OVERDUE).format(source=source[c.language], latest=latest, hours=hours)))
        )
    return html.Section([html.H2(c.say(_REFRESH)), *lines], className="card")


def _entity(c: Context, name: str) -> str:
    return c.say(entities()[name].label) if name in entities() else name


def _account(c: Context) -> Component:
    names = ("landed", "staged", "core", "quarantined", "superseded")
    rows = [[_entity(c, r["entity"]), *(count(r[n]) for n in names)] for r in quality.accounts(c.reading)]
    body = table([c.say(h) for h in _ACCOUNT_HEAD], rows, frozenset(range(1, 6)))
    return html.Section(
        [html.H2(c.say(_ACCOUNT)), html.P(c.say(_ACCOUNT_WORDS), className="words"), body], className="card"
    )


def _checks(c: Context) -> Component:
    rows = []
    for check in quality.checks(c.reading):
        state, words = _STATUS[check["status"]]
        severity = _SEVERITY.get(check["severity"])
        rows.append(
            [
                badge(state, c.say(words), check["error"]),
                _entity(c, check["suite"]),
                check[c.language],
                c.say(severity) if severity else check["severity"],
                count(check["failed"] or 0),
                count(check["checked_rows"] or 0),
            ]
        )
    body = table([c.say(h) for h in _CHECKS_HEAD], rows, frozenset({4, 5}))
    return html.Section([html.H2(c.say(_CHECKS)), body], className="card")


def _quarantine(c: Context) -> Component:
    rows = []
    for r in quality.quarantine(c.reading, rows=_MOST_ROWS):
        fields = entities()[r["entity"]].fields if r["entity"] in entities() else {}
        href = thing("/source", **{k: r[k] for k in ("source", "stream", "batch", "file")}, row=r["row_no"])
        rows.append(
            [
                _entity(c, r["entity"]),
                r["source_key"],
                r[c.language] or r["rule"],
                c.say(fields[r["field"]].label) if r["field"] in fields else r["field"],
                html.Span(r["value"], className="raw"),
                dcc.Link(f"{r['file']} : {r['row_no']}", href=href),
            ]
        )
    words = html.P(c.say(_QUARANTINE_WORDS.format(n=_MOST_ROWS)), className="words")
    body = table([c.say(h) for h in _QUARANTINE_HEAD], rows) if rows else html.P(c.say(_NONE), className="quiet")
    return html.Section([html.H2(c.say(_QUARANTINE)), words, body], className="card")


def _rejected(c: Context) -> Component:
    items = [
        html.Li([html.Code(f"{r['source']} / {r['file']}"), " ", r[c.language]]) for r in quality.rejected(c.reading)
    ]
    body = html.Ul(items, className="plain") if items else html.P(c.say(_NONE), className="quiet")
    return html.Section([html.H2(c.say(_REJECTED)), body], className="card")


PAGE = Page(
    name="quality",
    path="/quality",
    title=TITLE,
    layout=_layout,
    group=Text(en="Operate", zh="运行"),
    order=40,
    has_filters=False,
    parts={
        "verdict": _verdict,
        "account": _account,
        "checks": _checks,
        "quarantine": _quarantine,
        "rejected": _rejected,
    },
)
