"""Which corrective actions worked?"""

from __future__ import annotations

from analysis.effectiveness import Verdict
from bilingual.text import Text
from dashboards.action_words import (
    DEFINITION,
    NO_ACTIONS,
    NO_UNITS,
    UNIT_MONTHS,
    VERDICTS,
    about,
    found_effects,
    looking_at,
    months,
    ratio_in_words,
    rules,
)
from dashboards.components.badge import SIGNS
from dashboards.context import Context
from dashboards.figures.look import BACKLOG, CLOSED, MUTED
from dashboards.figures.trends import Dot, dots
from dashboards.page import Chart, Drawn, Table
from dashboards.repeat_words import shortened
from warehouse.actions import Effect, Effects
from warehouse.metrics.wording import count

MOST = 20
_COLOURS = {Verdict.EFFECTIVE: CLOSED, Verdict.NOT_EFFECTIVE: BACKLOG, Verdict.TOO_EARLY: MUTED}
QUESTION = Text(en="Which corrective actions worked?", zh="哪些纠正措施有效？")
_WORDS = Text(
    en="Of {n} corrective actions implemented by the end of the period {good} are effective, {bad} not effective (✕); of {early} it is too early to say (○). Compared are {window} days before and after; the goal is a ratio of at most {goal} (dashed), 1 is no change.{waiting}{unclear}{more}",
    zh="期末前实施的 {n} 项纠正措施中，有效 {good} 项，无效（✕）{bad} 项，为时尚早（○）{early} 项。比较实施前后各 {window} 天；目标比值不超过 {goal}（虚线），1 表示没有变化。{waiting}{unclear}{more}",
)
_WAITING = Text(en=" {n} more are not implemented yet.", zh="另有 {n} 项尚未实施。")
_UNCLEAR = Text(
    en=" Of {n} nobody says what they are about, or no unit of them is in this selection.",
    zh="有 {n} 项未说明对象，或当前筛选下没有相应设备。",
)
_MORE = Text(en=" {n} are not drawn; the table has all.", zh="{n} 项未画出，详见表格。")
_AXIS = Text(en="failure rate after ÷ before", zh="故障率：措施后 ÷ 措施前")
_HOVER = Text(
    en="{action}: {verdict}<br>{about}<br>implemented {day}<br>ratio {ratio}, 95 %<br>before: {b} failures in {eb} {unit}<br>after: {a} failures in {ea} {unit}",
    zh="{action}：{verdict}<br>{about}<br>实施 {day}<br>比值 {ratio}，95%<br>措施前：{eb} {unit}内 {b} 次故障<br>措施后：{ea} {unit}内 {a} 次故障",
)


def nothing(c: Context, found: Effects) -> str:
    """Why there is no action to show."""
    return c.say(NO_UNITS.format(n=count(found.unclear)) if found.unclear else NO_ACTIONS)


def words(c: Context, found: Effects, drawn: int) -> str:
    """How many worked."""
    return c.say(
        _WORDS.format(
            n=count(len(found.judged)),
            good=count(found.of(Verdict.EFFECTIVE)),
            bad=count(found.of(Verdict.NOT_EFFECTIVE)),
            early=count(found.of(Verdict.TOO_EARLY)),
            window=rules(c).window,
            goal=f"{rules(c).goal:g}",
            waiting=_WAITING.format(n=count(found.waiting)) if found.waiting else "",
            unclear=_UNCLEAR.format(n=count(found.unclear)) if found.unclear else "",
            more=_MORE.format(n=count(len(found.judged) - drawn)) if len(found.judged) > drawn else "",
        )
    )


def table_of(found: Effects) -> Table:
    """All judged actions, as they are exported."""
    columns = (
        "action_id", "verdict", "implemented_on", "component", "failure_mode", "product_line", "model", "failures_before",
        "unit_days_before", "failures_after", "unit_days_after", "ratio", "low", "high", "left_out_failures",
        "recorded_verdict", "description", "owner",
    )  # fmt: skip
    rows = [
        [
            e.action.action_id, str(e.verdict), e.action.implemented_on, e.action.component, e.action.failure_mode,
            e.action.product_line, e.action.model, e.before.failures, e.before.exposure, e.after.failures,
            e.after.exposure, e.ratio, e.low, e.high, e.trigger.failures if e.trigger else None, e.action.said,
            e.action.description, e.action.owner,
        ]
        for e in found.judged
    ]  # fmt: skip
    return Table(columns, rows)


def _dot(c: Context, effect: Effect, unit: str) -> Dot:
    action = effect.action
    state, verdict = VERDICTS[effect.verdict]
    hover = _HOVER.format(
        action=action.action_id, verdict=verdict, about=about(action), day=action.implemented_on, ratio=ratio_in_words(effect),
        b=count(effect.before.failures), eb=months(effect.before), a=count(effect.after.failures), ea=months(effect.after),
        unit=unit,
    )  # fmt: skip
    return Dot(
        f"{SIGNS[state]} {action.action_id}<br>{shortened(about(action))}",
        effect.ratio, effect.low, effect.high, _COLOURS[effect.verdict], looking_at(c, action), c.say(hover),
    )  # fmt: skip


def draw(c: Context) -> Drawn:
    """The ratio of each action with its interval against no change, and the goal."""
    found = found_effects(c)
    if not found.judged:
        return Drawn(None, nothing(c, found))
    shown = found.judged[:MOST]
    unit = c.say(UNIT_MONTHS[found.per_unit])
    figure = dots([_dot(c, effect, unit) for effect in shown], c.say(_AXIS), against=1.0)
    goal = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": rules(c).goal, "x1": rules(c).goal}
    figure["layout"]["shapes"].append({**goal, "line": {"color": CLOSED, "width": 1, "dash": "dash"}})
    # An interval without end, or nearly so, must not squeeze all others.
    top = max([2.0, *(1.5 * (e.ratio or 0.0) for e in shown)])
    figure["layout"]["xaxis"]["range"] = [0, min(top, max([1.2, *(e.high or top for e in shown)]) * 1.05)]
    return Drawn(figure, words(c, found, len(shown)), lambda: table_of(found))


CHART = Chart(QUESTION, DEFINITION, draw, 560)
