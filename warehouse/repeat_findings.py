"""What stands out about repeat failures, in sentences: each with its numbers, and where it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from analysis.rates import proportion
from bilingual.text import Text
from warehouse.failure_classes import pareto
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.reading import Reading, remembered
from warehouse.repeats import house_window, nothing_found, repeat_rate
from warehouse.suspects import THRESHOLD, Suspect, lots, part_names, units

MOST = 3
_FEWEST = 30

_MOVED = Text(
    en="{now} of closed jobs came back within {window} days, against {before} from {start} to {end}: {which} than chance explains.",
    zh="{now} 的已关闭工单在 {window} 天内重复发生，{start} 至 {end} 为 {before}：{which}，超出偶然波动。",
)
_MORE, _LESS = Text(en="more", zh="上升"), Text(en="less", zh="下降")
_LOT = Text(
    en="Lot {lot} of {part} is replaced {rate}× as often as its age explains (95 %: {low}–{high}); {failures} pieces in {years} piece-years{others}.",
    zh="{part} 的批次 {lot} 更换频度为同龄预期的 {rate} 倍（95%：{low}–{high}）；{years} 件·年内更换 {failures} 件{others}。",
)
_OTHER_LOTS = Text(en="; {n} more lots are named", zh="；另有 {n} 个批次被点名")
_CLASS = Text(
    en="{name} comes back most: {rate} of its {n} failures within {window} days, against {all} of all.",
    zh="{name} 重复最多：{n} 次故障中 {rate} 在 {window} 天内再次发生，总体为 {all}。",
)
_LATER = Text(
    en="After {n} visits that found no fault, one was confirmed within {window} days in {rate} of cases; by chance it would be {chance} ({lift}×, 95 %: {low}–{high}).",
    zh="{n} 次未发现故障后，{rate} 在 {window} 天内确认了故障；偶然水平为 {chance}（{lift} 倍，95%：{low}–{high}）。",
)
_UNIT = Text(
    en="{n} units fail more than {threshold:g}× as often as others of their model; the likeliest is {name} with {failures} failures in {years} years.",
    zh="{n} 台设备的故障频度超过同型号的 {threshold:g} 倍；最可能的是 {name}，{years} 年内故障 {failures} 次。",
)


@dataclass(frozen=True)
class Finding:
    """One sentence, how many it rests on, what shows it (`subject`: rate, lots, class, later, units) and of which thing."""

    text: Text
    n: int
    subject: str
    thing: str = ""
    is_good: bool = False


@dataclass(frozen=True)
class Standing:
    """The class that comes back most, beyond chance: of `failures` of it `repeated` came back, of all the share `overall`."""

    value: str
    failures: int
    repeated: int
    overall: float


@remembered
def worst_class(reading: Reading, filters: Filters, window: int) -> Standing | None:
    """The component with the highest repeat share of those that differ from all together beyond chance; None if none does."""
    found = pareto(reading, filters, "component", window, 1_000)
    if not found.failures:
        return None
    overall = found.came_back / found.failures
    worst: Standing | None = None
    for value, n, repeated in zip(found.values, found.counts, found.repeated, strict=True):
        if n < _FEWEST or not value:
            continue
        low = proportion(repeated, n, confidence=1 - 0.05 / max(found.classes, 1)).low
        if low is not None and low > overall and (worst is None or repeated / n > worst.repeated / worst.failures):
            worst = Standing(value, n, repeated, overall)
    return worst


@remembered
def findings(reading: Reading, filters: Filters, before: Filters | None, window: int) -> tuple[Finding, ...]:
    """At most three, the most important first; empty where nothing stands out."""
    # The later ones take long to find out: they are asked for only where there is room for them.
    candidates: tuple[Callable[[], Finding | None], ...] = (
        lambda: _moved(reading, filters, before, window),
        lambda: _bad_lot(reading),
        lambda: _class(reading, filters, window),
        lambda: _later(reading, filters),
        lambda: _units(reading, filters),
    )
    return tuple(islice((found for ask in candidates if (found := ask()) is not None), MOST))


def _moved(reading: Reading, filters: Filters, before: Filters | None, window: int) -> Finding | None:
    if before is None:
        return None
    now, then = (repeat_rate(reading, f, window).value for f in (filters, before))
    if now.value is None or then.value is None or None in (now.low, now.high, then.low, then.high):
        return None
    is_more = now.value > then.value
    # Intervals that do not touch: a strict test, at about 0.6 %.
    apart = (now.low or 0.0) > (then.high or 0.0) if is_more else (now.high or 0.0) < (then.low or 0.0)
    if not apart:
        return None
    text = _MOVED.format(
        now=share(now.value),
        before=share(then.value),
        start=before.start,
        end=before.end,
        window=window,
        which=_MORE if is_more else _LESS,
    )
    return Finding(text, now.n, "rate", is_good=not is_more)


def _ratio(suspect: Suspect, value: float) -> str:
    return f"{value / suspect.peers:.1f}"


def _bad_lot(reading: Reading) -> Finding | None:
    found = lots(reading, 1)
    if found is None or not found.named:
        return None
    worst = found.worst[0]
    others = _OTHER_LOTS.format(n=found.named - 1) if found.named > 1 else Text(en="", zh="")
    name = part_names(reading, (worst.group,))[worst.group]
    text = _LOT.format(
        lot=worst.name,
        part=f"{name} ({worst.group})" if name != worst.group else name,
        rate=_ratio(worst, worst.rate),
        low=_ratio(worst, worst.low),
        high=_ratio(worst, worst.high),
        failures=worst.failures,
        years=f"{worst.years:,.0f}",
        others=others,
    )
    return Finding(text, worst.failures, "lots", worst.group)


def _class(reading: Reading, filters: Filters, window: int) -> Finding | None:
    found = worst_class(reading, filters, window)
    if found is None:
        return None
    text = _CLASS.format(
        name=found.value or UNKNOWN,
        rate=share(found.repeated / found.failures),
        n=count(found.failures),
        window=window,
        all=share(found.overall),
    )
    return Finding(text, found.failures, "class", found.value)


def _later(reading: Reading, filters: Filters) -> Finding | None:
    found = nothing_found(reading, filters)
    if found.lift is None or found.lift_low is None or found.lift_high is None or found.expected is None:
        return None
    if found.lift_low <= 1 or found.later.value is None:
        return None
    text = _LATER.format(
        n=count(found.later.n),
        window=house_window(reading),
        rate=share(found.later.value),
        chance=share(found.expected),
        lift=f"{found.lift:.2f}",
        low=f"{found.lift_low:.2f}",
        high=f"{found.lift_high:.2f}",
    )
    return Finding(text, found.later.n, "later")


def _units(reading: Reading, filters: Filters) -> Finding | None:
    found = units(reading, filters, 12)
    if found is None or not found.named:
        return None
    worst = found.worst[0]
    text = _UNIT.format(
        n=count(found.named),
        threshold=THRESHOLD,
        name=worst.serial_no or worst.name,
        failures=worst.failures,
        years=f"{worst.years:.1f}",
    )
    return Finding(text, worst.failures, "units", worst.name)
