"""Who has gone quiet, and what is going on at the key accounts?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.components.kpi import kpi_card
from dashboards.context import Context
from dashboards.figures.ratios import Ratio, ratios
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import dcc
from dashboards.service_look import View, here, known_by, nothing_of, silent_without, window_of
from warehouse.metrics.measure import Count, Measure, Value
from warehouse.metrics.wording import count
from warehouse.service_customers import FDR, Customer, Customers, accounts, customers, findings
from warehouse.service_findings import Finding

_LOOK = "customers"
_MOST = 15
_DEFINITION = Text(
    en=f"Calls in the period against those that its machines would have made at the rate of all other customers’ machines of the same product line over the same days. The interval and p are exact (a binomial share of all calls, so that the uncertainty of the others’ rate counts); a customer is quiet where the false-discovery rate over all customers (Benjamini–Hochberg) is at most {FDR:g}. Customers differ for other reasons too (use, own workshop): it is a reason to ask, not a verdict.",
    zh=f"期内报修数与“按其他客户同产品线设备同期报修率推算的应有报修数”之比。区间与 p 值为精确值（占全部报修的二项份额，已计入他人比率的不确定性）；在全部客户中误报率（Benjamini–Hochberg）不高于 {FDR:g} 者为沉默客户。客户差异也可能出于使用强度、自修等原因：宜走访了解，而非定论。",
)


def _measure(name: str, label: Text, definition: Text) -> Measure:
    return Measure(name, label, definition, Text(en="customers", zh="客户"), None, "count", Count(name), "lower")


_QUIET = _measure("quiet_customers", Text(en="Quiet customers", zh="沉默客户"), _DEFINITION)
_GONE = _measure(
    "customers_left",
    Text(en="Silent, cover lapsed", zh="脱保且无报修"),
    Text(
        en="Customers of whose machines none is under contract or warranty any more and that did not call in the period.",
        zh="全部设备均已脱保且期内无报修的客户数。",
    ),
)
_KEYS = _measure(
    "key_customers",
    Text(en="Key accounts", zh="重点客户"),
    Text(en="Customers of the class key.", zh="级别为重点的客户数。"),
)


def _all(c: Context) -> Customers:
    return customers(c.reading, c.filters)


def _cards(c: Context) -> Sequence[Component]:
    now, before = _counted(_all(c)), _counted(customers(c.reading, c.before)) if c.before else {}
    windows = {_QUIET.name: "quiet", _GONE.name: "left"}
    return [
        kpi_card(
            m,
            known_by(c, "customer", now[m.name]),
            before.get(m.name),
            (),
            here(c, _LOOK, windows.get(m.name, "")),
            c.language,
        )
        for m in (_QUIET, _GONE, _KEYS)
    ]


def _counted(found: Customers) -> dict[str, Value]:
    masks = {_QUIET.name: found.is_quiet, _GONE.name: found.has_left, _KEYS.name: found.is_key}
    return {name: Value(name, float(mask.sum()), len(found), float(mask.sum())) for name, mask in masks.items()}


_WORDS = Text(
    en="{quiet} of {n} customers with machines are quiet, {left} have lapsed and did not call at all. Shown: {shown}, the quietest first.",
    zh="{n} 家有设备的客户中 {quiet} 家沉默，{left} 家脱保且无报修。显示 {shown} 家，最沉默者在前。",
)
_HEAD = (
    Text(en="Customer", zh="客户"),
    Text(en="Machines", zh="设备"),
    Text(en="Out of cover", zh="脱保"),
    Text(en="Calls", zh="报修"),
    Text(en="Expected", zh="应有"),
    Text(en="Ratio (95 %)", zh="比值（95%）"),
    Text(en="q", zh="q"),
    Text(en="Last call in the period", zh="期内最近报修"),
    Text(en="State", zh="状态"),
)
_STATES = {
    "quiet": Text(en="quiet", zh="沉默"),
    "left": Text(en="lapsed and silent", zh="脱保且无报修"),
    "usual": Text(en="as usual", zh="正常"),
}


def _state(c: Context, x: Customer) -> Component:
    if x.has_left:
        return badge("bad", c.say(_STATES["left"]))
    return badge("warning", c.say(_STATES["quiet"])) if x.is_quiet else badge("neutral", c.say(_STATES["usual"]))


def _records(c: Context, customer_id: str) -> str:
    return link("/records", replace(c.filters, customer=(customer_id,)))


def _ratio(x: Customer) -> str:
    return "—" if x.ratio is None else "{:.2f} ({:.2f} – {:.2f})".format(*x.ratio)


def _shown(c: Context) -> Customers:
    """Those that the address asks for; else first who has left, then the quietest."""
    found, window = _all(c), window_of(c)
    if window == "left":
        return found.those(found.has_left)
    if window == "quiet":
        return found.those(found.is_quiet)
    return found.picked(np.argsort(~found.has_left, kind="stable"))


def _draw_quiet(c: Context) -> Listed:
    found, shown = _all(c), _shown(c)
    if not found:
        return Listed(nothing_of(c, "customer"), None)
    rows = [
        [
            dcc.Link(x.name, href=_records(c, x.customer_id)),
            count(x.machines),
            count(x.lapsed),
            count(x.calls),
            f"{x.expected:,.1f}",
            _ratio(x),
            "—" if x.q is None else f"{x.q:.2g}" if x.q < 0.1 else f"{x.q:.2f}",
            x.last_call.isoformat() if x.last_call else "—",
            _state(c, x),
        ]
        for x in shown[:_MOST]
    ]
    words = _WORDS.format(
        quiet=count(found.is_quiet.sum()),
        n=count(len(found)),
        left=count(found.has_left.sum()),
        shown=len(rows),
    )
    body = table([c.say(h) for h in _HEAD], rows, frozenset(range(1, 7))) if rows else None
    return Listed(c.say(words), body)


def _quiet_table(c: Context) -> Table:
    rows = [
        [x.customer_id, x.name, x.is_key, x.machines, x.lapsed, x.calls, x.expected, *(x.ratio or (None,) * 3), x.q, x.last_call]
        for x in _shown(c)
    ]  # fmt: skip
    columns = (
        "customer_id", "name", "is_key", "machines", "out_of_cover", "calls", "expected", "ratio", "low", "high", "q", "last_call",
    )  # fmt: skip
    return Table(columns, rows)


_RATIOS_WORDS = Text(
    en="The {n} customers with the smallest ratio of calls to those expected, of customers of which at least {least} were expected; 1 is as the others.",
    zh="应有报修不少于 {least} 次的客户中，报修/应有比值最小的 {n} 家；1 为与他人相同。",
)
_AXIS = Text(en="calls ÷ expected", zh="报修 ÷ 应有")
_CALLED = (Text(en="quiet", zh="沉默"), Text(en="not proven", zh="未证实"))
_HOVER = Text(
    en="{name}: {calls} calls, {expected} expected, ratio {ratio}",
    zh="{name}：报修 {calls}，应有 {expected}，比值 {ratio}",
)
_LEAST, _DRAWN, _LONGEST = 5.0, 12, 22
_TOO_FEW = Text(
    en="Too few to say: of no customer were {least} calls expected in this selection.",
    zh="数量过少，无法判断：当前筛选下没有应有报修达到 {least} 次的客户。",
)


def _draw_ratios(c: Context) -> Drawn:
    found = _all(c)
    known = found.those(~np.isnan(found.ratio) & (found.expected >= _LEAST))
    shown = known.picked(np.argsort(known.ratio, kind="stable")[:_DRAWN])
    if not shown:
        return Drawn(None, c.say(_TOO_FEW.format(least=f"{_LEAST:g}")) if found else nothing_of(c, "customer"))
    rows = []
    for x in shown:
        value, low, high = x.ratio or (0.0, 0.0, 0.0)
        hover = _HOVER.format(name=x.name, calls=count(x.calls), expected=f"{x.expected:,.1f}", ratio=_ratio(x))
        name = x.name if len(x.name) <= _LONGEST else x.name[: _LONGEST - 1] + "…"
        rows.append(Ratio(name, value, low, high, x.is_quiet, c.say(hover), _records(c, x.customer_id)))
    figure = ratios(rows, c.say(_AXIS), (c.say(_CALLED[0]), c.say(_CALLED[1])), 1.0)
    words = _RATIOS_WORDS.format(n=len(shown), least=f"{_LEAST:g}")
    return Drawn(figure, c.say(words), lambda: _quiet_table(c))


_KEY = Text(en="What is going on at the key accounts?", zh="重点客户情况如何？")
_KEY_DEFINITION = Text(
    en="Customers of the class key. Machines and expected calls as above; visits are those that arrived in the period; maintenance: planned in the period, and of that done. The filters of place narrow down machines and calls, the period all the rest.",
    zh="级别为重点的客户。设备与应有报修同上；上门为期内到达次数；保养为期内计划及其中已完成数。地点筛选作用于设备与报修，其余只受时段影响。",
)
_KEY_WORDS = Text(
    en="{n} key accounts with {machines} machines: {calls} calls, {visits} visits in the period; those with most calls first.",
    zh="{n} 家重点客户，{machines} 台设备：期内报修 {calls} 次，上门 {visits} 次；报修最多者在前。",
)
_KEY_HEAD = (
    Text(en="Customer", zh="客户"),
    Text(en="Machines", zh="设备"),
    Text(en="Out of cover", zh="脱保"),
    Text(en="Calls", zh="报修"),
    Text(en="÷ expected (95 %)", zh="÷ 应有（95%）"),
    Text(en="Open", zh="未关闭"),
    Text(en="Visits", zh="上门"),
    Text(en="Last visit", zh="最近上门"),
    Text(en="Maintenance done", zh="保养完成"),
    Text(en="Complaints", zh="投诉"),
)
_NO_KEY = Text(
    en="No customer of the class “key” with a machine in this selection: the sources say it in the field class of the customers.",
    zh="当前筛选下没有级别为“重点”且有设备的客户：由数据源客户表的 class 字段给出。",
)


def _keys(c: Context) -> list[Customer]:
    found = _all(c)
    return sorted(found.those(found.is_key), key=lambda x: (-x.calls, x.customer_id))


def _draw_keys(c: Context) -> Listed:
    found = _keys(c)
    if not found:
        return Listed(c.say(_NO_KEY) if _all(c) else nothing_of(c, "customer"), None)
    known = accounts(c.reading, c.filters, c.time_zone, tuple(x.customer_id for x in found))
    rows = []
    for x in found[:_MOST]:
        a = known[x.customer_id]
        rows.append(
            [
                dcc.Link(x.name, href=_records(c, x.customer_id)),
                count(x.machines),
                count(x.lapsed),
                count(x.calls),
                _ratio(x),
                count(a.still_open),
                count(a.visits),
                a.last_visit.isoformat() if a.last_visit else "—",
                f"{a.done} / {a.planned}",
                count(a.complaints),
            ]
        )
    words = _KEY_WORDS.format(
        n=len(found),
        machines=count(sum(x.machines for x in found)),
        calls=count(sum(x.calls for x in found)),
        visits=count(sum(a.visits for a in known.values())),
    )
    head = [c.say(h) for h in _KEY_HEAD]
    return Listed(c.say(words), table(head, rows, frozenset(range(1, 10)) - {7}))


def _key_table(c: Context) -> Table:
    found = _keys(c)
    known = accounts(c.reading, c.filters, c.time_zone, tuple(x.customer_id for x in found))
    rows = []
    for x in found:
        a = known[x.customer_id]
        rows.append([x.customer_id, x.name, x.machines, x.lapsed, x.calls, x.expected, a.still_open, a.visits, a.last_visit, a.planned, a.done, a.complaints])  # fmt: skip
    columns = (
        "customer_id", "name", "machines", "out_of_cover", "calls", "expected", "open", "visits", "last_visit",
        "maintenance_planned", "maintenance_done", "complaints",
    )  # fmt: skip
    return Table(columns, rows)


def _findings(c: Context) -> Sequence[Finding]:
    return findings(_all(c), c.filters)


VIEW = View(
    Text(en="Customers", zh="客户"),
    _cards,
    _findings,
    {
        "quiet": Listing(Text(en="Who has gone quiet?", zh="哪些客户沉默了？"), _DEFINITION, _draw_quiet, _quiet_table),
        "keys": Listing(_KEY, _KEY_DEFINITION, _draw_keys, _key_table),
        "quiet_ratios": Chart(
            Text(en="Who calls less than the machines let expect?", zh="哪些客户报修少于应有水平？"),
            _DEFINITION,
            _draw_ratios,
            420,
        ),
    },
    ("quiet_ratios",),
    silent_without("customer"),
)
