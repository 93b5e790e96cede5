"""When to order and how many, where stock is known all the time: (r, Q) policies.

They rest on g(y), the cost per unit of time of an inventory position y (`newsvendor_cost` over the lead time).
It is convex; so the positions that cost less than c form an interval, and the best policy follows from the cost c at which
that interval pays for the order: c ← cost of the best policy within {y: g(y) ≤ c}, which falls until it is the optimum
(Newton's method on c, after Dinkelbach 1967). It takes some ten rounds for all parts at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis import loss_functions as lf
from analysis.demand_distributions import Demand
from analysis.elementwise import answer, parameter, smallest
from analysis.result import Bools, Floats, Reason, Result, Values, reasons
from analysis.stock import fill_rate_of

_ROUNDS = 200


@dataclass(frozen=True, eq=False, kw_only=True)
class ReorderPolicy(Result):
    """Order `order_quantity` whenever the inventory position (on hand + on order − owed) falls to `reorder_point`.

    cost: of ordering, holding and waiting per unit of time; fill_rate: the share of the demand met from the shelf;
    expected_backorders and expected_on_hand: units that are waited for, and on the shelf, at any time (mean over time).
    """

    reorder_point: Values
    order_quantity: Values
    cost: Values
    fill_rate: Values
    expected_backorders: Values
    expected_on_hand: Values


@dataclass(frozen=True, eq=False)
class PolicyCosts:
    """What finding a policy needs, broadcast: lead-time demand, rate, and the costs h, p, K of holding, waiting, ordering."""

    demand: Demand
    rate: Floats
    h: Floats
    p: Floats
    k: Floats

    @classmethod
    def of(
        cls, demand: Demand, rate: ArrayLike, holding: ArrayLike, waiting: ArrayLike, fixed: ArrayLike
    ) -> PolicyCosts:
        return cls(
            demand,
            parameter(rate, "rate", least=0.0),
            parameter(holding, "holding", above=0.0),
            parameter(waiting, "waiting", above=0.0),
            parameter(fixed, "fixed", least=0.0),
        )

    @property
    def known(self) -> Floats:
        """A number of the broadcast shape that is NaN where anything is not known."""
        return self.demand.mean + self.demand.sd + self.rate + self.h + self.p + self.k

    @property
    def idle(self) -> Bools:
        """Where nothing is asked for, or not known what. Without a lead time nothing is asked for in it: that is no reason."""
        return np.asarray(np.isnan(self.known) | (self.demand.mean < 0) | (self.rate <= 0))

    def position(self, y: Floats) -> Floats:
        """g(y), the cost per unit of time of an inventory position."""
        return self.h * (y - self.demand.mean) + (self.h + self.p) * self.demand.loss(y)

    def slope(self, y: Floats) -> Floats:
        return (self.h + self.p) * self.demand.cdf(y) - self.p

    def stock(self, r: Floats, q: Floats) -> tuple[Floats, Floats]:
        """Backorders and stock on hand with (r, Q): means over the positions, uniform on (r, r + Q]."""
        step = 1.0 if self.demand.whole_units else 0.0
        short = (self.demand.second_loss(r) - self.demand.second_loss(r + q)) / q
        return short, np.maximum(r + (q + step) / 2 - self.demand.mean + short, 0.0)

    def policy(self, r: Floats, q: Floats) -> Floats:
        """The cost of (r, Q): of ordering, and the mean of g over the positions."""
        short, left = self.stock(r, q)
        return self.k * self.rate / q + self.h * left + self.p * short

    def best_position(self) -> Floats:
        return self.demand.quantile(self.p / (self.h + self.p))

    def below(self, cost: Floats, best: Floats) -> tuple[Floats, Floats, Bools]:
        """The interval of positions around the best one that cost at most `cost`, and whether it was found.

        From both sides by Newton's method, which does not overshoot as g is convex; it starts where the straight lines
        p(mean − y) and h(y − mean), which lie below g, reach the cost.
        """
        low, high = self.demand.mean - cost / self.p, self.demand.mean + cost / self.h
        flat = 1e-12 * (self.h + self.p)
        for _ in range(_ROUNDS):
            rise = (self.position(low) - cost) / np.maximum(-self.slope(low), flat)
            fall = (self.position(high) - cost) / np.maximum(self.slope(high), flat)
            size = 1e-14 * (1 + np.abs(low) + np.abs(high))
            rising, falling = (rise > size) & (low < best), (fall > size) & (high > best)
            if not (rising | falling).any():
                break
            # Rounding may carry a step past the best position, where a cost is hardly above the least.
            low = np.where(rising, np.minimum(low + rise, best), low)
            high = np.where(falling, np.maximum(high - fall, best), high)
        return low, high, ~(rising | falling)


def r_q_cost(
    reorder_point: ArrayLike,
    order_quantity: ArrayLike,
    demand: Demand,
    rate: ArrayLike,
    *,
    holding: ArrayLike,
    waiting: ArrayLike,
    fixed: ArrayLike,
) -> ReorderPolicy:
    """What an (r, Q) policy costs, exactly: order Q whenever the inventory position falls to r.

    demand: over the lead time; rate: demand per unit of time. holding: per unit and unit of time; waiting: per unit owed
    and unit of time; fixed: per order. All broadcast. Assumes that what is short waits, and that the inventory position
    is uniform on (r, r + Q]: so for Poisson and continuous demand, approximately for lumpy demand that may overshoot r.
    [fixed · rate + ∫ g(y) dy]/Q over (r, r + Q] in closed form by the loss of second order; for counted demand the sum over
    r + 1 … r + Q. Snyder and Shen, 2nd ed., eq. (5.7), (5.48). reason: no_demand, missing. Raises ValueError for costs or
    a quantity that are not above 0, and for parts of units where demand is counted.
    """
    c = PolicyCosts.of(demand, rate, holding, waiting, fixed)
    r, q = parameter(reorder_point, "reorder_point"), parameter(order_quantity, "order_quantity", above=0.0)
    if demand.whole_units:
        r, q = lf.whole(r, "reorder_point"), lf.whole(q, "order_quantity")
    return _policy(c, r, q, "(r, Q) policy as given")


def r_q_policy(
    demand: Demand, rate: ArrayLike, *, holding: ArrayLike, waiting: ArrayLike, fixed: ArrayLike
) -> ReorderPolicy:
    """The (r, Q) policy that costs least, exactly, for any distribution of the lead-time demand.

    Arguments, assumptions and errors as of `r_q_cost`; `fixed` above 0 where demand is not counted. At the optimum
    g(r) = g(r + Q) = cost (Zheng 1992); for counted demand it is what Federgruen and Zheng (1992) find by adding one
    position after the other. Snyder and Shen, 2nd ed., §5.3.2 and §5.4. Where two quantities cost the same, the smaller.
    """
    c = PolicyCosts.of(demand, rate, holding, waiting, fixed)
    counted = demand.whole_units
    if not counted:
        parameter(fixed, "fixed", above=0.0)
    idle = c.idle
    best = np.where(idle, 0.0, c.best_position())
    with np.errstate(all="ignore"):  # parts without demand have no policy
        q = np.maximum(np.sqrt(2 * c.k * c.rate * (c.h + c.p) / (c.h * c.p)), 1.0 if counted else 0.0)
        r = best - q
        if counted:
            r, q = np.floor(r), np.ceil(q)
        cost, settled = c.policy(r, q), np.zeros(q.shape, dtype=bool)
        for _ in range(_ROUNDS):
            low, high, found = c.below(cost, best)
            if counted:
                # A position that costs as much as the whole policy, up to rounding, adds nothing.
                low, high = np.floor(low + 1e-9), np.ceil(high - 1e-9) - 1
                low = np.minimum(low, best - 1)
                high = np.maximum(high, best)
            lower = c.policy(low, high - low)
            better = found & (lower < cost * (1 - 1e-15)) & ~settled & ~idle
            settled = ~better
            r, q, cost = (np.where(better, a, b) for a, b in ((low, r), (high - low, q), (lower, cost)))
            if not better.any():
                break
        found = found & settled
    return _policy(c, r, q, "exact (r, Q) policy", found | idle)


def r_q_reorder_point(
    order_quantity: ArrayLike,
    demand: Demand,
    rate: ArrayLike,
    *,
    holding: ArrayLike,
    waiting: ArrayLike,
    fixed: ArrayLike = 0.0,
) -> ReorderPolicy:
    """The best reorder point for an order quantity that is given: a pallet, a package, the supplier's minimum.

    It solves g(r) = g(r + Q); for counted demand it is the smallest r with g(r + 1) ≤ g(r + Q + 1). Arguments, assumptions
    and errors as of `r_q_cost`; `fixed` does not change the reorder point.
    """
    c = PolicyCosts.of(demand, rate, holding, waiting, fixed)
    q = parameter(order_quantity, "order_quantity", above=0.0)
    if demand.whole_units:
        q = lf.whole(q, "order_quantity")
    with np.errstate(all="ignore"):
        return _policy(c, _balanced(c, q), q, "(r, Q) policy for a given quantity")


def r_q_approximation(
    demand: Demand,
    rate: ArrayLike,
    *,
    holding: ArrayLike,
    waiting: ArrayLike,
    fixed: ArrayLike,
    method: Literal["EOQ+SS", "EOQB", "loss function"] = "EOQB",
) -> ReorderPolicy:
    """The (r, Q) policy of three textbook approximations for demand that is measured, with its exact cost.

    EOQ+SS: the economic order quantity and the newsvendor's level as reorder point (order quantity and safety stock apart).
    EOQB: the economic order quantity with backorders and the best r for it; costs at most 11.8 % more than the best
    (Axsäter 1996). Loss function: Hadley and Whitin (1963), n(r) = hQ/(h + p) in turn with Q. Arguments, assumptions and
    errors as of `r_q_cost`; also ValueError for counted demand, where `r_q_policy` is exact and as fast. Snyder and
    Shen, 2nd ed., §5.3.3–5.3.5.
    """
    if demand.whole_units:
        raise ValueError(
            "approximations of (r, Q) are for demand that is measured; r_q_policy is exact for counted demand"
        )
    c = PolicyCosts.of(demand, rate, holding, waiting, fixed)
    found = np.ones(c.known.shape, dtype=bool)
    with np.errstate(all="ignore"):
        q = np.sqrt(2 * c.k * c.rate / c.h)
        if method == "EOQ+SS":
            r = c.best_position()
        elif method == "EOQB":
            q = q * np.sqrt((c.h + c.p) / c.p)
            r = _balanced(c, q)
        elif method == "loss function":
            q, r, found = _in_turn(
                q,
                lambda q: _loss_inverse(demand, c.h * q / (c.h + c.p)),
                lambda r: np.sqrt(2 * (c.k * c.rate + (c.h + c.p) * demand.second_loss(r)) / c.h),
            )
        else:
            raise ValueError(f"method must be 'EOQ+SS', 'EOQB' or 'loss function', not {method!r}")
    return _policy(c, r, q, f"(r, Q) policy, {method} approximation", found | c.idle)


def r_q_per_shortage(
    demand: Demand, rate: ArrayLike, *, holding: ArrayLike, shortage: ArrayLike, fixed: ArrayLike
) -> ReorderPolicy:
    """The (r, Q) policy where being short of a unit costs the same however long it lasts (a part sent by air).

    shortage: cost per unit short, whatever the time. The expected-inventory-level approximation (Hadley and Whitin 1963,
    Nahmias §5.4, Snyder and Shen, 2nd ed., §5.3.1): Q = √(2 rate (fixed + shortage · n(r))/holding) in turn with
    P(demand > r) = Q holding/(shortage rate). `cost` is the approximate one that these books print:
    holding (r − mean + Q/2) + rate (fixed + shortage · n(r))/Q, and Q is not rounded, whatever the demand. reason: not_converged where Q · holding exceeds
    shortage · rate, when no stock pays; otherwise arguments and errors as of `r_q_cost`.
    """
    c = PolicyCosts.of(demand, rate, holding, shortage, fixed)
    parameter(fixed, "fixed", above=0.0)
    with np.errstate(all="ignore"):

        def level(q: Floats) -> Floats:
            risk = q * c.h / (c.p * c.rate)
            return np.where(risk < 1, demand.quantile(1 - np.minimum(risk, 1 - 1e-12)), np.nan)

        q, r, found = _in_turn(
            np.sqrt(2 * c.k * c.rate / c.h),
            level,
            lambda r: np.sqrt(2 * c.rate * (c.k + c.p * demand.loss(r)) / c.h),
        )
        cost = c.h * (r - demand.mean + q / 2) + c.rate * (c.k + c.p * demand.loss(r)) / q
    return _policy(c, r, q, "(r, Q) policy, expected-inventory-level approximation", found | c.idle, cost)


def _policy(
    c: PolicyCosts, r: Floats, q: Floats, method: str, found: Bools | bool = True, cost: Floats | None = None
) -> ReorderPolicy:
    with np.errstate(all="ignore"):
        cost = c.policy(r, q) if cost is None else cost
        shape = np.broadcast_shapes(cost.shape, c.known.shape)
        unknown = np.broadcast_to(np.isnan(c.known), shape)
        reason = reasons(
            shape,
            (unknown, Reason.MISSING),
            (np.broadcast_to(c.idle, shape), Reason.NO_DEMAND),
            (~np.broadcast_to(np.asarray(found), shape) | np.isnan(cost), Reason.NOT_CONVERGED),
        )
        fill = fill_rate_of(c.demand, r, q)
        short, left = c.stock(r, q)
    return answer(
        ReorderPolicy,
        method,
        reason,
        n=c.demand.observations,
        reorder_point=r,
        order_quantity=q,
        cost=cost,
        fill_rate=fill,
        expected_backorders=short,
        expected_on_hand=left,
    )


def _balanced(c: PolicyCosts, q: Floats) -> Floats:
    """The smallest r from which on g(r + Q) is not below g(r), one unit up where demand is counted."""
    step = 1.0 if c.demand.whole_units else 0.0
    best = np.nan_to_num(c.best_position())
    shape = np.broadcast_shapes(best.shape, q.shape)
    return smallest(
        lambda r: c.position(r + q + step) >= c.position(r + step),
        np.broadcast_to(best - q - 1 - step, shape),
        np.broadcast_to(best, shape),
        whole=c.demand.whole_units,
    )


def _loss_inverse(demand: Demand, target: Floats) -> Floats:
    """The x with n(x) = target: Newton's method from x = mean − target, where n(x) is not below it; n is convex."""
    x = demand.mean - target
    for _ in range(_ROUNDS):
        step = (demand.loss(x) - target) / np.maximum(1 - demand.cdf(x), 1e-300)
        if not (np.abs(step) > 1e-14 * (1 + np.abs(x))).any():
            break
        x = x + step
    return x


def _in_turn(
    q: Floats, point: Callable[[Floats], Floats], quantity: Callable[[Floats], Floats]
) -> tuple[Floats, Floats, Bools]:
    """Quantity and reorder point, each the best for the other, and whether they settled."""
    for _ in range(_ROUNDS):
        r = point(q)
        before, q = q, quantity(r)
        moving = np.abs(q - before) > 1e-13 * q
        if not moving.any():
            break
    return q, point(q), ~moving & ~np.isnan(q)
