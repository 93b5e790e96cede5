"""Customers: the key accounts with their machines and visits, and those gone quiet, the silent complaint."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from analysis.effectiveness import rate_ratio
from analysis.multiple import benjamini_hochberg
from analysis.result import Floats
from warehouse.failure_months import of_units
from warehouse.filters import Filters
from warehouse.metrics.evaluate import first_day
from warehouse.metrics.wording import count
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.records import customer_names
from warehouse.service_findings import Finding
from warehouse.text import Text

# At most this share of the customers said to be quiet is expected to be ordinary.
FDR = 0.1
_DAYS_IN_YEAR = 365.25


@dataclass(frozen=True)
class Customer:
    """One customer with machines: calls in the period, calls that all others' rates let expect of its machines, the ratio of
    both with its bounds, q the false-discovery rate of being quiet; machines out of cover; the last call of the period;
    is_loud: more calls than expected, at the same false-discovery rate."""

    customer_id: str
    name: str
    is_key: bool
    machines: int
    years: float
    calls: int
    expected: float
    ratio: tuple[float, float, float] | None
    q: float | None
    lapsed: int
    last_call: dt.date | None
    is_loud: bool

    @property
    def is_quiet(self) -> bool:
        """Fewer calls than its machines should make, beyond chance."""
        return self.q is not None and self.q <= FDR

    @property
    def has_left(self) -> bool:
        """No call at all and every machine out of cover."""
        return self.calls == 0 and 0 < self.machines <= self.lapsed


def _period(reading: Reading, filters: Filters) -> tuple[dt.date, dt.date]:
    start = filters.start or first_day(reading) or reading.as_of_on
    return start, min(filters.end or reading.as_of_on, reading.as_of_on)


@remembered
def customers(reading: Reading, filters: Filters) -> tuple[Customer, ...]:
    """Every customer with machines, the quietest first.

    Expected are the calls that its machines would have made at the rate of all other customers' machines of the same product
    line over the same time. p is the chance of so few calls if its rate were theirs: exact, given all calls (binomial), so
    that the uncertainty of their rate counts; q by Benjamini and Hochberg over all customers of which calls were expected.
    """
    start, end = _period(reading, filters)
    units, of_unit = of_units(filters)
    calls, of_call = filters.where("opened_on")
    sql = question("customers_calls").format(units=units, calls=calls)
    rows = reading.rows(sql, [start, end + dt.timedelta(days=1), *of_unit, *of_unit, *of_call])
    if not rows:
        return ()
    ids = sorted({row[0] for row in rows})
    at = {name: i for i, name in enumerate(ids)}
    who = np.array([at[row[0]] for row in rows])
    line = np.unique([row[1] for row in rows], return_inverse=True)[1]
    machines, days, made, lapsed = (np.array([float(row[i]) for row in rows]) for i in (2, 3, 4, 5))
    expected = _expected(line, days, made)

    def summed(values: Floats) -> Floats:
        return np.bincount(who, values, len(ids)).astype(np.float64)

    own, awaited = summed(made), summed(expected)
    tested = awaited > 0
    # The others: their calls over the calls that are expected of them at the same rates, so that 1 is "as the others".
    judged = rate_ratio(own.sum() - own, np.maximum(awaited.sum() - awaited, 0.0), own, awaited)
    p = np.where(tested, judged.p_less, np.nan)
    q = benjamini_hochberg(p)
    loud = benjamini_hochberg(np.where(tested, judged.p_greater, np.nan)) <= FDR
    names = customer_names(reading, tuple(ids))
    key = {row[0] for row in reading.rows("SELECT customer_id FROM core.customer WHERE class = 'key'")}
    last: dict[str, dt.date] = {}
    for row in rows:
        if row[6]:
            last[row[0]] = max(row[6], last.get(row[0], row[6]))
    sizes, years, out = summed(machines), summed(days) / _DAYS_IN_YEAR, summed(lapsed)
    found = [
        Customer(
            name,
            names.get(name) or name,
            name in key,
            int(sizes[i]),
            float(years[i]),
            int(own[i]),
            float(awaited[i]),
            _bounds(judged.value[i], judged.low[i], judged.high[i]),
            float(q[i]) if tested[i] and not np.isnan(q[i]) else None,
            int(out[i]),
            last.get(name),
            bool(loud[i]),
        )
        for i, name in enumerate(ids)
    ]
    return tuple(sorted(found, key=lambda c: (c.q is None, c.q or 0.0, -c.expected, c.customer_id)))


def _expected(line: np.ndarray, days: Floats, made: Floats) -> Floats:
    """Calls at the rate of all others of the product line: one's own silence must not lower what is expected of one."""
    size = int(line.max()) + 1
    all_days, all_made = np.bincount(line, days, size)[line] - days, np.bincount(line, made, size)[line] - made
    return np.where(all_days > 0, days * all_made / np.where(all_days > 0, all_days, 1.0), 0.0)


def _bounds(value: float, low: float, high: float) -> tuple[float, float, float] | None:
    return None if np.isnan([value, low, high]).any() else (float(value), float(low), float(high))


@dataclass(frozen=True)
class Account:
    """What is going on at a key customer: open tickets, visits in the period and the last of all, complaints, maintenance."""

    still_open: int
    visits: int
    last_visit: dt.date | None
    complaints: int
    planned: int
    done: int


@remembered
def accounts(reading: Reading, filters: Filters, time_zone: str, ids: tuple[str, ...]) -> dict[str, Account]:
    """Of some customers, by number. Only the period applies."""
    if not ids:
        return {}
    start, end = _period(reading, filters)
    asked = {"customers": list(ids), "zone": time_zone, "start": start, "end": end}
    return {row[0]: Account(*row[1:]) for row in reading.rows(question("key_customers"), asked)}


_QUIET = Text(
    en="{name} called {calls} times where its {machines} machines let expect {expected} (ratio {ratio}, 95 %: {low} – {high}): ask before they go elsewhere.{more}",
    zh="{name} 报修 {calls} 次，按其 {machines} 台设备应约 {expected} 次（比值 {ratio}，95%：{low} – {high}）：宜主动走访。{more}",
)
_MORE = Text(en=" {n} customers are quiet in all.", zh="共 {n} 家客户沉默。")
_LEFT = Text(
    en="{n} customers have let cover lapse for all their machines and did not call at all in the period, {name} among them.",
    zh="{n} 家客户的全部设备均已脱保且期内从未报修，如 {name}。",
)
_KEY = Text(
    en="{name}, a key account, has {calls} calls on {machines} machines, {ratio}× what others’ rates let expect.",
    zh="重点客户 {name} 的 {machines} 台设备报修 {calls} 次，为同类水平的 {ratio} 倍。",
)


def findings(found: tuple[Customer, ...], filters: Filters) -> tuple[Finding, ...]:
    """The quietest customer, those who have left, and the key account with most calls beyond what is expected."""
    sentences = []
    quiet = [c for c in found if c.is_quiet]
    if quiet:
        first = quiet[0]
        ratio, low, high = (f"{v:.2f}" for v in first.ratio or (0.0, 0.0, 0.0))
        words = _QUIET.format(
            name=first.name,
            calls=count(first.calls),
            machines=count(first.machines),
            expected=f"{first.expected:,.1f}",
            ratio=ratio,
            low=low,
            high=high,
            more=_MORE.format(n=count(len(quiet))) if len(quiet) > 1 else Text(en="", zh=""),
        )
        sentences.append(Finding(words, first.calls, filters=replace(filters, customer=(first.customer_id,))))
    left = [c for c in found if c.has_left]
    if left:
        words = _LEFT.format(n=count(len(left)), name=left[0].name)
        sentences.append(Finding(words, len(left), window="left"))
    loud = [c for c in found if c.is_key and c.is_loud]
    if loud:
        most = max(loud, key=lambda c: c.calls - c.expected)
        ratio = f"{most.ratio[0]:.2f}" if most.ratio else "—"
        words = _KEY.format(name=most.name, calls=count(most.calls), machines=count(most.machines), ratio=ratio)
        sentences.append(Finding(words, most.calls, filters=replace(filters, customer=(most.customer_id,))))
    return tuple(sentences)
