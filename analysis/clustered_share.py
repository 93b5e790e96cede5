"""Shares of rows that come in clusters, the jobs of one asset say, by group and in several columns at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from analysis.groups import Groups
from analysis.rates import ShareMethod, proportion
from analysis.result import Bools, Estimate, Floats, Ints, Reason, Values, reasons


@dataclass(frozen=True, eq=False, kw_only=True)
class Share(Estimate):
    """numerator ÷ denominator, with bounds; n is the denominator."""

    numerator: Values
    denominator: Values


def shares(
    hit: Bools,
    counted: Bools,
    there: Bools,
    groups: Groups,
    cluster: ArrayLike | None,
    method: ShareMethod,
    confidence: float,
) -> Share:
    """Hits ÷ counted by group, for each column; `there` are all rows of the group, counted yet or not."""
    columns = range(hit.shape[1])
    x = np.stack([groups.sum(hit[:, k]) for k in columns], axis=1)
    m = np.stack([groups.sum(counted[:, k]) for k in columns], axis=1)
    effective = m
    if cluster is not None:
        cell, owner = _cells(groups, cluster)
        effective = np.stack([_effective(hit[:, k], counted[:, k], cell, owner, confidence) for k in columns], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(m > 0, x / m, 0.0)
    bounds = proportion(p * np.nan_to_num(effective), np.nan_to_num(effective), method=method, confidence=confidence)
    any_row = groups.sum(there) > 0
    return Share(
        n=m.astype(np.int64),
        method=bounds.method + (", effective number of clusters" if cluster is not None else ""),
        confidence=confidence,
        reason=reasons(
            m.shape,
            (np.broadcast_to(~any_row[:, None], m.shape), Reason.NO_DATA),
            (m == 0, Reason.NOT_MATURE),
            (np.isnan(effective), Reason.TOO_FEW),
        ),
        value=np.where(m > 0, p, np.nan),
        low=bounds.low,
        high=bounds.high,
        numerator=x.astype(np.int64),
        denominator=m.astype(np.int64),
    )


def _cells(groups: Groups, cluster: ArrayLike) -> tuple[Groups, Groups]:
    """Rows to (group, cluster) cells, and cells to groups."""
    within = _numbered(np.asarray(cluster))
    if within.shape != groups.code.shape:
        raise ValueError(f"cluster must hold one value per row ({groups.code.size}), not {within.size}")
    width = int(within.max(initial=0)) + 1
    if groups.count == 1:
        return Groups(within, width), Groups(np.zeros(width, dtype=np.int64), 1)
    pair, cell = np.unique(groups.code * width + within, return_inverse=True)
    return Groups(cell, pair.size), Groups(pair // width, groups.count)


def _numbered(values: NDArray[Any]) -> Ints:
    """Values as numbers from 0: small whole ones are that already, if not without gaps."""
    if np.issubdtype(values.dtype, np.integer) and values.size and values.min() >= 0 and values.max() < 2 * values.size:
        return values.astype(np.int64)
    return np.unique(values, return_inverse=True)[1]


def _effective(hit: Bools, counted: Bools, cell: Groups, owner: Groups, confidence: float) -> Floats:
    """By group: of how many independent rows the share has the variance; NaN for one cluster, 0 for none."""
    y, size = cell.sum(hit), cell.sum(counted)
    x, m, clusters = owner.sum(y), owner.sum(size), owner.sum(size > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = x / m
        variance = clusters / (clusters - 1) * owner.sum((y - p[owner.code] * size) ** 2) / m**2
        # No spread to estimate at 0 and 1, nor between alike clusters: rows count as they are.
        number = np.where(variance > 0, p * (1 - p) / variance, m)
        tail = (1 - confidence) / 2
        wider = stdtrit(np.maximum(m - 1, 1), tail) / stdtrit(np.maximum(clusters - 1, 1), tail)
        effective = np.minimum(number * wider**2, m)
    return np.where(m == 0, 0.0, np.where(clusters > 1, effective, np.nan))
