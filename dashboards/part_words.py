"""What the methods, classes and flags of spare parts are called, and what is shown of parts."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from warehouse.filters import Filters
from warehouse.metrics.wording import share
from warehouse.part_meters import DAYS
from warehouse.parts import SERVICES, Costs, Flag, Part, Plan, plan

PATH = "/parts"
SERVICE = 0.95

METHODS = {
    "ses": Text(en="exponential smoothing", zh="指数平滑（SES）"),
    "croston": Text(en="Croston", zh="Croston 法"),
    "sba": Text(en="Syntetos–Boylan", zh="SBA 法"),
    "sbj": Text(en="Shale–Boylan–Johnston", zh="SBJ 法"),
    "tsb": Text(en="Teunter–Syntetos–Babai", zh="TSB 法"),
    "adida": Text(en="smoothing of blocks (ADIDA)", zh="聚合平滑（ADIDA）"),
    "imapa": Text(en="blocks of several lengths (IMAPA)", zh="多级聚合（IMAPA）"),
    "moving_average": Text(en="mean of 18 months", zh="18 个月移动平均"),
    "empirical_bootstrap": Text(en="as in the last 24 months", zh="近 24 个月经验分布"),
    "seasonal_naive": Text(en="as a year ago", zh="去年同月"),
    "seasonal_ses": Text(en="smoothing with a factor per month", zh="季节指数平滑"),
    "ses, chosen": Text(en="exponential smoothing, own constant", zh="指数平滑（常数择优）"),
    "sba, chosen": Text(en="Syntetos–Boylan, own constant", zh="SBA 法（常数择优）"),
    "tsb, chosen": Text(en="Teunter–Syntetos–Babai, own constant", zh="TSB 法（常数择优）"),
    "naive": Text(en="as last month", zh="与上月相同"),
    "zero": Text(en="nothing at all", zh="零预测"),
    "": Text(en="—", zh="—"),
}
KINDS = {
    "smooth": Text(en="smooth", zh="平稳"),
    "erratic": Text(en="erratic", zh="波动"),
    "intermittent": Text(en="intermittent", zh="间断"),
    "lumpy": Text(en="lumpy", zh="块状"),
    "": Text(en="—", zh="—"),
}
FLAGS: dict[Flag, Text] = {
    "out": Text(en="running out", zh="将断货"),
    "order": Text(en="to order", zh="应订货"),
    "obsolescent": Text(en="dying out", zh="趋于淘汰"),
    "dead": Text(en="dead stock", zh="呆滞"),
    "excess": Text(en="more than a year", zh="超储"),
    "seasonal": Text(en="seasonal", zh="季节性"),
}
ALL_PARTS = Text(en="all parts", zh="全部备件")
WAITED = Text(en="not filled at once", zh="未即时满足")
_DAYS = Text(en="days", zh="天")


def number(value: float | None, decimals: int = 0) -> str:
    """A number with its thousands marked; a dash where there is none."""
    return "—" if value is None else f"{value:,.{decimals}f}"


def chance(value: float | None) -> Text:
    """A probability in percent, with what is too small or too large to show said so."""
    if value is None:
        return Text(en="—", zh="—")
    if value < 0.0005:
        return Text(en="< 0.1 %", zh="< 0.1%")
    if value > 0.9995:
        return Text(en="> 99.9 %", zh="> 99.9%")
    return share(value)


def level_of(service: float) -> Text:
    """A level of service in percent."""
    return Text(en=f"{service * 100:.0f} %", zh=f"{service * 100:.0f}%")


def service_of(c: Context) -> float:
    """The level of service that the address asks for, if it is one that is offered."""
    offered = {f"{s * 100:.0f}": s for s in SERVICES}
    return offered.get(c.query.argument("service") or "", SERVICE)


def costs_of(c: Context) -> Costs:
    """What holding, waiting and ordering cost in this installation."""
    s = c.home.settings
    return Costs(s.holding_cost_per_year, s.waiting_cost_per_day, s.order_cost)


def plan_of(c: Context) -> Plan:
    """The plan for the level of service of the address."""
    return plan(c.reading, service_of(c), costs_of(c), c.home.settings.dead_stock_months)


def part_of(c: Context) -> Part | None:
    """The part that the page looks at: the one of the address, else the first of the plan."""
    return plan_of(c).find(c.query.argument("look"))


def here(c: Context, filters: Filters | None = None, path: str = PATH, **choices: str) -> str:
    """The address of this page (or of a file made from it) with some choices made anew; an empty one is taken away."""
    kept = {name: value for name, value in {**c.query.choices, **choices}.items() if value}
    return link(path, filters or c.filters, None, **kept)


def used_in(c: Context, use: str) -> str:
    """What use is counted in, as it stands in a sentence: days, or the unit of a meter."""
    return (c.say(_DAYS) if use == DAYS else c.coded("usage_unit", use)).lower()
