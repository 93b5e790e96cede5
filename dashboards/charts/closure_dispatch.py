"""Is somebody sent on the day a call comes?"""

from __future__ import annotations

from dataclasses import replace

from analysis.rates import proportion
from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.misses import Miss, misses
from dashboards.page import Chart, Drawn, Table
from warehouse.closure_dispatch import SameDay, same_day
from warehouse.metrics.wording import count, share
from warehouse.records import Selection

_MOST = 12
_NOTHING = Text(
    en="No source delivers when tickets were dispatched (ticket.dispatched_at), so nobody can tell which waited overnight.",
    zh="没有来源提供派工时间（ticket.dispatched_at），无法判断哪些报修隔日未派。",
)
_NONE = Text(en="No call of this selection is to be judged yet.", zh="当前筛选下尚无可判断的报修。")
_WORDS = Text(
    en="{missed} of {n} calls of the period ({share}) were not dispatched the same day: {later} later, {waiting} still wait. Bars: share not dispatched the same day, with 95 % interval.{unknown}{more}",
    zh="期内 {n} 次报修中 {missed} 次（{share}）当日未派工：{later} 次隔日派工，{waiting} 次仍在等待。柱形：当日未派工的比例及 95% 区间。{unknown}{more}",
)
_UNKNOWN = Text(en=" Of {n} more nobody says when.", zh="另有 {n} 次未登记派工时间。")
_MORE = Text(en=" Shown are {shown} of {all} places.", zh="此处显示 {all} 处中的 {shown} 处。")
_HOVER = Text(
    en="{name}<br>{missed} of {n} not dispatched the same day ({share})",
    zh="{name}<br>{n} 次中 {missed} 次当日未派工（{share}）",
)


def _name(c: Context, row: SameDay) -> str:
    return f"{c.place('region', row.region)} · {c.coded('zone', row.zone)}"


def _link(c: Context, row: SameDay) -> str:
    return link("/records", replace(c.filters, region=(row.region,)), Selection(zone=row.zone))


def _table(rows: tuple[SameDay, ...]) -> Table:
    columns = ("region", "zone", "same_day", "later", "still_waiting", "day_not_over", "unknown")
    return Table(columns, [[r.region, r.zone, r.same_day, r.later, r.waiting, r.not_due, r.unknown] for r in rows])


def draw(c: Context) -> Drawn:
    """The share of calls not dispatched the same day, by region and zone."""
    rows = same_day(c.reading, c.filters)
    judged = sorted((r for r in rows if r.judged), key=lambda r: -r.missed / r.judged)
    if not judged:
        return Drawn(None, c.say(_NONE if rows else _NOTHING))
    # Where places are many, those with the most calls.
    largest = sorted(judged, key=lambda r: -r.judged)[:_MOST]
    shown = [r for r in judged if r in largest]
    marks = []
    for r in shown:
        found = proportion(r.missed, r.judged)
        hover = _HOVER.format(name=_name(c, r), missed=count(r.missed), n=count(r.judged), share=share(found.value))
        marks.append(
            Miss(
                f"{_name(c, r)}<br>n = {count(r.judged)}", found.value, found.low, found.high, c.say(hover), _link(c, r)
            )
        )
    missed, n = sum(r.missed for r in judged), sum(r.judged for r in judged)
    unknown = sum(r.unknown for r in rows)
    words = c.say(_WORDS).format(
        missed=count(missed),
        n=count(n),
        share=c.say(share(missed / n)),
        later=count(sum(r.later for r in judged)),
        waiting=count(sum(r.waiting for r in judged)),
        unknown=c.say(_UNKNOWN.format(n=count(unknown))) if unknown else "",
        more=c.say(_MORE.format(shown=len(shown), all=len(judged))) if len(shown) < len(judged) else "",
    )
    return Drawn(misses(marks), words, lambda: _table(rows), link("/records", c.filters))


CHART = Chart(
    Text(en="Where is nobody sent on the day a call comes?", zh="哪里的报修当日未派工？"),
    Text(
        en="By the calendar of the ticket's zone: a call belongs to the day of the opening that is running or comes next; it is dispatched the same day if that is done by midnight. A call that was arrived at, resolved or closed with no dispatch on record is unknown. A bar leads to the place's tickets.",
        zh="按工单服务区的日历：报修归属当时或随后的工作时段所在之日，当日 24 时前派工即为当日派工。已到达、修复或关闭而无派工记录者为未知。点击柱形打开该处工单。",
    ),
    draw,
    430,
)
