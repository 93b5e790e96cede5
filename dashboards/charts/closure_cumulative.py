"""How much work is in process, and for how long?"""

from __future__ import annotations

from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.bands import bands
from dashboards.gap_marks import with_gaps, with_holidays
from dashboards.page import Chart, Drawn, Table
from warehouse.closure_flow import STEPS, CumulativeFlow, cumulative_flow
from warehouse.metrics.wording import count
from warehouse.records import Selection
from warehouse.service_findings import is_delivered

_MOST_POINTS = 120
_NOTHING = Text(en="No ticket was open in this selection.", zh="当前筛选下没有未关闭过的工单。")
_WORDS = Text(
    en="Below: tickets that took each step so far. The vertical distance between two lines is the work in process, the horizontal one about the time it takes. Above: work in process by state, on its own scale. {law}",
    zh="下：至今完成各步骤的工单数；两线的垂直距离为在制工单数，水平距离约为所需时间。上：各状态的在制工单数（单独刻度）。{law}",
)
_LAW = Text(
    en="On average {work} tickets were in process and {rate} were closed a day (n = {n} closed): by Little's law a ticket takes about {days} days. {caveat}",
    zh="平均在制 {work} 张，每天关闭 {rate} 张（关闭 n = {n}）：按利特尔法则每张约需 {days} 天。{caveat}",
)
_NO_LAW = Text(
    en="None was closed in the period, so there is no throughput to divide by.",
    zh="期内没有关闭的工单，无法计算通过速度。",
)
_STEADY = Text(
    en="Work in process was steady ({began} at the beginning, {ended} at the end), as the law asks.",
    zh="在制数稳定（期初 {began}，期末 {ended}），符合该法则的前提。",
)
_UNSTEADY = Text(
    en="The law asks for a steady state, and work in process went from {began} to {ended}: take it as a rough mean.",
    zh="该法则以稳态为前提，而在制数由 {began} 变为 {ended}，仅可作粗略平均。",
)
_STATES = (
    Text(en="waiting for dispatch", zh="待派工"),
    Text(en="on the way", zh="已派工未到达"),
    Text(en="in work", zh="处理中"),
    Text(en="resolved, not closed", zh="已修复未关闭"),
    Text(en="closed", zh="已关闭"),
)
_AXES = Text(en="tickets so far", zh="累计工单"), Text(en="in process", zh="在制")


def _names(c: Context) -> list[str]:
    """The states by name. Where no source says when a step is taken, the state after it cannot be told from that before."""
    names, last = [""] * len(STEPS), 0
    for i, (step, state) in enumerate(zip(STEPS, _STATES, strict=True)):
        if 0 < i < len(STEPS) - 1 and not is_delivered(c.reading, "ticket", f"{step}_at"):
            names[last] += f" / {c.say(state)}"
        else:
            names[i], last = c.say(state), i
    return names


def law(found: CumulativeFlow) -> Text:
    """Little's law in words, with what it takes for granted."""
    if found.days_in_process is None:
        return _NO_LAW
    caveat = (_STEADY if found.is_steady else _UNSTEADY).format(began=count(found.began), ended=count(found.ended))
    return _LAW.format(
        work=count(found.work),
        rate=f"{found.throughput:,.1f}",
        n=count(found.closed),
        days=f"{found.days_in_process:,.1f}",
        caveat=caveat,
    )


def draw(c: Context) -> Drawn:
    """Cumulative flow over the period."""
    found = cumulative_flow(c.reading, c.filters)
    if found is None:
        return Drawn(None, c.say(_NOTHING))
    last = len(found.days) - 1
    # Ends of equal stretches, the last day among them.
    at = sorted({last - round(i * last / _MOST_POINTS) for i in range(_MOST_POINTS + 1)})
    links = [link("/records", replace(c.filters, end=found.days[i]), Selection(at_end=True)) for i in at]
    figure = bands(
        [found.days[i] for i in at],
        [[found.counts[step][i] for i in at] for step in STEPS],
        _names(c),
        links,
        (c.say(_AXES[0]), c.say(_AXES[1])),
    )

    def table() -> Table:
        return Table(("day", *STEPS), [[day, *(found.counts[s][i] for s in STEPS)] for i, day in enumerate(found.days)])

    words = c.say(_WORDS.format(law=law(found)))
    drawn = Drawn(figure, words, table, link("/records", c.filters, Selection(at_end=True)))
    return with_holidays(c, with_gaps(c, drawn, "ticket", found.days), found.days)


CHART = Chart(
    Text(en="How much work is in process, and for how long?", zh="在制工单有多少，需要多久？"),
    Text(
        en="Tickets by the end of each day: opened, dispatched, arrived, resolved, closed so far, less those closed before the period. Who took a later step is past the earlier ones even if nobody wrote them down. A point leads to the tickets open at the end of its day.",
        zh="每日日终累计报修、派工、到达、修复、关闭的工单数，减去期前已关闭者。已完成后续步骤者视为已过前面的步骤，即使未登记。点击某点打开当日日终未关闭的工单。",
    ),
    draw,
    470,
)
