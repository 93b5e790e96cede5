"""Which faults will not go away?"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.context import Context
from dashboards.figures.chains import Step
from dashboards.figures.chains import chains as figure_of
from dashboards.page import Chart, Drawn, Table
from dashboards.repeat_words import said, shortened, window_of
from warehouse.metrics.wording import count
from warehouse.repeat_chains import Chain, Link, chains

MOST = 10
_WORDS = Text(
    en="{pairs} chains of at least two jobs touch the period, {threes} of at least three. The longest: {name}, {n} times in {days} days. All jobs of a chain are drawn, also those outside the period.",
    zh="涉及本期的连续重复（两次以上）共 {pairs} 条，其中三次以上 {threes} 条。最长：{name}，{days} 天内 {n} 次。图示整条链，包括期外的工单。",
)
_NOTHING = Text(
    en="No fault came back within {window} days in this selection.", zh="当前筛选下没有在 {window} 天内重复的故障。"
)
_CALLED = Text(en="fault found", zh="查明故障"), Text(en="no fault found", zh="未发现故障")
_HOVER = Text(
    en="{ticket}<br>opened {opened}, closed {closed}<br>{component} · {mode}",
    zh="{ticket}<br>报修 {opened}，关闭 {closed}<br>{component} · {mode}",
)
_OPEN = Text(en="not yet", zh="未关闭")


def _local(c: Context, instant: dt.datetime) -> dt.datetime:
    return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(c.time_zone)).replace(tzinfo=None)


def _step(c: Context, chain: Chain, job: Link) -> Step:
    hover = _HOVER.format(
        ticket=job.ticket_id,
        opened=c.local(job.opened_at),
        closed=c.local(job.closed_at) if job.closed_at else _OPEN,
        component=said(c, chain.component),
        mode=said(c, chain.failure_mode),
    )
    return Step(_local(c, job.opened_at), job.nothing_found, c.say(hover), thing("/record", ticket=job.ticket_id))


def _name(c: Context, chain: Chain) -> str:
    what = said(c, chain.component or chain.failure_mode)
    return f"{shortened(what)}<br>{chain.serial_no or chain.asset_id}"


def _facts(chain: Chain) -> list[str]:
    return [chain.asset_id, chain.serial_no, chain.model, chain.component, chain.failure_mode]


def draw(c: Context) -> Drawn:
    """The longest chains that touch the period, a line each."""
    window = window_of(c)
    found = chains(c.reading, c.filters, window, MOST)
    if not found.longest:
        return Drawn(None, c.say(_NOTHING.format(window=window)))
    first = found.longest[0]
    names = [_name(c, chain) for chain in found.longest]
    figure = figure_of(
        names,
        [[_step(c, chain, job) for job in chain.links] for chain in found.longest],
        (c.say(_CALLED[0]), c.say(_CALLED[1])),
    )
    words = _WORDS.format(
        pairs=count(found.pairs),
        threes=count(found.threes),
        name=f"{said(c, first.component or first.failure_mode)} · {first.serial_no or first.asset_id}",
        n=len(first.links),
        days=(first.links[-1].opened_at - first.links[0].opened_at).days,
    )

    def table() -> Table:
        columns = ("chain", "asset_id", "serial_no", "model", "component", "failure_mode", "ticket_id", "opened_at")
        rows = [
            [i, *_facts(chain), job.ticket_id, job.opened_at, job.closed_at, job.nothing_found]
            for i, chain in enumerate(chains(c.reading, c.filters, window, 200).longest, 1)
            for job in chain.links
        ]
        return Table((*columns, "closed_at", "no_fault_found"), rows)

    return Drawn(figure, c.say(words), table, link("/records", c.filters))


CHART = Chart(
    Text(en="Which faults will not go away?", zh="哪些故障反复出现？"),
    Text(
        en="Jobs of the same component on the same asset, each opened at most the window after the one before was closed. Longest first, of equal length the latest; each mark is a ticket.",
        zh="同一设备同一部件的工单，每一张均在上一张关闭后的窗口期内报修。最长在前，等长者最新在前；每个点为一张工单。",
    ),
    draw,
    440,
)
