"""Life distributions against surpyval and lifelines, where they maximise the same likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

surpyval = pytest.importorskip("surpyval")

from analysis.life import LifeData, exponential_mle, lognormal_mle, weibayes, weibull_mle  # noqa: E402
from analysis.median_ranks import median_rank_regression  # noqa: E402

rng = np.random.default_rng(12)
AGES = np.round(rng.weibull(1.8, 60) * 100, 1)
LEFT = np.round(rng.uniform(20, 200, 60), 1)


def lives(kind: str) -> tuple[LifeData, dict[str, Any]]:
    """The same lives for us and for surpyval."""
    if kind == "survivors":
        x, failed = np.minimum(AGES, LEFT), AGES <= LEFT
        return LifeData.of(x, failed), {"x": x, "c": 1 - failed.astype(int)}
    if kind == "entries":
        entry = AGES * rng.uniform(0, 0.9, 60)
        return LifeData.of(AGES, entry=entry), {"x": AGES, "tl": entry}
    low, high = np.floor(AGES / 40) * 40, np.floor(AGES / 40) * 40 + 40
    c = np.where(low == 0, -1, 2)
    x = np.column_stack((np.where(low == 0, high, low), high))
    return LifeData.between(low, high), {"x": x, "c": c}


@pytest.mark.parametrize("kind", ["survivors", "entries", "intervals"])
def test_parameters_are_those_of_surpyval(kind: str) -> None:
    data, theirs = lives(kind)
    w, ln, e = weibull_mle(data), lognormal_mle(data), exponential_mle(data)
    assert (w.scale, w.shape) == pytest.approx(tuple(surpyval.Weibull.fit(**theirs).params), rel=1e-4)
    assert (ln.mu, ln.sigma) == pytest.approx(tuple(surpyval.LogNormal.fit(**theirs).params), rel=1e-4)
    assert 1 / e.scale == pytest.approx(surpyval.Exponential.fit(**theirs).params[0], rel=1e-4)


def test_the_likelihood_is_that_of_surpyval() -> None:
    data, theirs = lives("survivors")
    assert weibull_mle(data).log_likelihood == pytest.approx(-surpyval.Weibull.fit(**theirs).neg_ll(), rel=1e-9)


@pytest.mark.parametrize(("kind", "method"), [("wald", "wald"), ("likelihood_ratio", "lr")])
def test_bounds_of_the_parameters_are_those_of_surpyval(kind: str, method: str) -> None:
    data, theirs = lives("survivors")
    fit, model = weibull_mle(data), surpyval.Weibull.fit(**theirs)
    for parameter, name in (("scale", "alpha"), ("shape", "beta")):
        bound = fit.bounds(parameter, kind=kind)
        low, high = model.param_cb(name, alpha_ci=0.05, method=method)
        assert (bound.low, bound.high) == pytest.approx((low, high), rel=1e-4)


def test_parameters_and_errors_are_those_of_lifelines() -> None:
    lifelines = pytest.importorskip("lifelines")
    x, failed = np.minimum(AGES, LEFT), AGES <= LEFT
    model = lifelines.WeibullFitter().fit(x, failed)
    fit = weibull_mle(x, failed)
    assert (fit.scale, fit.shape) == pytest.approx((model.lambda_, model.rho_), rel=1e-5)
    assert (fit.se_scale, fit.se_shape) == pytest.approx(tuple(model.summary["se(coef)"]), rel=1e-3)
    assert fit.log_likelihood == pytest.approx(model.log_likelihood_, rel=1e-9)


def test_published_data_sets_come_out_as_their_documentation_prints_them() -> None:
    # lifelines, "Parametric models"; summary(survreg(Surv(time, status) ~ 1, lung)) and its other distributions.
    datasets = pytest.importorskip("lifelines.datasets")
    waltons, lung = datasets.load_waltons(), datasets.load_lung()
    fit = weibull_mle(waltons["T"], waltons["E"])
    assert (fit.scale, fit.se_scale) == pytest.approx((55.733, 1.327), abs=6e-4)
    assert (fit.shape, fit.se_shape) == pytest.approx((3.451, 0.243), abs=6e-4)
    assert fit.log_likelihood == pytest.approx(-672.062, abs=6e-4)
    fit, one, ln = (f(lung["time"], lung["status"]) for f in (weibull_mle, exponential_mle, lognormal_mle))
    assert (fit.mu, fit.se_mu) == pytest.approx((6.0349, 0.0591), abs=6e-5)
    assert (np.log(fit.sigma), fit.se_log_sigma) == pytest.approx((-0.2752, 0.0624), abs=6e-5)
    found = (fit.log_likelihood, one.log_likelihood, ln.log_likelihood)
    assert found == pytest.approx((-1153.9, -1162.3, -1169.3), abs=0.06)


def test_weibayes_is_a_fit_of_surpyval_with_the_shape_fixed() -> None:
    data, theirs = lives("survivors")
    model = surpyval.Weibull.fit(**theirs, fixed={"beta": 2.2})
    assert weibayes(data, shape=2.2).scale == pytest.approx(model.params[0], rel=1e-5)


def test_rank_regression_of_complete_lives_is_that_of_surpyval() -> None:
    ages = np.sort(rng.weibull(2, 12) * 100)
    for regress, on in (("x_on_y", "x"), ("y_on_x", "y")):
        model = surpyval.Weibull.fit(x=ages, how="MPP", heuristic="Benard", rr=on)
        line = median_rank_regression(ages, regress=regress, ranks="benard")
        assert (line.scale, line.shape) == pytest.approx(tuple(model.params), rel=1e-6)
