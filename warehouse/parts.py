"""Spare parts: what was used, what lies on the shelves, what will be needed, and what to order for a service level."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.demand_distributions import NegativeBinomialDemand
from analysis.rates import proportion
from analysis.result import Reason
from analysis.stock import StockCost, economic_order_quantity, newsvendor, reorder_point, stock_cost
from warehouse.filters import Filters
from warehouse.part_forecast import forecasts
from warehouse.reading import Reading, remembered

SERVICES = (0.90, 0.95, 0.98, 0.99)
# A part runs out within its lead time when that is more likely than not.
LIKELY = 0.5

# A chance of running out below this is none that sorts parts.
_NO_RISK = 0.001

Flag = Literal["order", "out", "excess", "dead", "obsolescent", "seasonal"]
FLAGS: tuple[Flag, ...] = ("out", "order", "obsolescent", "dead", "excess", "seasonal")


@dataclass(frozen=True)
class Costs:
    """What holding, waiting and ordering cost: a share of the unit cost a year, and money per day and per order."""

    holding_per_year: float
    waiting_per_day: float
    order: float


@dataclass(frozen=True)
class Use:
    """What repairs used in a period. Of `known` lines (of `lines`) somebody wrote whether the part was at hand."""

    quantity: float
    lines: int
    known: int
    from_stock: int

    @property
    def fill_rate(self) -> float | None:
        """The share of lines filled at once; None where nobody wrote it down."""
        return self.from_stock / self.known if self.known else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The 95 % interval of the fill rate."""
        found = proportion(self.from_stock, self.known)
        return None if found.low is None or found.high is None else (found.low, found.high)


@dataclass(frozen=True)
class Part:
    """One part as the plan has it; None where there is no answer, `reason` then says why there is no forecast.

    expected, upper: mean and 95 % quantile of the demand over the lead time. risk: the chance that it exceeds what is on
    hand. order: how many to order now. surplus: pieces on hand beyond what an order would fill up to and beyond a year's
    demand; value, surplus_value: of what is on hand, of the surplus. recent, earlier: lines of the last 12 months and of
    all before. weight: by which parts are sorted, risk × value of a year's demand.
    """

    part_no: str
    name: str
    category: str
    supplier: str
    criticality: str
    unit_cost: float | None
    lead_days: float | None
    kind: str
    method: str
    reason: Reason
    per_month: float | None
    expected: float | None
    upper: float | None
    on_hand: float | None
    reorder: float | None
    quantity: float | None
    order: float | None
    risk: float | None
    value: float | None
    surplus: float | None
    surplus_value: float | None
    recent: int
    earlier: int
    last_used: dt.date | None
    flags: frozenset[Flag]
    weight: float

    @property
    def title(self) -> str:
        """Its number and name."""
        return f"{self.part_no} {self.name}".strip()


@dataclass(frozen=True)
class Plan:
    """All parts for one service level, what matters most first.

    months: how many whole months of demand the forecasts rest on, up to the month `until`. tells_dead: the records reach
    back far enough to call stock dead.
    """

    parts: tuple[Part, ...]
    months: int
    until: dt.date | None
    tells_dead: bool

    def flagged(self, flag: Flag) -> tuple[Part, ...]:
        """The parts with a flag, in the order of the plan."""
        return tuple(p for p in self.parts if flag in p.flags)

    def value(self, flag: Flag | None = None) -> tuple[float, int]:
        """The value on the shelves of all parts or of those with a flag, and of how many parts it is known."""
        values = [p.value for p in self.parts if p.value is not None and (flag is None or flag in p.flags)]
        return sum(values), len(values)

    def find(self, part_no: str | None) -> Part | None:
        """The part of a number; the first of all where there is none such."""
        return next((p for p in self.parts if p.part_no == part_no), self.parts[0] if self.parts else None)


@remembered
def use(reading: Reading, filters: Filters) -> Use:
    """What repairs used in the period, at the places filtered."""
    where, parameters = filters.where("used_on")
    row = reading.rows(
        f"""
        SELECT coalesce(sum(quantity), 0), count(*), count(is_from_stock), count(CASE WHEN is_from_stock THEN 1 END)
        FROM marts.part_use{where}
        """,
        parameters,
    )[0]
    return Use(float(row[0]), int(row[1]), int(row[2]), int(row[3]))


@remembered
def use_by_month(reading: Reading, filters: Filters) -> dict[dt.date, Use]:
    """The same by month, in order: by the first day of each month of the period with any use."""
    where, parameters = filters.where("used_on")
    rows = reading.rows(
        f"""
        SELECT CAST(date_trunc('month', used_on) AS DATE) AS month, sum(quantity), count(*), count(is_from_stock),
            count(CASE WHEN is_from_stock THEN 1 END)
        FROM marts.part_use{where} GROUP BY 1 ORDER BY 1
        """,
        parameters,
    )
    return {month: Use(float(q), int(n), int(k), int(s)) for month, q, n, k, s in rows}


@remembered
def use_by_part(reading: Reading, filters: Filters) -> dict[str, Use]:
    """The same by part."""
    where, parameters = filters.where("used_on")
    rows = reading.rows(
        f"""
        SELECT part_no, sum(quantity), count(*), count(is_from_stock), count(CASE WHEN is_from_stock THEN 1 END)
        FROM marts.part_use{where} GROUP BY 1
        """,
        parameters,
    )
    return {no: Use(float(q), int(n), int(k), int(s)) for no, q, n, k, s in rows}


@dataclass(frozen=True)
class UseLine:
    """One line of use: a part put in on a ticket."""

    used_on: dt.date
    ticket_id: str | None
    quantity: float
    is_from_stock: bool | None


@remembered
def uses_of(reading: Reading, part_no: str, filters: Filters, most: int = 50) -> tuple[tuple[UseLine, ...], int]:
    """The newest uses of one part in the period at the places filtered, and how many there are."""
    where, parameters = filters.where("used_on")
    mine = f"FROM marts.part_use{where or ' WHERE TRUE'} AND part_no = ?"
    rows = reading.rows(
        f"SELECT used_on, ticket_id, quantity, is_from_stock {mine} ORDER BY used_on DESC, ticket_id LIMIT {int(most)}",
        [*parameters, part_no],
    )
    total = reading.rows(f"SELECT count(*) {mine}", [*parameters, part_no])[0][0]
    return tuple(UseLine(*row) for row in rows), int(total)


@dataclass(frozen=True)
class Shelf:
    """What lies in one store: None where more went out than ever came in, so that movements must be missing."""

    site: str
    on_hand: float | None
    counted_on: dt.date | None


@remembered
def shelves(reading: Reading, part_no: str) -> tuple[Shelf, ...]:
    """The stores of one part, the fullest first."""
    rows = reading.rows(
        "SELECT site, on_hand, counted_on FROM marts.part_stock WHERE part_no = ? ORDER BY on_hand DESC, site",
        [part_no],
    )
    return tuple(Shelf(site, on_hand if on_hand >= 0 else None, counted) for site, on_hand, counted in rows)


@dataclass(frozen=True)
class _Stock:
    on_hand: float | None
    issued_on: dt.date | None


def _stock(reading: Reading) -> dict[str, _Stock]:
    """Pieces on hand of each part over all stores; unknown where a store went below zero."""
    rows = reading.rows("SELECT part_no, sum(on_hand), min(on_hand), max(issued_on) FROM marts.part_stock GROUP BY 1")
    return {no: _Stock(float(total) if least >= 0 else None, issued) for no, total, least, issued in rows}


def _first_day(reading: Reading) -> dt.date | None:
    """The first day on which a use or a movement of stock is on record."""
    days = reading.rows("SELECT min(used_on) FROM marts.part_use UNION ALL SELECT min(first_on) FROM marts.part_stock")
    return min((day for (day,) in days if day), default=None)


def _months_back(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, min(day.day, 28))


@remembered
def lead_time_demand(reading: Reading) -> NegativeBinomialDemand:
    """The demand over each part's own lead time, in the order of `forecasts`; NaN where there is none to tell.

    The forecast over the lead time in whole months, rounded up, of which a lead time between two months takes its part.
    """
    f = forecasts(reading)
    whole = f.forecast.over(f.whole_months) if f.forecast else None
    if whole is None:
        nothing = np.full(len(f.parts), np.nan)
        return NegativeBinomialDemand(nothing, nothing)
    return whole.over(f.lead_months / f.whole_months)


@remembered
def plan(reading: Reading, service: float, costs: Costs, dead_months: int) -> Plan:
    """Every part with what to keep and to order so that a lead time passes without shortage with probability `service`.

    Stock of a part that nobody used or issued for `dead_months` is dead.

    The order quantity is that of Harris and Wilson, at least one piece and at most what a year needs; of a part that is
    dying out one piece at a time. What is on order is not on record: an order brings what is on hand up to the reorder
    point and one order quantity.
    """
    f = forecasts(reading)
    demand = lead_time_demand(reading)
    level = np.asarray(reorder_point(demand, cycle_service=service).level, dtype=np.float64) if f.parts else np.zeros(0)
    upper = np.asarray(demand.quantile(0.95), dtype=np.float64)
    stock = _stock(reading)
    hand = np.array([_known(stock[p.part_no].on_hand if p.part_no in stock else None) for p in f.parts])
    risk = np.where(np.isnan(hand), np.nan, 1 - demand.cdf(np.nan_to_num(hand))) if f.parts else hand
    cost = np.array([_known(p.unit_cost) for p in f.parts])
    rate = f.per_month * 12
    best = economic_order_quantity(
        rate,
        fixed=costs.order,
        holding=np.where(cost > 0, cost * costs.holding_per_year, np.nan),
    ).quantity
    quantity = np.clip(np.round(np.where(np.isnan(best), rate, best)), 1, np.maximum(np.ceil(rate), 1))
    quantity = np.where(f.is_obsolescent, 1.0, quantity)
    surplus = np.maximum(hand - np.maximum(level + quantity, np.ceil(rate)), 0.0)
    wanted = np.where(hand <= level, level + quantity - hand, np.where(np.isnan(hand + level), np.nan, 0.0))
    begin = _first_day(reading)
    dead_since = _months_back(reading.as_of_on, dead_months)
    tells_dead = begin is not None and begin <= dead_since
    found = []
    for i, p in enumerate(f.parts):
        moved = max(
            (d for d in (f.last_used[i], stock[p.part_no].issued_on if p.part_no in stock else None) if d), default=None
        )
        is_dead = tells_dead and hand[i] > 0 and (moved is None or moved < dead_since)
        said: dict[Flag, bool] = {
            "order": bool(wanted[i] > 0),
            "out": bool(risk[i] > LIKELY),
            "excess": bool(surplus[i] >= 1),
            "obsolescent": bool(f.is_obsolescent[i]),
            "seasonal": bool(f.is_seasonal[i]),
            "dead": bool(is_dead),
        }
        found.append(
            Part(
                part_no=p.part_no,
                name=p.name,
                category=p.category,
                supplier=p.supplier,
                criticality=p.criticality,
                unit_cost=p.unit_cost,
                lead_days=p.lead_days,
                kind=str(f.kind[i]),
                method=str(f.method[i]),
                reason=Reason(str(f.reason[i])),
                per_month=_number(f.per_month[i]),
                expected=_number(demand.mean[i]),
                upper=_number(upper[i]),
                on_hand=_number(hand[i]),
                reorder=_number(level[i]),
                quantity=_number(quantity[i]) if not np.isnan(level[i]) else None,
                order=_number(wanted[i]),
                risk=_number(risk[i]),
                value=_number(hand[i] * cost[i]),
                surplus=_number(surplus[i]),
                surplus_value=_number(surplus[i] * cost[i]),
                recent=int(f.recent[i]),
                earlier=int(f.earlier[i]),
                last_used=f.last_used[i],
                flags=frozenset(flag for flag in FLAGS if said[flag]),
                weight=float(np.nan_to_num(risk[i] * cost[i] * rate[i])) if risk[i] >= _NO_RISK else 0.0,
            )
        )
    found.sort(key=lambda part: (-part.weight, -(part.value or 0.0), part.part_no))
    return Plan(tuple(found), f.demand.shape[1], f.until, tells_dead)


def _known(value: float | None) -> float:
    return np.nan if value is None else value


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@dataclass(frozen=True)
class CostOfStock:
    """What holding and waiting cost a year over the pieces kept to cover the lead time; None with its reason."""

    curve: StockCost | None
    reason: Reason
    n: int


@remembered
def cost_of_stock(reading: Reading, part_no: str, costs: Costs) -> CostOfStock:
    """The cost a year of each stock of one part, with one piece ordered for each that is used."""
    f = forecasts(reading)
    i = f.index.get(part_no)
    if i is None:
        return CostOfStock(None, Reason.NO_DATA, 0)
    part, demand = f.parts[i], lead_time_demand(reading)
    n = int(f.forecast.n[i]) if f.forecast else 0
    if f.reason[i]:
        return CostOfStock(None, Reason(str(f.reason[i])), n)
    if not part.unit_cost or part.unit_cost < 0 or np.isnan(demand.mean[i]):
        return CostOfStock(None, Reason.MISSING, n)
    one = NegativeBinomialDemand(float(demand.mean[i]), float(np.asarray(demand.variance)[i]), n)
    if not one.mean > 0:
        return CostOfStock(None, Reason.NO_DEMAND, n)
    holding, waiting = part.unit_cost * costs.holding_per_year, costs.waiting_per_day * 365.25
    if not holding:
        return CostOfStock(None, Reason.MISSING, n)
    best = newsvendor(one, holding=holding, waiting=waiting).level
    top = np.ceil(max(best * 1.4, float(one.quantile(0.999)), 4.0))
    levels = np.unique(np.append(np.arange(0.0, top + 1, max(1.0, np.ceil(top / 500))), best))
    curve = stock_cost(one, holding=holding, waiting=waiting, levels=levels)
    return CostOfStock(curve, Reason.NONE, n)
