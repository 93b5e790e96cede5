"""Are the targets of the year, quarter and month on pace, week by week?"""

from __future__ import annotations

from collections.abc import Sequence

from bilingual.text import Text
from dashboards.components.badge import State, badge
from dashboards.components.drill import records_of
from dashboards.components.facts import table
from dashboards.components.service_card import standing_card
from dashboards.context import Context
from dashboards.figures.pace import pace
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import dcc
from dashboards.service_look import View, here, nothing_of, silent_without, window_of
from warehouse.metrics.wording import count, spoken
from warehouse.service_findings import Finding
from warehouse.service_targets import Pace, findings, of_target, paces, rest_in_words, weeks

_LOOK = "targets"
_MOST = 40
_DEFINITION = Text(
    en="Targets as the sources deliver them (measure, scope, period: a year, a quarter, a month). A count is due in proportion to the days gone; shares, times and backlogs are due as they stand. “The rest”: what the remaining days must have for the whole to reach the target if they are as busy as those gone; it is not given where what is gone can still change. The period of the page does not apply, its places do.",
    zh="目标由数据源提供（指标、范围、周期：年、季、月）。计数类按已过天数比例应达；比例、时长与积压类按目标值本身。“其余”：若剩余时间与已过时间同样繁忙，剩余部分须达到的水平；已过部分仍会变化的不计算。页面时段不适用，地点筛选适用。",
)


def _key(p: Pace) -> str:
    return f"{p.target.measure}@{p.target.period}"


def _all(c: Context) -> tuple[Pace, ...]:
    return paces(c.reading, c.filters)


def _chosen(c: Context) -> Pace | None:
    """The target that the address names, else the first."""
    found = _all(c)
    return next((p for p in found if _key(p) == window_of(c)), found[0] if found else None)


_SO_FAR = Text(en="target {period}: {value}", zh="{period} 目标：{value}")


def _cards(c: Context) -> Sequence[Component]:
    running = [p for p in _all(c) if p.is_running][:6]
    notes = [_SO_FAR.format(period=p.target.period, value=spoken(p.measure, p.target.value)) for p in running]
    return [
        standing_card(p.measure, p.so_far, here(c, _LOOK, _key(p)), c.language, note)
        for p, note in zip(running, notes, strict=True)
    ]


_LIST = Text(en="Which targets are on pace?", zh="哪些目标进度正常？")
_LIST_WORDS = Text(
    en="{running} targets are running, {behind} of them behind; {past} have ended, {missed} of them missed.",
    zh="进行中的目标 {running} 个，落后 {behind} 个；已结束 {past} 个，未达成 {missed} 个。",
)
_HEAD = (
    Text(en="Target", zh="目标"),
    Text(en="Period", zh="周期"),
    Text(en="Scope", zh="范围"),
    Text(en="Days gone", zh="已过天数"),
    Text(en="To reach", zh="目标值"),
    Text(en="Due by now", zh="当前应达"),
    Text(en="So far", zh="实际"),
    Text(en="State", zh="状态"),
    Text(en="The rest of the period", zh="其余时间"),
)
_EVERYBODY = Text(en="everybody", zh="全部")
_STATES: dict[tuple[bool, bool], tuple[State, Text]] = {
    (True, True): ("good", Text(en="on pace", zh="进度正常")),
    (True, False): ("warning", Text(en="behind", zh="落后")),
    (False, True): ("good", Text(en="reached", zh="已达成")),
    (False, False): ("bad", Text(en="missed", zh="未达成")),
}
_NO_STATE = Text(en="not judged", zh="不评判")


def _state(c: Context, p: Pace) -> Component:
    if p.is_met is None:
        return badge("neutral", c.say(_NO_STATE))
    kind, words = _STATES[p.is_running, p.is_met]
    return badge(kind, c.say(words))


def _scope(c: Context, p: Pace) -> str:
    return ", ".join(c.place(place, value) for place, value in sorted(p.target.places)) or c.say(_EVERYBODY)


def _draw_list(c: Context) -> Listed:
    found = _all(c)
    if not found:
        return Listed(nothing_of(c, "target"), None)
    rows = [
        [
            dcc.Link(c.say(p.measure.label), href=here(c, _LOOK, _key(p))),
            p.target.period,
            _scope(c, p),
            f"{count(p.days[0])} / {count(p.days[1])}",
            c.say(spoken(p.measure, p.target.value)),
            c.say(spoken(p.measure, p.due)),
            c.say(spoken(p.measure, p.so_far.value)),
            _state(c, p),
            c.say(rest_in_words(p)).lstrip(";； "),
        ]
        for p in found[:_MOST]
    ]
    running, past = [p for p in found if p.is_running], [p for p in found if not p.is_running]
    words = _LIST_WORDS.format(
        running=len(running),
        behind=sum(p.is_met is False for p in running),
        past=len(past),
        missed=sum(p.is_met is False for p in past),
    )
    return Listed(c.say(words), table([c.say(h) for h in _HEAD], rows, frozenset({3, 4, 5, 6})))


def _list_table(c: Context) -> Table:
    rows = [
        [p.target.measure, p.target.period, _scope(c, p), *p.days, p.target.value, p.due, p.so_far.value, p.so_far.n, p.is_met, p.rest]
        for p in _all(c)
    ]  # fmt: skip
    columns = ("measure", "period", "scope", "days_gone", "days", "target", "due", "so_far", "n", "is_met", "rest")
    return Table(columns, rows)


_WEEKS_WORDS = Text(
    en="{measure}, {period}: {value} so far where {due} is due{rest}. Bars: each week alone; line: all weeks so far; dashed: what is due.",
    zh="{measure} {period}：应达 {due}，实际 {value}{rest}。柱：单周；线：累计；虚线：应达。",
)
_CALLED = (
    Text(en="week alone", zh="单周"),
    Text(en="so far", zh="累计"),
    Text(en="due", zh="应达"),
)


def _draw_weeks(c: Context) -> Drawn:
    chosen = _chosen(c)
    if chosen is None:
        return Drawn(None, nothing_of(c, "target"))
    found = weeks(c.reading, c.filters, chosen.target)
    labels = [d.isoformat() for d in found.starts]
    at = of_target(chosen.target, c.filters)
    links = [records_of(chosen.measure, at)] * len(labels)
    figure = pace(
        labels,
        (found.alone, found.so_far, found.due),
        links,
        (c.say(_CALLED[0]), c.say(_CALLED[1]), c.say(_CALLED[2])),
        is_share=chosen.measure.unit == "share",
    )
    words = _WEEKS_WORDS.format(
        measure=chosen.measure.label,
        period=chosen.target.period,
        value=spoken(chosen.measure, chosen.so_far.value),
        due=spoken(chosen.measure, chosen.due),
        rest=rest_in_words(chosen),
    )
    rows = list(zip(labels, found.alone, found.so_far, found.due, found.n, strict=True))
    return Drawn(
        figure,
        c.say(words),
        lambda: Table(("week", "alone", "so_far", "due", "n"), rows),
        records_of(chosen.measure, at),
    )


def _findings(c: Context) -> Sequence[Finding]:
    return findings(_all(c))


VIEW = View(
    Text(en="Targets", zh="目标"),
    _cards,
    _findings,
    {
        "targets": Listing(_LIST, _DEFINITION, _draw_list, _list_table),
        "target_weeks": Chart(
            Text(en="How does it go, week by week?", zh="逐周进展如何？"), _DEFINITION, _draw_weeks, 360
        ),
    },
    ("target_weeks",),
    silent_without("target"),
)
