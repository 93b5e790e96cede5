"""Forecasts of 2,674 real car parts with backtest: time against statsforecast, quality of each method and of the choice.

python -m benchmarks.methods.demand  # in the environment of the oracles, with ../shared/data/car_parts beside the project

Speed: the same methods, 10 origins, horizon 3, one process, one thread, missing months as zero for both (statsforecast takes
no missing values); a first small run of each is not counted. Ours is timed as a whole backtest as well, which adds quantiles
and scores that statsforecast's cross-validation does not compute. Quality: missing months kept; chosen on months up to 39,
judged on the demand of months 40 to 51.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from analysis.backtest import Backtest, MethodChoice, backtest, choose_method
from analysis.demand import history_of
from analysis.forecast_methods import (
    adida_of,
    croston_of,
    imapa_of,
    moving_average_of,
    naive_of,
    sba_factor,
    ses_of,
    tsb_of,
    zero_of,
)
from analysis.seasonal import repeated_season
from analysis.smoothing import History
from analysis.smoothing import Path as ForecastPath

CAR_PARTS = Path(__file__).parents[3] / "shared" / "data" / "car_parts" / "carparts.csv"
LEAD_TIME, ORIGINS = 3, 10

# Ours, and the name of statsforecast's; where it chooses constants, so do ours.
SAME: dict[str, Callable[[History], ForecastPath]] = {
    "SES": partial(ses_of, alpha=0.1, init="naive"),
    "SESOpt": partial(ses_of, alpha=None, init="naive"),
    "CrostonClassic": partial(croston_of, alpha=0.1, beta=None, init="naive"),
    "CrostonSBA": partial(croston_of, alpha=0.1, beta=None, init="naive", factor=sba_factor),
    "CrostonOptimized": partial(croston_of, alpha=None, beta=None, init="naive"),
    "TSB": partial(tsb_of, alpha=0.2, beta=0.1, init="naive"),
    "ADIDA": partial(adida_of, level=None, alpha=None, init="naive"),
    "IMAPA": partial(imapa_of, max_level=None, alpha=None, init="naive"),
    "SeasonalNaive": partial(repeated_season, season=12),
    "WindowAverage": partial(moving_average_of, window=18),
    "Naive": naive_of,
    "ZeroModel": zero_of,
}


def timed(run: Callable[[], object], repeats: int = 1) -> tuple[float, float]:
    """The least wall and CPU seconds of several runs."""
    taken = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in taken), min(cpu for _, cpu in taken)


def forecasts(demand: np.ndarray, methods: list[Callable[[History], ForecastPath]]) -> list[np.ndarray]:
    """The forecasts of all origins and steps ahead, (steps, origins, parts) per method."""
    history, _ = history_of(demand)
    rows = np.arange(demand.shape[1] - LEAD_TIME - ORIGINS + 1, demand.shape[1] - LEAD_TIME + 1)
    paths = [method(history) for method in methods]
    return [np.array([path.ahead(step)[rows] for step in range(LEAD_TIME)]) for path in paths]


def theirs(demand: np.ndarray) -> dict[str, tuple[float, float]] | None:
    """Seconds of statsforecast's cross-validation per model and for all; None where it is not installed."""
    try:
        import pandas as pd  # noqa: PLC0415  # only in the environment of the oracles
        from statsforecast import StatsForecast, models  # noqa: PLC0415
    except ImportError:
        return None
    warnings.filterwarnings("ignore")
    parts, periods = demand.shape
    columns = {"unique_id": np.repeat(np.arange(parts), periods), "ds": np.tile(np.arange(periods), parts)}
    table = pd.DataFrame(columns | {"y": demand.ravel()})
    every = {
        "SES": models.SimpleExponentialSmoothing(alpha=0.1),
        "SESOpt": models.SimpleExponentialSmoothingOptimized(),
        "CrostonClassic": models.CrostonClassic(),
        "CrostonSBA": models.CrostonSBA(),
        "CrostonOptimized": models.CrostonOptimized(),
        "TSB": models.TSB(alpha_d=0.2, alpha_p=0.1),
        "ADIDA": models.ADIDA(),
        "IMAPA": models.IMAPA(),
        "SeasonalNaive": models.SeasonalNaive(season_length=12),
        "WindowAverage": models.WindowAverage(window_size=18),
        "Naive": models.Naive(),
        "ZeroModel": models.ZeroModel(),
    }

    def validate(chosen: list[object], rows: object) -> object:
        return StatsForecast(models=chosen, freq=1, n_jobs=1).cross_validation(
            df=rows, h=LEAD_TIME, n_windows=ORIGINS, step_size=1
        )

    validate(list(every.values()), table[table.unique_id < 20])  # compile
    found = {name: timed(lambda model=model: validate([model], table)) for name, model in every.items()}
    return found | {"all": timed(lambda: validate(list(every.values()), table))}


def speed(demand: np.ndarray) -> str:
    """The table of times."""
    demand = np.nan_to_num(demand)
    other = theirs(demand)
    forecasts(demand[:20], list(SAME.values()))
    ours = {name: timed(lambda method=method: forecasts(demand, [method]), 3) for name, method in SAME.items()}
    ours["all"] = timed(lambda: forecasts(demand, list(SAME.values())), 3)
    run = partial(backtest, demand, lead_time=LEAD_TIME, origins=ORIGINS)
    ours["all, with quantiles at 0.5, 0.9, 0.95 and scores"] = timed(partial(run, methods=SAME), 3)
    ours["all 15 that are chosen from, with quantiles and scores"] = timed(run, 3)
    lines = [
        "| method | ours: wall s | CPU s | statsforecast: wall s | CPU s | times as fast (CPU) |",
        "|---|---|---|---|---|---|",
    ]
    for name, (wall, cpu) in ours.items():
        line = f"| {name} | {wall:.3f} | {cpu:.3f} |"
        compared = other and other.get(name, other["all"] if name.startswith("all, with") else None)
        line += f" {compared[0]:.2f} | {compared[1]:.2f} | {compared[1] / cpu:.0f} |" if compared else " – | – | – |"
        lines.append(line)
    if other is None:
        lines.append("\nstatsforecast is not installed here: nothing to compare with.")
    return "\n".join(lines)


def quality(demand: np.ndarray) -> str:
    """The table of scores on the last 12 months, and how often the choice beats three methods."""
    choice = choose_method(backtest(demand[:, :39], lead_time=LEAD_TIME, origins=12))
    judged = backtest(demand, lead_time=LEAD_TIME, origins=ORIGINS)
    scored = (judged.n > 0) & (choice.index >= 0)
    lines = [
        f"{scored.sum():,} parts with demand before month 40; 10 origins, all demand that is judged in months 40 to 51.",
        "",
        "| method | pinball 0.5 | 0.9 | 0.95 | RMSSE | MASE | parts below and at most the 0.9 quantile | 0.95 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [score(judged, name, np.full(scored.sum(), i), scored) for i, name in enumerate(judged.methods)]
    lines += [score(judged, "**chosen per part**", choice.index[scored], scored), ""]
    return "\n".join(lines + beaten(judged, choice, scored))


def score(judged: Backtest, name: str, index: np.ndarray, scored: np.ndarray) -> str:
    """One line of the table."""
    at = np.arange(index.size)
    loss = judged.pinball[scored][at, index].mean(axis=0)
    rmsse, mase = (np.nanmean(column[scored][at, index]) for column in (judged.rmsse, judged.mase))
    cells = [f"{value:.4f}" for value in (*loss, rmsse, mase)]
    if name in judged.below:
        cells += [f"{judged.below[name][i]:.3f} – {judged.covered[name][i]:.3f}" for i in (1, 2)]
    return f"| {name} | " + " | ".join(cells) + (" |" if name in judged.below else " | | |")


def beaten(judged: Backtest, choice: MethodChoice, scored: np.ndarray) -> list[str]:
    """In which share of the parts the choice is better, equal, worse."""
    names, counts = np.unique(choice.name[scored], return_counts=True)
    lines = [
        "Chosen: " + ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True)) + ".",
        "",
        "| chosen against | pinball (three levels): better | equal | worse | pinball 0.9: better | equal | worse "
        "| RMSSE: better | equal | worse |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    at, index = np.arange(scored.sum()), choice.index[scored]
    for name in ("ses", "croston", "zero"):
        cells = []
        for values in (judged.pinball.sum(axis=2), judged.pinball[:, :, 1], judged.rmsse):
            mine, other = values[scored][at, index], values[scored][:, judged.of(name)]
            known = ~np.isnan(mine + other)
            gain = (other - mine)[known]
            cells += [f"{np.mean(share):.1%}" for share in (gain > 1e-9, np.abs(gain) <= 1e-9, gain < -1e-9)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def run() -> str:
    """Both tables in Markdown; a sentence where the data are absent."""
    if not CAR_PARTS.exists():
        return "The car parts are not beside the project (../shared/data/car_parts): nothing was measured."
    demand = np.genfromtxt(CAR_PARTS, delimiter=",", skip_header=1)[:, 1:]
    return f"{speed(demand)}\n\n{quality(demand)}"


if __name__ == "__main__":
    sys.stdout.write(run() + "\n")
