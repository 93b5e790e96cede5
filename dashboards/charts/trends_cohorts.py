"""Do pieces that came into service at some time last less long than others?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.nevada import GRAINS, cohort_called, found_nevada, ratio_called
from dashboards.context import Context
from dashboards.figures.look import BACKLOG, CURVE
from dashboards.figures.trends import Dot, dots
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import NO_FAILURE, behind, ever, look, named, number, why_no_age
from warehouse.failure_cohorts import Cohort, Nevada
from warehouse.metrics.wording import count

_MOST = 18
_WORDS = Text(
    en="{name}: n = {n} pieces by the {grain} in which they came into service, {failures} failures. {named}Younger pieces have been seen at young ages only: hover for what is expected of their age.",
    zh="{name}：n = {n} 件，按投用{grain}统计，故障 {failures} 次。{named}较新的件仅经历较低役龄：同龄预期见悬停提示。",
)
_NAMED = Text(
    en="More failures than their age explains (orange): {which}. ", zh="故障多于役龄所能解释（橙色）：{which}。"
)
_NONE = Text(en="{name}: {why}.", zh="{name}：{why}。")
_AXIS = Text(en="unit-months per failure (MTBF)", zh="平均故障间隔（台·月/次）")
_HOVER = Text(
    en="in service {row}: {n} pieces<br>MTBF {value} unit-months (95 %: {low} – {high})<br>{failures} failures in {exposure} unit-months<br>expected at their ages {expected}; ÷ expected {ratio}",
    zh="{row} 投用：{n} 件<br>MTBF {value} 台·月（95%：{low} – {high}）<br>{exposure} 台·月内 {failures} 次故障<br>同龄预期 {expected} 次；÷ 预期 {ratio}",
)


def _dot(c: Context, found: Nevada, cohort: Cohort, href: str) -> Dot:
    row = cohort_called(c, found, cohort)
    value, low, high = cohort.mtbf
    hover = _HOVER.format(
        row=row, n=count(cohort.n), value=number(value), low=number(low), high=number(high),
        failures=count(cohort.total.failures), exposure=number(cohort.total.exposure),
        expected=f"{cohort.total.expected:,.1f}", ratio=ratio_called(cohort),
    )  # fmt: skip
    return Dot(row, value, low, high, BACKLOG if cohort.is_named else CURVE, href, c.say(hover))


def draw(c: Context) -> Drawn:
    """Unit-months per failure of each cohort with χ² bounds."""
    looked_at, found = look(c), found_nevada(c, _MOST)
    if looked_at is None or found is None:
        return Drawn(None, c.say(NO_FAILURE))
    name = named(c, looked_at)
    if found.reason:
        return Drawn(None, c.say(_NONE.format(name=name, why=why_no_age(c, found.reason))))
    records = link("/records", ever(c.filters), behind(c, looked_at.item, looked_at.model))
    # Without a failure in hardly any time, a bound says nothing and squeezes the rest.
    shown = [cohort for cohort in found.cohorts if cohort.total.failures or cohort.total.expected >= 1]
    figure = dots([_dot(c, found, cohort, records) for cohort in shown], c.say(_AXIS), log=True)
    which = ", ".join(cohort_called(c, found, cohort) for cohort in found.named)
    words = _WORDS.format(
        name=name,
        n=count(found.n),
        grain=GRAINS[found.row_months],
        failures=count(found.total.failures),
        named=_NAMED.format(which=which) if which else "",
    )

    def table() -> Table:
        columns = (
            "in_service_from",
            "in_service_to",
            "pieces",
            "failures",
            "expected",
            "unit_months",
            "mtbf",
            "low",
            "high",
        )
        rows = [
            [v.first, v.last, v.n, v.total.failures, v.total.expected, v.total.exposure, *v.mtbf, v.is_named]
            for v in found.cohorts
        ]
        return Table((*columns, "named"), rows)

    return Drawn(figure, c.say(words), table, records)


CHART = Chart(
    Text(
        en="How long do pieces run between failures, by when they came into service?",
        zh="不同时期投用的件，平均多久发生一次故障？",
    ),
    Text(
        en="Unit-months at risk over relevant failures of the component, by when its pieces came into service (with their unit, or as a replacement), with two-sided 95 % bounds (χ², time-truncated); without a failure a one-sided lower bound, drawn as a triangle. Orange: fails more than its age explains, as in the Nevada chart. All months up to the period's end. Units by software version: see the time between failures among rates; lots by serial number are on the page of repeat failures.",
        zh="按投用时间（随设备装机或更换）统计的部件在役台·月除以关联故障数，双侧 95% 界限（χ²，定时截尾）；无故障时为单侧下限，以三角表示。橙色：故障多于役龄所能解释（同内华达图）。含时段截止前的全部月份。按软件版本的比较见“故障率与增长”中的平均故障间隔；按序列号的批次见“重复故障”页。",
    ),
    draw,
    480,
)
