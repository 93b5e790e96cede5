"""How long parts last on the units that carry them: every life on record, and a Weibull distribution per part and model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.life import weibull_mle_by_group
from analysis.result import Bools, Estimate, Floats, Ints
from analysis.survival import kaplan_meier
from warehouse.part_meters import Fleet, sample
from warehouse.reading import Reading, remembered

LEAST_REPLACED = 10
# So large a share of a part's replacements must be counted in one unit of use for its lives to be told in it.
_ALIKE = 0.8
_MOST_FOR_CORRECTED = 20_000


@dataclass(frozen=True, eq=False)
class Lives:
    """Lives of parts, one row each, in the unit of use of the part's `use`; times in days since 1970.

    part, unit: rows of the fleet. began: when the part was put in; is_first: with the unit itself. start: the meter then.
    used: how far it came since. is_replaced: it ended so, at `ended`; else it runs. entry: how far it had come when the
    records began to watch.
    """

    fleet: Fleet
    use: dict[int, str]
    part: Ints
    unit: Ints
    place: NDArray[np.uint64]
    began: Floats
    ended: Floats
    is_first: Bools
    is_replaced: Bools
    start: Floats
    used: Floats
    entry: Floats

    def rows(self, mask: Bools) -> Lives:
        """Some of them."""
        columns = ("part", "unit", "place", "began", "ended", "is_first", "is_replaced", "start", "used", "entry")
        return replace(self, **{name: getattr(self, name)[mask] for name in columns})

    @property
    def model(self) -> Ints:
        """The model of each life's unit."""
        return self.fleet.model[self.unit]


def lives(fleet: Fleet, *, with_days: bool = True, only: int | None = None) -> Lives:
    """All lives of the parts whose use is counted alike: from the installation or a replacement to the next one, or to now.

    A part belongs to the models on which it was ever replaced; each of their units carries it. What came with the unit is
    taken to run from its installation on, though the records begin later: it is known to have come as far as it had. A part
    of several positions has lives in each. with_days: count days where units have no meter. only: of one part.
    """
    use = {part: counted for part, counted in _uses(fleet, with_days).items() if only in (None, part)}
    kept = np.isin(fleet.part, list(use)) & np.isin(_use_of(fleet), list(set(use.values())))
    kept &= np.array([use.get(int(p), "") for p in range(len(fleet.parts))])[fleet.part] == _use_of(fleet)
    order = np.flatnonzero(kept)
    order = order[np.lexsort((fleet.at[order], fleet.place[order], fleet.unit[order], fleet.part[order]))]
    part, unit, place, at = fleet.part[order], fleet.unit[order], fleet.place[order], fleet.at[order]
    begins = np.ones(part.size, dtype=bool)
    begins[1:] = (part[1:] != part[:-1]) | (unit[1:] != unit[:-1]) | (place[1:] != place[:-1])
    ends = np.append(begins[1:], True)[: part.size]
    before = np.where(begins, fleet.installed[unit], np.roll(at, 1))
    idle_part, idle_unit = _never_replaced(fleet, part, unit)
    none, running = np.zeros(idle_part.size, dtype=bool), int(ends.sum())
    until = fleet.until
    found = Lives(
        fleet, use,
        part=np.concatenate((part, part[ends], idle_part)),
        unit=np.concatenate((unit, unit[ends], idle_unit)),
        place=np.concatenate((place, place[ends], np.zeros(idle_part.size, dtype=np.uint64))),
        began=np.concatenate((before, at[ends], fleet.installed[idle_unit])),
        ended=np.concatenate((at, np.full(running + idle_part.size, until))),
        is_first=np.concatenate((begins, np.zeros(running, dtype=bool), ~none)),
        is_replaced=np.concatenate((np.ones(part.size, dtype=bool), np.zeros(running, dtype=bool), none)),
        start=np.zeros(0), used=np.zeros(0), entry=np.zeros(0),
    )  # fmt: skip
    return _measured(found)


def _measured(found: Lives) -> Lives:
    """With their use by the meter; without those of which it is not known."""
    fleet = found.fleet
    start = fleet.meter(found.unit, found.began)
    used = fleet.meter(found.unit, found.ended) - start
    watched = fleet.watched[found.unit]
    late = found.is_first & (watched > found.began)
    entry = np.where(late, fleet.meter(found.unit, np.where(late, watched, found.began)) - start, 0.0)
    whole = replace(found, start=start, used=used, entry=entry)
    with np.errstate(invalid="ignore"):
        return whole.rows((used > 0) & (used > entry) & (entry >= 0))


def _use_of(fleet: Fleet) -> NDArray[np.str_]:
    """The unit of use in which each replacement's unit is counted."""
    return np.array([m.use for m in fleet.models], dtype=np.str_)[fleet.model[fleet.unit]]


def _uses(fleet: Fleet, with_days: bool) -> dict[int, str]:
    """The parts whose replacements fall on units counted alike, and in what."""
    if not fleet.part.size:
        return {}
    uses = sorted({m.use for m in fleet.models})
    of_model = np.array([uses.index(m.use) for m in fleet.models], dtype=np.int64)
    width = len(uses)
    n = np.bincount(fleet.part * width + of_model[fleet.model[fleet.unit]], minlength=len(fleet.parts) * width)
    n = n.reshape(-1, width)
    most, total = n.argmax(axis=1), n.sum(axis=1)
    alike = (total > 0) & (n.max(axis=1) >= _ALIKE * total)
    return {int(p): uses[most[p]] for p in np.flatnonzero(alike) if with_days or uses[most[p]] != "days"}


def _never_replaced(fleet: Fleet, part: Ints, unit: Ints) -> tuple[Ints, Ints]:
    """Parts and units that carry them, where nothing was ever replaced."""
    models = np.unique(part * len(fleet.models) + fleet.model[unit]) if part.size else np.zeros(0, dtype=np.int64)
    by_model = np.argsort(fleet.model, kind="stable")
    first = np.searchsorted(fleet.model[by_model], np.arange(len(fleet.models) + 1))
    model = models % max(len(fleet.models), 1)
    size = first[model + 1] - first[model]
    step = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    carried = by_model[np.repeat(first[model], size) + step]
    of_part = np.repeat(models // max(len(fleet.models), 1), size)
    untouched = ~np.isin(of_part * fleet.key.size + carried, part * fleet.key.size + unit)
    return of_part[untouched], carried[untouched]


@dataclass(frozen=True, eq=False)
class PartFits:
    """Weibull distributions: first one per part over all its models (`model` −1), then one per part and model.

    replaced, running: lives that ended so, and that go on. shape, median: with 95 % bounds; NaN where there is a reason.
    """

    part: Ints
    model: Ints
    replaced: Ints
    running: Ints
    shape: Estimate
    scale: Floats
    median: Estimate
    reason: NDArray[np.str_]

    def of(self, part: Ints, model: Ints) -> Ints:
        """The row for each part on each model: the model's own where it was fitted, else that of all its models."""
        if not part.size:
            return np.zeros(0, dtype=np.int64)
        width = int(max(self.model.max(), model.max())) + 2
        key = self.part * width + self.model + 1
        order = np.argsort(key)
        wanted = part * width + model + 1
        own = order[np.minimum(np.searchsorted(key[order], wanted), key.size - 1)]
        is_own = (key[own] == wanted) & (self.reason[own] == "")
        return np.where(is_own, own, order[np.searchsorted(key[order], part * width)])


def fits(found: Lives) -> PartFits:
    """The distribution of each part's lives, on all models together and on each that has enough replacements."""
    pooled_parts, pooled = np.unique(found.part, return_inverse=True)
    pair, own = np.unique(found.part * (len(found.fleet.models) + 1) + found.model, return_inverse=True)
    group = np.concatenate((pooled, own + pooled_parts.size))
    twice = [np.tile(values, 2) for values in (found.used, found.is_replaced, found.entry)]
    count = pooled_parts.size + pair.size
    fit = weibull_mle_by_group(twice[0], twice[1], group, entry=twice[2], groups=count, least_failures=LEAST_REPLACED)
    width = len(found.fleet.models) + 1
    # The corrected bounds cost with every life; of many the simple ones say the same.
    kind = None if group.size <= _MOST_FOR_CORRECTED else "wald"
    return PartFits(
        part=np.append(pooled_parts, pair // width),
        model=np.append(np.full(pooled_parts.size, -1), pair % width),
        replaced=np.bincount(group, twice[1], count).astype(np.int64),
        running=np.bincount(group, np.tile(~found.is_replaced, 2), count).astype(np.int64),
        shape=fit.bounds("shape", kind=kind),
        scale=np.asarray(fit.scale),
        median=fit.b_life(0.5, kind=kind),
        reason=np.asarray(fit.reason),
    )


@dataclass(frozen=True)
class LifeCurve:
    """The share of a part's lives that outlast so much use: as seen (Kaplan–Meier, with 95 % bounds) and as fitted.

    median: of the fitted distribution. n, replaced: lives, and those that ended in a replacement.
    """

    use: str
    times: tuple[float, ...]
    left: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    fitted: tuple[float, ...]
    median: float | None
    n: int
    replaced: int


@remembered
def life_curve(reading: Reading, part_no: str, most: int) -> LifeCurve | None:
    """The lives of one part on all its models, drawn with at most so many points; None where nobody replaced it."""
    known = sample(reading)
    if part_no not in known.parts:
        return None
    found = lives(known, only=known.parts.index(part_no))
    if not found.is_replaced.any():
        return None
    curve = kaplan_meier(found.used, found.is_replaced, entry=found.entry)
    # What entered late and ended at once makes steps of few at risk: the curve begins where enough are.
    kept = np.flatnonzero(curve.at_risk >= LEAST_REPLACED)
    if not kept.size:
        return None
    kept = kept[np.unique(np.linspace(0, kept.size - 1, most).astype(np.int64))]
    fit = fits(found)
    times = curve.times[kept]
    fitted = () if fit.reason[0] else tuple(np.exp(-((times / fit.scale[0]) ** fit.shape.value[0])).tolist())
    return LifeCurve(
        use=next(iter(found.use.values())),
        times=tuple(times.tolist()),
        left=tuple(curve.survival[kept].tolist()),
        low=tuple(curve.low[kept].tolist()),
        high=tuple(curve.high[kept].tolist()),
        fitted=fitted,
        median=None if fit.reason[0] else float(fit.median.value[0]),
        n=int(found.part.size),
        replaced=int(found.is_replaced.sum()),
    )
