"""Through which states do tickets go?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.sankey import Flow, Words, arranged, sankey
from dashboards.page import Chart, Drawn, Table
from warehouse.closure_states import Change, States, Stay, states
from warehouse.entities import code_lists
from warehouse.metrics.wording import count, elapsed, share
from warehouse.records import Selection

# From left to right; a state of an installation's own stands where its parent does. What is reopened stands above what
# waits, so that its way from and to the resolved crosses no label.
_COLUMNS = {
    "new": 0, "dispatched": 1, "in_progress": 2, "reopened": 3, "waiting_parts": 3, "waiting_customer": 3,
    "waiting_vendor": 3, "resolved": 4, "closed": 5, "cancelled": 5,
}  # fmt: skip
_BY_PARENT = {"paused": 3, "done": 5}
# Below this share of all changes a band is a hair.
_LEAST = 0.0005
_NOTHING = Text(en="No ticket was opened in this selection.", zh="当前筛选下没有报修的工单。")
_WORDS = Text(
    en="{n} changes of state of {tickets} tickets opened in the period{told}. A band counts changes, not tickets.{back} With each box: median time until the state is left (Kaplan–Meier; stays that go on are counted as far as they got{sample}).",
    zh="期内报修 {tickets} 张工单的 {n} 次状态变更{told}。流带计变更次数而非工单数。{back}方框旁：离开该状态所需时间的中位数（Kaplan–Meier，尚未离开者按删失处理{sample}）。",
)
_TOLD = Text(en=" ({share} of them have changes on record)", zh="（其中 {share} 有状态变更记录）")
_INSTANTS = Text(
    en=" (no changes are delivered: the instants opened, dispatched, arrived, resolved, closed stand in; going back cannot be seen)",
    zh="（未提供状态变更，以报修、派工、到达、修复、关闭时刻代替，无法看出回退）",
)
_SAMPLE = Text(en=", measured on {n} tickets", zh="，取 {n} 张工单测算")
_BACK = Text(en=" Back: {what}.", zh="回退：{what}。")
_BACK_ONE = Text(en="{came_from} → {went_to} {n} times", zh="{came_from} → {went_to} {n} 次")
_APART = Text(
    en=" Not drawn: {n} changes between states of one column, or very rare ones.",
    zh="未画出：同列状态间或极少见的变更 {n} 次。",
)
_BAND = Text(
    en="{came_from} → {went_to}<br>{n} times, {share} of what leaves {came_from}",
    zh="{came_from} → {went_to}<br>{n} 次，占离开{came_from}的 {share}",
)
_STAY = Text(
    en="{name}<br>left after {median} ({low} to {high}, 95 %)<br>n = {n} stays, {going_on} go on",
    zh="{name}<br>{median}后离开（95%：{low} 至 {high}）<br>n = {n} 次停留，{going_on} 次未结束",
)
_FINAL = Text(en="{name}: stays for good", zh="{name}：终态")
_UNKNOWN = Text(en="—", zh="—")
_CALLED = Text(en="onward", zh="前进"), Text(en="back", zh="回退")


def column_of(status: str) -> int:
    """In which column a state stands."""
    parents = {code.code: code.parent for code in code_lists()["ticket_status"]}
    return _COLUMNS.get(status, _BY_PARENT.get(parents.get(status) or "", 2))


def _words(c: Context, name: str, stay: Stay | None) -> Words:
    if stay is None:
        return Words((name,), c.say(_FINAL.format(name=name)))

    def time(hours: float | None) -> Text:
        return elapsed(hours) if hours is not None else _UNKNOWN

    hover = _STAY.format(
        name=name,
        median=time(stay.median),
        low=time(stay.low),
        high=time(stay.high),
        n=count(stay.n),
        going_on=count(stay.going_on),
    )
    return Words((name, c.say(time(stay.median))), c.say(hover))


def _link(c: Context, change: Change) -> str:
    """The tickets of the period; those reopened or closed where a band leads there."""
    if change.went_to == "reopened":
        return link("/records", c.filters, Selection(is_reopened=True))
    if change.went_to == "closed":
        return link("/records", c.filters, Selection(is_open=False))
    return link("/records", c.filters)


def _spoken(c: Context, found: States, apart: int, backward: list[Change]) -> str:
    told = ""
    if found.source == "instants":
        told = c.say(_INSTANTS)
    elif found.measured < found.looked_at:
        told = c.say(_TOLD.format(share=share(found.measured / found.looked_at)))
    joint = "；" if c.language == "zh" else "; "
    back = joint.join(
        c.say(
            _BACK_ONE.format(
                came_from=c.coded("ticket_status", b.came_from),
                went_to=c.coded("ticket_status", b.went_to),
                n=count(b.n),
            )
        )
        for b in backward[:3]
    )
    words = c.say(_WORDS).format(
        n=count(sum(change.n for change in found.changes)),
        tickets=count(found.tickets),
        told=told,
        back=c.say(_BACK.format(what=back)) if back else "",
        sample=c.say(_SAMPLE.format(n=count(found.measured))) if found.looked_at < found.tickets else "",
    )
    return words + (c.say(_APART.format(n=count(apart))) if apart else "")


def draw(c: Context) -> Drawn:
    """The changes of state of the tickets opened in the period, as bands from left to right."""
    found = states(c.reading, c.filters)
    if found is None:
        return Drawn(None, c.say(_NOTHING))
    total = sum(change.n for change in found.changes)
    flows = {Flow(x.came_from, x.went_to, x.n): x for x in found.changes if x.n >= total * _LEAST}
    known = {status for x in found.changes for status in (x.came_from, x.went_to)}
    order = [*(s for s in _COLUMNS if s in known), *sorted(known - set(_COLUMNS))]
    layout = arranged({status: column_of(status) for status in order}, tuple(flows))
    leaving: dict[str, int] = {}
    for x in found.changes:
        leaving[x.came_from] = leaving.get(x.came_from, 0) + x.n
    names = {status: c.coded("ticket_status", status) for status in order}
    hovers = {
        flow: (
            c.say(
                _BAND.format(
                    came_from=names[x.came_from],
                    went_to=names[x.went_to],
                    n=count(x.n),
                    share=share(x.n / leaving[x.came_from]),
                )
            ),
            _link(c, x),
        )
        for flow, x in flows.items()
    }
    words = {status: _words(c, names[status], found.stays.get(status)) for status in order}
    backward = [flows[band.flow] for band in layout.bands if band.is_back]
    apart = total - sum(flows[band.flow].n for band in layout.bands)

    def table() -> Table:
        columns = ("from", "to", "changes", "median_hours_in_from", "low", "high", "stays_measured", "going_on")
        rows = []
        for x in found.changes:
            stay = found.stays.get(x.came_from)
            times = (stay.median, stay.low, stay.high, stay.n, stay.going_on) if stay else (None,) * 5
            rows.append([x.came_from, x.went_to, x.n, *times])
        return Table(columns, rows)

    drawn = sankey(layout, words, hovers, (c.say(_CALLED[0]), c.say(_CALLED[1]))) if layout.bands else None
    return Drawn(drawn, _spoken(c, found, apart, backward), table, link("/records", c.filters))


CHART = Chart(
    Text(en="Through which states do tickets go, and where do they stay?", zh="工单经过哪些状态，停留在哪里？"),
    Text(
        en="Changes of state of the tickets opened in the period, whenever they happened. A change without a former state counts as from New. A band leads to the tickets opened in the period (to Closed: the closed ones; to Reopened: those reopened).",
        zh="期内报修工单的全部状态变更，不论发生于何时；未注明原状态的变更计为自“新建”。点击流带打开期内报修的工单（至“已关闭”：已关闭者；至“重新打开”：曾重新打开者）。",
    ),
    draw,
    430,
)
