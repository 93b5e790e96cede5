"""How much to keep in stock: holding a part costs, waiting for one costs more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.demand_distributions import Demand
from analysis.elementwise import answer, parameter, share, smallest
from analysis.result import Floats, Reason, Result, Values, reasons


@dataclass(frozen=True, eq=False, kw_only=True)
class StockLevel(Result):
    """A stock level and what it brings, expected per period (per order cycle, per day: as demand and costs are given).

    cost = holding_cost (of what is left) + waiting_cost (of what is short). critical_ratio = waiting/(waiting + holding),
    the probability with which the best level suffices; cycle_service = P(demand ≤ level), so that 1 − cycle_service is the
    risk of running out; fill_rate = the share of the demand that is met from the shelf.
    """

    level: Values
    cost: Values
    holding_cost: Values
    waiting_cost: Values
    critical_ratio: Values
    cycle_service: Values
    fill_rate: Values
    expected_short: Values
    expected_left: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class StockCost(Result):
    """The cost of each stock level of one part, split into holding and waiting; `best` is the cheapest of all levels."""

    levels: Floats
    cost: Floats
    holding_cost: Floats
    waiting_cost: Floats
    risk: Floats
    best: StockLevel


@dataclass(frozen=True, eq=False, kw_only=True)
class ReorderPoint(Result):
    """Order when stock on hand and on order, less what is owed, has fallen to `level`.

    safety_stock = level − mean demand over the lead time; cycle_service = P(that demand ≤ level).
    """

    level: Values
    safety_stock: Values
    cycle_service: Values
    fill_rate: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class OrderQuantity(Result):
    """An order quantity, its cost per unit of time, and the share of the demand that waits (0 where none may)."""

    quantity: Values
    cost: Values
    backorder_share: Values


def newsvendor(demand: Demand, *, holding: ArrayLike, waiting: ArrayLike) -> StockLevel:
    """How many to keep so that holding what is left and waiting for what is short cost least together.

    demand: over the period that the stock must last: one period, or with a base-stock policy that is reviewed every
    period and supplied after L periods, `demand.over(L + 1)`. holding, waiting: cost per unit left and per unit short at
    its end, above 0, per part where arrays (all arguments broadcast). With a price r, a purchase cost c and a salvage
    value v they are c − v and r − c (plus any further holding or goodwill cost), and the profit is (r − c) · mean − cost.

    The level is the smallest S with P(demand ≤ S) ≥ waiting/(waiting + holding), a whole number where demand is counted;
    assumes that what is short is supplied later (or lost) at a cost per unit, and no fixed cost of ordering. Snyder and
    Shen, Fundamentals of Supply Chain Theory, 2nd ed., §4.3. reason: no_demand where nothing is ever asked for, missing
    where a parameter is not known. Raises ValueError for costs that are not above 0.
    """
    ratio = _critical_ratio(holding, waiting)
    return newsvendor_cost(_quantile(demand, ratio), demand, holding=holding, waiting=waiting)


def newsvendor_cost(level: ArrayLike, demand: Demand, *, holding: ArrayLike, waiting: ArrayLike) -> StockLevel:
    """What any stock level costs; arguments and result as of `newsvendor`, where `level` broadcasts with the others."""
    level = parameter(level, "level")
    ratio = _critical_ratio(holding, waiting)
    h, p = np.asarray(holding, dtype=np.float64), np.asarray(waiting, dtype=np.float64)
    short, left = demand.loss(level), demand.left(level)
    return answer(
        StockLevel,
        f"newsvendor, {_name(demand)}",
        _reasons(demand, level + h + p),
        n=demand.observations,
        level=level,
        cost=h * left + p * short,
        holding_cost=h * left,
        waiting_cost=p * short,
        critical_ratio=ratio,
        cycle_service=demand.cdf(level),
        fill_rate=np.maximum(1 - _over(short, demand.mean), 0.0),
        expected_short=short,
        expected_left=left,
    )


def stock_cost(
    demand: Demand, *, holding: float, waiting: float, levels: ArrayLike | None = None, upto: float = 0.999
) -> StockCost:
    """What holding and waiting cost over the stock levels of one part: the curve that shows why the best level is best.

    levels: which; None for 0, 1, 2 … up to the demand that is not exceeded with probability `upto`, at most 1,000 of
    them (201 in equal steps where demand is measured). `risk` is the probability to run out. Method, assumptions and errors as of `newsvendor`.
    """
    if demand.mean.ndim or np.ndim(holding) or np.ndim(waiting):
        raise ValueError("stock_cost draws the curve of one part; newsvendor_cost takes levels for many")
    best = newsvendor(demand, holding=holding, waiting=waiting)
    if levels is None:
        top = np.nan_to_num(float(_quantile(demand, share(upto, "upto"))), nan=0.0)
        top = max(top, best.level or 0.0, 1.0 if demand.whole_units else 0.0)
        counted = np.arange(0.0, np.ceil(top) + 1, max(1.0, np.ceil(top / 1000)))
        levels = counted if demand.whole_units else np.linspace(0.0, top, 201)
    at = newsvendor_cost(np.atleast_1d(np.asarray(levels, dtype=np.float64)), demand, holding=holding, waiting=waiting)
    return StockCost(
        n=best.n,
        method=best.method,
        reason=best.reason,
        levels=at.level,
        cost=at.cost,
        holding_cost=at.holding_cost,
        waiting_cost=at.waiting_cost,
        risk=1 - at.cycle_service,
        best=best,
    )


def reorder_point(
    demand: Demand,
    *,
    cycle_service: ArrayLike | None = None,
    fill_rate: ArrayLike | None = None,
    order_quantity: ArrayLike = 1.0,
) -> ReorderPoint:
    """How low stock may fall before one orders, so that a service level is kept.

    demand: over the lead time (`lead_time_demand` where that varies too). Exactly one target, between 0 and 1, per part
    where an array: cycle_service (type 1, α), the probability of no shortage before the delivery comes; or fill_rate
    (type 2, β), the share of the demand that is met from the shelf when `order_quantity` is ordered each time.

    Fill rate of the (r, Q) policy with backorders: 1 − [n(r) − n(r + Q)]/Q, n the loss function; many books leave n(r + Q)
    out, which understates it where Q is small (Nahmias; Chopra and Meindl). With Q = 1 and counted demand it is
    P(demand ≤ r), the fill rate of the base stock r + 1. The level is the smallest that keeps the target, a whole number
    where demand is counted. Silver, Pyke and Thomas, Inventory and Production Management, 4th ed., §6.7–6.9 and §6.10.
    It is below 0 where so much is ordered at once that even a shortage before each delivery keeps the fill rate.
    reason: no_demand where nothing is asked for (or the lead time is 0: order when the stock is gone), missing where a
    parameter is not known (a lead time, for instance). Raises ValueError for a target outside (0, 1), none or two targets, or a quantity that is not above 0.
    """
    if (cycle_service is None) == (fill_rate is None):
        raise ValueError("give one target: cycle_service or fill_rate")
    quantity = parameter(order_quantity, "order_quantity", above=0.0)
    if cycle_service is not None:
        target = share(cycle_service, "cycle_service")
        level, method = _quantile(demand, target), "cycle service"
    else:
        target = share(np.asarray(fill_rate, dtype=np.float64), "fill_rate")
        level, method = _level_for_fill_rate(demand, target, quantity), "fill rate"
    return answer(
        ReorderPoint,
        f"reorder point for a {method}, {_name(demand)}",
        _reasons(demand, target + quantity),
        n=demand.observations,
        level=level,
        safety_stock=level - demand.mean,
        cycle_service=demand.cdf(level),
        fill_rate=fill_rate_of(demand, level, quantity),
    )


def fill_rate_of(demand: Demand, reorder_point: ArrayLike, order_quantity: ArrayLike) -> Floats:
    """The share of the demand that an (r, Q) policy with backorders meets from the shelf; demand is over the lead time."""
    r, q = np.asarray(reorder_point, dtype=np.float64), np.asarray(order_quantity, dtype=np.float64)
    return 1 - (demand.loss(r) - demand.loss(r + q)) / q


def economic_order_quantity(
    rate: ArrayLike,
    *,
    fixed: ArrayLike,
    holding: ArrayLike,
    waiting: ArrayLike | None = None,
    order_quantity: ArrayLike | None = None,
) -> OrderQuantity:
    """How many to order at once when demand is steady: √(2 · fixed · rate/holding), the formula of Harris and Wilson.

    rate: demand per unit of time; fixed: cost per order; holding: per unit and unit of time. With `waiting` (per unit owed
    and unit of time) demand may wait (EOQB): the quantity is larger by √((holding + waiting)/waiting), and the share
    holding/(holding + waiting) of the demand waits. With `order_quantity` the cost of that quantity instead of the best.
    cost: ordering, holding and waiting per unit of time. Snyder and Shen, 2nd ed., §3.2 and §3.5. reason: no_demand, or
    missing where a parameter is not known. Raises ValueError for a negative rate or other arguments that are not above 0.
    """
    rate = parameter(rate, "rate", least=0.0)
    k, h = parameter(fixed, "fixed", above=0.0), parameter(holding, "holding", above=0.0)
    waits = np.zeros_like(h) if waiting is None else h / (h + parameter(waiting, "waiting", above=0.0))
    p = np.zeros_like(h) if waiting is None else np.asarray(waiting, dtype=np.float64)
    # Per unit ordered, holding and waiting cost this much per unit of time: h(1 − x)²/2 + p x²/2 with the best share x.
    slope = (h * (1 - waits) ** 2 + p * waits**2) / 2
    best = np.sqrt(k * rate / slope)
    quantity = best if order_quantity is None else parameter(order_quantity, "order_quantity", above=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = slope * quantity + k * rate / quantity
    unknown = np.isnan(rate + slope + quantity + k)
    reason = reasons(unknown.shape, (unknown, Reason.MISSING), (np.asarray(rate == 0), Reason.NO_DEMAND))
    return answer(
        OrderQuantity,
        "economic order quantity" + ("" if waiting is None else " with backorders"),
        reason,
        n=0,
        quantity=quantity,
        cost=cost,
        backorder_share=waits,
    )


def _critical_ratio(holding: ArrayLike, waiting: ArrayLike) -> Floats:
    h, p = parameter(holding, "holding", above=0.0), parameter(waiting, "waiting", above=0.0)
    return p / (p + h)


def _quantile(demand: Demand, p: ArrayLike) -> Floats:
    """The quantile; nothing where nothing is asked for, which has none to search for."""
    return np.where(demand.mean == 0, 0.0, demand.quantile(p))


def _level_for_fill_rate(demand: Demand, target: Floats, quantity: Floats) -> Floats:
    """The smallest reorder point whose fill rate is at least the target."""
    mean, sd = demand.mean, demand.sd
    # n(r) ≤ (1 − target) Q suffices; and n(r) ≤ sd²/(4(r − mean)) above the mean.
    allowed = (1 - target) * quantity
    # One unit more than the bound, so that whole numbers and no spread at all fit in between.
    high = np.ceil(mean + sd**2 / (4 * allowed) + 1)
    # At r = mean − Q all but nothing of the cycle is spent short, one deviation lower even less is met.
    low = np.floor(mean - quantity - sd * 10 - 1)
    shape = np.broadcast_shapes(high.shape, low.shape)
    return smallest(
        lambda r: fill_rate_of(demand, r, quantity) >= target * (1 - 1e-13),
        np.broadcast_to(low, shape),
        np.broadcast_to(high, shape),
        whole=demand.whole_units,
    )


def _over(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return part / whole


def _reasons(demand: Demand, others: Floats) -> NDArray[np.str_]:
    """Why there is no decision: a parameter of the demand or another (a sum of all that must be known) is missing."""
    known = demand.mean + demand.sd + others
    return reasons(known.shape, (np.isnan(known), Reason.MISSING), (np.asarray(demand.mean <= 0), Reason.NO_DEMAND))


def _name(demand: Demand) -> str:
    words = {"NegativeBinomialDemand": "negative binomial"}
    kind = type(demand).__name__
    return f"{words.get(kind, kind.removesuffix('Demand').lower())} demand"
