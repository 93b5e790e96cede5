"""Forecasts of sparse demand, for many parts at once: what kind of demand it is, how much to expect, and how it scatters.

All functions take the demand of one part (periods,) or of many (parts × periods), NaN where it is not known. Unknown periods
before the first known one mean "not sold yet"; unknown ones later are left out, as if they had not been (`na.rm = TRUE`
of R's tsintermittent): an unknown demand is not a demand of zero. Only `seasonal_naive` and `empirical_bootstrap` look at
the calendar and keep them. A part without any demand gets no forecast but the reason "no_demand": never having been
asked for is not a forecast of zero. Cost: one pass over the periods, each step for all parts together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.demand_distributions import EmpiricalDemand, NegativeBinomialDemand
from analysis.forecast_methods import (
    adida_of,
    croston_of,
    imapa_of,
    moving_average_of,
    naive_of,
    sba_factor,
    sbj_factor,
    ses_of,
    tsb_of,
    whole_periods,
    zero_of,
)
from analysis.lead_time import dispersion_before, growth, lead_time_sums
from analysis.result import Floats, Ints, Reason, Result, Values, reasons
from analysis.seasonal import SeasonalPath, repeated_season, season_factors
from analysis.smoothing import History, Init, Path, ratio

# Syntetos, Boylan and Croston (2005), Journal of the Operational Research Society 56:495–503.
INTERVAL_CUT_OFF = 1.32
CV2_CUT_OFF = 0.49


@dataclass(frozen=True, eq=False, kw_only=True)
class DemandClass(Result):
    """What kind of demand a part has; n counts the periods with demand.

    interval: mean periods between demands (p). cv2: squared coefficient of variation of the sizes. kind: "smooth",
    "erratic", "intermittent" or "lumpy", "" where the data do not tell.
    """

    interval: Values
    cv2: Values
    kind: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class DemandForecast(Result):
    """A forecast; n counts the known periods it rests on.

    mean: expected demand per future period (of a seasonal forecast: on average over the season).
    fitted: what the method says of each past period from those before it, NaN where it cannot yet, shape as the demand;
    with init="mean" its start value knows the whole series, as in R.
    dispersion: how many times the demand scatters around the forecast as a Poisson one would (at least 1).
    alpha, beta: the smoothing constants used; NaN where the method has none. gain: by how much of an error the forecast
    moves. profile: the forecast of each period of the season ahead, of a seasonal forecast only.
    """

    mean: Values
    fitted: Floats
    dispersion: Values
    alpha: Values
    beta: Values
    gain: Values
    profile: Floats | None = None

    def by_period(self, horizon: int) -> Floats:
        """The expected demand of each of the next `horizon` periods, shape (horizon,) or (parts × horizon)."""
        if self.profile is not None:
            return self.profile[..., np.arange(horizon) % self.profile.shape[-1]]
        return np.repeat(np.array(self.mean, dtype=np.float64)[..., None], horizon, axis=-1)

    def over(self, lead_time: int | Ints) -> NegativeBinomialDemand:
        """The distribution of the demand over a lead time of whole periods, one for all or one per part.

        Negative binomial with the mean of the forecast and variance = dispersion × mean × growth of the error over the
        lead time. Raises ValueError for a lead time that is not of whole periods. On 2,674 car parts (Hyndman et al. 2008,
        lead time 3) the 0.9 and 0.95 quantiles of SES cover 90 % and 94.5 % of months 40 to 51, and 88 % and 93 % of
        months 28 to 39, with little more than two years before them; errors added up over past lead times, or a variance
        that does not follow the mean, cover no better and cost more in both years. Where only a handful of demands was
        ever seen the mean is so uncertain that 0.9 covers some 86 %.
        """
        periods = np.asarray(lead_time)
        if not np.issubdtype(periods.dtype, np.integer) or (periods < 1).any():
            raise ValueError(f"lead_time must be whole periods, at least 1, not {lead_time}")
        if self.profile is None:
            mean = periods * np.array(self.mean, dtype=np.float64)
        else:
            totals = np.cumsum(self.by_period(int(periods.max())), axis=-1)
            at = np.broadcast_to(periods, totals.shape[:-1])[..., None] - 1
            mean = np.take_along_axis(totals, at, axis=-1)[..., 0]
        dispersion = np.array(self.dispersion, dtype=np.float64)
        variance = mean * np.maximum(
            dispersion * growth(np.nan_to_num(np.array(self.gain, dtype=np.float64)), periods), 1
        )
        return NegativeBinomialDemand(mean, variance, self.n)


def demand_class(demand: ArrayLike) -> DemandClass:
    """How regular is the demand for a part, and how even are its sizes? (Which methods suit it follows from that.)

    demand: (periods,) or (parts × periods). The interval p is the mean time between demands with the first counted from
    the beginning and the zeros after the last left out, as R's tsintermittent (`idclass`) has it; periods divided by
    demands, which others print, is longer by those. CV² is of the sizes of the demands, by the sample standard deviation.
    smooth: p ≤ 1.32 and CV² ≤ 0.49; erratic: only p so; intermittent: only CV² so; lumpy: neither (Syntetos, Boylan and
    Croston 2005). One demand alone has no CV² and no kind ("too_few"). Raises ValueError for negative demand.
    """
    history, single = history_of(demand)
    count = history.demands_before[-1]
    interval = history.mean_interval[-1]
    size = ratio(history.total_before[-1], count)
    squares = np.where(history.occurred, np.square(history.filled - np.nan_to_num(size)), 0.0).sum(axis=0)
    cv2 = ratio(squares, count - 1.0) / np.square(size)
    kinds = np.where(
        interval <= INTERVAL_CUT_OFF,
        np.where(cv2 <= CV2_CUT_OFF, "smooth", "erratic"),
        np.where(cv2 <= CV2_CUT_OFF, "intermittent", "lumpy"),
    )
    found = DemandClass(
        n=count.astype(np.int64),
        method="Syntetos-Boylan-Croston, cut-offs p = 1.32 and CV² = 0.49",
        reason=reasons(
            count.size,
            (history.known_before[-1] == 0, Reason.NO_DATA),
            (count == 0, Reason.NO_DEMAND),
            (count == 1, Reason.TOO_FEW),
        ),
        interval=interval,
        cv2=cv2,
        kind=np.where(count >= 2, kinds, ""),
    )
    return found[0] if single else found


def ses(demand: ArrayLike, *, alpha: float | None = 0.1, init: Init = "mean") -> DemandForecast:
    """What demand to expect per period, by simple exponential smoothing of all periods, those without demand included.

    alpha: weight of the newest period, 0 < alpha ≤ 1; None chooses one per part (`GRID`) by the mean squared error of
    one-step forecasts since the first demand. init: level before the first period, "mean" of the series or its first value
    ("naive"). Brown (1959); as `sexsm` of R's tsintermittent with init.opt = FALSE.
    """
    return _forecast(demand, f"SES, start {_told(init)}", lambda h: ses_of(h, alpha, init))


def croston(
    demand: ArrayLike, *, alpha: float | None = 0.1, beta: float | None = None, init: Init = "mean"
) -> DemandForecast:
    """What demand to expect per period when it comes seldom: smoothed size of the demands by smoothed interval between them.

    alpha: for sizes; None chooses per part as in `ses`. beta: for intervals; None is alpha, chosen where alpha is.
    init: the first interval is the mean of the intervals, or itself ("naive"); the first size is the first demand.
    Croston (1972), Operational Research Quarterly 23:289–303; as `crost` of R's tsintermittent with init.opt = FALSE, except
    that one demand is enough here. Biased upwards (see `sba`), and it does not fall while nobody asks: for parts that may
    have become obsolete take `tsb`.
    """
    return _forecast(demand, f"Croston, start {_told(init)}", lambda h: croston_of(h, alpha, beta, init))


def sba(
    demand: ArrayLike, *, alpha: float | None = 0.1, beta: float | None = None, init: Init = "mean"
) -> DemandForecast:
    """`croston` without most of its bias: times 1 − beta/2, beta being the constant of the *intervals*.

    Syntetos and Boylan (2005), International Journal of Forecasting 21:303–314. Tools with one constant for both print the
    same only where alpha = beta.
    """
    return _forecast(
        demand, f"Syntetos-Boylan, start {_told(init)}", lambda h: croston_of(h, alpha, beta, init, sba_factor)
    )


def sbj(
    demand: ArrayLike, *, alpha: float | None = 0.1, beta: float | None = None, init: Init = "mean"
) -> DemandForecast:
    """`croston` times 1 − beta/(2 − beta), unbiased where demand arrives by a Poisson process.

    Shale, Boylan and Johnston (2006), Journal of the Operational Research Society 57:588–592.
    """
    return _forecast(
        demand, f"Shale-Boylan-Johnston, start {_told(init)}", lambda h: croston_of(h, alpha, beta, init, sbj_factor)
    )


def tsb(
    demand: ArrayLike, *, alpha: float | None = 0.1, beta: float | None = None, init: Init = "mean"
) -> DemandForecast:
    """What demand to expect when parts may become obsolete: smoothed size times smoothed probability of a demand.

    The probability is updated in every period, so the forecast falls while nobody asks. alpha: for sizes; beta: for the
    probability; None as in `croston`. init: the first probability is the share of periods with demand, or that of the
    first period, 0 or 1 ("naive"); the first size is the first demand. Teunter, Syntetos and Babai (2011), European Journal
    of Operational Research 214:606–615, who call the constants the other way round; as `tsb` of R's tsintermittent.
    """
    return _forecast(demand, f"Teunter-Syntetos-Babai, start {_told(init)}", lambda h: tsb_of(h, alpha, beta, init))


def adida(
    demand: ArrayLike, *, level: int | None = None, alpha: float | None = 0.2, init: Init = "mean"
) -> DemandForecast:
    """What demand to expect, by adding it up over blocks of `level` periods, smoothing the sums, and spreading them evenly.

    level: None takes the mean interval between demands, rounded, of each part; the lead time is the other common choice.
    The last block ends with the last period, what does not fill a block at the beginning is dropped (statsforecast drops
    the newest periods instead). alpha, init: of the smoothing of blocks as in `ses`. Nikolopoulos et al. (2011), Journal of
    the Operational Research Society 62:544–554. A part with less than one block has no forecast ("too_few").
    """
    return _forecast(demand, f"ADIDA, start {_told(init)}", lambda h: adida_of(h, level, alpha, init))


def imapa(
    demand: ArrayLike, *, max_level: int | None = None, alpha: float | None = 0.2, init: Init = "mean"
) -> DemandForecast:
    """What demand to expect, as the mean of forecasts from blocks of 1, 2, … `max_level` periods.

    max_level: None takes the mean interval between demands, rounded, of each part. Each level is smoothed as in `adida`.
    Petropoulos and Kourentzes (2015), Journal of the Operational Research Society 66:914–924. R's tsintermittent smooths
    each level by SES, Croston or SBA depending on its class; this is the form with SES on all, as in statsforecast.
    """
    return _forecast(demand, f"IMAPA, start {_told(init)}", lambda h: imapa_of(h, max_level, alpha, init))


def moving_average(demand: ArrayLike, *, window: int = 12) -> DemandForecast:
    """What demand to expect, as the mean of the last `window` known periods (of fewer while there are not more)."""
    whole_periods("window", window)
    return _forecast(demand, f"moving average of {window}", lambda h: moving_average_of(h, window))


def naive(demand: ArrayLike) -> DemandForecast:
    """The last known demand again; something to compare with."""
    return _forecast(demand, "naive", naive_of)


def zero(demand: ArrayLike) -> DemandForecast:
    """No demand at all, whatever the past: what wins on MAE and MASE when most periods have none, and stocks nothing."""
    return _forecast(demand, "zero", zero_of)


def seasonal_naive(demand: ArrayLike, *, season: int = 12) -> DemandForecast:
    """The demand of the same period a season ago; unknown where that is not known ("missing").

    `by_period(horizon)` has the forecast of each period; `mean` is the average of those known.
    """
    whole_periods("season", season)
    return _forecast(demand, f"seasonal naive, season {season}", lambda h: repeated_season(h, season))


def seasonal_ses(demand: ArrayLike, *, alpha: float = 0.1, season: int = 12) -> DemandForecast:
    """What demand to expect per period when summers differ from winters: a smoothed level times a factor per month.

    A part gets factors only where an analysis of variance of √demand proves at 1 % that its months differ, which takes two
    seasons at least; they are drawn to 1 by as much as chance makes them differ (James and Stein 1961), and the level is
    smoothed of what they leave, Σ α(1 − α)^age demand / Σ α(1 − α)^age factor. Other parts get the level alone, which is
    SES that begins with the first period. `by_period(horizon)` has the forecast of each period.
    """
    whole_periods("season", season)
    return _forecast(demand, f"seasonal SES, season {season}", lambda h: season_factors(h, alpha, season))


def empirical_bootstrap(demand: ArrayLike, lead_time: int, *, window: int | None = None) -> EmpiricalDemand:
    """What may be asked for over a lead time, as it was over every stretch of that length in the past; nothing is assumed.

    lead_time: whole periods. window: only the last so many periods count. All overlapping stretches of which the demand is
    known, each equally likely: what a block bootstrap draws from, so nothing is drawn (Porras and Dekker 2008, European
    Journal of Operational Research 184:101–132; Willemain, Smart and Schwarz 2004, International Journal of Forecasting
    20:375–387, who draw period by period and jitter). It keeps the dependence between neighbouring periods, and it cannot
    exceed what was seen: its high quantiles need long series. `n` counts the stretches; a part without demand or without a
    whole stretch has no answer (NaN). Raises ValueError for a lead time longer than the data.
    """
    history, single = history_of(demand)
    whole_periods("lead_time", lead_time)
    periods = len(history.demand)
    begin = 0 if window is None else max(periods - window, 0)
    if lead_time > periods - begin:
        raise ValueError(f"lead_time must not exceed the periods there are, {periods - begin}, but is {lead_time}")
    sums = lead_time_sums(history, lead_time)[begin : periods - lead_time + 1].T
    known = ~np.isnan(sums)
    answered = known.any(axis=1) & (history.demands_before[-1] > 0)
    # The weights of what is not known are 0; a part without an answer is all NaN, with weights that are not used.
    values = np.where(answered[:, None], np.where(known, sums, 0.0), np.nan)
    weights = np.where(answered[:, None], known, True).astype(np.float64)
    counts = known.sum(axis=1)
    return (
        EmpiricalDemand(values[0], weights[0], int(counts[0])) if single else EmpiricalDemand(values, weights, counts)
    )


def history_of(demand: ArrayLike) -> tuple[History, bool]:
    """Periods × parts of what is asked about, and whether it is one part alone."""
    asked = np.asarray(demand, dtype=np.float64)
    if asked.ndim not in (1, 2) or asked.shape[-1] == 0:
        raise ValueError(f"demand must be of shape (periods,) or (parts, periods), not {asked.shape}")
    if np.isinf(asked).any():
        raise ValueError("demand must not be infinite")
    if (asked < 0).any():
        raise ValueError(f"demand must not be negative, found {np.nanmin(asked):g}")
    return History(np.ascontiguousarray(np.atleast_2d(asked).T)), asked.ndim == 1


def _forecast(demand: ArrayLike, method: str, path_of: Callable[[History], Path]) -> DemandForecast:
    history, single = history_of(demand)
    found = forecast_along(history, path_of(history), method)
    return found[0] if single else found


def forecast_along(history: History, path: Path, method: str) -> DemandForecast:
    """The forecast that a path ends with."""
    wanted = history.demands_before[-1] > 0
    profile = None
    mean = path.fitted[-1]
    if isinstance(path, SeasonalPath):
        ahead = np.array([path.ahead(j)[-1] for j in range(path.season)]).T
        profile = np.where(wanted[:, None], ahead, np.nan)
        mean = ratio(np.nansum(ahead, axis=1), (~np.isnan(ahead)).sum(axis=1).astype(np.float64))
    unknown = np.isnan(mean if profile is None else profile.sum(axis=1))
    gain = np.broadcast_to(path.gain, path.rolling.shape)[-1]
    return DemandForecast(
        n=history.known_before[-1].astype(np.int64),
        method=method,
        reason=reasons(
            wanted.size,
            (history.known_before[-1] == 0, Reason.NO_DATA),
            (~wanted, Reason.NO_DEMAND),
            (unknown, Reason.TOO_FEW if profile is None else Reason.MISSING),
        ),
        mean=np.where(wanted, mean, np.nan),
        fitted=path.fitted[:-1].T,
        dispersion=np.where(wanted, dispersion_before(history, path)[-1], np.nan),
        alpha=path.alpha,
        beta=path.beta,
        gain=gain,
        profile=profile,
    )


def _told(init: Init) -> str:
    if init not in ("mean", "naive"):
        raise ValueError(f'init must be "mean" or "naive", not {init!r}')
    return init
