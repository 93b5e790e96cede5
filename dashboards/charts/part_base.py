"""What do the units in the field need of one part, by how long theirs has run?"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bilingual.text import Text
from dashboards.context import Context
from dashboards.figures.parts import BaseNames, installed_base
from dashboards.page import Chart, Drawn, Table
from dashboards.part_words import here, part_of
from warehouse.metrics.wording import count, share
from warehouse.part_base import Base, Cause
from warehouse.part_base import installed_base as base_of
from warehouse.part_forecast import month_after, part_forecast
from warehouse.reasons import why

# The months before the forecast that are drawn.
_SHOWN = 24
_NO_PART = Text(en="No part is on record.", zh="没有备件记录。")
_NO_BASE = Text(
    en="{part}: no forecast from the installed base, {why}. It needs replacements (10 at least) on units of which the installation is on record and whose use is counted alike, in days or by one kind of meter.",
    zh="{part}：无法按装机量预测，{why}。需要至少 10 次更换记录，且所在设备有装机时间、以同一种方式计量使用（天数或同类读数）。",
)
_WORDS = Text(
    en="{part}: {units} units need {total} in the next 12 months by the age of theirs (90 %: {low}–{high}), {other} by the demand so far. {cause} {year} n = {n} replacements; {retired} units out of service left out.",
    zh="{part}：在役 {units} 台设备未来 12 个月按役龄需 {total} 件（90% 区间 {low}–{high}），按以往需求为 {other} 件。{cause}{year}n = {n} 次更换；停用的 {retired} 台不计入。",
)
_YEAR = Text(
    en="A year ago: {by_age} by age, {by_demand} by demand, {came} were used; {better} (off by {off_age} and {off_demand} a month).",
    zh="若在一年前预测：按役龄 {by_age} 件，按需求 {by_demand} 件，实际 {came} 件；{better}（月均偏差 {off_age} 与 {off_demand} 件）。",
)
_NO_YEAR = Text(
    en="Which of the two is better cannot be said: too little is on record before the last 12 months.",
    zh="近 12 个月之前的记录不足，两者孰优尚无法判断。",
)
_BETTER = {
    "age": Text(en="age was the better guide", zh="按役龄更准"),
    "demand": Text(en="demand was the better guide", zh="按需求更准"),
    "": Text(en="neither was better", zh="两者相当"),
}
_CAUSES: dict[Cause, Text] = {
    "agree": Text(en="The two agree.", zh="两者一致。"),
    "dying": Text(
        en="The demand is dying out though the units are still there: past lives no longer tell, believe the demand.",
        zh="设备仍在役，但需求趋于消亡：以往寿命不再适用，应以需求为准。",
    ),
    "fewer": Text(
        en="Fewer were needed of late than past lives let expect: something changed (an action, a better part), believe the demand.",
        zh="近期用量低于以往寿命的预期：情况已有变化（措施见效或部件改进），应以需求为准。",
    ),
    "more": Text(
        en="More were needed of late than past lives let expect: look for what changed (a bad lot, harder use).",
        zh="近期用量高于以往寿命的预期：应查明变化原因（不良批次或使用更苛刻）。",
    ),
    "ageing": Text(
        en="The fleet is ageing and this part wears: the middle one has come to {worn} of a median life ({before} a year ago), which past demand does not show.",
        zh="设备老化且此件会磨损：居中者用至寿命中位数的 {worn}（一年前为 {before}），以往需求尚未反映。",
    ),
    "renewed": Text(
        en="Many were renewed: the middle one has come to {worn} of a median life ({before} a year ago).",
        zh="许多已更新：居中者用至寿命中位数的 {worn}（一年前为 {before}）。",
    ),
    "grown": Text(
        en="There are more units than a year ago; past demand lags behind.", zh="在役设备较一年前增加，以往需求滞后。"
    ),
    "unexplained": Text(
        en="Neither age nor the number of units explains the difference.", zh="役龄与设备数量均无法解释差异。"
    ),
}
_NAMES = (
    Text(en="used", zh="实际用量"),
    Text(en="by the units' ages", zh="按役龄预测"),
    Text(en="90 % interval of a month", zh="单月 90% 区间"),
    Text(en="by the demand so far", zh="按需求预测"),
    Text(en="ages, a year ago", zh="一年前按役龄预测"),
)


def _words(title: str, base: Base) -> Text:
    if base.course is None:
        return _NO_BASE.format(part=title, why=why(base.reason))
    total, low, high = base.course.total
    known = {"worn": share(base.worn or 0.0), "before": share(base.worn_before or 0.0)}
    year = _NO_YEAR
    if base.year:
        year = _YEAR.format(
            by_age=count(base.year.course.total[0]),
            by_demand=count(base.year.of_demand),
            came=count(base.year.came),
            better=_BETTER[base.year.better],
            off_age=f"{base.year.by_age:,.1f}",
            off_demand=f"{base.year.by_demand:,.1f}",
        )
    return _WORDS.format(
        part=title,
        units=count(base.units),
        total=count(total),
        low=count(low),
        high=count(high),
        other="—" if base.of_demand is None else count(base.of_demand),
        cause=_CAUSES[base.cause].format(**known),
        year=year,
        n=count(base.replaced),
        retired=count(base.retired),
    )


def draw(c: Context) -> Drawn:
    """What was used by month, and what both forecasts expect."""
    part = part_of(c)
    f = part_forecast(c.reading, part.part_no) if part else None
    if part is None or f is None:
        return Drawn(None, c.say(_NO_PART))
    base = base_of(c.reading, part.part_no)
    words = c.say(_words(part.title, base))
    if base.course is None or base.since is None:
        return Drawn(None, words)
    course, since, part_no = base.course, base.since, part.part_no
    months, used = f.months[-_SHOWN:], f.used[-_SHOWN:]
    ahead = tuple(month_after(since, m) for m in range(len(course.expected)))
    ago = base.year.course.expected if base.year else ()
    links = [
        here(c, replace(c.filters, start=m, end=month_after(m, 1) - dt.timedelta(days=1)), look=part_no) for m in months
    ]
    names = BaseNames(*(c.say(name) for name in _NAMES))
    by_age = course.expected, course.low, course.high
    figure = installed_base(months, used, ahead, by_age, f.expected, ago, names, links)

    def table() -> Table:
        told = dict(zip(f.months[-len(ago) :], ago, strict=True)) if ago else {}
        other = f.expected or (None,) * len(ahead)
        past = [[m.strftime("%Y-%m"), u, told.get(m), None, None, None] for m, u in zip(months, used, strict=True)]
        future = [[m.strftime("%Y-%m"), None, *row] for m, *row in zip(ahead, *by_age, other, strict=True)]
        return Table(("month", "used", "by_age", "low", "high", "by_demand"), [*past, *future])

    return Drawn(figure, words, table, here(c, replace(c.filters, start=None, end=None), look=part_no))


CHART = Chart(
    Text(en="What do the units in the field need, by the age of theirs?", zh="按在役设备的役龄，还需要多少？"),
    Text(
        en="Every unit in the field of a model on which the part was ever replaced carries one; it runs since the last replacement or the installation. A Weibull distribution is fitted to all lives (running ones censored, units older than the records entering late), told in the use that meters count, or in days. Each unit needs a part with the chance that its age gives, and again after that (renewal). Raised to all pieces used, as some lines take several and some have no unit on record. Interval: 5 % and 95 % quantiles, chance only. A year ago: the same with what was on record then; the demand's method is the one chosen today. Filters do not apply.",
        zh="凡更换过此件的型号，其在役设备各装一件，自上次更换或装机起计。对全部寿命拟合威布尔分布（仍在用者为右删失，早于记录的设备为左截断），以读数计量的使用量或天数表示。每台设备按其役龄的条件概率需要更换，更换后再起算（更新过程）。按全部用量折算，因为有的记录一次用多件、有的没有设备。区间为 5% 与 95% 分位数，只含偶然波动。一年前：以当时已有的记录作同样计算；需求预测方法取今日所选。筛选不适用。",
    ),
    draw,
    300,
)
