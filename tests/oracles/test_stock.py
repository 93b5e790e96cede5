"""Stock decisions against stockpyl, the program of the book by Snyder and Shen, on random problems."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.demand_distributions import NormalDemand, PoissonDemand
from analysis.periodic_review import s_s_policy, s_s_power_approximation
from analysis.reorder_policies import r_q_cost, r_q_per_shortage, r_q_policy
from analysis.stock import economic_order_quantity, newsvendor

eoq = pytest.importorskip("stockpyl.eoq")
stockpyl_newsvendor = pytest.importorskip("stockpyl.newsvendor")
rq = pytest.importorskip("stockpyl.rq")
ss = pytest.importorskip("stockpyl.ss")

RNG = np.random.default_rng(4)
H, P, K = RNG.uniform(0.2, 4, 25), RNG.uniform(5, 60, 25), RNG.uniform(3, 60, 25)
MEAN, SD = RNG.uniform(2, 60, 25), RNG.uniform(0.5, 12, 25)


def test_newsvendors_agree() -> None:
    normal = newsvendor(NormalDemand(MEAN, SD), holding=H, waiting=P)
    poisson = newsvendor(PoissonDemand(MEAN), holding=H, waiting=P)
    for i in range(25):
        level, cost = stockpyl_newsvendor.newsvendor_normal(H[i], P[i], MEAN[i], SD[i])
        assert (normal.level[i], normal.cost[i]) == pytest.approx((level, cost), rel=1e-9)
        level, cost = stockpyl_newsvendor.newsvendor_poisson(H[i], P[i], MEAN[i])
        assert (poisson.level[i], poisson.cost[i]) == pytest.approx((level, cost), rel=1e-9)


def test_economic_order_quantities_with_backorders_agree() -> None:
    found = economic_order_quantity(MEAN, fixed=K, holding=H, waiting=P)
    for i in range(25):
        quantity, share, cost = eoq.economic_order_quantity_with_backorders(K[i], H[i], P[i], MEAN[i])
        assert (found.quantity[i], found.cost[i]) == pytest.approx((quantity, cost), rel=1e-9)
        assert found.backorder_share[i] == pytest.approx(share, rel=1e-9)


def test_continuous_review_policies_agree() -> None:
    exact = r_q_policy(PoissonDemand(MEAN * 0.5), MEAN, holding=H, waiting=P, fixed=K)
    normal = r_q_cost(MEAN * 0.6, 20.0, NormalDemand(MEAN, SD).over(0.5), MEAN, holding=H, waiting=P, fixed=K)
    short = r_q_per_shortage(NormalDemand(MEAN, SD).over(0.5), MEAN, holding=H, shortage=P, fixed=K)
    for i in range(0, 25, 3):
        r, q, cost = rq.r_q_poisson_exact(H[i], P[i], K[i], MEAN[i], 0.5)
        assert (exact.reorder_point[i], exact.order_quantity[i]) == (r, q)
        assert exact.cost[i] == pytest.approx(cost, rel=1e-9)
        cost = rq.r_q_cost(MEAN[i] * 0.6, 20.0, H[i], P[i], K[i], MEAN[i], SD[i], 0.5)
        assert normal.cost[i] == pytest.approx(cost, rel=1e-6)
        r, q, cost = rq.r_q_eil_approximation(H[i], P[i], K[i], MEAN[i], SD[i], 0.5)
        assert (short.reorder_point[i], short.order_quantity[i], short.cost[i]) == pytest.approx((r, q, cost), rel=1e-5)


def test_periodic_review_policies_agree() -> None:
    mean = MEAN[:8] / 4
    exact = s_s_policy(PoissonDemand(mean), holding=H[:8], waiting=P[:8], fixed=K[:8])
    rough = s_s_power_approximation(MEAN, SD, holding=H, waiting=P, fixed=K)
    for i in range(8):
        low, high, cost = ss.s_s_discrete_exact(H[i], P[i], K[i], True, mean[i])
        assert exact.cost[i] == pytest.approx(cost, rel=1e-7)
        assert (exact.reorder_point[i], exact.order_up_to[i]) == (low, high)
        low, high = ss.s_s_power_approximation(H[i], P[i], K[i], MEAN[i], SD[i])
        assert (rough.reorder_point[i], rough.order_up_to[i]) == pytest.approx((low, high), rel=1e-12)
