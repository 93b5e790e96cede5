"""What the page of repeat failures looks at among corrective actions, and words that its charts and tables share."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from analysis.effectiveness import Verdict
from bilingual.text import Text
from dashboards.address import link
from dashboards.components.badge import State
from dashboards.context import Context
from dashboards.repeat_words import PATH
from dashboards.trends_look import number
from warehouse.actions import Action, Effect, Effects, Rules, Side, effects
from warehouse.failure_months import DAYS_PER_MONTH
from warehouse.filters import Filters
from warehouse.records import Selection

VERDICTS: dict[Verdict, tuple[State, Text]] = {
    Verdict.EFFECTIVE: ("good", Text(en="effective", zh="有效")),
    Verdict.NOT_EFFECTIVE: ("bad", Text(en="not effective", zh="无效")),
    Verdict.TOO_EARLY: ("neutral", Text(en="too early", zh="为时尚早")),
}
NO_ACTIONS = Text(
    en="No corrective action with a date of implementation is on record. A source that delivers them would fill this: the list of actions (entity “action”: number, kind, due dates, date of implementation) and what each is about (component or failure mode, product line), there or in its report (entity “fracas_report”).",
    zh="没有带实施日期的纠正措施记录。提供下列数据即可填充：措施台账（实体 action：编号、类型、期限、实施日期），以及每项措施的对象（部件或故障模式、产品线），可写在台账或其故障报告（实体 fracas_report）中。",
)
NO_UNITS = Text(
    en="{n} corrective actions were implemented by then, but of none it is known what it is about, or no unit of it is in this selection.",
    zh="届时已实施 {n} 项纠正措施，但均未说明对象，或当前筛选下没有相应设备。",
)
UNIT_MONTHS = {
    True: Text(en="unit-months", zh="台·月"),
    False: Text(en="months (no units on record)", zh="个月（无设备记录）"),
}
DEFINITION = Text(
    en="Relevant failures of what the action is about (component, failure mode, product line, model, as far as it or its report says) per unit-month in service, as many days before as after the day of implementation (setting effect_window_days). The days before its report was submitted (effect_trigger_days) are left out: a bad month sets an action off and a better one follows anyway. Ratio after ÷ before with the exact 95 % interval (conditional binomial). Effective: the interval lies below 1 and does not exclude the goal (effect_goal). Not effective: it excludes the goal, or the time in service would have been enough to show an action that reaches it (power 80 %). Else too early. Until the days after are full, a verdict may still change. Units count from their installation or the first record. All actions up to the period's end, whose start does not apply; places narrow down failures and units, priority and service kind failures only. Other changes in the same time are not told apart.",
    zh="措施对象（措施或其报告所述的部件、故障模式、产品线、型号）的关联故障除以在役台·月，比较实施日前后相同的天数（设置项 effect_window_days）；报告上报前若干天（effect_trigger_days）不计入，因为异常月份引发措施，其后本会回落。措施后 ÷ 措施前的比值附精确 95% 区间（条件二项）。有效：区间低于 1 且不排除目标（effect_goal）；无效：区间排除目标，或在役时间已足以显示达标的措施（功效 80%）；否则为时尚早。措施后天数未满前结论可能变化。设备自装机或首条记录起计。含时段截止前的全部措施，时段起点不适用；地点类筛选作用于故障与设备，优先级与服务类别只作用于故障。同期的其他变化未加区分。",
)


def rules(c: Context) -> Rules:
    """How this house judges its actions."""
    return Rules.of(c.home.settings)


def found_effects(c: Context) -> Effects:
    """The judged actions."""
    return effects(c.reading, c.filters, rules(c))


def picked(c: Context) -> str | None:
    """The action that the address looks at if it is a judged one, else the first of them."""
    known = [effect.action.action_id for effect in found_effects(c).judged]
    asked = c.query.argument("look")
    return asked if asked in known else known[0] if known else None


def looking_at(c: Context, action: Action) -> str:
    """The page looking at an action."""
    return link(PATH, c.filters, c.query.selection, **{**c.query.choices, "look": action.action_id})


def about(action: Action) -> str:
    """What an action is about."""
    parts = [action.component or action.failure_mode, *([action.model] if action.model else [])]
    return " · ".join(parts)


def behind(action: Action) -> Selection:
    """The tickets of the failures that an action is about."""
    return Selection(
        component=action.component or None, failure_mode=action.failure_mode or None, model=action.model or None
    )


def tickets_of(c: Context, action: Action, first: dt.date, last: dt.date) -> str:
    """The address of the tickets behind the failures of an action in the days [first, last)."""
    lines = (action.product_line,) if action.product_line else c.filters.product_line
    chosen: Filters = replace(c.filters, start=first, end=last - dt.timedelta(days=1), product_line=lines)
    return link("/records", chosen, behind(action))


def months(side: Side) -> str:
    """The exposure of a side in unit-months."""
    return number(side.exposure / DAYS_PER_MONTH)


def ratio_in_words(effect: Effect) -> str:
    """The ratio with its interval, its open bounds as such."""
    if effect.ratio is None and effect.low is None:
        return "—"
    value = "—" if effect.ratio is None else f"{effect.ratio:.2f}"
    low, high = ("∞" if v is None else f"{v:.2f}" for v in (effect.low, effect.high))
    return f"{value} ({low} – {high})"
