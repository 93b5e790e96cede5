"""When to order and how many, where stock is reviewed once a period: (s, S) policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis import loss_functions as lf
from analysis.demand_distributions import EmpiricalDemand, NegativeBinomialDemand, NormalDemand
from analysis.elementwise import answer, parameter
from analysis.reorder_policies import PolicyCosts, r_q_policy
from analysis.result import Bools, Floats, Ints, Reason, Result, Values, reasons

CountedDemand = NegativeBinomialDemand | EmpiricalDemand

_ROUNDS = 100
# Parts are worked on in blocks of so many numbers per matrix: 16 MB each.
_BLOCK = 2_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class OrderUpToPolicy(Result):
    """At each review: where the inventory position is at or below `reorder_point` (s), order up to `order_up_to` (S).

    cost: of ordering, holding and waiting per period (None from the power approximation, which gives none).
    """

    reorder_point: Values
    order_up_to: Values
    cost: Values


def s_s_cost(
    reorder_point: ArrayLike,
    order_up_to: ArrayLike,
    demand: CountedDemand,
    *,
    holding: ArrayLike,
    waiting: ArrayLike,
    fixed: ArrayLike,
    protection: CountedDemand | None = None,
) -> OrderUpToPolicy:
    """What an (s, S) policy costs per period, exactly: at each review at or below s, order up to S.

    demand: counted, per period, independent from period to period. protection: the demand from an order until the one after
    it arrives, `demand.over(lead_time + 1)`; None where deliveries come at once. holding, waiting: per unit left and per
    unit owed at the end of a period; fixed: per order. All broadcast.

    [fixed + Σ m(j) g(S − j)]/Σ m(j) over j < S − s, where m(j) is the expected number of periods in which the position is
    S − j between two orders. Snyder and Shen, 2nd ed., §4.4.2; Zheng and Federgruen (1991), Operations Research 39:654–665.
    Work grows as parts · (S − s)². reason: no_demand, missing. Raises ValueError for parts of units, S not above s, or
    costs that are not above 0.
    """
    s, top = lf.whole(reorder_point, "reorder_point"), lf.whole(order_up_to, "order_up_to")
    if (top <= s).any():
        raise ValueError("order_up_to must be above reorder_point")
    task = _Task.of(demand, protection, holding, waiting, fixed, s + top)
    depth = task.flat(top - s)
    cost = np.full(task.size, np.nan)
    for part in task.blocks(depth):
        c, m = task.costs(part), _visits(task.column(part), int(depth[part].max()))
        found = _cycle_costs(c.k, m, c.position(task.flat(s)[part, None] + np.arange(1.0, m.shape[1] + 1)))
        cost[part] = np.take_along_axis(found, depth[part, None].astype(np.int64) - 1, axis=1)[:, 0]
    return task.answer("(s, S) policy as given", s, top, cost.reshape(task.shape))


def s_s_policy(
    demand: CountedDemand,
    *,
    holding: ArrayLike,
    waiting: ArrayLike,
    fixed: ArrayLike,
    protection: CountedDemand | None = None,
) -> OrderUpToPolicy:
    """The (s, S) policy that costs least per period, exactly.

    Arguments, assumptions, errors and reasons as of `s_s_cost`; it finds what the algorithm of Zheng and Federgruen (1991)
    finds. For a cost c the best s is the last position below the cheapest one that costs c or more; so c falls from policy
    to policy until it is the optimum, in some five rounds. Work grows as parts · w², w the number of positions that cost
    less than the policy (a few times the order quantity): for parts that sell thousands a period use
    `s_s_power_approximation`. Where two policies cost the same, the one with the smaller order.
    """
    task = _Task.of(demand, protection, holding, waiting, fixed, np.zeros(()))
    start = r_q_policy(task.protection, demand.mean, holding=task.c.h, waiting=task.c.p, fixed=task.c.k)
    low, depth = (
        task.flat(np.asarray(start.reorder_point, dtype=np.float64)),
        task.flat(np.asarray(start.order_quantity, dtype=np.float64)),
    )
    s, top, cost = (np.full(task.size, np.nan) for _ in range(3))
    for part in task.blocks(depth):
        c, column = task.costs(part), task.column(part)
        s[part], top[part], cost[part] = _best(c, column, low[part, None], depth[part, None])
    return task.answer("exact (s, S) policy", *(x.reshape(task.shape) for x in (s, top, cost)))


def _best(c: PolicyCosts, demand: CountedDemand, s: Floats, depth: Floats) -> tuple[Floats, Floats, Floats]:
    """The best policy of each part of a block, from any other one."""
    best = c.best_position()
    m = _visits(demand, int(depth.max()))
    costs = _cycle_costs(c.k, m, c.position(s + np.arange(1.0, m.shape[1] + 1)))
    cost = np.take_along_axis(costs, depth.astype(np.int64) - 1, axis=1)
    low, high, _ = c.below(cost, best)
    # The interval of positions shrinks as the cost falls: no policy needs more positions than these.
    floor = np.floor(np.minimum(low, best - 1))
    width = int((np.ceil(high) - floor).max())
    m, g = _visits(demand, width), c.position(floor + np.arange(1.0, width + 1))
    step = np.arange(width)
    for _ in range(_ROUNDS):
        low, _, _ = c.below(cost, best)
        low = np.minimum(np.floor(low + 1e-9), best - 1)
        start = (low - floor).astype(np.int64)
        costs = _cycle_costs(c.k, m, np.take_along_axis(g, np.minimum(start + step, width - 1), axis=1))
        costs = np.where(start + step < width, costs, np.inf)
        at = np.argmin(costs, axis=1)[:, None]
        least = np.take_along_axis(costs, at, axis=1)
        # Of policies that cost the same, up to rounding, the one that this rule for s gives.
        same, better = least <= cost * (1 + 1e-13), least < cost * (1 - 1e-13)
        s, depth, cost = (np.where(same, a, b) for a, b in ((low, s), (at + 1.0, depth), (least, cost)))
        if not better.any():
            break
    return s[:, 0], (s + depth)[:, 0], cost[:, 0]


def _visits(demand: CountedDemand, width: int) -> Floats:
    """m(j), j < width: the expected number of periods at S − j in a cycle; a renewal density, by rows."""
    p = demand.pmf(np.arange(float(width)))
    m = np.zeros_like(p)
    m[:, 0] = 1 / (1 - p[:, 0])
    for j in range(1, width):
        m[:, j] = np.einsum("ij,ij->i", p[:, 1 : j + 1], m[:, :j][:, ::-1]) * m[:, 0]
    return m


def _cycle_costs(fixed: Floats, m: Floats, g: Floats) -> Floats:
    """The cost of (s, s + d) for d = 1 … width, by columns, from g(s + 1), g(s + 2) …"""
    total = np.zeros_like(g)
    for j in range(g.shape[1]):
        total[:, j:] += m[:, j : j + 1] * g[:, : g.shape[1] - j]
    return (fixed + total) / np.cumsum(m, axis=1)


@dataclass(frozen=True, eq=False)
class _Task:
    """Parts in a row, to be taken in blocks: those whose orders are alike in size together."""

    demand: CountedDemand
    protection: CountedDemand
    c: PolicyCosts
    others: Floats
    shape: tuple[int, ...]
    idle: Bools

    @classmethod
    def of(
        cls,
        demand: CountedDemand,
        protection: CountedDemand | None,
        holding: ArrayLike,
        waiting: ArrayLike,
        fixed: ArrayLike,
        others: Floats,
    ) -> _Task:
        protection = demand if protection is None else protection
        if not (demand.whole_units and protection.whole_units):
            raise ValueError("(s, S) policies are found for demand that is counted; see s_s_power_approximation")
        if (demand.cdf(-1.0) > 0).any():
            raise ValueError("(s, S) policies need demand of at least 0: a return is not a negative demand")
        c = PolicyCosts.of(protection, demand.mean, holding, waiting, fixed)
        known = c.known + demand.sd + others
        return cls(demand, protection, c, others, known.shape, (c.idle | np.isnan(known)).reshape(-1))

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def flat(self, values: Floats) -> Floats:
        return np.broadcast_to(values, self.shape).reshape(-1)

    def blocks(self, depth: Floats) -> Iterator[Ints]:
        """Parts that have an answer, by the number of their positions, so many at once as fit in a block."""
        parts = np.flatnonzero(~self.idle)
        parts = parts[np.argsort(depth[parts], kind="stable")[::-1]]
        begin = 0
        while begin < parts.size:
            size = max(1, int(_BLOCK // (4 * depth[parts[begin]])))
            yield parts[begin : begin + size]
            begin += size

    def column(self, part: Ints) -> CountedDemand:
        return self.demand.column(self.shape, part)

    def costs(self, part: Ints) -> PolicyCosts:
        rate, h, p, k = (self.flat(x)[part, None] for x in (self.c.rate, self.c.h, self.c.p, self.c.k))
        return PolicyCosts(self.protection.column(self.shape, part), rate, h, p, k)

    def answer(self, method: str, s: Floats, top: Floats, cost: Floats) -> OrderUpToPolicy:
        known = np.broadcast_to(self.c.known + self.demand.sd, self.shape)
        reason = reasons(
            self.shape,
            (np.isnan(known) | np.isnan(self.others), Reason.MISSING),
            (self.idle.reshape(self.shape), Reason.NO_DEMAND),
        )
        n = self.demand.observations
        return answer(OrderUpToPolicy, method, reason, n=n, reorder_point=s, order_up_to=top, cost=cost)


def s_s_power_approximation(
    mean: ArrayLike,
    sd: ArrayLike,
    *,
    holding: ArrayLike,
    waiting: ArrayLike,
    fixed: ArrayLike,
    lead_time: ArrayLike = 0.0,
    base_stock_limit: bool = False,
) -> OrderUpToPolicy:
    """A nearly optimal (s, S) policy with periodic review, from the mean and standard deviation of demand alone.

    mean, sd: of demand per period; lead_time in periods; holding, waiting: per unit and period; fixed: per order. The
    revised power approximation of Ehrhardt and Mosier (1984, Management Science 30:618–622), a regression on optimal
    policies; with Snyder and Shen, 2nd ed., eq. (4.77)–(4.80). The original limits both s and S to the newsvendor's level
    where S − s is at most 1.5 mean: that is `base_stock_limit`; the book and programs after it print without.
    reason: no_demand, no_variation (sd = 0, where the regression has no meaning), missing. Raises ValueError for costs
    that are not above 0 or negative other arguments.
    """
    m, s = parameter(mean, "mean", least=0.0), parameter(sd, "sd", least=0.0)
    h, p = parameter(holding, "holding", above=0.0), parameter(waiting, "waiting", above=0.0)
    k, periods = parameter(fixed, "fixed", above=0.0), parameter(lead_time, "lead_time", least=0.0) + 1
    with np.errstate(all="ignore"):
        total, spread = m * periods, s * np.sqrt(periods)
        quantity = 1.30 * m**0.494 * (k / h) ** 0.506 * (1 + (spread / m) ** 2) ** 0.116
        z = np.sqrt(quantity / spread * h / p)
        low = 0.973 * total + spread * (0.183 / z + 1.063 - 2.192 * z)
        high = low + quantity
        if base_stock_limit:
            limit = np.where(quantity <= 1.5 * m, NormalDemand(total, spread).quantile(p / (p + h)), np.inf)
            low, high = np.minimum(low, limit), np.minimum(high, limit)
    unknown = np.isnan(m + s + h + p + k + periods)
    reason = reasons(
        unknown.shape,
        (unknown, Reason.MISSING),
        (m + 0 * s == 0, Reason.NO_DEMAND),
        (s + 0 * m == 0, Reason.NO_VARIATION),
    )
    return answer(
        OrderUpToPolicy, "(s, S) power approximation", reason, n=0, reorder_point=low, order_up_to=high, cost=np.nan
    )
