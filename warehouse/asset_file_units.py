"""The units whose files are worth opening: with most failures in the period, and with open tickets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from warehouse.filters import Filters
from warehouse.reading import Reading, remembered


@dataclass(frozen=True)
class Unit:
    """An asset with how many failures or open tickets it has, and the day of the last or the first of them."""

    asset_id: str
    serial_no: str
    model: str
    site: str
    customer: str
    n: int
    day: dt.date | None


_NAMED = """
    SELECT n.asset_id, coalesce(a.serial_no, n.asset_id), coalesce(a.model, ''), coalesce(a.site, ''),
        coalesce(c.name, a.customer_id, ''), n.n, n.day
    FROM ({counted} GROUP BY asset_id ORDER BY n DESC, day {newest}, asset_id LIMIT ?) AS n
    JOIN core.asset AS a ON a.asset_id = n.asset_id
    LEFT JOIN core.customer AS c ON c.customer_id = a.customer_id
    ORDER BY n.n DESC, n.day {newest}, n.asset_id
"""


@remembered
def failing(reading: Reading, filters: Filters, most: int) -> tuple[Unit, ...]:
    """Units with most relevant failures in the period; the day is that of the last."""
    where, parameters = filters.where("failed_on")
    counted = (
        f"SELECT asset_id, count(*) AS n, max(failed_on) AS day FROM marts.failure{where}{' AND' if where else ' WHERE'} "
        "is_relevant AND asset_id IS NOT NULL"
    )
    return _units(reading, _NAMED.format(counted=counted, newest="DESC"), [*parameters, most])


def waiting(reading: Reading, filters: Filters, most: int) -> tuple[Unit, ...]:
    """Units with most tickets open now, whenever they were opened; the day is that of the oldest."""
    return _waiting(reading, replace(filters, start=None, end=None), most)


@remembered
def _waiting(reading: Reading, filters: Filters, most: int) -> tuple[Unit, ...]:
    where, parameters = filters.where("opened_on")
    counted = (
        f"SELECT asset_id, count(*) AS n, min(opened_on) AS day FROM marts.ticket{where}{' AND' if where else ' WHERE'} "
        "NOT is_closed AND asset_id IS NOT NULL"
    )
    return _units(reading, _NAMED.format(counted=counted, newest="ASC"), [*parameters, most])


def _units(reading: Reading, sql: str, parameters: list[object]) -> tuple[Unit, ...]:
    return tuple(Unit(*row) for row in reading.rows(sql, parameters))
