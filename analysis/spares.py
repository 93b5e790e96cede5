"""Spares that are repaired, not consumed: base stock by Palm's theorem, depot and bases by METRIC, shares of a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import loss_functions as lf
from analysis.demand_distributions import NegativeBinomialDemand
from analysis.elementwise import answer, parameter
from analysis.result import Floats, Ints, Reason, Result, Values, reasons

Approximation = Literal["VARI-METRIC", "METRIC"]
Number = TypeVar("Number", bound=np.generic)

# Stock beyond which less than this share of a backorder is left to save is not looked at.
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class Backorders(Result):
    """The service of a stock of s spares with X units in repair or on their way (the pipeline).

    expected_backorders: E[(X − s)⁺], units that are waited for at any time; backorder_variance: their variance;
    fill_rate = P(X ≤ s − 1), the share of demands met at once; ready_rate = P(X ≤ s), the share of time nobody waits;
    expected_on_hand: spares on the shelf.
    """

    stock: Values
    expected_backorders: Values
    backorder_variance: Values
    fill_rate: Values
    ready_rate: Values
    expected_on_hand: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class SparesPlan(Result):
    """What to buy with a budget. stock: spares by item; expected_backorders: by item with that stock; cost: of all of it.

    curve_cost and curve_backorders: every efficient point, from no spares on, summed over items: what more money would buy.
    """

    stock: Ints
    expected_backorders: Floats
    cost: float
    curve_cost: Floats
    curve_backorders: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkService(Result):
    """The service of a depot and its bases, by item: expected backorders of the depot, of each base, of all bases."""

    depot_backorders: Values
    base_backorders: Floats
    total_backorders: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkPlan(SparesPlan):
    """A plan for a depot and its bases: depot_stock by item, base_stock by item and base; `stock` is their sum."""

    depot_stock: Ints
    base_stock: Ints


@dataclass(frozen=True, eq=False)
class Network:
    """Who repairs what: a depot that serves bases, for each item. Arrays (items, bases) that broadcast, times in one unit.

    demand: failures per unit of time at each base, above 0 somewhere for each item; repaired_at_base: the share of them
    that the base repairs; base_repair_time; order_and_ship_time: from depot to base when the depot has one;
    depot_repair_time: shape (items,) or one number, with the way to the depot. Raises ValueError for negative numbers or
    shares above 1.
    """

    demand: Values
    repaired_at_base: Values
    base_repair_time: Values
    order_and_ship_time: Values
    depot_repair_time: Values

    def __post_init__(self) -> None:
        demand = parameter(self.demand, "demand", least=0.0)
        if demand.ndim != 2:
            raise ValueError(f"demand must have a row per item and a column per base, not shape {demand.shape}")
        for name in ("repaired_at_base", "base_repair_time", "order_and_ship_time"):
            values = parameter(getattr(self, name), name, least=0.0)
            object.__setattr__(self, name, np.broadcast_to(values, demand.shape))
        if (self.repaired_at_base > 1).any():
            raise ValueError(f"repaired_at_base must be a share, found {np.nanmax(self.repaired_at_base):g}")
        times = parameter(self.depot_repair_time, "depot_repair_time", least=0.0)
        object.__setattr__(self, "demand", demand)
        object.__setattr__(self, "depot_repair_time", np.broadcast_to(times, demand.shape[:1]))

    @property
    def depot_pipeline(self) -> Floats:
        """Units in repair at the depot, by item: Poisson with this mean (Palm)."""
        to_depot = self.demand * (1 - self.repaired_at_base)
        return np.asarray(to_depot.sum(axis=1) * self.depot_repair_time, dtype=np.float64)

    def base_pipelines(self, depot_stock: ArrayLike, method: Approximation) -> NegativeBinomialDemand:
        """Units in repair at each base, on their way to it or waited for at the depot, by item and base.

        Of the depot's backorders a base owns its share of the depot's demand, binomially: mean and variance follow.
        METRIC takes the variance as the mean (Poisson), VARI-METRIC as it is (negative binomial).
        """
        if method not in get_args(Approximation):
            raise ValueError(f"method must be 'VARI-METRIC' or 'METRIC', not {method!r}")
        to_depot = self.demand * (1 - self.repaired_at_base)
        total = to_depot.sum(axis=1, keepdims=True)
        share = np.divide(to_depot, total, out=np.zeros_like(to_depot), where=total > 0)
        waiting = expected_backorders(self.depot_pipeline, depot_stock)
        owed, spread = (
            np.nan_to_num(np.asarray(x, dtype=np.float64))[:, None]
            for x in (waiting.expected_backorders, waiting.backorder_variance)
        )
        own = self.demand * self.repaired_at_base * self.base_repair_time + to_depot * self.order_and_ship_time
        mean = own + share * owed
        variance = own + share * (1 - share) * owed + share**2 * spread
        return NegativeBinomialDemand(mean, variance if method == "VARI-METRIC" else mean)


def expected_backorders(pipeline: ArrayLike, stock: ArrayLike, variance: ArrayLike | None = None) -> Backorders:
    """How many units are waited for when s spares are kept of an item that is repaired or replaced one for one.

    pipeline: mean number of units in repair or on order = failures per unit of time × mean repair (or lead) time: by Palm's
    theorem it is Poisson whatever the distribution of the repair time, as long as repairs do not queue. variance: of the
    pipeline where it is known to exceed the mean (clustered failures, echelons): negative binomial, as in VARI-METRIC.
    stock: whole units. All broadcast. Sherbrooke, Optimal Inventory Modeling of Systems, 2nd ed., §2.4–2.9. reason:
    no_demand where the pipeline is empty, missing. Raises ValueError for negative numbers or parts of units.
    """
    m, s = parameter(pipeline, "pipeline", least=0.0), lf.whole(parameter(stock, "stock", least=0.0), "stock")
    x = NegativeBinomialDemand(m, m if variance is None else variance)
    short = x.loss(s)
    square = 2 * x.second_loss(s) + short
    known = short + x.sd
    reason = reasons(known.shape, (np.isnan(known), Reason.MISSING), (x.mean + 0 * known == 0, Reason.NO_DEMAND))
    return answer(
        Backorders,
        "base stock, Palm's theorem" + ("" if variance is None else ", negative binomial pipeline"),
        reason,
        n=0,
        stock=s,
        expected_backorders=short,
        backorder_variance=np.maximum(square - short**2, 0.0),
        fill_rate=x.cdf(s - 1),
        ready_rate=x.cdf(s),
        expected_on_hand=x.left(s),
    )


def availability(backorders: ArrayLike, systems: ArrayLike, per_system: ArrayLike = 1.0) -> Values:
    """The share of systems that do not wait for a spare: Π (1 − backorders/(systems · per_system))^per_system over items.

    backorders: expected, items along the last axis; systems: how many there are; per_system: how often an item is built
    into each. Assumes that a system is down when any of its items is missing, that backorders fall on systems at random
    and that missing items are not gathered in few systems. Sherbrooke, 2nd ed., eq. (2.24). None (or NaN) where a
    backorder is not known. Raises ValueError for negative numbers.
    """
    owed, z = parameter(backorders, "backorders", least=0.0), parameter(per_system, "per_system", above=0.0)
    up = np.maximum(1 - owed / (parameter(systems, "systems", above=0.0) * z), 0.0) ** z
    share = np.atleast_1d(up).prod(axis=-1)
    return share if share.ndim else (None if np.isnan(share) else float(share))


def allocate_spares(
    pipeline: ArrayLike, cost: ArrayLike, budget: float, *, variance: ArrayLike | None = None
) -> SparesPlan:
    """Which spares to buy with a budget so that as few units as possible are waited for.

    pipeline: by item (see `expected_backorders`), variance likewise; cost: of one spare by item, above 0. Marginal analysis:
    spare after spare, always the one that saves most expected backorders per money, P(X > s)/cost. Backorders are convex in
    the stock, so every plan on the way is the best for its cost (Sherbrooke, 2nd ed., §2.10); the plan is the last of them
    within the budget, and what is left of it may not suffice for the next. Work grows as items · largest stock. reason:
    no_data without items, missing where a pipeline or a cost is not known. Raises ValueError for negative numbers.
    """
    m, c = np.atleast_1d(parameter(pipeline, "pipeline", least=0.0)), parameter(cost, "cost", above=0.0)
    v = m if variance is None else parameter(variance, "variance", least=0.0)
    m, c, v = (np.asarray(x, dtype=np.float64) for x in np.broadcast_arrays(m, c, v))
    method = "marginal analysis of expected backorders"
    reason = _unanswered(m + c + v)
    if reason:
        return SparesPlan(reason=reason, **_nothing(method, m.size))
    x = NegativeBinomialDemand(m[:, None], v[:, None])
    saved = 1 - x.cdf(np.arange(float(_enough(x))))
    item, begin = np.nonzero(saved > 0)
    stock, plan = _spend(item, begin, begin + 1, saved[item, begin], c, budget)
    return SparesPlan(
        method=method,
        stock=stock,
        expected_backorders=NegativeBinomialDemand(m, v).loss(stock),
        curve_backorders=m.sum() - plan.pop("curve_saved"),
        **plan,
    )


def metric(
    network: Network, depot_stock: ArrayLike, base_stock: ArrayLike, *, method: Approximation = "VARI-METRIC"
) -> NetworkService:
    """How many units the bases wait for, with given stocks at the depot and at the bases.

    depot_stock: shape (items,); base_stock: shape (items, bases). METRIC (Sherbrooke 1968) takes the pipeline of a base as
    Poisson, which understates its backorders; VARI-METRIC (Slay; Graves 1982; Sherbrooke 1986) fits mean and variance.
    Both assume Poisson failures, repairs that do not queue and no supply between bases. Sherbrooke, 2nd ed., §3.3, §5.4.
    reason: no_demand, missing. Raises ValueError for stocks that are not whole or negative.
    """
    depot = lf.whole(parameter(depot_stock, "depot_stock", least=0.0), "depot_stock")
    base = lf.whole(parameter(base_stock, "base_stock", least=0.0), "base_stock")
    depot = np.broadcast_to(depot, network.demand.shape[:1])
    owed = network.base_pipelines(depot, method).loss(np.broadcast_to(base, network.demand.shape))
    total = owed.sum(axis=1)
    known = total + network.depot_pipeline
    idle = network.demand.sum(axis=1) == 0
    reason = reasons(known.shape, (np.isnan(known), Reason.MISSING), (idle, Reason.NO_DEMAND))
    unanswered = reason != ""
    return NetworkService(
        n=np.zeros(known.shape, dtype=np.int64),
        method=method,
        reason=reason,
        depot_backorders=np.where(unanswered, np.nan, lf.poisson_loss(depot, network.depot_pipeline)[0]),
        base_backorders=np.where(unanswered[:, None], np.nan, owed),
        total_backorders=np.where(unanswered, np.nan, total),
    )


def metric_allocation(
    network: Network, cost: ArrayLike, budget: float, *, method: Approximation = "VARI-METRIC"
) -> NetworkPlan:
    """How many spares to buy with a budget, and which of them to keep at the depot and at each base.

    cost: of one spare by item; network and method as of `metric`. For each item and depot stock the spares at the bases are
    placed by marginal analysis; for each number of spares the best depot stock is kept; of the curves, made convex, the
    steps that save most backorders of the bases per money are taken first (Sherbrooke 1968; 2nd ed., §3.5). The plan is the
    last efficient one within the budget. Work grows as items · bases · largest pipeline², memory as items · bases ·
    largest pipeline. reason: no_data, missing. Raises ValueError for negative numbers.
    """
    c = np.broadcast_to(parameter(cost, "cost", above=0.0), network.demand.shape[:1])
    everywhere = network.base_pipelines(0.0, method)
    reason = _unanswered(c + everywhere.mean.sum(axis=1) + network.depot_pipeline)
    if reason:
        none = np.zeros(0, dtype=np.int64)
        return NetworkPlan(reason=reason, depot_stock=none, base_stock=none, **_nothing(method, c.size))
    most = _enough(everywhere)
    depots = _enough(NegativeBinomialDemand(network.depot_pipeline, network.depot_pipeline))
    curve = np.full((c.size, depots + most * network.demand.shape[1] + 1), np.inf)
    at_depot = np.zeros(curve.shape, dtype=np.int64)
    for depot in range(depots + 1):
        x = network.base_pipelines(float(depot), method)
        saved = np.sort(_savings(x, most), axis=1)[:, ::-1]
        owed = x.mean.sum(axis=1, keepdims=True)
        owed = owed - np.concatenate((np.zeros(owed.shape), np.cumsum(saved, axis=1)), axis=1)
        here = curve[:, depot : depot + owed.shape[1]]
        better = owed < here - 1e-12
        at_depot[:, depot : depot + owed.shape[1]][better] = depot
        np.copyto(here, owed, where=better)
    stock, plan = _spend(*_steps_of_hull(curve), c, budget)
    depot_stock = _at(at_depot, stock)
    savings = _savings(network.base_pipelines(depot_stock, method), most)
    rank = np.argsort(np.argsort(-savings, axis=1, kind="stable"), axis=1)
    chosen = (rank < (stock - depot_stock)[:, None]).reshape(c.size, -1, most)
    return NetworkPlan(
        method=f"{method}, marginal analysis of expected backorders",
        stock=stock,
        depot_stock=depot_stock,
        base_stock=chosen.sum(axis=2),
        expected_backorders=np.maximum(_at(curve, stock), 0.0),
        curve_backorders=curve[:, 0].sum() - plan.pop("curve_saved"),
        **plan,
    )


def _savings(x: NegativeBinomialDemand, most: int) -> Floats:
    """P(X > k), k < most: what the next spare saves at each base; by item, bases side by side."""
    column = NegativeBinomialDemand(x.mean[..., None], x.variance[..., None])
    return (1 - column.cdf(np.arange(float(most)))).reshape(len(x.mean), -1)


def _enough(x: NegativeBinomialDemand) -> int:
    """The stock with which hardly anybody waits, for the largest pipeline of all."""
    return max(1, int(np.max(np.where(x.mean > 0, x.quantile(1 - _NEGLIGIBLE), 1.0))))


def _at(curve: NDArray[Number], index: Ints) -> NDArray[Number]:
    """The value of each row at its own column."""
    return np.take_along_axis(curve, index[:, None], axis=1)[:, 0]


def _unanswered(needed: Floats) -> Reason:
    if not needed.size:
        return Reason.NO_DATA
    return Reason.MISSING if np.isnan(needed).any() else Reason.NONE


def _nothing(method: str, n: int) -> dict[str, Values]:
    """A plan without an answer."""
    none = np.zeros(0)
    return {
        "n": n, "method": method, "stock": none.astype(np.int64), "expected_backorders": none, "cost": None,
        "curve_cost": none, "curve_backorders": none,
    }  # fmt: skip


# Steps along the curves of items: which item, from how many spares, to how many, and the backorders saved.
_Steps = tuple[Ints, Ints, Ints, Floats]


def _steps_of_hull(curve: Floats) -> _Steps:
    """The steps of the lower convex hull of each row: always to the point that saves most per spare."""
    rows, points = curve.shape
    at, k = np.zeros(rows, dtype=np.int64), np.arange(points)
    steps: list[_Steps] = []
    while True:
        ahead = k - at[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(ahead > 0, (_at(curve, at)[:, None] - curve) / ahead, -np.inf)
        to = np.argmax(slope, axis=1)
        row = np.flatnonzero(slope[np.arange(rows), to] > 1e-12)
        if not row.size:
            break
        steps.append((row, at[row], to[row], curve[row, at[row]] - curve[row, to[row]]))
        at[row] = to[row]
    if not steps:
        return at[:0], at[:0], at[:0], np.zeros(0)
    item, begin, end, saved = (np.concatenate(parts) for parts in zip(*steps, strict=True))
    return item, begin, end, saved


def _spend(
    item: Ints, begin: Ints, end: Ints, saved: Floats, cost: Floats, budget: float
) -> tuple[Ints, dict[str, Values]]:
    """The stock by item after the best steps that the budget allows, and the plan's other numbers."""
    if not budget >= 0:
        raise ValueError(f"budget must be at least 0, found {budget:g}")
    price = (end - begin) * cost[item]
    order = np.lexsort((begin, item, -(saved / price)))
    spent = np.concatenate(([0.0], np.cumsum(price[order])))
    taken = int(np.searchsorted(spent, budget * (1 + 1e-12), side="right")) - 1
    stock = np.zeros(cost.size, dtype=np.int64)
    np.maximum.at(stock, item[order[:taken]], end[order[:taken]])
    return stock, {
        "n": cost.size,
        "cost": float(spent[taken]),
        "curve_cost": spent,
        "curve_saved": np.concatenate(([0.0], np.cumsum(saved[order]))),
    }
