"""How did repeats go, month by month?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.charts.flow import bucket
from dashboards.components.person import person_id, records, subject
from dashboards.context import Context
from dashboards.figures.course import course as figure_of
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from warehouse.gaps import of_failures
from warehouse.metrics.wording import count, share
from warehouse.technician_findings import interval
from warehouse.technician_work import course

_PERSON = Text(
    en="{who}: observed over expected repeats of all months so far, with its 95 % interval; at the end {ratio} ({observed} repeats, {expected} expected, of {n} closed failures). 1 is what colleagues would have had.",
    zh="{who}：截至各月的累计观察/期望重复比及 95% 区间；期末为 {ratio}（重复 {observed} 次，期望 {expected} 次，已关闭故障 {n} 件）。1 为同事承担同类工作的水平。",
)
_TEAM = Text(
    en="{who}: share of each month's jobs that came back within the repeat window, with its 95 % interval; {share} of {n} closed failures over the period. Choose a technician for observed over expected.",
    zh="{who}：各月完成的故障在重复窗口内重复的比例及 95% 区间；期内 {n} 件已关闭故障的 {share}。选择技术员可查看观察/期望比。",
)
_NOTHING = Text(
    en="No repeat window of this selection has run out: it is not known yet what comes back.",
    zh="当前筛选下没有重复窗口已满的故障，尚不知是否重复。",
)
_NAMES = {
    True: (Text(en="observed ÷ expected so far", zh="累计观察 ÷ 期望"), Text(en="95 % interval", zh="95% 区间")),
    False: (
        Text(en="came back within the repeat window", zh="重复窗口内复发"),
        Text(en="95 % interval", zh="95% 区间"),
    ),
}
_COUNTS = Text(en="closed failures", zh="已关闭故障")


def draw(c: Context) -> Drawn:
    """The cumulative ratio of one person, or the monthly share of the team."""
    person = person_id(c)
    found = course(c.reading, c.filters, person)
    if found is None:
        return Drawn(None, c.say(_NOTHING))
    is_ratio = person is not None
    labels = [m.strftime("%Y-%m") for m in found.months]
    line = ([r.value for r in found.ratios], [r.low for r in found.ratios], [r.high for r in found.ratios])
    links = [records(bucket(c.filters, m, "month", c.last_day), person) for m in found.months]
    names = (*(c.say(n) for n in _NAMES[is_ratio]), c.say(_COUNTS))
    figure = figure_of(labels, line, found.counted, links, (names[0], names[1], names[2]), is_ratio=is_ratio)
    n, observed = sum(found.counted), sum(found.observed)
    words = (_PERSON if is_ratio else _TEAM).format(
        who=subject(c),
        ratio=interval(found.ratios[-1]),
        observed=count(observed),
        expected=f"{sum(found.expected):,.1f}",
        n=count(n),
        share=share(observed / n),
    )
    columns = ("month", "closed_failures", "came_back", "expected", "so_far" if is_ratio else "share", "low", "high")
    rows = [
        [label, found.counted[i], found.observed[i], found.expected[i] if is_ratio else None, *(v[i] for v in line)]
        for i, label in enumerate(labels)
    ]
    drawn = Drawn(figure, c.say(words), lambda: Table(columns, rows), records(c.filters, person))
    return with_gaps(c, drawn, of_failures(c.reading), found.months)


CHART = Chart(
    Text(en="How did repeats go?", zh="重复故障如何变化？"),
    Text(
        en="By month of completion. For one person: repeats of all months so far over those that colleagues would have had with the same components and product lines (all others in the selection), bounds exact Poisson. A line that leaves 1 and whose band no longer holds it tells of a lasting difference. For the team: repeats over closed failures of the month, Jeffreys' interval.",
        zh="按完成月份。个人：截至各月的累计重复次数除以其他人承担相同部件与产品线时的期望次数，精确泊松界限；曲线离开 1 且区间不再包含 1，说明存在持续差异。全体：当月重复次数除以已关闭故障数，Jeffreys 区间。",
    ),
    draw,
    320,
)
