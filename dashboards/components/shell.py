"""The frame around every page: top bar, navigation, filter rail, the place of the page."""

from __future__ import annotations

import datetime as dt

import dash_mantine_components as dmc
from dash import dcc, html

from bilingual.text import Language, Text
from dashboards.address import link
from dashboards.components.badge import badge
from dashboards.components.search import field
from dashboards.components.states import unreachable
from dashboards.context import Context
from dashboards.navigation import seen_by
from dashboards.page import Component
from dashboards.viewer import Viewer
from warehouse import quality
from warehouse.reading import Reader

AS_OF = Text(en="as of {time}", zh="数据截至 {time}")
SNAPSHOT = Text(en="Snapshot {id}, published {time}", zh="快照 {id}，发布于 {time}")
GOOD = Text(en="Data checked", zh="数据已检查")
WARNING = Text(en="{n} findings in the data", zh="数据有 {n} 项提示")
COUNTS = Text(
    en="{failed} checks failed, {quarantined} rows in quarantine, {rejected} deliveries rejected.",
    zh="{failed} 项检查未通过，{quarantined} 行被隔离，{rejected} 份文件被拒收。",
)
STALE = Text(en="Stale", zh="数据陈旧")
BLOCKED = Text(
    en="The last refresh was blocked by {n} failed checks; this is the last good snapshot.",
    zh="最近一次刷新因 {n} 项检查未通过而未发布；当前为最近一次有效快照。",
)
OVERDUE = Text(en="No new records from: {sources}.", zh="以下来源无新记录：{sources}。")
OTHER_LANGUAGE = Text(en="中文", zh="EN")
SWITCH = Text(en="中文界面", zh="English")
SCHEME = Text(en="Light or dark", zh="浅色或深色")
MENU = Text(en="Menu", zh="菜单")
SKIP = Text(en="Skip to content", zh="跳到正文")
NEW_REPORT = Text(en="New report", zh="新建报告")
LEAVE = Text(en="Log out", zh="退出")
NAVIGATION = Text(en="Pages", zh="页面")
FILTERS = Text(en="Filters", zh="筛选")


def shell(rail: Component, title: str, language: Language, viewer: Viewer, token: str) -> Component:
    """The frame; its parts fill themselves. token: against forged requests, for the way out."""
    return dmc.MantineProvider(
        [
            # Not dcc.Location: it writes back what it has just read, and a second press of "back" is lost in between.
            dcc.Store(id="asked"),
            dcc.Store(id="path"),
            dcc.Store(id="search"),
            dcc.Store(id="language", data=language),
            dcc.Store(id="title"),
            dcc.Store(id="synced"),
            html.Div(_frame(rail, title, language, viewer, token), className="frame"),
        ],
        theme={"primaryColor": "blue", "fontFamily": "inherit", "defaultRadius": "sm"},
        defaultColorScheme="auto",
    )


def _frame(rail: Component, title: str, language: Language, viewer: Viewer, token: str) -> list[Component]:
    return [
        html.A(SKIP[language], href="#content", className="skip"),
        html.Header(
            [
                html.Button("☰", id="menu", type="button", className="menu", **{"aria-label": MENU[language]}),
                dcc.Link(title, href="/", className="brand"),
                field(language),
                html.Div(id={"shell": "status"}, className="status"),
                _new_report(viewer, language),
                dmc.ColorSchemeToggle(
                    lightIcon=html.Span("☀"),
                    darkIcon=html.Span("☾"),
                    variant="subtle",
                    color="gray",
                    size="md",
                    **{"aria-label": SCHEME[language]},
                ),
                _way_out(viewer, language, token),
            ],
            className="top",
        ),
        # At phone width the way out is in the navigation that folds.
        html.Nav(
            [html.Div(id={"shell": "nav"}), _way_out(viewer, language, token)],
            className="nav",
            **{"aria-label": NAVIGATION[language]},
        ),
        html.Section(
            [
                html.Button(FILTERS[language], id="fold", type="button", className="fold"),
                html.Div(rail, id="rail", className="rail"),
                html.Div(id={"shell": "chosen"}),
            ],
            id="filters",
            className="filters",
            **{"aria-label": FILTERS[language]},
        ),
        html.Main(id="content", tabIndex="-1"),
        unreachable(language),
    ]


def _new_report(viewer: Viewer, language: Language) -> Component:
    """One tap from everywhere; on the phone a sign."""
    if viewer.actor is None or not viewer.may("report.create"):
        return None
    words = NEW_REPORT[language]
    inside = [html.Span("＋", className="sign", **{"aria-hidden": "true"}), html.Span(words, className="full")]
    return html.A(inside, href="/reports/new", className="new-report", **{"aria-label": words})


def _way_out(viewer: Viewer, language: Language, token: str) -> Component:
    """Who is logged in, and how to leave."""
    if viewer.actor is None:
        return None
    # A plain form, not a callback: it works whatever state the page is in.
    inside = [
        dcc.Input(type="hidden", name="csrf_token", value=token),
        html.A(viewer.actor.name, href="/me", className="person"),
        html.Button(LEAVE[language], type="submit", className="leave"),
    ]
    return html.Form(inside, method="post", action="/logout", className="me")


def navigation(viewer: Viewer, c: Context | None, language: Language, path: str) -> Component:
    """Groups of links that keep the period and the places; the register's pages are opened anew."""
    items: list[Component] = []
    for heading, entries in seen_by(viewer):
        items.append(html.H2(heading[language]))
        for entry in entries:
            href = link(entry.path, c.filters) if c and entry.has_filters else entry.path
            here = {"aria-current": "page"} if entry.path == path else {}
            way = (dcc.Link if entry.is_dash else html.A)(entry.title[language], href=href)
            items.append(html.Span(way, className="here" if here else "", **here))
    return items


def status(c: Context | None, reader: Reader, path: str, search: str, language: Language) -> Component:
    """As-of, snapshot, quality, staleness, language."""
    other = "en" if language == "zh" else "zh"
    kept = "&".join(p for p in search.lstrip("?").split("&") if p and not p.startswith("lang="))
    switch = html.A(
        OTHER_LANGUAGE[language],
        href=f"{path}?{kept}{'&' if kept else ''}lang={other}",
        className="language",
        title=SWITCH[language],
        lang="en" if other == "en" else "zh-CN",
    )
    return [*(_facts(c, reader) if c else []), switch]


def _facts(c: Context, reader: Reader) -> list[Component]:
    published = c.reading.snapshot.published_at.astimezone(dt.UTC).replace(tzinfo=None)
    full = c.say(SNAPSHOT.format(id=c.reading.id, time=c.local(published)))
    verdict = quality.verdict(c.reading)
    counts = c.say(COUNTS.format(failed=verdict.failed, quarantined=verdict.quarantined, rejected=verdict.rejected))
    n = verdict.failed + verdict.rejected + bool(verdict.quarantined)
    words = c.say(GOOD) if verdict.state == "good" else c.say(WARNING.format(n=n))
    return [
        html.Span(c.say(AS_OF.format(time=c.local(c.reading.as_of))), className="asof"),
        html.Code(c.reading.snapshot.fingerprint[:7], title=full, className="snapshot"),
        _stale(c, reader),
        dcc.Link(badge(verdict.state, words, counts), href="/quality", className="quality"),
    ]


def _stale(c: Context, reader: Reader) -> Component | None:
    reasons = []
    note = reader.last_refresh() or {}
    blocked = note.get("blocked_by") or []
    if blocked and not note.get("is_new"):
        reasons.append(c.say(BLOCKED.format(n=len(blocked))))
    if overdue := quality.overdue_sources(c.reading):
        reasons.append(c.say(OVERDUE.format(sources=", ".join(s[c.language] for s in overdue))))
    return dcc.Link(badge("bad", c.say(STALE), " ".join(reasons)), href="/quality") if reasons else None
