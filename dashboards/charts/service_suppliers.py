"""How do the suppliers compare, as far as the records tell?"""

from __future__ import annotations

from collections.abc import Sequence

from bilingual.text import Text
from dashboards.components.facts import table
from dashboards.components.kpi import kpi_card
from dashboards.components.service_card import standing_card
from dashboards.context import Context
from dashboards.figures.intervals import Bounds, intervals
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import html
from dashboards.service_look import View, here, known_by, nothing_of, percent, silent_without
from warehouse.metrics.measure import Count, Measure, Quotient, Value
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.service_findings import Finding, as_value, share_of
from warehouse.service_suppliers import Supplier, findings, suppliers

_LOOK, _PARTS = "suppliers", "/parts"
_SUPPLIERS = Measure(
    "suppliers",
    Text(en="Suppliers", zh="供应商数"),
    Text(en="Suppliers named by the parts.", zh="备件目录中出现的供应商数。"),
    Text(en="suppliers", zh="供应商"),
    None,
    "count",
    Count("suppliers"),
)
_AT_ONCE = Measure(
    "supplier_at_once",
    Text(en="Filled at once", zh="即时满足率"),
    Text(
        en="Lines of parts that were at hand when needed, of the lines where somebody wrote whether they were.",
        zh="需要时现货满足的记录数占注明是否现货的记录数的比例。",
    ),
    Text(en="at hand", zh="现货满足"),
    Text(en="lines known", zh="有注明的记录"),
    "share",
    Quotient("at_once", "asked"),
    "higher",
)
_DEFINITION = Text(
    en="Replaced: pieces replaced in the period per 100 pieces that stand in serialised positions today and year, with exact Poisson bounds; only parts whose positions are on record. Filled at once: lines that were at hand. Workshop: verdicts on units received back in the period. Suppliers deliver different parts into different machines, which these rates do not make equal. Places narrow what was used, not what is installed.",
    zh="更换率：期内每百件在装件（当前登记序列号的位置）每年更换数，精确泊松界限；仅计有在装位置记录的备件。即时满足：现货满足的记录。返修：期内收到返修件的结论。各供应商的备件与机型不同，比率未作校正。地点筛选只作用于用量，不作用于在装数。",
)


def _all(c: Context) -> tuple[Supplier, ...]:
    return suppliers(c.reading, c.filters, c.time_zone)


def _cards(c: Context) -> Sequence[Component]:
    found = _all(c)
    known = sum(bool(s.supplier) for s in found)
    now = Value(_SUPPLIERS.name, float(known), sum(s.parts for s in found), float(known))
    before = _filled(suppliers(c.reading, c.before, c.time_zone)) if c.before else None
    return [
        standing_card(_SUPPLIERS, known_by(c, "part", now), here(c, _LOOK), c.language),
        kpi_card(_AT_ONCE, _filled(found), before, (), _PARTS, c.language),
    ]


def _filled(found: Sequence[Supplier]) -> Value:
    return as_value(_AT_ONCE, share_of(sum(s.at_once.k for s in found), sum(s.at_once.n for s in found)))


_WORDS = Text(
    en="{n} suppliers of {parts} parts, {used} pieces used in the period. Not on record, and so not compared: orders (whether lead times were kept), answers of suppliers, prices agreed.",
    zh="{n} 家供应商，{parts} 种备件，期内用量 {used} 件。没有记录、故未比较：订货（交期是否兑现）、供应商答复、议定价格。",
)
_HEAD = (
    Text(en="Supplier", zh="供应商"),
    Text(en="Parts", zh="备件种数"),
    Text(en="Lead time stated, days", zh="标称交期（天）"),
    Text(en="Used", zh="用量"),
    Text(en="Filled at once (95 %)", zh="即时满足率（95%）"),
    Text(en="Installed", zh="在装件"),
    Text(en="Replaced per 100 and year (95 %)", zh="每百件年更换（95%）"),
    Text(en="Back in the workshop", zh="返修件"),
    Text(en="Scrapped (95 %)", zh="报废率（95%）"),
    Text(en="No fault found (95 %)", zh="未发现故障（95%）"),
)
_NOT_KNOWN = Text(en="not known", zh="未知")


def _name(c: Context, s: Supplier) -> str:
    return s.name or c.say(UNKNOWN)


def _breaking_once(text: str) -> Component:
    """A number with its interval that may break between the two only: four in a row are wide."""
    value, _, interval = text.partition(" (")
    if not interval:
        return text
    return [html.Span(value, className="day"), " ", html.Span(f"({interval}", className="day")]


def _draw_list(c: Context) -> Listed:
    found = _all(c)
    if not found:
        return Listed(nothing_of(c, "part"), None)
    rows: list[list[Component]] = [
        [
            _name(c, s),
            count(s.parts),
            "—" if s.lead_time_days is None else f"{s.lead_time_days:g}",
            count(s.used),
            _breaking_once(percent(c, s.at_once)),
            count(s.installed) if s.installed else c.say(_NOT_KNOWN),
            _breaking_once("{:.1f} ({:.1f} – {:.1f})".format(*s.failures)) if s.failures else c.say(_NOT_KNOWN),
            count(s.returned),
            _breaking_once(percent(c, s.scrapped)),
            _breaking_once(percent(c, s.nothing_found)),
        ]
        for s in found
    ]
    words = _WORDS.format(
        n=sum(bool(s.supplier) for s in found),
        parts=count(sum(s.parts for s in found)),
        used=count(sum(s.used for s in found)),
    )
    body = table([c.say(h) for h in _HEAD], rows, frozenset(range(1, 10)))
    return Listed(c.say(words), html.Div(body, className="wide-numbers"), _PARTS)


def _list_table(c: Context) -> Table:
    rows = [
        [s.supplier, s.name, s.parts, s.lead_time_days, s.used, s.at_once.n, s.at_once.k, s.parts_installed, s.installed, s.replaced, *(s.failures or (None,) * 3), s.returned, s.scrapped.k, s.nothing_found.k]
        for s in _all(c)
    ]  # fmt: skip
    columns = (
        "supplier", "name", "parts", "lead_time_days", "used", "lines_known", "lines_at_once", "parts_installed", "installed",
        "replaced", "replaced_per_100_years", "low", "high", "returned", "scrapped", "no_fault_found",
    )  # fmt: skip
    return Table(columns, rows)


_RATES_WORDS = Text(
    en="{high} is replaced most, {low} least; of {silent} suppliers no installed piece is on record.",
    zh="{high} 更换最多，{low} 最少；{silent} 家供应商没有在装件记录。",
)
_RATE = Text(en="replaced per piece and year, 95 %", zh="每件年更换率，95%")
_HOVER = Text(
    en="{name}: {rate} replaced per 100 and year, n = {n} replaced of {installed} installed",
    zh="{name}：每百件年更换 {rate}，n = {n} 件更换 / {installed} 件在装",
)
_NOTHING = Text(
    en="No installed piece with a supplier is on record: assets below a machine (parent_asset_id) whose model is a part number would fill this.",
    zh="没有可归于供应商的在装件记录：设备下级（parent_asset_id）且型号为备件号的资产可提供此数据。",
)


def _draw_rates(c: Context) -> Drawn:
    every = _all(c)
    known = [(s, s.failures) for s in every if s.failures]
    known.sort(key=lambda pair: -pair[1][0])
    found = [s for s, _ in known]
    if not found:
        return Drawn(None, c.say(_NOTHING) if every else nothing_of(c, "part"))
    names = [_name(c, s) for s in found]
    figure = intervals(
        names,
        [Bounds(*(rate / 100 for rate in rates)) for _, rates in known],
        [None] * len(found),
        [
            c.say(_HOVER.format(name=n, rate=f"{rates[0]:.1f}", n=count(s.replaced), installed=count(s.installed)))
            for n, (s, rates) in zip(names, known, strict=True)
        ],
        [_PARTS] * len(found),
        (c.say(_RATE), ""),
    )
    words = _RATES_WORDS.format(high=names[0], low=names[-1], silent=sum(not s.failures for s in every))
    return Drawn(figure, c.say(words), lambda: _list_table(c), _PARTS)


def _draw_at_once(c: Context) -> Drawn:
    found = sorted((s for s in _all(c) if s.at_once.n), key=lambda s: s.at_once.value or 0.0)
    if not found:
        return Drawn(None, nothing_of(c, "part_use"))
    names = [_name(c, s) for s in found]
    figure = intervals(
        names,
        [s.at_once for s in found],
        [None] * len(found),
        [f"{n}: {percent(c, s.at_once)}, n = {count(s.at_once.n)}" for n, s in zip(names, found, strict=True)],
        [_PARTS] * len(found),
        (c.say(_AT_ONCE.label), ""),
    )
    words = _AT_ONCE_WORDS.format(low=names[0], n=count(sum(s.at_once.n for s in found)))
    return Drawn(figure, c.say(words), lambda: _list_table(c), _PARTS)


_AT_ONCE_WORDS = Text(
    en="Parts of {low} were least at hand; n = {n} lines. The shelf is ours: it tells of stock kept as much as of suppliers.",
    zh="{low} 的备件现货最少；n = {n} 行。库存由我方决定，此比率同时反映备货与供应商。",
)


def _findings(c: Context) -> Sequence[Finding]:
    return findings(_all(c))


VIEW = View(
    Text(en="Suppliers", zh="供应商"),
    _cards,
    _findings,
    {
        "suppliers": Listing(
            Text(en="How do the suppliers compare?", zh="各供应商表现如何？"), _DEFINITION, _draw_list, _list_table
        ),
        "supplier_rates": Chart(
            Text(en="Whose parts are replaced most?", zh="谁的备件更换最多？"), _DEFINITION, _draw_rates, 360
        ),
        "supplier_at_once": Chart(
            Text(en="Whose parts are at hand?", zh="谁的备件现货充足？"), _AT_ONCE.definition, _draw_at_once, 360
        ),
    },
    silent=silent_without("part"),
)
