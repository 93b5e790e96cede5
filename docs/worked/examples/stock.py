"""How many of a part should lie in stock?"""

from __future__ import annotations

import numpy as np

from analysis.demand import tsb
from analysis.periodic_review import s_s_policy, s_s_power_approximation
from analysis.reorder_policies import r_q_approximation, r_q_cost, r_q_per_shortage, r_q_policy
from analysis.spares import allocate_spares, availability, expected_backorders, metric, metric_allocation
from analysis.stock import economic_order_quantity, newsvendor, reorder_point, stock_cost
from docs.worked.example import Example
from docs.worked.organisation import MONTHS, SINCE, Organisation
from docs.worked.plots import AMBER, BLUE, GREY, axes, line

PART, LEAD_TIME, HOLDING, WAITING, ORDERING = "BR-1002", 2, 40.0, 900.0, 150.0


def example(organisation: Organisation) -> Example:
    """Reorder point for a service level, and the cost of holding against waiting."""
    rows = organisation.columns("demand_by_month", since=SINCE, months=MONTHS)
    own = rows["part_no"] == PART
    demand = np.zeros(MONTHS)
    demand[rows["month"][own]] = rows["quantity"][own]
    forecast = tsb(demand)
    ahead = forecast.over(LEAD_TIME)
    points = {level: reorder_point(ahead, cycle_service=level) for level in (0.9, 0.95, 0.99)}
    cost = stock_cost(ahead, holding=HOLDING, waiting=WAITING)
    policy = r_q_policy(ahead, rate=forecast.mean, holding=HOLDING, waiting=WAITING, fixed=ORDERING)
    told = "\n".join(
        f"| {level:.0%} | {point.level:.0f} | {point.safety_stock:.1f} | {point.fill_rate:.1%} |"
        for level, point in points.items()
    )
    text = f"""
Part {PART} is used {forecast.mean:.1f} times a month; a delivery takes {LEAD_TIME} months, in which {ahead.mean:.1f} are expected and, with
95 % certainty, no more than {ahead.quantile(0.95):.0f}.

| no shortage in a cycle | order at | safety stock | filled at once |
|---|---|---|---|
{told}

Where a piece on the shelf costs {HOLDING:.0f} a month and a customer who waits {WAITING:.0f}, {cost.best.level:.0f} pieces to cover the lead time are
cheapest ({cost.best.cost:.0f} a month: {cost.best.holding_cost:.0f} holding, {cost.best.waiting_cost:.0f} waiting). With {ORDERING:.0f} an order on top: order
{policy.order_quantity:.0f} when {policy.reorder_point:.0f} are left, {policy.cost:.0f} a month.
"""
    figure = {
        "data": [
            line("cost", cost.levels, cost.cost, color=BLUE),
            line("holding", cost.levels, cost.holding_cost, color=GREY, dotted=True),
            line("waiting", cost.levels, cost.waiting_cost, color=AMBER, dotted=True),
        ],
        "layout": axes("pieces to cover the lead time", "cost a month", range=[0, 8 * cost.best.cost]),
    }
    return Example(
        name="stock",
        title="Stock",
        title_zh="库存",
        question="How many should lie in stock, when to order and how many?",
        question_zh="应备多少库存？何时订、订多少？",
        functions=(
            reorder_point,
            stock_cost,
            newsvendor,
            economic_order_quantity,
            r_q_policy,
            r_q_cost,
            r_q_approximation,
            r_q_per_shortage,
            s_s_policy,
            s_s_power_approximation,
            expected_backorders,
            availability,
            allocate_spares,
            metric,
            metric_allocation,
        ),
        text=text,
        figure=figure,
    )
