"""Which forecast to trust for each part: every method is run again over the past and scored on what came next.

At each origin (the end of a period in the past) a method knows only what was known then, forecasts the demand of the next
`lead_time` periods, and is scored on it. As the methods are recursive, one pass over time gives the forecasts of all origins;
smoothing constants that are chosen are chosen at each origin from the past alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.demand import DemandForecast, demand_class, forecast_along, history_of
from analysis.forecast_methods import (
    adida_of,
    croston_of,
    empirical_of,
    imapa_of,
    moving_average_of,
    naive_of,
    sba_factor,
    sbj_factor,
    ses_of,
    tsb_of,
    zero_of,
)
from analysis.forecast_scores import squared_scale
from analysis.lead_time import quantiles_over
from analysis.result import Floats, Ints, Reason, Result, Values, reasons
from analysis.seasonal import repeated_season, season_factors
from analysis.smoothing import History, Path

# Fixed constants are those in common use; "…, chosen" has them chosen per part and origin.
METHODS: Mapping[str, Callable[[History], Path]] = MappingProxyType(
    {
        "ses": partial(ses_of, alpha=0.1, init="mean"),
        "croston": partial(croston_of, alpha=0.1, beta=None, init="mean"),
        "sba": partial(croston_of, alpha=0.1, beta=None, init="mean", factor=sba_factor),
        "sbj": partial(croston_of, alpha=0.1, beta=None, init="mean", factor=sbj_factor),
        "tsb": partial(tsb_of, alpha=0.2, beta=0.1, init="mean"),
        "adida": partial(adida_of, level=None, alpha=0.2, init="mean"),
        "imapa": partial(imapa_of, max_level=None, alpha=0.2, init="mean"),
        "moving_average": partial(moving_average_of, window=18),
        "empirical_bootstrap": partial(empirical_of, window=24),
        "seasonal_naive": partial(repeated_season, season=12),
        "seasonal_ses": partial(season_factors, alpha=0.1, season=12),
        "ses, chosen": partial(ses_of, alpha=None, init="mean"),
        "sba, chosen": partial(croston_of, alpha=None, beta=None, init="mean", factor=sba_factor),
        "tsb, chosen": partial(tsb_of, alpha=None, beta=None, init="mean"),
        "naive": naive_of,
        "zero": zero_of,
    }
)

# To compare with, never chosen: zero stocks nothing, naive repeats the last demand, the bootstrap has quantiles of its own kind.
REFERENCES = ("empirical_bootstrap", "naive", "zero")

# As many independent lead times of its own as this count as much as the scores of a part's class. Found on months 28 to 39
# of the car parts, chosen by months up to 27: the pinball loss of what is chosen is 1.52 by own scores alone, 1.47 at 15, 1.46
# at 60 and 1.43 at 200, where parts have no say of their own any more. What is reported on is months 40 to 51.
CLASS_WEIGHT = 60.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Backtest(Result):
    """Scores of each method for each part, mean over origins; n counts the origins that were scored.

    pinball: (parts, methods, levels), of the quantiles of the demand over the lead time, in units. rmsse, mae, mase:
    (parts, methods), of the forecasts per period; mae and mase are to compare with what others print, never to choose by.
    below, covered: (methods, levels), the share of lead times with demand less than the quantile, and at most the quantile;
    calibrated quantiles of whole units have the level between the two. kind: of each part's demand, see `demand_class`.
    """

    methods: tuple[str, ...]
    levels: tuple[float, ...]
    lead_time: int
    pinball: Floats
    rmsse: Floats
    mae: Floats
    mase: Floats
    below: Mapping[str, Floats]
    covered: Mapping[str, Floats]
    kind: NDArray[np.str_]

    def of(self, method: str) -> int:
        """The column of a method. Raises ValueError for one that was not tested."""
        if method not in self.methods:
            raise ValueError(f"{method!r} was not tested; there are {', '.join(self.methods)}")
        return self.methods.index(method)


@dataclass(frozen=True, eq=False, kw_only=True)
class MethodChoice(Result):
    """The method for each part. index: its place in `methods`, −1 without one; score: 2 is as good as the methods on average.

    n: the origins it rests on; 0 with a name is the choice for the part's class.
    """

    methods: tuple[str, ...]
    index: Values
    name: Values
    score: Values


def backtest(
    demand: ArrayLike,
    *,
    lead_time: int = 3,
    origins: int = 12,
    levels: Sequence[float] = (0.5, 0.9, 0.95),
    methods: Mapping[str, Callable[[History], Path]] = METHODS,
) -> Backtest:
    """How good would each method have been for each part?

    demand: (parts × periods), NaN where not known. lead_time: whole periods. origins: how many, the last ones of which the
    lead time lies within the data. An origin counts for a part if it had demand before (else no method can say anything) and
    its demand over the lead time is known; it counts for all methods alike. The scale of RMSSE and MASE is that of the
    periods before the first origin; parts without it have none. Reasons: "no_data", "no_demand", "too_few" (no origin counts).
    Raises ValueError where the data are too short for the origins asked for. Cost: methods × periods × parts.
    """
    history, _ = history_of(np.atleast_2d(np.asarray(demand, dtype=np.float64)))
    periods, parts = history.demand.shape
    first = periods - lead_time - origins + 1
    if lead_time < 1 or origins < 1 or first < 1:
        raise ValueError(f"{periods} periods hold no {origins} origins with {lead_time} periods after and one before")
    if not all(0 < level < 1 for level in levels):
        raise ValueError(f"levels must lie between 0 and 1, not {list(levels)}")
    rows = np.arange(first, first + origins)
    actual = np.array([history.demand[rows + step] for step in range(lead_time)])
    total = actual.sum(axis=0)
    scored = np.asarray((history.demands_before[rows] > 0) & ~np.isnan(total))
    scores = {name: _scores(history, method(history), rows, actual, scored, levels) for name, method in methods.items()}
    mae, mse, pinball, below, covered = (np.array(column) for column in zip(*scores.values(), strict=True))
    past = history.demand[:first].T
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.abs(np.diff(past, axis=1))
        naive = np.where(np.isnan(change), 0.0, change).sum(axis=1) / (~np.isnan(change)).sum(axis=1)
        rmsse = np.sqrt(mse / np.where(squared_scale(past) > 0, squared_scale(past), np.nan))
        scaled = mae / np.where(naive > 0, naive, np.nan)
    count = scored.sum(axis=0)
    return Backtest(
        n=count,
        method=f"rolling origin, {origins} origins, lead time {lead_time}",
        reason=reasons(
            parts,
            (history.known_before[-1] == 0, Reason.NO_DATA),
            (history.demands_before[-1] == 0, Reason.NO_DEMAND),
            (count == 0, Reason.TOO_FEW),
        ),
        methods=tuple(methods),
        levels=tuple(levels),
        lead_time=lead_time,
        pinball=np.moveaxis(pinball, 2, 0),
        rmsse=rmsse.T,
        mae=mae.T,
        mase=scaled.T,
        below=dict(zip(methods, below, strict=True)),
        covered=dict(zip(methods, covered, strict=True)),
        kind=demand_class(history.demand.T).kind,
    )


def _scores(
    history: History, path: Path, rows: Ints, actual: Floats, scored: NDArray[np.bool_], levels: Sequence[float]
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """MAE and MSE per part, pinball loss per level and part, shares below and at most the quantiles per level."""
    lead_time, total = len(actual), np.nansum(actual, axis=0)
    # A method without an answer of its own (no season yet, no whole block) says what is said without it: nothing is needed.
    errors = np.array([actual[step] - np.nan_to_num(path.ahead(step)[rows]) for step in range(lead_time)])
    errors = np.where(scored, errors, np.nan)
    quantiles = np.nan_to_num(quantiles_over(history, path, rows, lead_time, levels))
    level = np.asarray(levels)[:, None, None]
    short = total - quantiles
    pinball = np.maximum(level * short, (level - 1.0) * short)
    return (
        _mean_of(np.abs(errors).mean(axis=0), scored),
        _mean_of(np.square(errors).mean(axis=0), scored),
        _mean_of(pinball, scored),
        _share(np.asarray(total < quantiles), scored),
        _share(np.asarray(total <= quantiles), scored),
    )


def _share(holds: NDArray[np.bool_], scored: NDArray[np.bool_]) -> Floats:
    """In which share of the origins and parts that were scored it holds, per level."""
    share: Floats = (holds & scored).sum(axis=(1, 2)) / np.where(scored.any(), scored.sum(), np.nan)
    return share


def _mean_of(values: Floats, scored: NDArray[np.bool_]) -> Floats:
    """Mean over the origins that were scored."""
    count = scored.sum(axis=0)
    return np.where(count > 0, np.where(scored, values, 0.0).sum(axis=-2) / np.maximum(count, 1), np.nan)


def choose_method(tested: Backtest, *, class_weight: float = CLASS_WEIGHT) -> MethodChoice:
    """Which method should forecast each part?

    The one with the least score: pinball loss summed over the levels plus RMSSE, each divided by its mean over the methods
    for that part. A part has few lead times behind it and the best of a dozen methods on few is often the luckiest: so its
    own scores are averaged with those of its class (smooth, erratic, intermittent, lumpy), which count as much as
    `class_weight` independent lead times do. Equal scores go to the method that comes first. MAE and MASE play no part, and
    `REFERENCES` are never chosen. Parts without scores get the choice of their class; without demand none ("no_demand").
    """
    if not class_weight > 0:
        raise ValueError(f"class_weight must be above 0, not {class_weight}")
    columns = np.array([i for i, name in enumerate(tested.methods) if name not in REFERENCES])
    own = _relative(tested.pinball[:, columns].sum(axis=2)) + _relative(tested.rmsse[:, columns])
    have = np.asarray(~np.isnan(own).any(axis=1))
    names, code = np.unique(tested.kind, return_inverse=True)
    member = (code == np.arange(names.size)[:, None]) & have
    own = np.where(have[:, None], own, 0.0)
    everyone = own.sum(axis=0) / max(int(have.sum()), 1)
    count = member.sum(axis=1, keepdims=True)
    # A class of few is itself averaged with everyone.
    by_class = (member @ own + class_weight * everyone) / (count + class_weight)
    windows = np.where(have, tested.n / tested.lead_time, 0.0)[:, None]
    score = (windows * own + class_weight * by_class[code]) / (windows + class_weight)
    best = np.argmin(np.round(score, 12), axis=1)
    none = np.isin(tested.reason, [str(Reason.NO_DATA), str(Reason.NO_DEMAND)])
    index = np.where(none, -1, columns[best])
    return MethodChoice(
        n=np.where(have, tested.n, 0),
        method=f"least pinball loss and RMSSE, own and class scores; {tested.method}",
        reason=np.where(none, tested.reason, ""),
        methods=tested.methods,
        index=index,
        name=np.where(none, "", np.array(tested.methods)[index]),
        score=np.where(none, np.nan, np.take_along_axis(score, best[:, None], axis=1)[:, 0]),
    )


def _relative(scores: Floats) -> Floats:
    """Scores divided by their mean over the methods; 1 where all are perfect."""
    mean = scores.mean(axis=1, keepdims=True)
    return np.where(mean > 0, scores / np.where(mean > 0, mean, 1.0), np.where(np.isnan(mean), np.nan, 1.0))


def chosen_forecast(
    demand: ArrayLike, choice: MethodChoice, *, methods: Mapping[str, Callable[[History], Path]] = METHODS
) -> DemandForecast:
    """What demand to expect for each part, by the method that was chosen for it.

    demand: (parts × periods), as it was tested or with the periods since. The forecast of a part without a choice says why.
    Raises ValueError where there is not one choice per part.
    """
    asked = np.atleast_2d(np.asarray(demand, dtype=np.float64))
    if len(asked) != len(choice):
        raise ValueError(f"there are {len(choice)} choices for {len(asked)} parts")
    names = np.where(choice.index < 0, "zero", choice.name)  # any method: without demand none has a forecast
    found = {}
    for name in np.unique(names):
        parts = np.flatnonzero(names == name)
        history, _ = history_of(asked[parts])
        found[str(name)] = parts, forecast_along(history, methods[str(name)](history), str(name))
    season = max((f.profile.shape[1] for _, f in found.values() if f.profile is not None), default=0)
    order = np.argsort(np.concatenate([parts for parts, _ in found.values()]))

    def together(column: Callable[[DemandForecast], Values]) -> Values:
        return np.concatenate([column(f) for _, f in found.values()])[order]

    return DemandForecast(
        n=together(lambda f: f.n),
        method="the method chosen for each part",
        reason=together(lambda f: f.reason),
        mean=together(lambda f: f.mean),
        fitted=together(lambda f: f.fitted),
        dispersion=together(lambda f: f.dispersion),
        alpha=together(lambda f: f.alpha),
        beta=together(lambda f: f.beta),
        gain=together(lambda f: f.gain),
        profile=together(lambda f: f.by_period(season)) if season else None,
    )
