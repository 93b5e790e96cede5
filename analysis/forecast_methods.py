"""Each forecast method for a `History` that is prepared once: what the functions of `analysis.demand` and the backtest run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from analysis.aggregation import adida_path, imapa_path, level_of, moving_average_path
from analysis.result import Floats, Ints
from analysis.smoothing import (
    GRID,
    Component,
    Constant,
    History,
    Init,
    Path,
    interval_component,
    level_component,
    probability_component,
    smoothed_path,
)


@dataclass(frozen=True, eq=False)
class WindowPath(Path):
    """The mean of the last `window` periods (None: of all), whose demand over a lead time is taken from the sums seen in them."""

    window: int | None


def ses_of(history: History, alpha: float | None, init: Init) -> Path:
    """See `ses`."""
    begun = history.known_before > 0
    begun[:-1] |= history.known  # R's fitted values begin with the start value itself
    pairs = [(a, a) for a in _offered("alpha", alpha)]
    once = np.ones((len(begun), 1))
    path = smoothed_path(history, level_component(history, init), lambda beta, rolling: once, pairs, begun)
    return replace(path, beta=np.full_like(path.beta, np.nan))


def croston_of(
    history: History,
    alpha: float | None,
    beta: float | None,
    init: Init,
    factor: Callable[[Constant], Constant] = lambda beta: 1.0,
) -> Path:
    """See `croston`; factor: of `sba` and `sbj`."""
    rate = interval_component(history, init, factor)
    return smoothed_path(history, _sizes(history), rate, _pairs(alpha, beta), history.demands_before > 0)


def sba_factor(beta: Constant) -> Constant:
    """1 − beta/2."""
    return 1.0 - beta / 2.0


def sbj_factor(beta: Constant) -> Constant:
    """1 − beta/(2 − beta)."""
    return 1.0 - beta / (2.0 - beta)


def tsb_of(history: History, alpha: float | None, beta: float | None, init: Init) -> Path:
    """See `tsb`."""
    rate = probability_component(history, init)
    return smoothed_path(history, _sizes(history), rate, _pairs(alpha, beta), history.known_before > 0)


def _sizes(history: History) -> Component:
    return lambda alpha, rolling: history.sizes.smoothed(alpha)


def adida_of(history: History, level: int | None, alpha: float | None, init: Init) -> Path:
    """See `adida`."""
    levels = _levels(history, "level", level)
    return _level_path(adida_path(history, levels, _offered("alpha", alpha), init), alpha, 1.0 / levels)


def imapa_of(history: History, max_level: int | None, alpha: float | None, init: Init) -> Path:
    """See `imapa`."""
    levels = _levels(history, "max_level", max_level)
    shares = np.cumsum(1.0 / np.arange(1, levels.max() + 1))[levels - 1] / levels  # the mean of 1/1, 1/2, … 1/level
    return _level_path(imapa_path(history, levels, _offered("alpha", alpha), init), alpha, shares)


def moving_average_of(history: History, window: int) -> Path:
    """See `moving_average`."""
    return _plain_path(moving_average_path(history, window), 1.0 / window)


def empirical_of(history: History, window: int | None) -> Path:
    """The mean of the last `window` known periods, with the sums over the lead times within them; see `empirical_bootstrap`."""
    whole = len(history.demand) if window is None else window
    path = moving_average_of(history, whole)
    return WindowPath(path.rolling, path.fitted, path.gain, path.alpha, path.beta, window)


def naive_of(history: History) -> Path:
    """See `naive`."""
    last = history.levels.smoothed(1.0)
    return _plain_path(np.where(history.known_before > 0, last, np.nan), 1.0)


def zero_of(history: History) -> Path:
    """See `zero`."""
    return _plain_path(np.where(history.known_before > 0, 0.0, np.nan), 0.0)


def _plain_path(rolling: Floats, gain: float) -> Path:
    none = np.full(rolling.shape[1], np.nan)
    return Path(rolling, rolling, gain, none, none)


def _level_path(rolling: Floats, alpha: float | None, blocks: Floats) -> Path:
    none = np.full(rolling.shape[1], np.nan)
    # An error moves the forecast of a block by alpha, and that is spread over the periods of the block.
    middle = float(np.median(GRID)) if alpha is None else alpha
    return Path(rolling, rolling, middle * blocks, none if alpha is None else np.full_like(none, alpha), none)


def _levels(history: History, name: str, level: int | None) -> Ints:
    if level is None:
        return level_of(history)
    whole_periods(name, level)
    return np.full(history.known_before.shape, level, dtype=np.int64)


def whole_periods(name: str, value: int) -> None:
    if value != int(value) or value < 1:
        raise ValueError(f"{name} must be a whole number of periods, at least 1, not {value}")


def _offered(name: str, constant: float | None) -> Sequence[float]:
    if constant is None:
        return GRID
    if not 0 < constant <= 1:
        raise ValueError(f"{name} must lie in (0, 1], not {constant}")
    return (float(constant),)


def _pairs(alpha: float | None, beta: float | None) -> Sequence[tuple[float, float]]:
    """The constants to try: beta follows a fixed alpha unless it is given, as with one constant in R."""
    alphas = _offered("alpha", alpha)
    if beta is None and alpha is not None:
        return [(a, a) for a in alphas]
    return list(product(alphas, _offered("beta", beta)))
