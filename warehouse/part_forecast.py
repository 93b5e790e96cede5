"""The demand of every part by month, which method forecasts it best, and what that method expects."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.backtest import Backtest, MethodChoice, backtest, choose_method, chosen_forecast
from analysis.demand import DemandForecast, demand_class, seasonal_ses
from analysis.demand_distributions import NegativeBinomialDemand
from analysis.effectiveness import rate_ratio
from analysis.result import Bools, Floats, Ints, Reason
from warehouse.reading import Reading, remembered

DAYS_PER_MONTH = 365.25 / 12
HORIZON = 12
ORIGINS = 12
# Months before the first origin of a backtest, at least; and months looked back at, at most.
_LEAST_MONTHS, _MOST_MONTHS = 6, 96
# Lead times beyond a year are backtested over a year.
_LONGEST_TESTED = 12
# A part dies out when its lines of the last twelve months have come down to a quarter of the rate before or less, and are
# proven (exact 95 % interval) to be below half of it: a repair that helps lowers demand too, but leaves more.
DYING, _PROVEN = 0.25, 0.5
_SEASON = 12


@dataclass(frozen=True)
class PartFacts:
    """What the catalogue says of a part; '' and None where nobody said."""

    part_no: str
    name: str
    category: str
    supplier: str
    criticality: str
    unit_cost: float | None
    lead_days: float | None


@dataclass(frozen=True, eq=False)
class Forecasts:
    """All parts in the order of their numbers, with arrays of the same order.

    demand: (parts × months) from the month `since` to the month `until`, both whole. forecast None: fewer months than any
    method needs. tested: the backtest of each part over its own lead time, which is tested_over months. is_seasonal: months are proven to
    differ and the forecast follows them. recent, earlier: lines in the last 12 months and before.
    """

    parts: tuple[PartFacts, ...]
    since: dt.date | None
    until: dt.date | None
    demand: Floats
    lead_months: Floats
    whole_months: Ints
    forecast: DemandForecast | None
    choice: MethodChoice | None
    tested: Backtest | None
    tested_over: Ints
    kind: NDArray[np.str_]
    method: NDArray[np.str_]
    reason: NDArray[np.str_]
    per_month: Floats
    is_seasonal: Bools
    is_obsolescent: Bools
    recent: Ints
    earlier: Ints
    last_used: tuple[dt.date | None, ...]

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each part by its number."""
        return {p.part_no: i for i, p in enumerate(self.parts)}


@dataclass(frozen=True)
class MethodScore:
    """How one method would have done for one part: loss of its quantiles in pieces, RMSSE; None where it was not tested."""

    name: str
    pinball: float | None
    rmsse: float | None
    is_chosen: bool


@dataclass(frozen=True)
class PartForecast:
    """One part, month by month: what was used, and what is expected with a 90 % interval.

    held: the share of lead times, over all parts and origins, in which the demand stayed at or below the 95 % quantile of
    the method, as (stayed below, stayed at or below): 0.95 lies between the two where it is calibrated.
    """

    months: tuple[dt.date, ...]
    used: tuple[float, ...]
    ahead: tuple[dt.date, ...]
    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    method: str
    kind: str
    is_seasonal: bool
    reason: Reason
    origins: int
    tested_over: int
    held: tuple[float, float] | None
    scores: tuple[MethodScore, ...]


def month_after(month: dt.date, months: int) -> dt.date:
    """The first day of the month so many months later."""
    index = month.year * 12 + month.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def _last_whole_month(day: dt.date) -> dt.date:
    """The first day of the last month that is over on a day."""
    first = day.replace(day=1)
    return first if (day + dt.timedelta(days=1)).day == 1 else month_after(first, -1)


def _facts(reading: Reading) -> tuple[PartFacts, ...]:
    """Every part of the catalogue, and those that were used or moved without being in it."""
    rows = reading.rows("""
        WITH met AS (
            SELECT part_no FROM core.part UNION SELECT part_no FROM marts.part_use UNION SELECT part_no FROM marts.part_stock
        )
        SELECT m.part_no, coalesce(p.name, ''), coalesce(p.category, ''), coalesce(p.supplier, ''),
            coalesce(p.criticality, ''), p.unit_cost, p.lead_time_days
        FROM met AS m LEFT JOIN core.part AS p ON p.part_no = m.part_no
        ORDER BY m.part_no
    """)
    return tuple(
        PartFacts(no, name, category, supplier, criticality, _sensible(cost), _sensible(days))
        for no, name, category, supplier, criticality, cost, days in rows
    )


def _sensible(value: float | None) -> float | None:
    """A cost or a time that can be one: neither negative nor endless."""
    return float(value) if value is not None and np.isfinite(value) and value >= 0 else None


def _by_month(reading: Reading, parts: tuple[PartFacts, ...], since: dt.date, until: dt.date) -> tuple[Floats, Floats]:
    """Pieces and lines of each part in each month."""
    months = (until.year - since.year) * 12 + until.month - since.month + 1
    pieces, lines = np.zeros((len(parts), months)), np.zeros((len(parts), months))
    place = {p.part_no: i for i, p in enumerate(parts)}
    found = reading.rows(
        """
        SELECT part_no, year(used_on) * 12 + month(used_on), sum(quantity), count(*)
        FROM marts.part_use WHERE used_on >= ? AND used_on < ? GROUP BY 1, 2
        """,
        [since, month_after(until, 1)],
    )
    for part_no, month, quantity, n in found:
        at = place[part_no], month - since.year * 12 - since.month
        # More given back than used is no demand.
        pieces[at] = max(quantity, 0.0) if np.isfinite(quantity) else 0.0
        lines[at] = n
    return pieces, lines


@remembered
def forecasts(reading: Reading) -> Forecasts:
    """Every part's demand by whole month, class, method and forecast, and what is proven of its season and its end."""
    parts = _facts(reading)
    last_used = dict(reading.rows("SELECT part_no, max(used_on) FROM marts.part_use GROUP BY 1"))
    first = reading.rows("SELECT min(used_on) FROM marts.part_use")[0][0]
    until = _last_whole_month(reading.as_of_on)
    since = max(first.replace(day=1), month_after(until, 1 - _MOST_MONTHS)) if first else None
    if since is None or since > until:
        demand = lines = np.zeros((len(parts), 0))
    else:
        demand, lines = _by_month(reading, parts, since, until)
    lead = np.array([np.nan if p.lead_days is None else p.lead_days / DAYS_PER_MONTH for p in parts], dtype=np.float64)
    whole = np.maximum(np.ceil(np.nan_to_num(lead, nan=1.0)), 1).astype(np.int64)
    tested, choice, forecast = None, None, None
    over = np.minimum(whole, _LONGEST_TESTED)
    if parts and demand.shape[1] > _LEAST_MONTHS:
        over = np.minimum(over, demand.shape[1] - _LEAST_MONTHS)
        tested = _backtest(demand, over)
        choice = _chosen(demand, tested)
        forecast = chosen_forecast(demand, choice)
    nothing = np.full(len(parts), np.nan)
    reason = np.where(_never(demand), str(Reason.NO_DEMAND), str(Reason.TOO_FEW))
    recent, earlier, dying = _dying(lines)
    return Forecasts(
        parts=parts,
        since=since if demand.shape[1] else None,
        until=until if demand.shape[1] else None,
        demand=demand,
        lead_months=np.where(lead > 0, lead, np.nan),
        whole_months=whole,
        forecast=forecast,
        choice=choice,
        tested=tested,
        tested_over=over,
        kind=demand_class(demand).kind if demand.size else np.full(len(parts), ""),
        method=choice.name if choice else np.full(len(parts), ""),
        reason=forecast.reason if forecast else reason,
        per_month=forecast.mean if forecast else nothing,
        is_seasonal=_varies(forecast) if forecast else np.zeros(len(parts), dtype=bool),
        is_obsolescent=dying,
        recent=recent,
        earlier=earlier,
        last_used=tuple(last_used.get(p.part_no) for p in parts),
    )


def _never(demand: Floats) -> Bools:
    return np.asarray(demand.sum(axis=1) == 0)


def _backtest(demand: Floats, over: Ints) -> Backtest:
    """Each part's backtest over its own lead time, put together: what is said of methods is the mean over the parts."""
    groups = {int(k): np.flatnonzero(over == k) for k in np.unique(over)}
    found = {
        k: backtest(demand[rows], lead_time=k, origins=min(ORIGINS, demand.shape[1] - k - _LEAST_MONTHS + 1))
        for k, rows in groups.items()
    }
    order = np.argsort(np.concatenate(list(groups.values())))

    def together(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(tested, name) for tested in found.values()])[order]

    def mean(name: str) -> dict[str, Floats]:
        weights = {k: float(tested.n.sum()) for k, tested in found.items()}
        total = sum(weights.values()) or np.nan
        return {
            m: np.asarray(sum(w * np.nan_to_num(getattr(found[k], name)[m]) for k, w in weights.items()) / total)
            for m in first.methods
        }

    first = max(found.values(), key=len)
    rows = {name: together(name) for name in ("n", "reason", "pinball", "rmsse", "mae", "mase", "kind")}
    return replace(
        first,
        n=rows["n"],
        reason=rows["reason"],
        pinball=rows["pinball"],
        rmsse=rows["rmsse"],
        mae=rows["mae"],
        mase=rows["mase"],
        kind=rows["kind"],
        below=mean("below"),
        covered=mean("covered"),
        method=f"rolling origin, up to {ORIGINS} origins, each part over its lead time",
    )


def _chosen(demand: Floats, tested: Backtest) -> MethodChoice:
    """The method for each part.

    A part whose months are proven to differ is forecast by season where that did better for it on both scores: the class of
    a part, which else has the most say, knows nothing of seasons.
    """
    choice = choose_method(tested)
    index, seasonal = np.array(choice.index), tested.of("seasonal_ses")
    proven = _varies(seasonal_ses(demand, season=_SEASON))
    for i in np.flatnonzero(proven & (index >= 0)):
        now, pinball, rmsse = int(index[i]), tested.pinball[i].sum(axis=1), tested.rmsse[i]
        if (
            tested.methods[now] != "seasonal_naive"
            and pinball[seasonal] < pinball[now]
            and rmsse[seasonal] < rmsse[now]
        ):
            index[i] = seasonal
    return replace(choice, index=index, name=np.where(index < 0, "", np.array(tested.methods)[index]))


def _varies(forecast: DemandForecast) -> Bools:
    """Whether a forecast differs between months."""
    if forecast.profile is None:
        return np.zeros(len(forecast), dtype=bool)
    profile = np.nan_to_num(forecast.profile)
    return np.asarray(np.ptp(profile, axis=1) > 1e-9)


def _dying(lines: Floats) -> tuple[Ints, Ints, Bools]:
    """Lines of the last twelve months and of all before, and whether they prove that a part is no longer asked for."""
    months = lines.shape[1]
    recent, earlier = lines[:, -12:].sum(axis=1), lines[:, :-12].sum(axis=1)
    dying = np.zeros(len(lines), dtype=bool)
    if len(lines) and months >= 24:
        before, after = (np.full(len(lines), float(n)) for n in (months - 12, 12))
        ratio = rate_ratio(earlier, before, recent, after)
        value, high = (np.nan_to_num(np.array(v, dtype=np.float64), nan=np.inf) for v in (ratio.value, ratio.high))
        dying = np.asarray((value <= DYING) & (high < _PROVEN))
    return recent.astype(np.int64), earlier.astype(np.int64), dying


@remembered
def part_forecast(reading: Reading, part_no: str) -> PartForecast | None:
    """One part's history, forecast by month and backtest; None for a part that is not known."""
    f = forecasts(reading)
    i = f.index.get(part_no)
    if i is None:
        return None
    months = tuple(month_after(f.since, m) for m in range(f.demand.shape[1])) if f.since else ()
    empty: tuple[float, ...] = ()
    mean = low = high = empty
    held: tuple[float, float] | None = None
    scores: tuple[MethodScore, ...] = ()
    origins = 0
    if f.forecast and f.choice and not f.reason[i]:
        expected = f.forecast.by_period(HORIZON)[i]
        # The variance of a month so far ahead, for a level that moves by `gain` of each error (Hyndman et al. 2008, §6.3).
        gain = float(np.nan_to_num(np.asarray(f.forecast.gain)[i]))
        spread = float(np.asarray(f.forecast.dispersion)[i]) * (1 + gain**2 * np.arange(HORIZON))
        month = NegativeBinomialDemand(expected, expected * np.maximum(spread, 1.0))
        mean = tuple(expected.tolist())
        low, high = (tuple(np.where(expected > 0, month.quantile(p), 0.0).tolist()) for p in (0.05, 0.95))
    if f.choice and f.tested and f.choice.index[i] >= 0:
        own = f.tested
        origins = int(own.n[i])
        scores = _scores(own, i, int(f.choice.index[i]))
        name, level = str(f.method[i]), own.levels.index(0.95)
        if not np.isnan(own.below[name][level]):
            held = float(own.below[name][level]), float(own.covered[name][level])
    return PartForecast(
        months=months,
        used=tuple(f.demand[i].tolist()),
        ahead=tuple(month_after(f.until, m + 1) for m in range(HORIZON)) if f.until and mean else (),
        expected=mean,
        low=low,
        high=high,
        method=str(f.method[i]),
        kind=str(f.kind[i]),
        is_seasonal=bool(f.is_seasonal[i]),
        reason=Reason(str(f.reason[i])),
        origins=origins,
        tested_over=int(f.tested_over[i]),
        held=held,
        scores=scores,
    )


def _scores(tested: Backtest, part: int, chosen: int) -> tuple[MethodScore, ...]:
    """All methods by their loss, the least first; those without a score last."""
    found = []
    for column, name in enumerate(tested.methods):
        loss, rmsse = float(tested.pinball[part, column].sum()), float(tested.rmsse[part, column])
        found.append(
            MethodScore(name, None if np.isnan(loss) else loss, None if np.isnan(rmsse) else rmsse, column == chosen)
        )
    return tuple(sorted(found, key=lambda s: (s.pinball is None, s.pinball or 0.0, s.name)))
