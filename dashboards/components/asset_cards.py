"""The cards of one asset's file: its facts, what sits at its positions, and the list of what happened to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.asset_look import KINDS, file_of, here, kind_looked_at, label, local, looked_at, record_of, told, when
from dashboards.charts.asset_life import exported
from dashboards.components.badge import badge
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import pairs, table
from dashboards.components.register_ways import begin_report, label_of, way
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import dcc, html
from warehouse.asset_file import AssetFile, Happening, Relative
from warehouse.asset_file_configuration import Configuration, Fitted, Slot, configuration
from warehouse.entities import entities
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, count

_SHOWN = 200
_FEW = 5
_ASSET = entities()["asset"].fields
_CUSTOMER = Text(en="Customer", zh="客户")
_WARRANTY = Text(en="Warranty", zh="保修")
_IN_WARRANTY = Text(en="in warranty until {day}", zh="保修期内，至 {day}")
_ENDED = Text(en="ended {day}", zh="已于 {day} 到期")
_AGE = Text(en="Age", zh="役龄")
_YEARS = Text(en="{n} years", zh="{n} 年")
_METER = Text(en="Last reading", zh="最近读数")
_READ = Text(en="{value} {unit}, {day}", zh="{value} {unit}（{day}）")
_CONTRACT = Text(en="Contract in force", zh="有效合同")
_NO_CONTRACT = Text(en="none", zh="无")
_OPEN = Text(en="Open tickets", zh="未关闭工单")
_NONE = Text(en="none", zh="无")
_MORE = Text(en="and {n} more", zh="另有 {n} 张")
_PART_OF = Text(en="Part of", zh="上级设备")
_PARTS = Text(en="Parts", zh="下级部件")
_TOTAL = Text(en="On record", zh="记录数")
_FAULTS = Text(
    en="{faults} faults, {tickets} tickets, {parts} parts replaced",
    zh="故障 {faults} 次，工单 {tickets} 张，换件 {parts} 件",
)
_RECORD = Text(en="Record", zh="记录")
_BACK = Text(en="All assets", zh="全部设备")
_STATE = Text(en="as of {day}", zh="截至 {day}")


def facts_card(c: Context) -> Component:
    """What it is, whose, where, since when, and how it stands at the day of the records."""
    found = looked_at(c)
    if found is None:
        return None
    asset = found.asset
    row = {name: c.shown("asset", name, asset[name]) or c.say(UNKNOWN) for name in _ASSET}
    told = [name for name in ("software_version", "position") if asset[name]]
    named = ["model", "product_line", "serial_no", "asset_id", *told]
    items: list[tuple[str, Component]] = [(c.say(_ASSET[name].label), row[name]) for name in named]
    customer: Component = found.customer_name or c.say(UNKNOWN)
    if asset["customer_id"]:
        theirs = link("/records", Filters(customer=(asset["customer_id"],)))
        customer = dcc.Link(found.customer_name, href=theirs)
    items.append((c.say(_CUSTOMER), customer))
    items += [(c.say(_ASSET[name].label), row[name]) for name in ("site", "region", "status", "installed_at")]
    items += [
        (c.say(_AGE), _age(c, found)),
        (c.say(_WARRANTY), _warranty(c, found)),
        (c.say(_CONTRACT), _contracts(c, found)),
        (c.say(_METER), _meter(c, found)),
        (c.say(_OPEN), _open(c, found)),
        (c.say(_TOTAL), c.say(_FAULTS.format(faults=len(found.of("fault")), tickets=len(found.of("ticket")), parts=_replaced(found)))),
    ]  # fmt: skip
    if found.above:
        items.append((c.say(_PART_OF), _chain(c, found.above)))
    name = " · ".join(v for v in (asset["serial_no"] or asset["asset_id"], asset["model"]) if v)
    tools = [
        begin_report(c, asset=asset["asset_id"]),
        label_of(c, asset["asset_id"]),
        dcc.Link(c.say(_BACK), href=link("/asset", c.filters), className="tool"),
        dcc.Link(
            c.say(_RECORD),
            href=thing("/record", entity="asset", key=asset["source_key"], source=asset["_source"]),
            className="tool",
        ),
    ]
    state = c.say(_STATE.format(day=c.last_day))
    head = html.Header([html.H2(name), html.Span(state, className="quiet"), html.Div(tools, className="tools")])
    return html.Section([head, pairs(items)], className="card asset-file")


def _replaced(found: AssetFile) -> int:
    return sum(h.entity == "part_use" for h in found.of("part_use"))


def _chain(c: Context, relatives: tuple[Relative, ...]) -> Component:
    links = [
        dcc.Link(" · ".join(v for v in (r.serial_no or r.asset_id, r.model) if v), href=file_of(c, r.asset_id))
        for r in relatives
    ]
    return html.Ul([html.Li(one) for one in links], className="plain")


def _age(c: Context, found: AssetFile) -> str:
    installed = found.asset["installed_at"]
    if installed is None:
        return c.say(UNKNOWN)
    return c.say(_YEARS.format(n=f"{(c.reading.as_of - installed).days / 365.25:.1f}"))


def _warranty(c: Context, found: AssetFile) -> Component:
    end = found.warranty_end
    if end is None:
        return c.say(UNKNOWN)
    if end >= c.last_day:
        return badge("good", c.say(_IN_WARRANTY.format(day=end)))
    return badge("neutral", c.say(_ENDED.format(day=end)))


def _lines(words: list[str]) -> Component:
    return words[0] if len(words) == 1 else html.Ul([html.Li(w) for w in words], className="plain") if words else None


def _contracts(c: Context, found: AssetFile) -> Component:
    words = [
        " · ".join([c.shown("contract", "kind", r["kind"]), r["contract_id"], f"{r['starts_at'] or ''} – {r['ends_at'] or ''}"])
        for r in found.contracts(c.last_day)
    ]  # fmt: skip
    return _lines(words) or c.say(_NO_CONTRACT)


def _meter(c: Context, found: AssetFile) -> Component:
    words = [
        c.say(
            _READ.format(
                value=f"{r['value']:,.0f}", unit=c.shown("usage", "unit", r["unit"]), day=c.local(r["read_at"])[:10]
            )
        )
        for r in found.meters
    ]
    return _lines(words) or c.say(UNKNOWN)


def _open(c: Context, found: AssetFile) -> Component:
    tickets = found.open_tickets
    if not tickets:
        return c.say(_NONE)
    links = [dcc.Link(h.row["ticket_id"], href=record_of(h)) for h in tickets[:_FEW]]
    rest = len(tickets) - _FEW
    return html.Span([*links, c.say(_MORE.format(n=rest)) if rest > 0 else None], className="tickets")


_SITS = Text(en="What sits where?", zh="各位置装有什么？")
_AS_INSTALLED = Text(
    en="As installed at the end of {day}, the last day of the period: choose another above, or step from change to change.",
    zh="截至 {day}（所选时段最后一天）日终的装机状态：可在上方改变时段，或逐次查看变更。",
)
_SITS_DEFINITION = Text(
    en="From the register of assets (what sits there now) and the parts replaced with serial numbers (what was taken out and put in). The piece that was there before the first replacement has no date of its own.",
    zh="取自设备台账（现装件）与带序列号的换件记录（拆下与装上的件）。首次更换之前的装机件没有自身日期。",
)
_NO_SLOTS = Text(
    en="No serialised part is on record: assets that name this one as their parent, or replacements that say serial numbers, would stand here.",
    zh="没有带序列号的部件记录：以本设备为上级的部件，或写明序列号的换件记录，将显示于此。",
)
_UNSERIALISED = Text(en="{n} more parts were replaced without a serial number.", zh="另有 {n} 次换件未记序列号。")
_EARLIER = Text(en="← Change of {day}", zh="← {day} 变更")
_LATER = Text(en="Change of {day} →", zh="{day} 变更 →")
_HEAD = (
    Text(en="Position", zh="位置"),
    Text(en="Part", zh="备件"),
    Text(en="Serial installed", zh="装机序列号"),
    Text(en="Since", zh="起始"),
    Text(en="There before", zh="此前"),
    Text(en="Replaced", zh="更换次数"),
)
_BEFORE = Text(en="before {day}", zh="{day} 之前")
_NOT_YET = Text(en="nothing known yet", zh="尚无记录")
_UNSAID = Text(en="no serial", zh="无序列号")
_FURTHER = Text(en="Further below", zh="更下级")


def _end_of(c: Context, day: dt.date) -> dt.datetime:
    """The instant (UTC, naive) at which a local day ends."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(c.time_zone))
    return midnight.astimezone(dt.UTC).replace(tzinfo=None)


def configuration_card(c: Context) -> Component:
    """The piece at each position on a day, since when, and what was there before."""
    file = looked_at(c)
    found = configuration(c.reading, file.asset["asset_id"]) if file else None
    if file is None or found is None:
        return None
    day = min(c.filters.end or c.last_day, c.last_day)
    tools = [
        exports(c, "asset", "configuration") if found.slots else None,
        definition([c.say(_SITS_DEFINITION)], c.say(_SITS), c.language),
    ]
    head = html.Header([html.H2(c.say(_SITS)), html.Div(tools, className="tools")])
    if not found.slots:
        return html.Section(
            [head, html.P(c.say(_NO_SLOTS), className="words"), _further(c, file, found)], className="card"
        )
    rows = [_slot(c, slot, _end_of(c, day)) for slot in found.slots]
    body = table([c.say(h) for h in _HEAD], rows, frozenset({5}))
    words = [c.say(_AS_INSTALLED.format(day=day))]
    if found.unserialised:
        words.append(" " + c.say(_UNSERIALISED.format(n=count(found.unserialised))))
    return html.Section(
        [head, html.P(words, className="words"), _steps(c, file, found, day), body, _further(c, file, found)],
        className="card configuration",
    )


def configuration_table(c: Context) -> Table:
    """The same of every position, as plain values: instants in local time, None where nobody said."""
    file = looked_at(c)
    found = configuration(c.reading, file.asset["asset_id"]) if file else None
    columns = ("position", "part_no", "serial_no", "since", "serial_no_before", "replaced", "asset_id")
    end_of_day, rows = _end_of(c, min(c.filters.end or c.last_day, c.last_day)), []
    for slot in found.slots if found else ():
        now, before = slot.on(end_of_day)
        since = c.local(now.since) if now and now.since else None
        serials = [now.serial_no if now else None, since, before.serial_no if before else None]
        rows.append([slot.position, slot.part_no, *serials, _replacements(slot, end_of_day), slot.asset_id])
    return Table(columns, rows)


def _replacements(slot: Slot, end_of_day: dt.datetime) -> int:
    return sum(
        piece.replacement is not None and piece.since is not None and piece.since <= end_of_day for piece in slot.pieces
    )


def _slot(c: Context, slot: Slot, end_of_day: dt.datetime) -> list[Component]:
    now, before = slot.on(end_of_day)
    part: Component = dcc.Link(slot.part_no, href=thing("/parts", look=slot.part_no)) if slot.part_no else "—"
    if now is None:
        return [slot.position or "—", part, html.Span(c.say(_NOT_YET), className="quiet"), "", "", "0"]
    return [
        slot.position or "—",
        part,
        _serial(c, slot, now),
        _since(c, slot, now),
        _serial(c, slot, before) if before else "—",
        count(_replacements(slot, end_of_day)),
    ]


def _serial(c: Context, slot: Slot, piece: Fitted) -> Component:
    """A serial number; what is there now leads to its own file."""
    words = piece.serial_no or c.say(_UNSAID)
    return dcc.Link(words, href=file_of(c, slot.asset_id)) if slot.asset_id and piece is slot.pieces[-1] else words


def _since(c: Context, slot: Slot, piece: Fitted) -> Component:
    """The day of the replacement with the way to its record; of the first piece what is known."""
    if piece.since is None:
        following = slot.pieces[1].since if len(slot.pieces) > 1 else None
        return c.say(_BEFORE.format(day=c.local(following)[:10])) if following else c.say(UNKNOWN)
    day = c.local(piece.since)[:10]
    return dcc.Link(day, href=record_of(piece.replacement)) if piece.replacement else day


def _steps(c: Context, file: AssetFile, found: Configuration, day: dt.date) -> Component:
    """The change before and the change after the day, each an address."""
    changes = sorted({local(c, p.since).date() for slot in found.slots for p in slot.pieces if p.since})
    # The day before a change shows what was there until then.
    earlier = [change for change in changes if change <= day]
    later = [change for change in changes if change > day]
    links = []
    if earlier:
        links.append((c.say(_EARLIER.format(day=earlier[-1])), earlier[-1] - dt.timedelta(days=1)))
    if later:
        links.append((c.say(_LATER.format(day=later[0])), later[0]))
    return html.Nav(
        [dcc.Link(words, href=_on(c, file, end), className="tool") for words, end in links],
        className="steps",
        **{"aria-label": c.say(_SITS)},
    )


def _on(c: Context, file: AssetFile, end: dt.date) -> str:
    start = c.filters.start if c.filters.start and c.filters.start <= end else None
    kind = kind_looked_at(c)
    chosen = {"entity": kind} if kind else {}
    return link("/asset", replace(c.filters, start=start, end=end), None, look=file.asset["asset_id"], **chosen)


def _further(c: Context, file: AssetFile, found: Configuration) -> Component:
    """Parts that stand at no position of the table: without a serial number, or parts of parts."""
    shown = {slot.asset_id for slot in found.slots}
    rest = tuple(part for part in file.below if part.asset_id not in shown)
    return html.Div([html.H3(c.say(_FURTHER)), _chain(c, rest)]) if rest else None


_LIST = Text(en="Everything on record", zh="全部记录")
_LIST_DEFINITION = Text(
    en="Newest first; the export holds all rows of the kind that is shown. Each row leads to its record and from there to the row of its source.",
    zh="最新在前；导出包含所选类别的全部行。每行可打开记录，再追溯到来源行。",
)
_ALL = Text(en="All", zh="全部")
_SOME = Text(
    en="The newest {shown} of {n} are listed; choose a kind, or export all.",
    zh="列出最新的 {shown} 条，共 {n} 条；可选择类别或导出全部。",
)
_EACH = Text(en="n = {n}", zh="n = {n}")
_EMPTY = Text(en="Nothing of this kind is on record of this asset.", zh="该设备没有此类记录。")
_LIST_HEAD = (
    Text(en="When", zh="时间"),
    Text(en="Kind", zh="类别"),
    Text(en="What", zh="内容"),
    Text(en="Ticket", zh="工单"),
)
_UNDATED = Text(en="no date", zh="无日期")


def _listed(c: Context, found: AssetFile) -> list[Happening]:
    kind = kind_looked_at(c)
    return [h for h in found.life if kind is None or h.kind == kind]


def life_table(c: Context) -> Table:
    """The rows of the list, all of them."""
    found = looked_at(c)
    return exported(c, _listed(c, found)) if found else Table()


def life_card(c: Context) -> Component:
    """What happened, newest first, narrowed down by kind through the address."""
    found = looked_at(c)
    if found is None:
        return None
    kind, listed = kind_looked_at(c), _listed(c, found)
    kinds = [(None, c.say(_ALL), len(found.life)), *((k, c.say(name), len(found.of(k))) for k, name in KINDS.items())]
    choices = html.Nav(
        [
            html.Span(
                dcc.Link(f"{name} {count(n)}", href=here(c, found, k)),
                className="kind here" if k == kind else "kind",
                **({"aria-current": "true"} if k == kind else {}),
            )
            for k, name, n in kinds
            if n or k == kind
        ],
        className="kinds",
        **{"aria-label": c.say(_LIST_HEAD[1])},
    )  # fmt: skip
    tools = html.Div(
        [
            exports(c, "asset", "list"),
            definition([c.say(_LIST_DEFINITION)], c.say(_LIST), c.language),
        ],
        className="tools",
    )
    rows = [
        [
            way(when(c, h) if h.at else c.say(_UNDATED), record_of(h)),
            c.say(label(h.kind)),
            told(c, h),
            dcc.Link(h.ticket_id, href=thing("/record", ticket=h.ticket_id)) if h.ticket_id else "",
        ]
        for h in listed[:_SHOWN]
    ]
    words = (
        _SOME.format(shown=_SHOWN, n=count(len(listed))) if len(listed) > _SHOWN else _EACH.format(n=count(len(listed)))
    )
    body = table([c.say(h) for h in _LIST_HEAD], rows) if rows else html.P(c.say(_EMPTY), className="nothing")
    head = html.Header([html.H2(c.say(_LIST)), tools])
    return html.Section([head, html.P(c.say(words), className="words"), choices, body], className="card life")
