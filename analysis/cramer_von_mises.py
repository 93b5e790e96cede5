"""Can the failures follow a power law at all? P-values and critical values of Crow's Cramér–von Mises statistic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.result import Floats, Result, Values

# The distribution of the statistic depends on M alone. Each row: M, then the values exceeded with the probabilities of
# the first row, from 4 million simulated samples (2 million for M ≥ 100), within ±0.0003 for probabilities down to 0.05
# and ±0.003 at 0.01. MIL-HDBK-189's table, from 15,000 samples, agrees within 0.002 down to 0.05.
_EXCEEDED = """
     .95   .9    .8    .7    .6    .5    .4    .3    .25   .2    .15   .1    .075  .05   .025  .01   .005  .002  .001
2    .0852 .0857 .0877 .0910 .0957 .1017 .1091 .1179 .1270 .1373 .1487 .1611 .1678 .1747 .1819 .1864 .1879 .1888 .1891
3    .0484 .0517 .0584 .0651 .0729 .0813 .0903 .1012 .1093 .1203 .1346 .1538 .1665 .1827 .2061 .2302 .2456 .2663 .2776
4    .0381 .0428 .0509 .0582 .0656 .0746 .0859 .1005 .1096 .1205 .1342 .1540 .1689 .1907 .2288 .2795 .3201 .3738 .4092
5    .0342 .0393 .0473 .0551 .0636 .0734 .0849 .0996 .1091 .1210 .1367 .1594 .1757 .1992 .2406 .2967 .3424 .4125 .4656
6    .0321 .0372 .0457 .0539 .0627 .0725 .0844 .1000 .1101 .1225 .1389 .1625 .1795 .2037 .2470 .3085 .3575 .4255 .4800
7    .0308 .0362 .0450 .0533 .0622 .0723 .0846 .1005 .1107 .1234 .1401 .1641 .1816 .2068 .2516 .3137 .3641 .4353 .4922
8    .0301 .0356 .0445 .0530 .0620 .0723 .0847 .1009 .1112 .1241 .1410 .1655 .1833 .2090 .2545 .3178 .3690 .4399 .4968
10   .0293 .0349 .0440 .0527 .0619 .0724 .0851 .1016 .1121 .1253 .1426 .1676 .1857 .2119 .2586 .3231 .3747 .4469 .5027
12   .0288 .0346 .0438 .0526 .0619 .0726 .0854 .1020 .1127 .1260 .1435 .1688 .1871 .2136 .2607 .3256 .3774 .4483 .5039
15   .0285 .0343 .0436 .0525 .0620 .0727 .0857 .1026 .1134 .1268 .1444 .1701 .1888 .2157 .2633 .3290 .3812 .4534 .5112
20   .0283 .0341 .0436 .0525 .0621 .0730 .0860 .1030 .1140 .1275 .1454 .1713 .1901 .2171 .2650 .3312 .3832 .4548 .5113
30   .0281 .0340 .0436 .0526 .0622 .0732 .0864 .1036 .1146 .1283 .1463 .1724 .1913 .2186 .2666 .3331 .3850 .4569 .5115
50   .0281 .0340 .0436 .0527 .0624 .0734 .0867 .1040 .1151 .1288 .1469 .1732 .1923 .2198 .2686 .3351 .3877 .4592 .5147
100  .0280 .0340 .0436 .0528 .0625 .0736 .0870 .1044 .1155 .1293 .1474 .1737 .1930 .2205 .2694 .3358 .3877 .4559 .5102
200  .0280 .0340 .0437 .0528 .0626 .0737 .0871 .1044 .1156 .1295 .1477 .1740 .1933 .2210 .2702 .3375 .3891 .4593 .5144
"""
_ROWS = np.array([[float(x) for x in line.split()] for line in _EXCEEDED.strip().splitlines()[1:]])
_PROBABILITY = np.array([float(x) for x in _EXCEEDED.strip().splitlines()[0].split()])
_M, _VALUE = _ROWS[:, 0], _ROWS[:, 1:]


@dataclass(frozen=True, eq=False, kw_only=True)
class GoodnessOfFit(Result):
    """Whether the model can be right. n: what the statistic rests on. A small p_value speaks against the model."""

    statistic: Values
    p_value: Values
    df: Values = None


def cramer_von_mises_critical(m: ArrayLike, significance: ArrayLike = 0.1) -> Floats:
    """The value that Crow's statistic exceeds with probability `significance` (0.001 … 0.95) under the power law.

    m: failures that it is computed of, at least 2 (broadcast with significance). Between the rows of the table linear
    in 1/m, between its columns linear in the logarithm of the probability. Source: simulation.
    """
    size, level = np.broadcast_arrays(np.asarray(m, dtype=np.float64), np.asarray(significance, dtype=np.float64))
    if not np.all(size >= 2):
        raise ValueError("m must be at least 2")
    if not np.all((level >= _PROBABILITY[-1]) & (level <= _PROBABILITY[0])):
        raise ValueError(f"significance must lie between {_PROBABILITY[-1]} and {_PROBABILITY[0]}")
    rows = _row(size.ravel())
    column = [np.interp(-np.log(p), -np.log(_PROBABILITY), row) for p, row in zip(level.ravel(), rows, strict=True)]
    return np.array(column, dtype=np.float64).reshape(size.shape)


def cramer_von_mises_p(statistic: Floats, m: Floats) -> Floats:
    """The probability of a larger statistic when the power law is true; beyond the table a straight line in log p."""
    rows = _row(m)
    log_p = np.log(_PROBABILITY)
    last = _PROBABILITY.size - 1
    # The interval of each statistic in its own row; the outermost ones also serve beyond the table.
    i = np.clip((rows < statistic[:, None]).sum(axis=1) - 1, 0, last - 1)
    at = np.arange(m.size)
    share = (statistic - rows[at, i]) / (rows[at, i + 1] - rows[at, i])
    return np.asarray(np.exp(np.minimum(log_p[i] + share * (log_p[i + 1] - log_p[i]), 0.0)))


def _row(m: Floats) -> Floats:
    """The table's row for each m; beyond its end towards 1/m = 0, to where the last two rows point."""
    inverse, known = 1 / np.maximum(m, 2.0), 1 / _M
    i = np.clip(np.searchsorted(-known, -inverse, side="right") - 1, 0, _M.size - 2)
    share = (inverse - known[i]) / (known[i + 1] - known[i])
    return np.asarray(_VALUE[i] + share[:, None] * (_VALUE[i + 1] - _VALUE[i]))
