"""Whether some close slower than others: Kaplan–Meier by group, and the log-rank test over all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.logrank import log_rank
from analysis.survival import KaplanMeier, kaplan_meier
from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.durations import by_place
from warehouse.reading import Reading, remembered
from warehouse.reasons import why
from warehouse.records import places

PLACES = ("region", "product_line", "priority", "zone", "service_kind")
DRAWN = 8
_POINTS = 80
# The few that lie about for years would press all curves to the left edge.
_DRAWN_TO_P90 = 3.0


@dataclass(frozen=True)
class Group:
    """How long the tickets of one place take to close, in hours; None where a share of them never is.

    closed over expected: below 1 where they close slower than if all groups were alike. times, still_open: the curve.
    """

    value: str
    n: int
    closed: int
    expected: float
    median: float | None
    low: float | None
    high: float | None
    p90: float | None
    times: tuple[float, ...]
    still_open: tuple[float, ...]

    @property
    def ratio(self) -> float | None:
        """Closings over those expected; None where none could be."""
        return self.closed / self.expected if self.expected else None


@dataclass(frozen=True)
class Groups:
    """All groups with a ticket, most tickets first; the test of whether they are alike (p None with the reason)."""

    groups: tuple[Group, ...]
    chi2: float | None
    df: int | None
    p: float | None
    reason: Text

    @property
    def n(self) -> int:
        return sum(group.n for group in self.groups)

    @property
    def censored(self) -> int:
        """Tickets that are still open."""
        return self.n - sum(group.closed for group in self.groups)

    def slowest(self, least: int) -> Group | None:
        """Of the groups with at least so many tickets the one that closes slowest against expectation."""
        judged = [group for group in self.groups if group.n >= least and group.ratio is not None]
        return min(judged, key=lambda group: group.ratio or 0.0) if len(judged) > 1 else None


@remembered
def groups(reading: Reading, filters: Filters, by: str) -> Groups:
    """The tickets opened in the period, by a place."""
    chosen = getattr(filters, by, ())
    known = [value for value, _ in places(reading).get(by, []) if not chosen or value in chosen]
    cells = [cell for cell in zip(known, by_place(reading, filters, by, known), strict=True) if cell[1][0].size]
    cells.sort(key=lambda cell: -cell[1][0].size)
    if not cells:
        return Groups((), None, None, None, why("no_data"))
    sizes = [hours.size for _, (hours, _) in cells]
    test = log_rank(
        # To the hour: ends are compared at each distinct time, and that many are more than the answer can tell apart.
        np.ceil(np.concatenate([hours for _, (hours, _) in cells])),
        np.concatenate([ended for _, (_, ended) in cells]),
        np.repeat(np.arange(len(cells)), sizes),
    )
    curves = [(value, kaplan_meier(hours, ended)) for value, (hours, ended) in cells]
    p90s = [q for _, curve in curves if (q := curve.quantile(0.9, bounds=False).value)]
    drawn_to = max(p90s) * _DRAWN_TO_P90 if p90s else np.inf
    return Groups(
        tuple(
            _group(value, curve, float(test.expected[i]), drawn_to if i < DRAWN else 0.0)
            for i, (value, curve) in enumerate(curves)
        ),
        test.chi2,
        test.df,
        test.p,
        why(test.reason),
    )


def _group(value: str, curve: KaplanMeier, expected: float, drawn_to: float) -> Group:
    median = curve.quantile(0.5)
    end = min(drawn_to, curve.last_seen)
    times = curve.times[: int(np.searchsorted(curve.times, end, side="right"))]
    times = times[np.unique(np.linspace(0, times.size - 1, min(times.size, _POINTS)).round().astype(np.int64))]
    return Group(
        value=value,
        n=curve.n,
        closed=curve.events,
        expected=expected,
        median=median.value,
        low=median.low,
        high=median.high,
        p90=curve.quantile(0.9, bounds=False).value,
        times=tuple(times.tolist()),
        still_open=tuple(curve.at(times)[0].tolist()),
    )
