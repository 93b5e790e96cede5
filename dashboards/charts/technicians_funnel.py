"""Who has more or fewer repeats than colleagues would have had?"""

from __future__ import annotations

from collections.abc import Sequence

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.person import compared, looks, person_id
from dashboards.context import Context
from dashboards.figures.funnel import Limit, Marks, funnel
from dashboards.page import Chart, Drawn, Table
from warehouse.metrics.wording import count
from warehouse.records import Selection
from warehouse.technician_findings import UNTOLD, called, interval
from warehouse.technician_standing import Ratio, Standing
from warehouse.technicians import Team

_WORDS = Text(
    en="{judged} technicians with at least {least} closed failures to compare, {n} failures in all; {outside}. {few}Each mark leads to the person.",
    zh="{judged} 名技术员有至少 {least} 件可比的已关闭故障，共 {n} 件；{outside}。{few}点击标记查看个人。",
)
_OUTSIDE = Text(en="{n} outside the 99.8 % limits", zh="{n} 名超出 99.8% 界限")
_FEW = Text(en="{n} more have too few. ", zh="另有 {n} 名数量过少。")
_NOTHING = Text(
    en="Too few to say: nobody has {least} closed failures in this selection whose repeat window has run out and that have colleagues with the same kinds of jobs.",
    zh="数量过少，无法判断：当前筛选下没有人有 {least} 件重复窗口已满、且有同事承担同类工作的故障。",
)
_AXES = (
    Text(en="repeats expected with the same jobs", zh="同类工作由同事承担时的期望重复次数"),
    Text(en="observed ÷ expected", zh="观察 ÷ 期望"),
)
_INNER = Text(en="95 % of chance", zh="95% 偶然界限")
_OUTER = Text(en="99.8 % of chance", zh="99.8% 偶然界限")
_GROUPS = (
    Text(en="within", zh="界限内"),
    Text(en="more repeats than chance", zh="重复多于偶然"),
    Text(en="fewer repeats than chance", zh="重复少于偶然"),
    Text(en="looked at", zh="当前查看"),
)
_HOVER = Text(
    en="{name}<br>{observed} repeats, {expected} expected: {ratio}<br>{n} failures closed",
    zh="{name}<br>重复 {observed} 次，期望 {expected} 次：{ratio}<br>已关闭故障 {n} 件",
)

COLUMNS = (
    "technician_id", "name", "team", "skill_level", "jobs", "failures_watched", "came_back", "observed", "expected",
    "observed_expected", "low", "high", "n", "shrunken", "shrunken_low", "shrunken_high", "rank_low", "rank_high", "limits",
    "first_time_fix", "first_time_fix_ratio", "first_time_fix_low", "first_time_fix_high",
    "labour_hours", "labour_ratio", "labour_low", "labour_high",
    "response_wh", "response_ratio", "response_low", "response_high", "score", "asked", "answered", "note",
)  # fmt: skip


def _bounds(ratio: Ratio) -> list[float | None]:
    return [ratio.value, ratio.low, ratio.high]


def exported(c: Context, found: Team) -> Table:
    """Everybody, with all numbers; those of too few jobs are left empty, with the reason at the end."""
    rows = []
    for p in found.people:
        shown = p.is_judged
        rows.append(
            [
                p.who.technician_id, p.who.name, p.who.team, p.who.skill, p.jobs, p.watched,
                *((p.came_back, p.observed, round(p.expected, 3)) if shown else (None, None, None)),
                *_bounds(p.ratio), p.ratio.n, *_bounds(p.shrunken),
                *((p.rank_low, p.rank_high) if p.rank_low else (None, None)), p.outside if shown else None,
                p.fixed, *_bounds(p.fix), p.labour_hours, *_bounds(p.labour), p.response_hours, *_bounds(p.response),
                p.score if p.answered >= found.least else None, p.asked, p.answered, c.say(p.ratio.reason),
            ]
        )  # fmt: skip
    return Table(COLUMNS, rows)


def _marks(c: Context, name: Text, people: Sequence[Standing], *, is_named: bool = False) -> Marks:
    hover, address = _HOVER[c.language], looks(c)
    return Marks(
        c.say(name),
        [p.expected for p in people],
        [p.ratio.value or 0.0 for p in people],
        [
            hover.format(
                name=called(p),
                observed=count(p.observed),
                expected=f"{p.expected:,.1f}",
                ratio=interval(p.ratio),
                n=count(p.ratio.n),
            )
            for p in people
        ],
        [address(p.who.technician_id) for p in people],
        [p.who.name for p in people] if is_named else [],
    )


def draw(c: Context) -> Drawn:
    """Observed over expected repeats of each technician, within the limits of chance."""
    found = compared(c)
    judged = found.judged
    if not found.people:
        return Drawn(None, c.say(UNTOLD))
    if not judged or found.limits is None:
        return Drawn(None, c.say(_NOTHING.format(least=found.least)))
    groups = (
        [p for p in judged if abs(p.outside) < 2],
        [p for p in judged if p.outside == 2],
        [p for p in judged if p.outside == -2],
        [p for p in judged if p.who.technician_id == person_id(c)],
    )
    limits = found.limits
    figure = funnel(
        _marks(c, _GROUPS[0], groups[0]),
        _marks(c, _GROUPS[1], groups[1], is_named=True),
        _marks(c, _GROUPS[2], groups[2], is_named=True),
        _marks(c, _GROUPS[3], groups[3]),
        limits.expected,
        (Limit(c.say(_INNER), *limits.inner), Limit(c.say(_OUTER), *limits.outer)),
        (c.say(_AXES[0]), c.say(_AXES[1])),
    )
    few = len(found.people) - len(judged)
    words = _WORDS.format(
        judged=len(judged),
        least=found.least,
        n=count(sum(p.ratio.n for p in judged)),
        outside=_OUTSIDE.format(n=len(groups[1]) + len(groups[2])),
        few=_FEW.format(n=few) if few else Text(en="", zh=""),
    )
    records = link("/records", c.filters, Selection("completed_on"))
    return Drawn(figure, c.say(words), lambda: exported(c, found), records)


CHART = Chart(
    Text(
        en="Who has more or fewer repeats than colleagues would have had?",
        zh="谁的重复故障多于或少于同事承担同类工作时的水平？",
    ),
    Text(
        en="Repeats: closed failures followed within the repeat window by the same component on the same asset, credited to the technician of the last visit that ended by the resolution, by day of completion; only those whose window has run out count. Expected: what all other technicians had with the same component and product line. Limits: exact Poisson around 1; two of 1,000 lie outside 99.8 % by chance alone. That the expected numbers are estimates too is not in the limits, but in the intervals of the table.",
        zh="重复故障：关闭后在重复窗口内同一设备同一部件再次报修，计入解决前最后一次上门的技术员，以完成日期为准；仅计窗口已满者。期望：其他技术员承担相同部件与产品线时的重复次数。界限：以 1 为中心的精确泊松界限；纯属偶然时每 1000 人约有 2 人超出 99.8% 界限。期望值本身的估计误差未计入界限，但已计入下表的区间。",
    ),
    draw,
    400,
)
