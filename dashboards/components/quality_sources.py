"""Where the rows of each entity are, and how new they are: the account, and what each source brings."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import thing
from dashboards.components.badge import badge
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import table
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import dcc, html
from warehouse.metrics.wording import count, elapsed
from warehouse.quality import accounts, sources
from warehouse.quality_findings import label, unaccounted
from warehouse.quality_history import brought_before, history
from warehouse.quality_sources import Delivery, deliveries, freshness, undelivered

ACCOUNT = Text(en="Does every row have its place?", zh="每一行都有去向吗？")
_ACCOUNT_WORDS = Text(
    en="Staged = in the warehouse + quarantined + superseded, for each entity; a difference would mean rows lost or doubled. Small numbers: against the snapshot before.",
    zh="各实体：暂存 = 入库 + 隔离 + 被取代；出现差额即有行丢失或重复。小字为较上一快照的变化。",
)
_ACCOUNT_DEFINITION = (
    Text(
        en="Landed: rows of the streams that feed the entity, as delivered.",
        zh="落地：供给该实体的数据流送达的行数。",
    ),
    Text(
        en="Staged: those that the mappings let through, once per mapping: a card with four grades becomes four rows, a filter leaves rows out on purpose.",
        zh="暂存：映射放行的行，每个映射计一次（一张含四项评价的回访卡成为四行；筛选条件有意排除的不计）。",
    ),
    Text(
        en="Superseded: a newer version of the row, or of its file, took its place.",
        zh="被取代：该行或其文件已有更新版本。",
    ),
)
_HEAD = {
    "entity": Text(en="Entity", zh="实体"),
    "landed": Text(en="Landed", zh="落地"),
    "staged": Text(en="Staged", zh="暂存"),
    "core": Text(en="In the warehouse", zh="入库"),
    "quarantined": Text(en="Quarantined", zh="隔离"),
    "superseded": Text(en="Superseded", zh="被取代"),
}
_ADDS_UP = Text(en="adds up", zh="相符")
_OFF = Text(en="{n} rows unaccounted for", zh="{n} 行去向不明")
_NO_ROWS = Text(
    en="No source feeds any entity yet. A mapping in the installation's folder “sources” does; docs/sources.md shows how.",
    zh="尚无来源供给任何实体。请在安装目录的 sources 文件夹中编写映射，参见 docs/sources.md。",
)

SOURCES = Text(en="How new and how much is what each source brings?", zh="各来源的数据有多新、有多少？")
_SOURCES_WORDS = Text(
    en="Newest record: the latest instant in the rows, planned ones left out. A source that promises how fresh it is (fresh_within_hours in its mapping) is held to that, by its tickets where it brings any.",
    zh="最新记录：各行中最晚的时刻（不含计划时间）。在映射中承诺更新时限（fresh_within_hours）的来源据此判断，提供工单的以其工单为准。",
)
_SOURCES_HEAD = (
    Text(en="Source and entity", zh="来源与实体"),
    Text(en="Newest record", zh="最新记录"),
    Text(en="Last new rows read", zh="最近读到新行"),
    Text(en="In the warehouse", zh="入库"),
    Text(en="Quarantined", zh="隔离"),
)
_FRESH = Text(en="{age} old, expected within {hours}", zh="距今 {age}，应在 {hours}内更新")
_LATE = Text(en="overdue: {age} old, expected within {hours}", zh="逾期：距今 {age}，应在 {hours}内更新")
_UNSAID = Text(en="{age} old; nothing promised", zh="距今 {age}，未承诺时限")
_DATELESS = Text(en="no record has a time", zh="记录均无时间")
_NOT_BROUGHT = Text(en="Nothing is delivered for: {entities}.", zh="尚无来源提供：{entities}。")
_GONE = Text(en="nothing any more", zh="已不再提供")


def _moved(now: int, before: int | None) -> Component:
    """A count, and how it moved against the snapshot before where it did."""
    if before is None or now == before:
        return count(now)
    return html.Span([count(now), " ", html.Span(f"{now - before:+,}", className="small")])


def account_card(c: Context) -> Component:
    """The equation of rows per entity."""
    noted = history(c.reading, c.home).before
    rows = []
    # What needs a look first, the rest in the order of the entities.
    for a in sorted(accounts(c.reading), key=lambda a: (-abs(unaccounted(a)), -a["quarantined"], -a["superseded"])):
        before = noted.accounts.get(a["entity"], {}) if noted else {}
        cells = {name: _moved(a[name], before.get(name)) for name in _HEAD if name != "entity"}
        if a["quarantined"]:
            cells["quarantined"] = dcc.Link(cells["quarantined"], href=thing("/quarantine", entity=a["entity"]))
        off = unaccounted(a)
        verdict = badge("bad", c.say(_OFF.format(n=count(off)))) if off else badge("good", c.say(_ADDS_UP))
        signs = zip(cells.values(), ("→", "=", "+", "+", verdict), strict=True)
        rows.append([c.say(label(a["entity"])), *(x for pair in signs for x in pair)])
    names = [c.say(text) for text in _HEAD.values()]
    head = [names[0], *(x for name in names[1:] for x in (name, ""))]
    title = c.say(ACCOUNT)
    tools = html.Div(
        [exports(c, "quality", "account"), definition([c.say(t) for t in _ACCOUNT_DEFINITION], title, c.language)],
        className="tools",
    )
    body = table(head, rows, frozenset(range(1, 10))) if rows else html.P(c.say(_NO_ROWS), className="nothing")
    words = html.P(c.say(_ACCOUNT_WORDS), className="words") if rows else None
    return html.Section([html.Header([html.H2(title), tools]), words, body], className="card equation")


def account_table(c: Context) -> Table:
    """The account, and that of the snapshot before, for export."""
    noted = history(c.reading, c.home).before
    names = [name for name in _HEAD if name != "entity"]
    rows = []
    for a in accounts(c.reading):
        before = noted.accounts.get(a["entity"], {}) if noted else {}
        rows.append([a["entity"], *(a[n] for n in names), unaccounted(a), *(before.get(n) for n in names)])
    return Table(("entity", *names, "unaccounted", *(f"{n}_before" for n in names)), rows)


def _fresh(c: Context, source: str) -> Component:
    found = freshness(c.reading, source)
    if found.age_hours is None:
        return badge("neutral", c.say(_DATELESS))
    age = elapsed(max(found.age_hours, 0.0))
    if found.within_hours is None:
        return badge("neutral", c.say(_UNSAID.format(age=age)))
    words = (_LATE if found.is_late else _FRESH).format(age=age, hours=elapsed(found.within_hours))
    return badge("bad" if found.is_late else "good", c.say(words))


def _line(c: Context, d: Delivery, before: Delivery | None) -> list[Component]:
    away: Component = _moved(d.quarantined, before.quarantined if before else None)
    if d.quarantined:
        away = dcc.Link(away, href=thing("/quarantine", entity=d.entity, source=d.source))
    return [
        html.Span(c.say(label(d.entity)), className="under"),
        c.local(d.newest) if d.newest else "—",
        c.local(d.read_at) if d.read_at else "—",
        _moved(d.rows, before.rows if before else None),
        away,
    ]


def sources_card(c: Context) -> Component:
    """Each source with how fresh it is, and under it the entities that it feeds."""
    brought = {(d.entity, d.source): d for d in deliveries(c.reading)}
    before = brought_before(c.reading, c.home)
    rows: list[list[Component]] = []
    for name, source in sources(c.reading).items():
        mine = [d for d in brought.values() if d.source == name]
        gone = [d for d in before.values() if d.source == name and (d.entity, name) not in brought]
        newest = max((d.newest for d in mine if d.newest), default=None)
        read = max((d.read_at for d in mine if d.read_at), default=None)
        owner = html.Span([" ", source["owner"]], className="small") if source["owner"] else None
        rows.append(
            [
                html.Div([html.B(source[c.language]), owner, html.Div(_fresh(c, name))]),
                html.B(c.local(newest) if newest else "—"),
                html.B(c.local(read) if read else "—"),
                html.B(count(sum(d.rows for d in mine))),
                html.B(count(sum(d.quarantined for d in mine))),
            ]
        )
        rows += [_line(c, d, before.get((d.entity, name))) for d in mine]
        rows += [
            [
                html.Span(c.say(label(d.entity)), className="under"),
                badge("bad", c.say(_GONE)),
                "—",
                _moved(0, d.rows),
                "0",
            ]
            for d in gone
        ]
    tools = html.Div(exports(c, "quality", "sources"), className="tools")
    missing = c.say(Text(en=", ", zh="、")).join(c.say(label(name)) for name in undelivered(c.reading))
    return html.Section(
        [
            html.Header([html.H2(c.say(SOURCES)), tools]),
            html.P(c.say(_SOURCES_WORDS), className="words"),
            table([c.say(h) for h in _SOURCES_HEAD], rows, frozenset({3, 4}))
            if rows
            else html.P(c.say(_NO_ROWS), className="nothing"),
            html.P(c.say(_NOT_BROUGHT.format(entities=missing)), className="words") if missing and rows else None,
        ],
        className="card deliveries",
    )


def sources_table(c: Context) -> Table:
    """What each source brings to each entity, for export; instants in local time."""
    before = brought_before(c.reading, c.home)
    rows = []
    for d in deliveries(c.reading):
        fresh, was = freshness(c.reading, d.source), before.get((d.entity, d.source))
        rows.append(
            [
                d.source,
                d.entity,
                c.local(d.newest) if d.newest else None,
                c.local(d.read_at) if d.read_at else None,
                fresh.within_hours,
                fresh.is_late,
                d.rows,
                was.rows if was else None,
                d.quarantined,
                was.quarantined if was else None,
            ]
        )
    columns = ("source", "entity", "newest_record", "last_read", "source_promises_hours", "source_is_overdue")
    return Table((*columns, "rows", "rows_before", "quarantined", "quarantined_before"), rows)
