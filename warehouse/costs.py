"""What service costs: parts, labour and travel per machine and month by warranty and by stage of life, and by service kind.

Repairs are columns in memory, loaded once per snapshot; every selection is then a mask over them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.result import Bools, Floats, Ints
from warehouse.failure_months import DAYS_PER_MONTH, first_month, month_start, of_units
from warehouse.filters import PLACES, Filters
from warehouse.metrics.measure import Count, Measure, Quotient
from warehouse.metrics.wording import count, share
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.records import Selection
from warehouse.service_findings import Finding
from warehouse.settings import Settings
from warehouse.technician_jobs import day_number
from warehouse.text import Text

NATURES = ("parts", "labour", "travel")
WARRANTY = ("in", "out", "")
KINDS = ("paid", "contract", "warranty", "internal")
# Name of the stage, and the age in months from which it begins.
Stages = tuple[tuple[str, float], ...]

COST = Measure(
    "service_cost",
    Text(en="Service cost", zh="服务成本"),
    Text(
        en="Parts, labour and travel of the repairs of the period, in the currency of the records, dated by the resolution of their tickets.",
        zh="期内维修的备件、人工与差旅费用合计（币种同记录），以工单解决日期为准。",
    ),
    Text(en="cost of repairs", zh="维修费用"),
    None,
    "count",
    Count("cost"),
)
PER_UNIT = Measure(
    "cost_per_unit_month",
    Text(en="Cost per machine-month", zh="单台月成本"),
    Text(
        en="Parts, labour and travel over the months that machines were in service in the period (30.4 days each; from installation or the first record). Priority and service kind narrow the cost, not the machines.",
        zh="备件、人工与差旅费用除以期内设备在役月数（每月 30.4 天，自装机或首条记录起）。优先级与服务类别只筛选费用，不筛选设备。",
    ),
    Text(en="cost of repairs", zh="维修费用"),
    Text(en="machine-months", zh="设备·月"),
    "count",
    Quotient("cost", "unit_months"),
    "lower",
)
PER_JOB = Measure(
    "cost_per_repair",
    Text(en="Cost per repair", zh="单次维修成本"),
    Text(
        en="Parts, labour and travel over the repairs of which any cost is on record.",
        zh="备件、人工与差旅费用除以有费用记录的维修次数。",
    ),
    Text(en="cost of repairs", zh="维修费用"),
    Text(en="repairs with a cost on record", zh="有费用记录的维修"),
    "count",
    Quotient("cost", "known"),
    "lower",
)


def stages_of(settings: Settings) -> Stages:
    """The stages of an installation, youngest first."""
    return tuple(sorted(settings.unit_stages.items(), key=lambda one: one[1]))


@dataclass(frozen=True, eq=False)
class _Held:
    """One row per repair by day: costs by nature (3, n), whether any is on record, warranty state, age in days, places."""

    day: Ints
    cost: Floats
    is_known: Bools
    warranty: Ints
    age: Ints
    codes: dict[str, Ints]
    values: dict[str, tuple[str, ...]]

    def rows(self, filters: Filters) -> Ints:
        """The rows that the filters let through."""
        low = 0 if filters.start is None else int(np.searchsorted(self.day, day_number(filters.start)))
        end = self.day.size if filters.end is None else int(np.searchsorted(self.day, day_number(filters.end), "right"))
        mask = np.ones(max(end - low, 0), dtype=bool)
        for place in PLACES:
            if wanted := getattr(filters, place):
                known = [self.values[place].index(v) for v in wanted if v in self.values[place]]
                mask &= np.isin(self.codes[place][low:end], known)
        return low + np.flatnonzero(mask)


@remembered
def _held(reading: Reading, time_zone: str) -> _Held:
    found = reading.arrays(question("costs"), [time_zone])
    return _Held(
        day=found["day"],
        cost=np.stack([found[nature] for nature in NATURES]).astype(np.float64),
        is_known=found["is_known"].astype(bool),
        warranty=found["warranty"],
        age=found["age"],
        codes={place: found[place] for place in PLACES},
        values={
            place: tuple(
                r[0] for r in reading.rows("SELECT value FROM marts.place WHERE filter = ? ORDER BY value", [place])
            )
            for place in PLACES
        },
    )


@dataclass(frozen=True)
class Cost:
    """Cost of the repairs of one group by nature; repairs, those with any cost on record; machine-months, None where no
    machine can be counted (service kinds)."""

    name: str
    parts: float
    labour: float
    travel: float
    repairs: int
    known: int
    unit_months: float | None = None

    @property
    def total(self) -> float:
        return self.parts + self.labour + self.travel

    def of(self, nature: str) -> float:
        """The cost of one nature."""
        return float(getattr(self, nature))

    @property
    def per_unit_month(self) -> float | None:
        """Cost over machine-months; None where there are none."""
        return self.total / self.unit_months if self.unit_months else None

    @property
    def per_repair(self) -> float | None:
        """Cost over the repairs with any cost on record; None where there are none."""
        return self.total / self.known if self.known else None


def _summed(held: _Held, rows: Ints, place: Ints, names: tuple[str, ...], months: Floats | None) -> tuple[Cost, ...]:
    size = len(names)
    parts, labour, travel = (np.bincount(place, column[rows], size) for column in held.cost)
    n, known = np.bincount(place, minlength=size), np.bincount(place, held.is_known[rows], size)
    return tuple(
        Cost(
            name,
            float(parts[i]),
            float(labour[i]),
            float(travel[i]),
            int(n[i]),
            int(known[i]),
            None if months is None else float(months[i]),
        )
        for i, name in enumerate(names)
    )


def _span(reading: Reading, filters: Filters) -> tuple[int, int]:
    """The first day of the period on record and the day after its last, as numbers."""
    end = min(filters.end or reading.as_of_on, reading.as_of_on)
    first = first_month(reading)
    start = filters.start or (month_start(first) if first is not None else end)
    return day_number(start), day_number(end) + 1


def _overlap(low: Ints, high: Ints | int) -> float:
    return float(np.maximum(high - low, 0).sum()) / DAYS_PER_MONTH


@remembered
def _lives(reading: Reading, filters: Filters) -> dict[str, Ints]:
    conditions, parameters = of_units(filters)
    return reading.arrays(question("unit_lives").format(where=conditions), parameters)


@remembered
def whole(reading: Reading, filters: Filters, time_zone: str) -> Cost:
    """All of the period."""
    held = _held(reading, time_zone)
    rows = held.rows(filters)
    start, end = _span(reading, filters)
    months = _overlap(np.maximum(_lives(reading, filters)["watched"], start), end)
    return _summed(held, rows, np.zeros(rows.size, dtype=np.int64), ("",), np.array([months]))[0]


@remembered
def by_warranty(reading: Reading, filters: Filters, time_zone: str) -> tuple[Cost, ...]:
    """In warranty, out of it, and machines of which nobody says: a repair by its day, a machine's months likewise."""
    held = _held(reading, time_zone)
    rows = held.rows(filters)
    start, end = _span(reading, filters)
    lives = _lives(reading, filters)
    low, over, known = np.maximum(lives["watched"], start), lives["warranty"] + 1, lives["warranty"] >= 0
    months = [
        _overlap(low[known], np.minimum(over[known], end)),
        _overlap(np.maximum(low[known], over[known]), end),
        _overlap(low[~known], end),
    ]
    place = np.select([held.warranty[rows] == 1, held.warranty[rows] == 0], [0, 1], 2)
    return _summed(held, rows, place, WARRANTY, np.array(months))


@remembered
def by_stage(reading: Reading, filters: Filters, time_zone: str, stages: Stages) -> tuple[Cost, ...]:
    """By the age of the machine at the repair; the last group holds those whose installation nobody says."""
    held = _held(reading, time_zone)
    rows = held.rows(filters)
    start, end = _span(reading, filters)
    lives = _lives(reading, filters)
    edges = np.array([months * DAYS_PER_MONTH for _, months in stages])
    known = lives["installed"] >= 0
    low, born = np.maximum(lives["watched"], start)[known], lives["installed"][known]
    months = []
    for i, edge in enumerate(edges):
        until = np.minimum(born + edges[i + 1], end) if i + 1 < edges.size else end
        months.append(_overlap(np.maximum(low, born + edge), until))
    months.append(_overlap(np.maximum(lives["watched"], start)[~known], end))
    age = held.age[rows]
    place = np.maximum(np.searchsorted(edges, age, side="right") - 1, 0)
    return _summed(held, rows, np.where(age < 0, edges.size, place), (*(n for n, _ in stages), ""), np.array(months))


@remembered
def by_kind(reading: Reading, filters: Filters, time_zone: str) -> tuple[Cost, ...]:
    """By service kind A to D, then what else there is; machines have no service kind."""
    held = _held(reading, time_zone)
    rows = held.rows(filters)
    names = (*held.values["service_kind"], "")
    code = held.codes["service_kind"][rows]
    found = _summed(held, rows, np.where(code < 0, len(names) - 1, code), names, None)
    rank = {kind: i for i, kind in enumerate(KINDS)}
    merged = [c for c in found if c.repairs]
    return tuple(sorted(merged, key=lambda c: (rank.get(c.name, len(KINDS) + (c.name == "")), c.name)))


@remembered
def by_product_line(reading: Reading, filters: Filters, time_zone: str) -> tuple[Cost, ...]:
    """By product line, the dearest per machine-month first."""
    held = _held(reading, time_zone)
    rows = held.rows(filters)
    names = held.values["product_line"]
    code = held.codes["product_line"][rows]
    start, end = _span(reading, filters)
    conditions, parameters = of_units(filters)
    sql = f"""
        SELECT product_line, CAST(sum(greatest(0, ? - greatest(date_diff('day', DATE '1970-01-01', watched_from), ?))) AS DOUBLE)
        FROM marts.unit WHERE watched_from IS NOT NULL AND {conditions} GROUP BY 1
    """
    days = dict(reading.rows(sql, [end, start, *parameters]))
    months = np.array([days.get(line, 0.0) / DAYS_PER_MONTH for line in names])
    found = _summed(held, rows[code >= 0], code[code >= 0], names, months)
    return tuple(sorted((c for c in found if c.repairs), key=lambda c: -(c.per_unit_month or 0.0)))


@remembered
def by_month(reading: Reading, filters: Filters, time_zone: str) -> tuple[tuple[dt.date, ...], tuple[Cost, ...]]:
    """By month of resolution, with the machine-months of each."""
    held = _held(reading, time_zone)
    rows = held.rows(filters)
    start, end = _span(reading, filters)
    if not rows.size or end <= start:
        return (), ()
    epoch = np.datetime64("1970-01-01")
    first, last = ((epoch + day).astype("datetime64[M]") for day in (start, end - 1))
    months = np.arange(first, last + 1)
    edges = np.append((months.astype("datetime64[D]") - epoch).astype(np.int64), end)
    edges[0] = start
    watched = _lives(reading, filters)["watched"]
    exposed = np.array([_overlap(np.maximum(watched, a), int(b)) for a, b in pairwise(edges)])
    place = np.clip(np.searchsorted(edges, held.day[rows], side="right") - 1, 0, months.size - 1)
    names = tuple(str(m) for m in months)
    return tuple(m.astype("datetime64[D]").item() for m in months), _summed(held, rows, place, names, exposed)


_STATE = Text(
    en="A machine-month in warranty costs {within}, out of warranty {out}: {ratio} times as much ({n} repairs).",
    zh="保修期内单台月成本 {within}，保修期外 {out}，为 {ratio} 倍（{n} 次维修）。",
)
_STAGE = Text(
    en="Machines are dearest in the stage “{stage}”: {cost} per machine-month, all together {all}.",
    zh="“{stage}”阶段的设备成本最高：单台月 {cost}，总体 {all}。",
)
_LINE = Text(
    en="{line} costs most per machine-month: {cost}; {part} of its cost is {nature}.",
    zh="{line} 单台月成本最高：{cost}；其中{nature}占 {part}。",
)
STAGES = {
    "commissioning": Text(en="commissioning", zh="调试期"),
    "early": Text(en="early life", zh="早期"),
    "normal": Text(en="normal life", zh="正常期"),
    "late": Text(en="late life", zh="后期"),
    "": Text(en="age unknown", zh="役龄未知"),
}
NATURE_NAMES = {
    "parts": Text(en="parts", zh="备件"),
    "labour": Text(en="labour", zh="人工"),
    "travel": Text(en="travel", zh="差旅"),
}
# A group with fewer repairs is not judged.
FEWEST = 20


def money(value: float | None) -> str:
    """An amount without its currency, which the records do not name."""
    return "—" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def findings(reading: Reading, filters: Filters, time_zone: str, stages: Stages) -> tuple[Finding, ...]:
    """The dearest product line and stage, and warranty against no warranty."""
    everything = whole(reading, filters, time_zone)
    if not everything.known or everything.per_unit_month is None:
        return ()
    done, sentences = Selection("resolved_on"), []
    lines = [c for c in by_product_line(reading, filters, time_zone) if c.repairs >= FEWEST]
    if len(lines) > 1:
        dearest = lines[0]
        nature = max(NATURES, key=dearest.of)
        words = _LINE.format(
            line=dearest.name,
            cost=money(dearest.per_unit_month),
            part=share(dearest.of(nature) / dearest.total),
            nature=NATURE_NAMES[nature],
        )
        at = Filters(**{**filters.__dict__, "product_line": (dearest.name,)})
        sentences.append(Finding(words, dearest.repairs, None, at, done))
    within, out, _ = by_warranty(reading, filters, time_zone)
    if within.per_unit_month and out.per_unit_month and min(within.repairs, out.repairs) >= FEWEST:
        words = _STATE.format(
            within=money(within.per_unit_month),
            out=money(out.per_unit_month),
            ratio=f"{out.per_unit_month / within.per_unit_month:.2f}",
            n=count(within.repairs + out.repairs),
        )
        sentences.append(Finding(words, within.repairs + out.repairs, None, filters, done))
    aged = [s for s in by_stage(reading, filters, time_zone, stages)[:-1] if s.per_unit_month and s.repairs >= FEWEST]
    if len(aged) > 1:
        dearest = max(aged, key=lambda s: s.per_unit_month or 0.0)
        words = _STAGE.format(
            stage=STAGES[dearest.name], cost=money(dearest.per_unit_month), all=money(everything.per_unit_month)
        )
        sentences.append(Finding(words, dearest.repairs, None, filters, done))
    return tuple(sentences)
