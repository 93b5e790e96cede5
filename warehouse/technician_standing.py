"""One technician among colleagues, as columns of everybody: thousands are compared, of whom a page shows some dozens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.result import Bools, Estimate, Floats, Reason
from bilingual.text import Text
from warehouse.reasons import why

REASON_CODES = tuple(Reason)


@dataclass(frozen=True)
class Ratio:
    """A number with its bounds and how many jobs it rests on; none with the reason."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: Text


@dataclass(frozen=True)
class Technician:
    """Who it is; skill is None where nobody says."""

    technician_id: str
    name: str
    team: str
    skill: int | None


@dataclass(frozen=True, eq=False)
class Ratios:
    """Columns of `Ratio`, NaN where there is none; reason: a place in `REASON_CODES`."""

    value: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int32]
    reason: NDArray[np.int8]

    @classmethod
    def of(cls, found: Estimate, size: int) -> Ratios:
        """As many as there are people: those without any row, at the end, have nothing."""
        reason = np.full(size, REASON_CODES.index(Reason.NO_DATA), dtype=np.int8)
        for i, one in enumerate(REASON_CODES):
            reason[: found.reason.size][found.reason == str(one)] = i
        value, low, high = (padded(column, size, np.nan) for column in (found.value, found.low, found.high))
        return cls(value, low, high, padded(found.n, size, 0).astype(np.int32), reason)

    def at(self, i: int) -> Ratio:
        value, low, high = (_known(float(column[i])) for column in (self.value, self.low, self.high))
        return Ratio(value, low, high, int(self.n[i]), why(REASON_CODES[self.reason[i]]))


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of `Standing` in the order of `Jobs.people`; technician: a code into these, NaN where there is no number."""

    technician: NDArray[np.int32]
    jobs: NDArray[np.int32]
    watched: NDArray[np.int32]
    came_back: NDArray[np.int32]
    observed: Floats
    expected: Floats
    ratio: Ratios
    fixed: Floats
    fix: Ratios
    labour_hours: Floats
    labour: Ratios
    response_hours: Floats
    response: Ratios
    outside: NDArray[np.int8]
    score: Floats
    asked: NDArray[np.int32]
    answered: NDArray[np.int32]

    @property
    def is_judged(self) -> Bools:
        return ~np.isnan(self.ratio.value)


@dataclass(frozen=True, eq=False)
class Ranked:
    """Per person the shrunken ratio and the interval of its rank, 0 where there is none."""

    shrunken: Ratios
    low: NDArray[np.int32]
    high: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Compared:
    """What a page looks at: columns, who the people are, and the ranks, which take as long as all the rest, once asked for."""

    columns: Columns
    people: tuple[Technician, ...]
    rank: Callable[[], Ranked]

    @cached_property
    def ranked(self) -> Ranked:
        return self.rank()


@dataclass(frozen=True, eq=False)
class Standing:
    """One person in the selection, made of the columns when it is looked at.

    jobs: completed; watched: closed failures whose repeat window is over, came_back: of them. observed, expected: repeats of
    those that have peers; ratio: one over the other, shrunken: after what all have in common, with the interval of its
    rank (1 has the highest ratio). fix, labour, response: against colleagues; means in hours, `fixed` a share. outside:
    +2 above and −2 below the 99.8 % limits of the funnel, ±1 the 95 % ones. score: mean graded score, of `answered` of
    the `asked` jobs.
    """

    _of: Compared
    _at: int

    @property
    def who(self) -> Technician:
        return self._of.people[self._at]

    @property
    def jobs(self) -> int:
        return int(self._of.columns.jobs[self._at])

    @property
    def watched(self) -> int:
        return int(self._of.columns.watched[self._at])

    @property
    def came_back(self) -> int:
        return int(self._of.columns.came_back[self._at])

    @property
    def observed(self) -> float:
        return float(self._of.columns.observed[self._at])

    @property
    def expected(self) -> float:
        return float(self._of.columns.expected[self._at])

    @cached_property
    def ratio(self) -> Ratio:
        return self._of.columns.ratio.at(self._at)

    @property
    def shrunken(self) -> Ratio:
        return self._of.ranked.shrunken.at(self._at)

    @property
    def rank_low(self) -> int:
        return int(self._of.ranked.low[self._at])

    @property
    def rank_high(self) -> int:
        return int(self._of.ranked.high[self._at])

    @property
    def fixed(self) -> float | None:
        return _known(float(self._of.columns.fixed[self._at]))

    @property
    def fix(self) -> Ratio:
        return self._of.columns.fix.at(self._at)

    @property
    def labour_hours(self) -> float | None:
        return _known(float(self._of.columns.labour_hours[self._at]))

    @property
    def labour(self) -> Ratio:
        return self._of.columns.labour.at(self._at)

    @property
    def response_hours(self) -> float | None:
        return _known(float(self._of.columns.response_hours[self._at]))

    @property
    def response(self) -> Ratio:
        return self._of.columns.response.at(self._at)

    @property
    def outside(self) -> int:
        return int(self._of.columns.outside[self._at])

    @property
    def score(self) -> float | None:
        return _known(float(self._of.columns.score[self._at]))

    @property
    def asked(self) -> int:
        return int(self._of.columns.asked[self._at])

    @property
    def answered(self) -> int:
        return int(self._of.columns.answered[self._at])

    @property
    def is_judged(self) -> bool:
        """Whether there are enough jobs to compare repeats."""
        return not isnan(self._of.columns.ratio.value[self._at])

    @property
    def raw(self) -> float | None:
        """The share that came back, whatever the jobs were."""
        return self.came_back / self.watched if self.watched else None


def padded(values: NDArray[Any], size: int, nothing: float) -> Floats:
    """As many as there are people: those without any row, at the end, have nothing."""
    return np.append(values, np.full(size - values.size, nothing)).astype(np.float64)


def _known(value: float) -> float | None:
    return None if isnan(value) else value
