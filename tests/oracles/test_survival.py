"""Survival against what R 4.3 says (kept within surpyval's own tests), and against lifelines with late entries."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import numpy as np
import pytest

from analysis.logrank import log_rank
from analysis.survival import kaplan_meier, nelson_aalen
from analysis.turnbull import turnbull

pytest.importorskip("surpyval")
lifelines = pytest.importorskip("lifelines")


def stored(name: str) -> dict[str, Any]:
    """What surpyval keeps of data sets and of R's answers."""
    data = importlib.resources.files("surpyval") / "tests" / "reference" / "data" / f"{name}.json"
    if not data.is_file():
        pytest.skip("this surpyval comes without its reference data")
    found: dict[str, Any] = json.loads(data.read_text(encoding="utf-8"))
    return found


def columns(name: str) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    table = stored("fixtures")
    return {k: np.array(v, dtype=float) for k, v in table.get("fixtures", table)[name]["columns"].items()}


def said_by_r(name: str) -> dict[str, Any]:
    values: dict[str, Any] = stored("r_survival")["references"][name]["values"]
    return values


CASES = [("lung", "time", None), ("ties", "x", None), ("left_truncation", "x", "tl")]


@pytest.mark.parametrize(("name", "time", "entry"), CASES)
def test_kaplan_meier_and_nelson_aalen_are_those_of_r(name: str, time: str, entry: str | None) -> None:
    data = columns(name)
    options = {} if entry is None else {"entry": data[entry]}
    ended = data["c"] == 0
    km, r = kaplan_meier(data[time], ended, **options), said_by_r(f"km_{name}")
    survival, low, high = km.at(np.array(r["time"]))
    assert survival == pytest.approx(np.array(r["surv"]), rel=1e-12)
    given = [x is not None for x in r["lower"]]
    assert low[given] == pytest.approx(np.array(r["lower"], dtype=float)[given], rel=1e-10)
    assert high[given] == pytest.approx(np.array(r["upper"], dtype=float)[given], rel=1e-10)
    na, r = nelson_aalen(data[time], ended, **options), said_by_r(f"na_{name}")
    assert na.at(np.array(r["time"]))[0] == pytest.approx(np.array(r["cumhaz"]), rel=1e-12)
    step = np.searchsorted(na.times, r["time"], side="right") - 1
    assert na.std_err[step] == pytest.approx(np.array(r["std_chaz"]), rel=1e-12)


@pytest.mark.parametrize("until", [500, 1000])
def test_the_restricted_mean_is_that_of_r(until: int) -> None:
    data, r = columns("lung"), said_by_r(f"rmst_lung_{until}")
    found = kaplan_meier(data["time"], data["c"] == 0).restricted_mean(until)
    assert found.value == pytest.approx(r["rmean"], rel=1e-12)
    assert (found.high - found.value) / 1.959963984540054 == pytest.approx(r["se_rmean"], rel=1e-10)


def test_the_log_rank_test_and_its_strata_are_those_of_r() -> None:
    lung = columns("lung")
    known = ~np.isnan(lung["ph_ecog"])
    sex, ecog = (np.unique(lung[k], return_inverse=True)[1] for k in ("sex", "ph_ecog"))
    ended = lung["c"] == 0
    coarse = np.minimum(lung["ph_ecog"][known], 2).astype(int)
    found = {
        "logrank_lung_sex": log_rank(lung["time"], ended, sex),
        "logrank_lung_sex_rho1": log_rank(lung["time"], ended, sex, rho=1),
        "logrank_lung_ecog": log_rank(lung["time"][known], ended[known], ecog[known]),
        "logrank_lung_sex_strata": log_rank(lung["time"][known], ended[known], sex[known], strata=coarse),
    }
    for name, ours in found.items():
        r = said_by_r(name)
        assert (ours.chi2, ours.df, ours.p) == pytest.approx((r["chisq"], r["df"], r["p"]), rel=1e-11), name
        assert ours.observed == pytest.approx(np.array(r["observed"])), name
        assert ours.expected == pytest.approx(np.array(r["expected"])), name


def test_turnbull_reaches_the_likelihood_of_npsurv() -> None:
    data = columns("interval")
    r = stored("r_npsurv")["references"]["npmle_interval"]["values"]
    found = turnbull(data["left"], data["right"])
    assert (found.left.tolist(), found.right.tolist()) == (r["left"], r["right"])
    assert found.mass == pytest.approx(np.array(r["p"]), abs=1e-9)
    assert found.log_likelihood == pytest.approx(r["loglik"], abs=1e-9)


def test_late_entries_give_the_curve_of_lifelines() -> None:
    rng = np.random.default_rng(8)
    life, entry, end = rng.weibull(1.4, 500) * 10, rng.uniform(0, 8, 500), rng.uniform(2, 20, 500)
    watched = (life > entry) & (end > entry)
    ages, ended, entry = np.minimum(life, end)[watched], (life <= end)[watched], entry[watched]
    theirs = lifelines.KaplanMeierFitter().fit(ages, ended, entry=entry)
    km = kaplan_meier(ages, ended, entry=entry)
    assert km.survival == pytest.approx(theirs.survival_function_at_times(km.times).to_numpy(), rel=1e-10)
