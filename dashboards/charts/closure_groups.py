"""Do some places close slower than others?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.closure_look import called, grouped_by, place
from dashboards.context import Context
from dashboards.figures.curves import Curve, curves
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import chance
from warehouse.closure_groups import DRAWN, Group, Groups, groups
from warehouse.filters import PLACES
from warehouse.metrics.findings import at_place
from warehouse.metrics.wording import count, elapsed
from warehouse.records import Selection

# Groups of fewer tickets are drawn, but none of them is called the slowest.
LEAST = 30
_ALIKE = 0.05
_NOTHING = Text(en="No ticket was opened in this selection.", zh="当前筛选下没有报修的工单。")
_WORDS = Text(
    en="{n} tickets opened in the period, by {by}; {censored} are still open and counted as far as they got (censored). {test}{slowest}{more}",
    zh="期内报修的 {n} 张工单，按{by}；其中 {censored} 张尚未关闭，按删失处理。{test}{slowest}{more}",
)
_DIFFER = Text(
    en="Log-rank test: χ² = {chi2} on {df} degrees of freedom, {p}: the groups close at different speeds, chance would hardly make that.",
    zh="对数秩检验：χ² = {chi2}，自由度 {df}，{p}：各组关闭快慢不同，难以归于偶然。",
)
_SAME = Text(
    en="Log-rank test: χ² = {chi2} on {df} degrees of freedom, {p}: such differences may be chance.",
    zh="对数秩检验：χ² = {chi2}，自由度 {df}，{p}：这样的差异可能出于偶然。",
)
_NO_TEST = Text(en="No log-rank test: {reason}.", zh="无法进行对数秩检验：{reason}。")
_SLOWEST = Text(
    en=" Slowest: {name}, {ratio} times the closings expected if all were alike; half closed by {median}.",
    zh="最慢：{name}，关闭数为各组相同时期望值的 {ratio} 倍；{median}内关闭一半。",
)
_MORE = Text(
    en=" Not drawn: {groups} smaller groups with {n} tickets; the table has them.",
    zh="未画出：{groups} 个较小的组，共 {n} 张工单；见下表。",
)
_AXIS = {"h": Text(en="hours since opening", zh="报修后小时数"), "d": Text(en="days since opening", zh="报修后天数")}
_CURVE = Text(en="{name} · n = {n}", zh="{name} · n = {n}")
_DAYS_FROM_HOURS = 72.0
_NEVER = Text(en="— (not reached)", zh="—（未达到）")


def found_groups(c: Context) -> Groups:
    """The groups that the address asks for."""
    return groups(c.reading, c.filters, grouped_by(c))


def records(c: Context, by: str, group: Group) -> str:
    """The tickets of one group."""
    if by in PLACES:
        return link("/records", at_place(c.filters, by, group.value))
    return link("/records", c.filters, Selection(zone=group.value))


def time(hours: float | None) -> Text:
    """A duration, or that it is not reached."""
    return elapsed(hours) if hours is not None else _NEVER


def in_words(c: Context, found: Groups) -> str:
    """How many, the test, the slowest, what is not drawn."""
    by = grouped_by(c)
    test = _NO_TEST.format(reason=found.reason)
    slowest = None
    if found.p is not None and found.chi2 is not None:
        differ = found.p < _ALIKE
        test = (_DIFFER if differ else _SAME).format(chi2=f"{found.chi2:,.1f}", df=found.df, p=chance(found.p))
        slowest = found.slowest(LEAST) if differ else None
    rest = found.groups[DRAWN:]
    return c.say(_WORDS).format(
        n=count(found.n),
        by=c.say(called(by)).lower() if c.language == "en" else c.say(called(by)),
        censored=count(found.censored),
        test=c.say(test),
        slowest=c.say(
            _SLOWEST.format(name=place(c, by, slowest.value), ratio=f"{slowest.ratio:.2f}", median=time(slowest.median))
        )
        if slowest
        else "",
        more=c.say(_MORE.format(groups=len(rest), n=count(sum(g.n for g in rest)))) if rest else "",
    )


def groups_table(c: Context) -> Table:
    """The groups as numbers."""
    found, by = found_groups(c), grouped_by(c)
    columns = (
        by,
        "tickets",
        "closed",
        "still_open",
        "median_hours",
        "low",
        "high",
        "p90_hours",
        "expected",
        "closed_over_expected",
    )
    return Table(
        columns,
        [
            [g.value, g.n, g.closed, g.n - g.closed, g.median, g.low, g.high, g.p90, g.expected, g.ratio]
            for g in found.groups
        ],
    )


def draw(c: Context) -> Drawn:
    """One Kaplan–Meier curve per group, and the log-rank test over all."""
    found, by = found_groups(c), grouped_by(c)
    if not any(g.times for g in found.groups):
        return Drawn(None, c.say(_NOTHING) if not found.groups else in_words(c, found))
    shown = found.groups[:DRAWN]
    longest = max((g.times[-1] for g in shown if g.times), default=0.0)
    unit, per_unit = ("d", 24.0) if longest > _DAYS_FROM_HOURS else ("h", 1.0)
    figure = curves(
        [
            Curve(
                c.say(_CURVE.format(name=place(c, by, g.value), n=count(g.n))),
                [t / per_unit for t in g.times],
                g.still_open,
                records(c, by, g),
            )
            for g in shown
        ],
        c.say(_AXIS[unit]),
    )
    return Drawn(figure, in_words(c, found), lambda: groups_table(c), link("/records", c.filters))


CHART = Chart(
    Text(en="Do some close slower than others?", zh="哪些关闭得更慢？"),
    Text(
        en="Kaplan–Meier estimate of the share still open by group, tickets still open censored at the as-of instant. The log-rank test compares, hour by hour, the closings of each group with those expected if all closed alike; it asks that curves do not cross. At most eight groups are drawn, those with the most tickets. A curve leads to its tickets.",
        zh="各组未关闭比例的 Kaplan–Meier 估计，未关闭工单在数据截止时刻删失。对数秩检验逐小时比较各组关闭数与各组相同时的期望数，以曲线不相交为前提。最多画八组（工单最多者）。点击曲线打开该组工单。",
    ),
    draw,
    380,
)
