"""How complete the fields that matter are, month by month, the worst first."""

from __future__ import annotations

import datetime as dt

from bilingual.text import Text
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import html
from warehouse.entities import entities
from warehouse.metrics import measures
from warehouse.metrics.wording import count, share
from warehouse.quality import sources
from warehouse.quality_completeness import Filled, completeness
from warehouse.quality_findings import label

_TITLE = Text(en="Which fields are left empty?", zh="哪些字段未填写？")
_WORDS = Text(
    en="Share of the period's rows with a value, by source and month, the worst first: {incomplete} of {n} fields are not complete. Period applies; places do not, since a row whose place is missing would be left out by them.",
    zh="期内有值行的比例，按来源与月份，最差在前：{n} 个字段中 {incomplete} 个不完整。仅时段生效；区域等筛选不适用，否则缺少该值的行会被排除。",
)
_DEFINITION = (
    Text(
        en="Fields that a measure reads, or that a check asks about. Rows are dated by their mandatory time, else by their first.",
        zh="范围：指标读取的字段，以及检查涉及的字段。行按其必填时间（否则按首个时间）归入月份。",
    ),
    Text(
        en="Closed only: the later times of a ticket (arrival, resolution), and all that hangs on a ticket, count once it is closed.",
        zh="仅已关闭：工单的后续时间（到达、修复）及其关联记录，在工单关闭后才要求填写。",
    ),
    Text(
        en="↓ fell: the latest month that ended at least 30 days before the data do lies under those before by two points and three standard errors. To younger rows, what is found out later may still come.",
        zh="↓ 下降：数据截止前至少 30 天结束的最近一月，较此前低 2 个百分点以上且超过 3 个标准误。更新的行，其后续信息可能尚未填写。",
    ),
)
_HEAD = (
    Text(en="Field", zh="字段"),
    Text(en="Filled", zh="填写率"),
    Text(en="Empty", zh="空缺"),
)
_READ_BY = Text(en="Read by", zh="读取它的指标")
_CLOSED = Text(en="closed only", zh="仅已关闭")
_NEVER = Text(
    en="Never filled in the period: {fields}. Where the source has such a column, a line in its mapping brings it in.",
    zh="期内从未填写：{fields}。若来源中有此列，在其映射中加一行即可引入。",
)
_NOTHING = Text(
    en="No row of the period has a field to judge. Widen the period, or let a source deliver tickets, faults, repairs or assets.",
    zh="期内没有可评估的行。请放宽时段，或接入提供工单、故障、维修或设备的来源。",
)
_OTHERS = Text(en="{n} fields with more than 99.95 %", zh="{n} 个填写率高于 99.95% 的字段")
_FELL = Text(en="fell", zh="下降")
_MONTHS_SHOWN = 12
# Below this a field counts as complete: less would read 100.0 % anyway.
_COMPLETE = 0.9995


def _name(c: Context, f: Filled) -> str:
    return c.say(entities()[f.entity].fields[f.field].label)


def _where(c: Context, f: Filled) -> str:
    parts = [c.say(label(f.entity)), sources(c.reading)[f.source][c.language]]
    return " · ".join([*parts, c.say(_CLOSED)] if f.is_of_closed else parts)


def _cell(f: Filled, month: dt.date) -> Component:
    i = f.months.index(month) if month in f.months else None
    if i is None or not f.expected[i]:
        return html.Td("")
    value, n = f.filled[i] / f.expected[i], f.expected[i]
    # Full shade from a tenth empty on: what is nearly complete must not all look alike.
    shade = 0.6 * min(1.0, (1 - value) / 0.1)
    # Rounded down, so that nothing reads 100 that is not whole.
    return html.Td(
        "100" if value == 1 else f"{int(value * 1000) / 10:.1f}",
        title=f"{month:%Y-%m}: {f.filled[i]:,} / {n:,}",
        style={"background": f"rgba(213, 94, 0, {shade:.2f})"} if shade else None,
    )


def _rows(c: Context, found: list[Filled], months: list[dt.date]) -> Component:
    head = [html.Th(c.say(_HEAD[0]), scope="col")]
    head += [html.Th(c.say(h), className="number", scope="col") for h in _HEAD[1:]]
    head += [html.Th(f"{m:%y-%m}", scope="col") for m in months] + [html.Th(c.say(_READ_BY), scope="col")]
    body = []
    for f in found:
        fell = html.B(f" ↓ {c.say(_FELL)}", className="mark") if f.fall else None
        used = c.say(Text(en=", ", zh="、")).join(c.say(measures()[m].label) for m in f.measures[:2])
        more = f" +{len(f.measures) - 2}" if len(f.measures) > 2 else ""
        body.append(
            html.Tr(
                [
                    html.Th([_name(c, f), fell, html.Div(_where(c, f), className="small")], scope="row"),
                    html.Td(c.say(share(f.share)), className="number"),
                    html.Td(count(f.missing), className="number"),
                    *(_cell(f, m) for m in months),
                    html.Td(
                        (used + more) or "—",
                        className="small",
                        title=", ".join(c.say(measures()[m].label) for m in f.measures) or None,
                    ),
                ]
            )
        )
    shown = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="facts months")
    return html.Div(shown, className="scroll", tabIndex=0)


def completeness_card(c: Context) -> Component:
    """The fields that are not complete, month by month; those never filled in words; the others folded away."""
    found = completeness(c.reading, c.filters, c.time_zone)
    title = c.say(_TITLE)
    tools = html.Div(
        [exports(c, "quality", "completeness"), definition([c.say(t) for t in _DEFINITION], title, c.language)],
        className="tools",
    )
    head = html.Header([html.H2(title), tools])
    if not found:
        return html.Section([head, html.P(c.say(_NOTHING), className="nothing")], className="card")
    months = sorted({m for f in found for m in f.months})[-_MONTHS_SHOWN:]
    never = [f for f in found if not f.share]
    open_, whole = ([f for f in found if f.share and (f.share >= _COMPLETE) == is_whole] for is_whole in (False, True))

    def listed(fields: list[Filled]) -> str:
        return c.say(Text(en="; ", zh="；")).join(f"{_name(c, f)} ({_where(c, f)})" for f in fields)

    return html.Section(
        [
            head,
            html.P(c.say(_WORDS.format(incomplete=len(never) + len(open_), n=len(found))), className="words"),
            _rows(c, open_, months) if open_ else None,
            html.P(c.say(_NEVER.format(fields=listed(never))), className="words") if never else None,
            html.Details(
                [
                    html.Summary(c.say(_OTHERS.format(n=len(whole)))),
                    html.P(listed(whole), className="words"),
                ],
                className="calm",
            )
            if whole
            else None,
        ],
        className="card",
    )


def completeness_table(c: Context) -> Table:
    """Every field, source and month, for export."""
    rows = [
        [f.entity, f.field, f.source, f"{month:%Y-%m}", f.is_of_closed, expected, filled, " ".join(f.measures)]
        for f in completeness(c.reading, c.filters, c.time_zone)
        for month, expected, filled in zip(f.months, f.expected, f.filled, strict=True)
    ]
    return Table(("entity", "field", "source", "month", "of_closed_rows", "rows", "filled", "read_by"), rows)
