"""Where is the response within its target?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.bars import shares
from dashboards.page import Chart, Drawn, Table
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_by
from warehouse.metrics.wording import count, share
from warehouse.records import Selection

_MEASURE = "response_within_target"
NOTHING_DUE = Text(
    en="No call with a response target fell due in this selection. It takes the service zone of tickets or machines (field zone), a target for that zone (setting response_target_hours), and when somebody arrived (field arrived_at of the entity ticket).",
    zh="当前筛选下没有到期的、有响应目标的报修。需要：工单或设备的服务区（字段 zone）、该服务区的响应目标（设置 response_target_hours），以及到达时间（实体 ticket 的字段 arrived_at）。",
)
_WORDS = Text(
    en="{share} of {n} calls that fell due were answered in time. Targets: {targets}.",
    zh="期内到期的 {n} 次报修中 {share} 按时到达。目标：{targets}。",
)
_TARGET = Text(en="{zone} {hours:g} working hours", zh="{zone} {hours:g} 工作小时")
_KEPT = Text(en="within target", zh="达标")
_MISSED = Text(en="missed", zh="未达标")


def draw(c: Context) -> Drawn:
    """The share of calls answered in time per service zone."""
    whole = evaluate(c.reading, (_MEASURE,), c.filters)[_MEASURE]
    if whole.value is None:
        return Drawn(None, c.say(NOTHING_DUE))
    found = evaluate_by(c.reading, (_MEASURE,), c.filters, "zone")[_MEASURE]
    values = {zone: value for zone, value in found.items() if value.value is not None}
    kept = [v.value or 0.0 for v in values.values()]
    links = tuple(
        [link("/records", c.filters, Selection("response_due_on", zone=zone, response_met=met)) for zone in values]
        for met in (True, False)
    )
    figure = shares(
        [c.coded("zone", zone) for zone in values],
        kept,
        [1 - k for k in kept],
        (c.say(_KEPT), c.say(_MISSED)),
        [f"{c.say(share(v.value or 0.0))} · n = {count(v.n)}" for v in values.values()],
        (links[0], links[1]),
    )
    targets = c.home.settings.response_target_hours
    joint = "、" if c.language == "zh" else ", "
    spoken = joint.join(c.say(_TARGET).format(zone=c.coded("zone", z), hours=h) for z, h in targets.items())
    words = c.say(_WORDS.format(share=share(whole.value), n=count(whole.n), targets=spoken))
    rows = [[zone, v.value, v.numerator, v.denominator] for zone, v in values.items()]
    missed = link("/records", c.filters, Selection("response_due_on", response_met=False))
    return Drawn(figure, words, lambda: Table(("zone", _MEASURE, "kept", "due"), rows), missed)


CHART = Chart(
    Text(en="Where is the response within its target?", zh="哪些服务区的响应达标？"),
    measures()[_MEASURE].definition,
    draw,
    320,
)
