"""What stands beside a measure's value: its target and whether that is met, and failed checks that cast a doubt on it."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.components.badge import badge
from dashboards.context import Context
from dashboards.page import Component
from dashboards.plain import dcc, html
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import spoken
from warehouse.quality_reads import Concern, touched
from warehouse.targets import Goal, is_met

_MET = Text(en="met", zh="达成")
_MISSED = Text(en="not met", zh="未达成")
_UNJUDGED = Text(en="no direction", zh="不判定")
_OF_PERIOD = Text(en="Target of {period}", zh="{period} 目标")
_PART = Text(en=", as much of it as the days so far make up", zh="，按已过天数折算")
_NO_TARGET = Text(en="no target on record", zh="无目标记录")
_TARGET = Text(en="target ", zh="目标 ")
_DOUBT = Text(en="{n} checks failed", zh="{n} 项检查未通过")
# A check that a few rows of a hundred do not meet says little about a measure.
_DOUBTED_SHARE = 0.01


def target_of(c: Context, measure: Measure, value: Value, wanted: Goal | None) -> Component:
    """The target with its direction, and whether it is met; a dash where nobody said."""
    if wanted is None:
        return html.Span("—", className="quiet", title=c.say(_NO_TARGET))
    whence = c.say(_OF_PERIOD.format(period=wanted.period)) + (c.say(_PART) if wanted.is_part else "")
    aim = c.say(spoken(measure, wanted.value))
    sign = {"higher": "≥ ", "lower": "≤ "}.get(measure.better or "", "")
    met = is_met(measure, value, wanted)
    if met is None:
        return [f"{aim} ", badge("neutral", c.say(_UNJUDGED), whence)]
    return [f"{sign}{aim} ", badge("good" if met else "bad", c.say(_MET if met else _MISSED), whence)]


def notes(c: Context, measure: Measure, value: Value, wanted: Goal | None) -> list[Component]:
    """The lines under the value on its card: the target where there is one, and grave doubts about the data behind it."""
    lines: list[Component] = []
    if wanted is not None:
        lines.append(
            html.P([html.Span(c.say(_TARGET)), html.Span(target_of(c, measure, value, wanted))], className="quiet")
        )
    if doubts := [d for d in touched(c.reading).get(measure.name, ()) if _is_grave(d)]:
        title = "\n".join(d.zh if c.language == "zh" else d.en for d in doubts)
        words = c.say(_DOUBT.format(n=len(doubts)))
        lines.append(html.P(dcc.Link(badge("warning", words, title), href="/quality")))
    return lines


def _is_grave(doubt: Concern) -> bool:
    # Rows in quarantine are left out of the measure; that matters where they are many.
    is_blocking = doubt.severity == "critical" and doubt.status != "quarantined"
    return is_blocking or doubt.failed >= _DOUBTED_SHARE * max(doubt.checked, 1)
