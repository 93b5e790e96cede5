"""What does it cost to hold one part, and what to wait for it?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.context import Context
from dashboards.figures.parts import CostNames, StockMark, stock_cost
from dashboards.page import Chart, Drawn, Table
from dashboards.part_words import chance, costs_of, level_of, part_of, service_of
from warehouse.metrics.wording import count
from warehouse.parts import cost_of_stock
from warehouse.reasons import why

_NO_PART = Text(en="No part is on record.", zh="没有备件记录。")
_NO_CURVE = Text(en="{part}: no cost can be given, {why}.", zh="{part}：无法计算成本，{why}。")
_WORDS = Text(
    en="{part}: {best} pieces to cover the lead time cost least, {cost} a year ({holding} holding, {waiting} waiting; the shelf suffices with probability {service}). {now}",
    zh="{part}：覆盖提前期以 {best} 件最省，每年 {cost}（持有 {holding}，等待 {waiting}；够用概率 {service}）。{now}",
)
_NOW = Text(en="With the {level} on hand it is {cost} a year.", zh="按现有 {level} 件计，每年 {cost}。")
_BEYOND = Text(
    en="The {level} on hand are more than the chart shows: {cost} a year for holding them.",
    zh="现有 {level} 件超出图示范围：仅持有成本每年 {cost}。",
)
_UNKNOWN = Text(en="What is on hand is not on record.", zh="没有现存量记录。")
_BEST = Text(en="cheapest: {level}", zh="最省：{level}")
_HAND = Text(en="on hand: {level}", zh="现存：{level}")
_POINT = Text(en="{service}: {level}", zh="{service}：{level}")
_NAMES = (
    Text(en="together", zh="合计"),
    Text(en="holding", zh="持有"),
    Text(en="waiting", zh="等待"),
    Text(en="pieces on hand and on order", zh="在库与在途件数"),
    Text(en="cost a year", zh="每年成本"),
)


def draw(c: Context) -> Drawn:
    """The cost a year over the stock, with the cheapest, the stock for the service chosen, and what is there."""
    part = part_of(c)
    if part is None:
        return Drawn(None, c.say(_NO_PART))
    costs = costs_of(c)
    found = cost_of_stock(c.reading, part.part_no, costs)
    if found.curve is None:
        return Drawn(None, c.say(_NO_CURVE.format(part=part.title, why=why(found.reason))))
    curve, best = found.curve, found.curve.best
    levels = curve.levels.tolist()
    at = dict(zip(levels, curve.cost.tolist(), strict=True))
    marks = [StockMark(c.say(_BEST.format(level=count(best.level))), best.level, best.cost)]
    # Ordering one for one, the reorder point leaves one piece more to cover the lead time.
    point = None if part.reorder is None else part.reorder + 1
    if point in at and point != best.level:
        words = _POINT.format(service=level_of(service_of(c)), level=count(point or 0))
        marks.append(StockMark(c.say(words), point or 0.0, at[point or 0.0]))
    if part.on_hand is None:
        now = _UNKNOWN
    elif part.on_hand in at:
        now = _NOW.format(level=count(part.on_hand), cost=count(at[part.on_hand]))
        if part.on_hand not in (best.level, point):
            marks.append(StockMark(c.say(_HAND.format(level=count(part.on_hand))), part.on_hand, at[part.on_hand]))
    else:
        holding = (part.on_hand - (part.expected or 0.0)) * (part.unit_cost or 0.0) * costs.holding_per_year
        now = _BEYOND.format(level=count(part.on_hand), cost=count(holding))
    figure = stock_cost(
        levels,
        curve.cost.tolist(),
        curve.holding_cost.tolist(),
        curve.waiting_cost.tolist(),
        marks,
        CostNames(*(c.say(name) for name in _NAMES)),
    )
    words = _WORDS.format(
        part=part.title,
        best=count(best.level),
        cost=count(best.cost),
        holding=count(best.holding_cost),
        waiting=count(best.waiting_cost),
        service=chance(best.cycle_service),
        now=now,
    )

    def table() -> Table:
        rows = zip(levels, curve.cost, curve.holding_cost, curve.waiting_cost, curve.risk, strict=True)
        return Table(("pieces", "cost", "holding", "waiting", "risk"), [[float(v) for v in row] for row in rows])

    return Drawn(figure, c.say(words), table)


CHART = Chart(
    Text(en="What does holding cost, and what waiting?", zh="备着的成本与等待的成本各是多少？"),
    Text(
        en="Expected cost a year of each stock that covers the lead time, when each piece used is ordered again at once: holding what is left (share of the unit cost a year) and waiting for what is short (money per piece and day). Rates: holding_cost_per_year and waiting_cost_per_day in faultloop.yaml. The forecast of the lead time is taken as it stands today, whatever the period chosen.",
        zh="每用一件即补订一件时，覆盖提前期的各库存水平的年期望成本：剩余件的持有成本（占单价的年比例）与短缺件的等待成本（每件每天）。费率见 faultloop.yaml 的 holding_cost_per_year 与 waiting_cost_per_day。提前期需求取当前预测，与所选时段无关。",
    ),
    draw,
    300,
)
