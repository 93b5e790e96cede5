"""How many failures has a unit had by an age, and is one model worse?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.trends import Banded, bands
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import NO_FAILURE, behind, called, ever, look, why_no_age
from warehouse.failure_models import MOST_CURVES, curves, months_of
from warehouse.metrics.wording import UNKNOWN, count, share

_WORDS = Text(
    en="{name}: n = {n} failures of {units} units, by model. {late} of the units were in service when the records began and count from the age they had. A straight line is a constant rate, one that bends upwards is wear.{more}",
    zh="{name}：{units} 台设备故障 n = {n}，按型号。其中 {late} 在记录开始时已在役，自当时役龄起计。直线表示故障率恒定，向上弯曲表示磨损。{more}",
)
_MORE = Text(
    en=" The {shown} models with most units are drawn, {left} are left out.",
    zh="只画设备最多的 {shown} 个型号，另有 {left} 个未画出。",
)
_NO_CHART = Text(en="{name}: no curve: {why}.", zh="{name}：无曲线：{why}。")
_AXIS = Text(en="age in months", zh="役龄（月）")


def draw(c: Context) -> Drawn:
    """The mean cumulative function of what the page looks at, by model."""
    seen = look(c)
    if seen is None:
        return Drawn(None, c.say(NO_FAILURE))
    found, name = curves(c.reading, ever(c.filters), seen.item), called(c, seen.item)
    if found.reason:
        return Drawn(None, c.say(_NO_CHART.format(name=name, why=why_no_age(c, found.reason))))
    groups = [
        Banded(
            curve.model or c.say(UNKNOWN),
            [months_of(age) for age in curve.ages],
            curve.value,
            curve.low,
            curve.high,
            link("/records", ever(c.filters), behind(c, seen.item, curve.model)),
        )
        for curve in found.curves
    ]
    words = _WORDS.format(
        name=name,
        n=count(found.n),
        units=count(sum(curve.units for curve in found.curves)),
        late=share(found.late),
        more=_MORE.format(shown=MOST_CURVES, left=found.left_out) if found.left_out else "",
    )

    def table() -> Table:
        rows = [
            [curve.model, curve.units, *row]
            for curve in found.curves
            for row in zip(curve.ages, curve.value, curve.low, curve.high, strict=True)
        ]
        return Table(("model", "units", "age_days", "failures_per_unit", "low", "high"), rows)

    return Drawn(
        bands(groups, c.say(_AXIS)), c.say(words), table, link("/records", ever(c.filters), behind(c, seen.item))
    )


CHART = Chart(
    Text(en="How many failures has a unit had by its age?", zh="设备到某一役龄平均故障几次？"),
    Text(
        en="Mean cumulative function (Nelson) of the relevant failures of the component, with pointwise 95 % bounds from the variance between units (Lawless–Nadeau). Units enter at the age from which the records watch them; drawn for ages that five units at least have reached. All records up to the period's end; units without a date of installation have no age.",
        zh="该部件关联故障的平均累积函数（Nelson），逐点 95% 界限取自设备间方差（Lawless–Nadeau）。设备自记录开始观察时的役龄进入；只画至少五台设备达到的役龄。含时段截止前的全部记录；无装机日期的设备没有役龄。",
    ),
    draw,
    480,
)
