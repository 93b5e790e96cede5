"""The rolling-origin backtest against forecasting by hand at each origin, and the choice of methods it leads to."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from analysis.backtest import METHODS, REFERENCES, backtest, choose_method, chosen_forecast
from analysis.demand import adida, croston, imapa, moving_average, sba, sbj, seasonal_naive, ses, tsb, zero
from analysis.demand_distributions import NegativeBinomialDemand
from analysis.forecast_methods import croston_of, ses_of, zero_of
from analysis.forecast_scores import mase, mean_absolute_error, pinball_loss, rmsse

CAR_PARTS = Path(__file__).parents[3] / "shared" / "data" / "car_parts" / "carparts.csv"

# The public function that each tested method must agree with at every origin.
SAME = {
    "ses": ses,
    "croston": croston,
    "sba": sba,
    "sbj": sbj,
    "tsb": partial(tsb, alpha=0.2, beta=0.1),
    "adida": adida,
    "imapa": imapa,
    "moving_average": partial(moving_average, window=18),
    "seasonal_naive": seasonal_naive,
    "ses, chosen": partial(ses, alpha=None),
    "sba, chosen": partial(sba, alpha=None),
    "tsb, chosen": partial(tsb, alpha=None),
    "zero": zero,
}


def demand_of(parts: int, periods: int, seed: int = 0, rate: float = 0.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    arrivals = rng.poisson(rng.gamma(2, rate / 2, parts)[:, None], (parts, periods))
    return (arrivals + rng.poisson(0.5 * arrivals)).astype(float)


@pytest.mark.parametrize("name", SAME)
def test_each_origin_is_forecast_as_if_nothing_later_were_known(name: str) -> None:
    demand, lead, origins = demand_of(30, 30), 3, 5
    demand[:5, :9] = np.nan  # sold only later
    demand[5:8, 12] = np.nan
    tested = backtest(demand, lead_time=lead, origins=origins, methods={name: METHODS[name]})
    losses, errors, counted = np.zeros((30, 3)), np.zeros(30), np.zeros(30)
    for origin in range(30 - lead - origins + 1, 30 - lead + 1):
        past, ahead = demand[:, :origin], demand[:, origin : origin + lead]
        found = SAME[name](past)
        use = (np.nan_to_num(past).sum(axis=1) > 0) & ~np.isnan(ahead).any(axis=1)
        quantiles = np.nan_to_num([found.over(lead).quantile(level) for level in tested.levels])
        for j, level in enumerate(tested.levels):
            losses[:, j] += np.where(use, pinball_loss(ahead.sum(axis=1)[:, None], quantiles[j][:, None], level), 0)
        forecast = np.nan_to_num(found.by_period(lead))
        errors += np.where(use, np.nan_to_num(mean_absolute_error(ahead, forecast)), 0)
        counted += use
    some = counted > 0
    assert tested.n.tolist() == counted.tolist()
    assert tested.pinball[some, 0] == pytest.approx(losses[some] / counted[some, None])
    assert tested.mae[some, 0] == pytest.approx(errors[some] / counted[some])


def test_with_one_origin_the_scores_are_those_of_the_definitions() -> None:
    demand = demand_of(20, 24, rate=2)
    tested = backtest(demand, lead_time=4, origins=1, methods={"ses": METHODS["ses"]})
    past, ahead = demand[:, :20], demand[:, 20:]
    forecast = ses(past).by_period(4)
    assert tested.rmsse[:, 0] == pytest.approx(rmsse(ahead, forecast, past), nan_ok=True)
    assert tested.mase[:, 0] == pytest.approx(mase(ahead, forecast, past), nan_ok=True)


def test_the_shares_below_and_covered_hold_the_level_of_well_known_demand() -> None:
    rng = np.random.default_rng(4)
    tested = backtest(rng.poisson(3.0, (2000, 60)), lead_time=2, origins=6, methods={"sba": METHODS["sba"]})
    for i, level in enumerate(tested.levels):
        assert tested.below["sba"][i] < level < tested.covered["sba"][i] + 0.01


def test_origins_without_demand_before_or_with_unknown_demand_after_do_not_count() -> None:
    demand = np.array([[0, 0, 0, 1, 0, 2], [1, 0, 2, 0, np.nan, 1], [0, 0, 0, 0, 0, 0], [np.nan] * 6])
    tested = backtest(demand, lead_time=1, origins=4)
    assert tested.n.tolist() == [2, 3, 0, 0]
    assert tested.reason.tolist() == ["", "", "no_demand", "no_data"]


def test_zero_wins_on_absolute_error_and_loses_on_the_quantile_that_stocks() -> None:
    tested = backtest(demand_of(400, 48, rate=0.2), lead_time=2, origins=10)
    mean_mae, mean_high = np.nanmean(tested.mae, axis=0), np.nanmean(tested.pinball[:, :, 1], axis=0)
    zeros = tested.of("zero")
    assert np.argmin(mean_mae) == zeros
    assert mean_high[zeros] > 1.3 * mean_high[tested.of("ses")]


# ---- the choice ----


def test_absolute_errors_play_no_part_in_the_choice_and_references_are_never_chosen() -> None:
    tested = backtest(demand_of(300, 48, rate=0.2), lead_time=2, origins=10)
    choice = choose_method(tested)
    assert not set(REFERENCES) & set(choice.name.tolist())
    tested.mae[:] = tested.mase[:] = 0
    assert choose_method(tested).name.tolist() == choice.name.tolist()


def test_equal_scores_go_to_the_method_that_comes_first() -> None:
    both = dict.fromkeys(("one", "other"), METHODS["ses"])
    choice = choose_method(backtest(demand_of(50, 30), methods=both))
    assert set(choice.name[choice.index >= 0]) == {"one"}


def test_a_part_with_few_origins_follows_its_class_and_one_with_many_itself() -> None:
    tested = backtest(demand_of(300, 60, rate=1), lead_time=1, origins=24)
    shrunk, alone = choose_method(tested, class_weight=1e9), choose_method(tested, class_weight=1e-9)
    for kind in np.unique(tested.kind[tested.n > 0]):
        assert len(set(shrunk.name[(tested.kind == kind) & (tested.n > 0)])) == 1
    candidates = [i for i, name in enumerate(tested.methods) if name not in REFERENCES]
    score = tested.pinball.sum(axis=2)[:, candidates]
    own = (score / score.mean(axis=1, keepdims=True)) + (
        tested.rmsse[:, candidates] / tested.rmsse[:, candidates].mean(axis=1, keepdims=True)
    )
    scored = ~np.isnan(own).any(axis=1)
    chosen = [tested.methods[candidates[i]] for i in np.argmin(np.round(own[scored], 9), axis=1)]
    assert (np.array(chosen) == alone.name[scored]).mean() > 0.98


def test_what_has_become_obsolete_is_not_forecast_by_croston() -> None:
    demand = demand_of(200, 60, rate=2)
    demand[:, 36:] = 0
    choice = choose_method(backtest(demand, lead_time=1, origins=18), class_weight=1.0)
    assert not {"croston", "sba", "sbj"} & set(choice.name.tolist())


def test_the_order_of_parts_and_doubling_them_all_change_nothing() -> None:
    demand = demand_of(60, 40)
    order = np.random.default_rng(2).permutation(60)
    one, mixed = choose_method(backtest(demand)), choose_method(backtest(demand[order]))
    assert mixed.name.tolist() == one.name[order].tolist()


def test_parts_are_forecast_by_what_was_chosen_for_them() -> None:
    demand = demand_of(40, 40)
    demand[3] = 0
    seasons = np.tile(np.arange(12.0), 4)[:40]
    demand[5] = seasons * 10
    choice = choose_method(backtest(demand, origins=6), class_weight=0.01)
    found = chosen_forecast(demand, choice)
    assert choice.name[5] == "seasonal_naive"
    assert found.by_period(3)[5].tolist() == [40, 50, 60]
    assert (choice.index[3], found.reason[3], found[3].mean) == (-1, "no_demand", None)
    for name in ("imapa", "ses", "adida"):
        these = choice.name == name
        if these.any():
            assert found.mean[these] == pytest.approx(SAME[name](demand[these]).mean)
    assert isinstance(found.over(3), NegativeBinomialDemand)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lead_time": 0}, "hold no"),
        ({"origins": 40}, "30 periods hold no 40 origins"),
        ({"levels": (0.5, 1.0)}, "levels must lie between"),
    ],
)
def test_mistakes_are_told_in_a_sentence(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        backtest(demand_of(3, 30), **options)  # type: ignore[arg-type]


def test_methods_and_choices_must_fit() -> None:
    tested = backtest(demand_of(3, 30))
    with pytest.raises(ValueError, match="'arima' was not tested"):
        tested.of("arima")
    with pytest.raises(ValueError, match="class_weight must be above 0"):
        choose_method(tested, class_weight=0)
    with pytest.raises(ValueError, match="3 choices for 2 parts"):
        chosen_forecast(demand_of(2, 30), choose_method(tested))


@pytest.mark.real_data
@pytest.mark.skipif(not CAR_PARTS.exists(), reason="the car parts are not beside the project")
def test_on_the_car_parts_what_is_chosen_early_holds_in_the_last_year() -> None:
    demand = np.genfromtxt(CAR_PARTS, delimiter=",", skip_header=1)[:, 1:]
    choice = choose_method(backtest(demand[:, :39], lead_time=3, origins=12))
    judged = backtest(demand, lead_time=3, origins=10)  # demand of the last 12 months only
    scored = (judged.n > 0) & (choice.index >= 0)
    loss = judged.pinball.sum(axis=2)[scored]
    chosen = loss[np.arange(len(loss)), choice.index[scored]]
    assert chosen.mean() < 1.01 * loss[:, judged.of("ses")].mean()
    assert chosen.mean() < 0.9 * loss[:, judged.of("croston")].mean()
    assert chosen.mean() < 0.5 * loss[:, judged.of("zero")].mean()
    assert (chosen < loss[:, judged.of("croston")] - 1e-9).mean() > 0.55
    high = judged.pinball[scored][:, :, 1]
    assert (high[np.arange(len(high)), choice.index[scored]] < high[:, judged.of("zero")]).mean() > 0.6
    # Quantiles of whole units: the level lies between the shares below and at most.
    for name in ("ses", "sba", "tsb", "imapa"):
        assert (judged.below[name] < judged.levels).all()
        assert (judged.covered[name] > judged.levels).all()


def test_other_methods_can_be_tested_too() -> None:
    mine = {"quick": partial(ses_of, alpha=0.5, init="naive"), "zero": zero_of}
    mine["slow"] = partial(croston_of, alpha=0.05, beta=None, init="mean")
    choice = choose_method(backtest(demand_of(20, 40), methods=mine))
    assert set(choice.name) <= {"quick", "slow", ""}
