"""Customers: the key accounts with their machines and visits, and those gone quiet, the silent complaint."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import overload

import numpy as np
from numpy.typing import NDArray

from analysis.effectiveness import rate_ratio
from analysis.multiple import benjamini_hochberg
from analysis.result import Bools, Floats, Ints
from bilingual.text import Text
from warehouse.failure_months import of_units
from warehouse.filters import Filters
from warehouse.metrics.evaluate import first_day
from warehouse.metrics.wording import count
from warehouse.questions import question
from warehouse.reading import Reading, held, remembered
from warehouse.service_findings import Finding
from warehouse.technician_jobs import day_of

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


@dataclass(frozen=True, eq=False)
class _Known:
    """Every customer with machines, in order: number, name, whether it is a key account."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    is_key: Bools


@dataclass(frozen=True, eq=False)
class _Judged:
    """Columns of `Customer`, a row per customer: its place in `_Known`, NaN where there is no ratio or q, −1 without a call."""

    customer: NDArray[np.int32]
    machines: NDArray[np.int32]
    years: Floats
    calls: NDArray[np.int32]
    expected: Floats
    ratio: Floats
    q: Floats
    lapsed: NDArray[np.int32]
    last_call: NDArray[np.int32]
    is_loud: Bools

    def picked(self, rows: Ints) -> _Judged:
        return _Judged(**{name: column[rows] for name, column in self.__dict__.items()})


class Customers(Sequence[Customer]):
    """Thousands of customers, of which a page shows a dozen: each is made when it is looked at."""

    def __init__(self, known: _Known, columns: _Judged) -> None:
        self._known, self._columns = known, columns

    def __len__(self) -> int:
        return int(self._columns.customer.size)

    @overload
    def __getitem__(self, at: int) -> Customer: ...
    @overload
    def __getitem__(self, at: slice) -> Customers: ...
    def __getitem__(self, at: int | slice) -> Customer | Customers:
        if isinstance(at, slice):
            return self.picked(np.arange(len(self))[at])
        found = self._columns
        who, last = int(found.customer[at]), int(found.last_call[at])
        value, low, high = found.ratio[at].tolist()
        q = float(found.q[at])
        return Customer(
            self._known.ids[who],
            self._known.names[who],
            bool(self._known.is_key[who]),
            int(found.machines[at]),
            float(found.years[at]),
            int(found.calls[at]),
            float(found.expected[at]),
            None if isnan(value + low + high) else (value, low, high),
            None if isnan(q) else q,
            int(found.lapsed[at]),
            day_of(last) if last >= 0 else None,
            bool(found.is_loud[at]),
        )

    def picked(self, rows: Ints) -> Customers:
        """Some of them, by their numbers."""
        return Customers(self._known, self._columns.picked(rows))

    def those(self, mask: Bools) -> Customers:
        """Those of which something holds."""
        return self.picked(np.flatnonzero(mask))

    @property
    def is_key(self) -> Bools:
        return self._known.is_key[self._columns.customer]

    @property
    def is_loud(self) -> Bools:
        return self._columns.is_loud

    @property
    def is_quiet(self) -> Bools:
        quiet: Bools = self._columns.q <= FDR
        return quiet

    @property
    def has_left(self) -> Bools:
        found = self._columns
        left: Bools = (found.calls == 0) & (found.machines > 0) & (found.machines <= found.lapsed)
        return left

    @property
    def expected(self) -> Floats:
        return self._columns.expected

    @property
    def ratio(self) -> Floats:
        """The ratio of each, NaN where there is none."""
        has_bounds = ~np.isnan(self._columns.ratio).any(axis=1)
        return np.where(has_bounds, self._columns.ratio[:, 0], np.nan)


@held
def _known(reading: Reading) -> _Known:
    rows = reading.rows("""
        SELECT u.customer_id, coalesce(nullif(c.name, ''), u.customer_id), coalesce(c.class = 'key', FALSE)
        FROM (SELECT DISTINCT customer_id FROM marts.unit WHERE customer_id <> '') AS u
        LEFT JOIN core.customer AS c ON c.customer_id = u.customer_id
        ORDER BY 1
    """)
    return _Known(
        tuple(row[0] for row in rows), tuple(row[1] for row in rows), np.array([row[2] for row in rows], dtype=bool)
    )


def customers(reading: Reading, filters: Filters) -> Customers:
    """Every customer with machines, the quietest first.

    Expected are the calls that its machines would have made at the rate of all other customers' machines of the same product
    line over the same time. p is the chance of so few calls if its rate were theirs: exact, given all calls (binomial), so
    that the uncertainty of their rate counts; q by Benjamini and Hochberg over all customers of which calls were expected.
    """
    return Customers(_known(reading), _judged(reading, filters))


@remembered
def _judged(reading: Reading, filters: Filters) -> _Judged:
    start, end = _period(reading, filters)
    units, of_unit = of_units(filters)
    calls, of_call = filters.where("opened_on")
    sql = question("customers_calls").format(units=units, calls=calls)
    rows = reading.arrays(sql, [start, end + dt.timedelta(days=1), *of_unit, *of_unit, *of_call])
    ids, first, who = np.unique(rows["customer"], return_index=True, return_inverse=True)
    expected = _expected(rows["line"], rows["days"], rows["calls"])

    def summed(values: Floats) -> Floats:
        return np.bincount(who, values, ids.size).astype(np.float64)

    own, awaited = summed(rows["calls"]), summed(expected)
    tested = awaited > 0
    # The others: their calls over the calls that are expected of them at the same rates, so that 1 is "as the others".
    judged = rate_ratio(own.sum() - own, np.maximum(awaited.sum() - awaited, 0.0), own, awaited)
    q = benjamini_hochberg(np.where(tested, judged.p_less, np.nan))
    columns = _Judged(
        customer=ids,
        machines=summed(rows["machines"]).astype(np.int32),
        years=summed(rows["days"]) / _DAYS_IN_YEAR,
        calls=own.astype(np.int32),
        expected=awaited,
        ratio=np.stack([judged.value, judged.low, judged.high], axis=1),
        q=np.where(tested, q, np.nan),
        lapsed=summed(rows["lapsed"]).astype(np.int32),
        last_call=np.maximum.reduceat(rows["last_call"], first) if ids.size else rows["last_call"],
        is_loud=benjamini_hochberg(np.where(tested, judged.p_greater, np.nan)) <= FDR,
    )
    has_q = ~np.isnan(columns.q)
    return columns.picked(np.lexsort((ids, -awaited, np.where(has_q, columns.q, 0.0), ~has_q)))


def _expected(line: np.ndarray, days: Floats, made: Floats) -> Floats:
    """Calls at the rate of all others of the product line: one's own silence must not lower what is expected of one."""
    size = int(line.max(initial=-1)) + 1
    all_days, all_made = np.bincount(line, days, size)[line] - days, np.bincount(line, made, size)[line] - made
    return np.where(all_days > 0, days * all_made / np.where(all_days > 0, all_days, 1.0), 0.0)


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


def findings(found: Customers, filters: Filters) -> tuple[Finding, ...]:
    """The quietest customer, those who have left, and the key account with most calls beyond what is expected."""
    sentences = []
    quiet = found.those(found.is_quiet)
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
    left = found.those(found.has_left)
    if left:
        words = _LEFT.format(n=count(len(left)), name=left[0].name)
        sentences.append(Finding(words, len(left), window="left"))
    loud = found.those(found.is_key & found.is_loud)
    if loud:
        most = max(loud, key=lambda c: c.calls - c.expected)
        ratio = f"{most.ratio[0]:.2f}" if most.ratio else "—"
        words = _KEY.format(name=most.name, calls=count(most.calls), machines=count(most.machines), ratio=ratio)
        sentences.append(Finding(words, most.calls, filters=replace(filters, customer=(most.customer_id,))))
    return tuple(sentences)
