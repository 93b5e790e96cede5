"""The checks: what each found in the snapshots that are kept, which rows, and which measures that touches."""

from __future__ import annotations

import json
from typing import Any

from bilingual.text import Text
from dashboards.address import thing
from dashboards.components.badge import State, badge
from dashboards.components.exports import exports
from dashboards.components.facts import table
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import dcc, html
from warehouse.filters import COLUMNS, PLACES
from warehouse.metrics import measures
from warehouse.metrics.wording import count
from warehouse.publish import Snapshot
from warehouse.quality import checks
from warehouse.quality_findings import label
from warehouse.quality_history import Change, Course, Result, history
from warehouse.quality_reads import touches

STATUS: dict[str, tuple[State, Text]] = {
    "passed": ("good", Text(en="passed", zh="通过")),
    "failed": ("bad", Text(en="failed", zh="未通过")),
    "error": ("bad", Text(en="could not run", zh="无法执行")),
    "quarantined": ("warning", Text(en="rows quarantined", zh="有行被隔离")),
    "not_applicable": ("neutral", Text(en="does not apply", zh="不适用")),
}
_SEVERITY = {
    "critical": Text(en="critical", zh="严重"),
    "warning": Text(en="warning", zh="警告"),
    "muted": Text(en="not asked", zh="不检查"),
}
_CHANGES: dict[Change, tuple[str, Text]] = {
    "new": ("✱", Text(en="new", zh="新出现")),
    "worse": ("↑", Text(en="worse", zh="加重")),
    "recovered": ("↩", Text(en="recovered", zh="已恢复")),
}
TITLE = Text(en="What do the checks say, snapshot by snapshot?", zh="各快照的检查结果如何？")
_WORDS = Text(
    en="{attention} of {n} checks need attention. The columns are the {snapshots} snapshots that are kept, the newest on the right: ✓ passed, ▲ rows sent to quarantine, ✕ failed (with the number of rows), ○ does not apply; ✱ new, ↑ worse, ↩ recovered against the snapshot before.",
    zh="{n} 项检查中 {attention} 项需要关注。各列为保留的 {snapshots} 个快照，最右为最新：✓ 通过，▲ 有行被隔离，✕ 未通过（附行数），○ 不适用；✱ 新出现，↑ 加重，↩ 恢复（均较前一快照）。",
)
_NEVER = Text(
    en="This snapshot was published without checks; the next refresh runs them.",
    zh="本快照发布时未做检查；下次刷新会执行。",
)
_HEAD = (
    Text(en="Result", zh="结果"),
    Text(en="What is expected", zh="期望"),
    Text(en="Rows", zh="行数"),
    Text(en="Touches", zh="影响的指标"),
)
_ABOUT = Text(en="About", zh="对象")
_OF = Text(en="{failed} of {n}", zh="{failed} / {n}")
_MEASURES = Text(en="{n} measures", zh="{n} 项指标")
_MEASURE = Text(en="1 measure", zh="1 项指标")
_NONE = Text(en="none", zh="无")
_PLACES = Text(en="filters, groups", zh="筛选与分组")
_SHOW = Text(en="Quarantined rows", zh="隔离行")
_EXAMPLES = Text(en="for example", zh="例如")
_OTHERS = Text(
    en="{n} checks that passed, or do not apply, in every snapshot kept",
    zh="在所有保留快照中均通过或不适用的 {n} 项检查",
)
_CHECKS = Text(en="Checks", zh="检查数")
_MOST_EXAMPLES = 3


def _cell(c: Context, snapshot: Snapshot, result: Result | None, change: Change) -> Component:
    """One result: its sign with the number of rows, and whether it changed; in words for those who point or listen."""
    if result is None:
        return html.Span("·", className="quiet")
    state, words = STATUS.get(result.status, STATUS["not_applicable"])
    said = f"{c.local(snapshot.published_at.replace(tzinfo=None))}: {c.say(words)}"
    if result.failed:
        said += f", {count(result.failed)}"
    sign, changed = _CHANGES.get(change, ("", None))
    shown = count(result.failed) if result.failed and state != "good" else ""
    return html.Span(
        [badge(state, shown, f"{said}, {c.say(changed)}" if changed else said), html.B(sign, className="mark")],
        className="result",
        role="img",
        **{"aria-label": f"{said}, {c.say(changed)}" if changed else said},
    )


def _touched(c: Context, check: dict[str, Any]) -> Component:
    names = touches(check["suite"], check["field"] or "", whole_rows=check["is_quarantine"])
    if not names:
        is_place = check["field"] in {COLUMNS.get(place, place) for place in PLACES}
        return html.Span(c.say(_PLACES if is_place else _NONE), className="quiet")
    listed = html.Div("\n".join(c.say(measures()[name].label) for name in names), className="sentences")
    return html.Details([html.Summary(c.say(_MEASURES.format(n=len(names)) if len(names) > 1 else _MEASURE)), listed])


def _rows_behind(c: Context, check: dict[str, Any]) -> Component:
    """The way to the rows: into the quarantine, or to some of those that are shown though they fail."""
    if check["status"] == "quarantined":
        href = thing("/quarantine", entity=check["suite"], look=check["name"])
        return html.Span(dcc.Link(c.say(_SHOW), href=href), className="small")
    samples = [s for s in json.loads(check["samples"] or "[]") if s.get("_batch") and s.get("_row")]
    links = [
        dcc.Link(
            str(sample.get("source_key") or sample["_row"]),
            href=thing("/source", **{k: sample[f"_{k}"] for k in ("source", "stream", "batch", "file", "row")}),
        )
        for sample in samples[:_MOST_EXAMPLES]
    ]
    if not links:
        return None
    return html.Span([c.say(_EXAMPLES), *(x for item in links for x in (" ", item))], className="small")


def _about(c: Context, check: dict[str, Any]) -> str:
    severity = _SEVERITY.get(check["severity"])
    return f"{c.say(label(check['suite']))} · {c.say(severity) if severity else check['severity']}"


def _rows(c: Context, check: dict[str, Any]) -> str:
    failed, of = count(check["failed"] or 0), check["checked_rows"]
    return c.say(_OF.format(failed=failed, n=count(of))) if of else failed


def _line(c: Context, check: dict[str, Any], snapshots: tuple[Snapshot, ...], course: Course) -> list[Component]:
    state, words = STATUS.get(check["status"], STATUS["not_applicable"])
    behind = _rows_behind(c, check)
    about = _about(c, check) + (" · " if behind is not None else "")
    said = [html.Span(about, className="small"), behind]
    return [
        badge(state, c.say(words), check["error"]),
        html.Div([check[c.language], html.Div(said)]),
        _rows(c, check),
        _touched(c, check),
        *(_cell(c, s, r, x) for s, r, x in zip(snapshots, course.results, course.changes, strict=True)),
    ]


def checks_card(c: Context) -> Component:
    """Checks that need attention, or did in a snapshot that is kept, by name; the others folded away."""
    found, past = checks(c.reading), history(c.reading, c.home)
    title = html.H2(c.say(TITLE))
    if not found:
        return html.Section([title, html.P(c.say(_NEVER), className="words")], className="card")
    loud: list[list[Component]] = []
    # A line for each suite, its checks in one cell: hundreds of checks as rows of their own keep a browser busy for seconds.
    calm: dict[str, list[str]] = {}
    for check in found:
        course = past.courses[check["suite"], check["name"]]
        is_calm = all(r is None or r.status in ("passed", "not_applicable") for r in course.results)
        if is_calm:
            calm.setdefault(check["suite"], []).append(check[c.language])
        else:
            loud.append(_line(c, check, past.snapshots, course))
    published = [c.local(s.published_at.replace(tzinfo=None)) for s in past.snapshots]
    days = [
        html.Span([at[5:10], html.Br(), at[11:]], title=f"{at} {s.id}")
        for at, s in zip(published, past.snapshots, strict=True)
    ]
    head = [*(c.say(h) for h in _HEAD), *days]
    attention = sum(check["status"] in ("failed", "error", "quarantined") for check in found)
    words = _WORDS.format(attention=attention, n=len(found), snapshots=len(past.snapshots))
    tools = html.Div(exports(c, "quality", "checks"), className="tools")
    return html.Section(
        [
            html.Header([title, tools]),
            html.P(c.say(words), className="words"),
            table(head, loud, frozenset({2})) if loud else None,
            html.Details(
                [
                    html.Summary(c.say(_OTHERS.format(n=sum(map(len, calm.values()))))),
                    table(
                        [c.say(_ABOUT), c.say(_CHECKS), head[1]],
                        [
                            [c.say(label(suite)), count(len(said)), html.Div("\n".join(said), className="sentences")]
                            for suite, said in sorted(calm.items())
                        ],
                        frozenset({1}),
                    ),
                ],
                className="calm",
            )
            if calm
            else None,
        ],
        className="card checked",
    )


def checks_table(c: Context) -> Table:
    """Every check in every snapshot that is kept, for export."""
    past = history(c.reading, c.home)
    rows = []
    for check in checks(c.reading):
        course = past.courses[check["suite"], check["name"]]
        names = touches(check["suite"], check["field"] or "", whole_rows=check["is_quarantine"])
        for snapshot, result, change in zip(past.snapshots, course.results, course.changes, strict=True):
            known = (result.status, result.failed) if result else (None, None)
            rows.append(
                [
                    snapshot.id,
                    check["suite"],
                    check["name"],
                    check[c.language],
                    check["severity"],
                    *known,
                    change,
                    " ".join(names),
                ]
            )
    columns = ("snapshot", "entity", "check", "expected", "severity", "status", "failed", "change", "touches")
    return Table(columns, rows)
