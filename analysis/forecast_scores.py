"""How good a forecast was. Forecasting zero wins on absolute errors when most periods have no demand: choose by others.

All take the last axis as the periods and return one number per row (a plain number for one row); periods where demand or
forecast is not known are left out; NaN (None) where nothing is left or there is nothing to divide by.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.result import Floats, Values, plain


def pinball_loss(actual: ArrayLike, quantile: ArrayLike, level: float) -> Values:
    """How far a forecast quantile was off, mean over periods: `level` per unit short, 1 − `level` per unit too many.

    At level = waiting cost/(waiting cost + holding cost) it is the cost of having stocked the quantile, up to a factor.
    Koenker and Bassett (1978). Raises ValueError for a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    error = _errors(actual, quantile)
    return _answer(_mean(np.maximum(level * error, (level - 1.0) * error)))


def mean_absolute_error(actual: ArrayLike, forecast: ArrayLike) -> Values:
    """Mean absolute error. Its best forecast is the median, which is zero for most sparse demand: to report, not to choose."""
    return _answer(_mean(np.abs(_errors(actual, forecast))))


def mean_squared_error(actual: ArrayLike, forecast: ArrayLike) -> Values:
    """Mean squared error; its best forecast is the mean."""
    return _answer(_mean(np.square(_errors(actual, forecast))))


def mase(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, *, season: int = 1) -> Values:
    """Mean absolute error by that of the seasonal naive forecast in the history (Hyndman and Koehler 2006).

    On the car parts a forecast of zero has a better MASE than any method: to report, not to choose.
    """
    past = np.asarray(history, dtype=np.float64)
    scale = _mean(np.abs(past[..., season:] - past[..., :-season]))
    return _answer(_by(_mean(np.abs(_errors(actual, forecast))), scale))


def rmsse(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike) -> Values:
    """Root mean squared error by that of the naive forecast in the history from the first demand on.

    As in the M5 competition (Makridakis, Spiliotis and Assimakopoulos 2022, International Journal of Forecasting 38:1346–1364).
    """
    return _answer(np.sqrt(_by(_mean(np.square(_errors(actual, forecast))), squared_scale(np.asarray(history, float)))))


def squared_scale(history: Floats) -> Floats:
    """Mean squared change from period to period since the first demand: what `rmsse` divides by."""
    begun = np.maximum.accumulate(history > 0, axis=-1)
    return _mean(np.where(begun[..., :-1], np.square(np.diff(history, axis=-1)), np.nan))


def periods_in_stock(actual: ArrayLike, forecast: ArrayLike) -> Values:
    """Unit-periods that would have lain in stock had the forecast been delivered each period; negative if short.

    PIS = −Σ of the cumulated errors (Wallström and Segerstedt 2010, International Journal of Production Economics
    128:625–636). Some tools print its absolute value.
    """
    error = _errors(actual, forecast)
    total = -np.cumsum(np.nan_to_num(error), axis=-1).sum(axis=-1)
    return _answer(np.where(np.isnan(error).all(axis=-1), np.nan, total))


def mean_squared_rate(actual: ArrayLike, forecast: ArrayLike, *, settle: float = 0.0) -> Values:
    """Mean squared distance of the forecasts from the demand rate so far (the cumulative mean of demand).

    settle: the rate of the first share of the periods (rounded up) is replaced by that at their end, as it is not settled
    yet; R's tsintermittent takes 0.3 (and prints the sum, not the mean), intermittent-forecast 0.1. Kourentzes (2014),
    International Journal of Production Economics 156:180–190.
    """
    return mean_squared_error(_rate(actual, settle), forecast)


def mean_absolute_rate(actual: ArrayLike, forecast: ArrayLike, *, settle: float = 0.0) -> Values:
    """Mean absolute distance of the forecasts from the demand rate so far; `settle` as in `mean_squared_rate`."""
    return mean_absolute_error(_rate(actual, settle), forecast)


def _rate(actual: ArrayLike, settle: float) -> Floats:
    if not 0 <= settle <= 1:
        raise ValueError(f"settle must be a share between 0 and 1, not {settle}")
    demand = np.asarray(actual, dtype=np.float64)
    known = ~np.isnan(demand)
    count = np.cumsum(known, axis=-1)
    rate = np.where(count > 0, np.cumsum(np.where(known, demand, 0.0), axis=-1) / np.maximum(count, 1), np.nan)
    first = int(np.ceil(settle * demand.shape[-1]))
    if first > 1:
        rate[..., :first] = rate[..., first - 1 : first]
    return rate


def _errors(actual: ArrayLike, forecast: ArrayLike) -> Floats:
    error: Floats = np.asarray(actual, dtype=np.float64) - np.asarray(forecast, dtype=np.float64)
    if error.ndim == 0:
        raise ValueError("actual and forecast must hold periods, not one number")
    return error


def _mean(values: Floats) -> Floats:
    known = ~np.isnan(values)
    return _by(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))


def _by(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)


def _answer(values: Floats) -> Values:
    return values if values.ndim else plain(values[()])
