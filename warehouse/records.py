"""The records behind a number: a page of tickets, one ticket with all that hangs on it, and its way back to its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from warehouse.database import quote
from warehouse.entities import entities
from warehouse.filters import Filters
from warehouse.landed import source_row
from warehouse.metrics.closure import AGES
from warehouse.reading import Reading, remembered
from warehouse.settings import Home

# The day of marts.ticket by which a selection is dated.
Dated = Literal["opened_on", "closed_on", "resolved_on", "completed_on", "arrived_on", "response_due_on"]
DATED: tuple[Dated, ...] = get_args(Dated)
# A job is completed when it was resolved, or closed where nobody wrote down the resolution.
_DAYS = {"completed_on": "coalesce(resolved_on, closed_on)"}

COLUMNS_SHOWN = (
    "ticket_id",
    "opened_at",
    "closed_at",
    "status",
    "priority",
    "service_kind",
    "product_line",
    "region",
    "site",
    "customer_id",
    "asset_id",
    "technician_id",
    "symptom",
    "response_wh",
    "response_met",
    "hours_open",
)

# What hangs on a ticket: the entity, and the condition that finds it by the ticket's number.
_RELATED = {
    "ticket_event": "ticket_id = $1",
    "visit": "ticket_id = $1",
    "repair": "ticket_id = $1",
    "part_use": "repair_id IN (SELECT r.repair_id FROM core.repair AS r WHERE r.ticket_id = $1)",
    "fault": "ticket_id = $1",
    "survey": "ticket_id = $1",
    "complaint": "ticket_id = $1",
    "price_approval": "ticket_id = $1",
    "fracas_report": "ticket_id = $1",
}

# What a selection may ask of the failures behind a ticket and of the work on it: the mart and its columns.
BEHIND = {
    "marts.failure": ("component", "failure_mode", "cause", "model", "software_version", "asset_id"),
    "marts.job": ("technician_id",),
}


@dataclass(frozen=True)
class Selection:
    """Which tickets of a filtered page: the day that dates them, and what a clicked mark stands for."""

    dated: Dated = "opened_on"
    is_open: bool | None = None
    age: int | None = None
    zone: str | None = None
    response_met: bool | None = None
    is_reopened: bool | None = None
    # Still open when the period ended, as the backlog counts it; whenever opened.
    at_end: bool = False
    # Of what failed, and who did the work.
    component: str | None = None
    failure_mode: str | None = None
    cause: str | None = None
    model: str | None = None
    software_version: str | None = None
    asset_id: str | None = None
    technician_id: str | None = None

    def where(self, filters: Filters) -> tuple[str, list[object]]:
        """The WHERE clause over marts.ticket, and its parameters."""
        if self.dated not in DATED:
            raise ValueError(f"{self.dated} does not date a ticket")
        day = _DAYS.get(self.dated, self.dated)
        clause, parameters = (replace(filters, start=None) if self.at_end else filters).where(day)
        conditions = [f"{day} IS NOT NULL"]
        if self.is_open is not None:
            conditions.append("NOT is_closed" if self.is_open else "is_closed")
        if self.at_end:
            conditions.append("(closed_on IS NULL OR closed_on > ?)" if filters.end else "NOT is_closed")
            parameters += [filters.end] if filters.end else []
        if self.age is not None:
            low, high, _ = AGES[self.age]
            conditions.append("NOT is_closed AND hours_open >= ?")
            parameters.append(low * 24.0)
            if high is not None:
                conditions.append("hours_open < ?")
                parameters.append(high * 24.0)
        for column, wanted in (
            ("zone", self.zone),
            ("response_met", self.response_met),
            ("is_reopened", self.is_reopened),
        ):
            if wanted is not None:
                conditions.append(f"{column} = ?")
                parameters.append(wanted)
        for mart, columns in BEHIND.items():
            asked = {column: value for column in columns if (value := getattr(self, column)) is not None}
            if asked:
                alike = " AND ".join(f"{column} = ?" for column in asked)
                conditions.append(f"ticket_id IN (SELECT ticket_id FROM {mart} WHERE {alike})")
                parameters += asked.values()
        return f"{clause}{' AND' if clause else ' WHERE'} {' AND '.join(conditions)}", parameters


@remembered
def count(reading: Reading, filters: Filters, selection: Selection) -> int:
    """How many tickets the selection holds."""
    where, parameters = selection.where(filters)
    return int(reading.rows(f"SELECT count(*) FROM marts.ticket{where}", parameters)[0][0])


@remembered
def page(
    reading: Reading,
    filters: Filters,
    selection: Selection,
    *,
    order_by: str = "opened_at",
    descending: bool = True,
    start: int = 0,
    rows: int = 100,
) -> list[dict[str, Any]]:
    """Rows `start` to `start + rows` of the selection, with COLUMNS_SHOWN; at most 1,000 at a time."""
    if order_by not in COLUMNS_SHOWN:
        raise ValueError(f"{order_by} is not a column of the table")
    where, parameters = selection.where(filters)
    sql = (
        f"SELECT {', '.join(COLUMNS_SHOWN)} FROM marts.ticket{where} "
        f"ORDER BY {quote(order_by)} {'DESC' if descending else 'ASC'} NULLS LAST, ticket_id LIMIT ? OFFSET ?"
    )
    return reading.records(sql, [*parameters, max(0, min(rows, 1_000)), max(0, start)])


def stream(
    reading: Reading, filters: Filters, selection: Selection, *, limit: int, batch: int = 5_000
) -> Iterator[list[tuple[Any, ...]]]:
    """All rows of the selection up to `limit`, newest first, with COLUMNS_SHOWN, a batch at a time: for exports."""
    where, parameters = selection.where(filters)
    sql = f"SELECT {', '.join(COLUMNS_SHOWN)} FROM marts.ticket{where} ORDER BY opened_at DESC, ticket_id LIMIT ?"
    cursor = reading.con.cursor().execute(sql, [*parameters, limit])
    while rows := cursor.fetchmany(batch):
        yield rows


def ticket(reading: Reading, ticket_id: str) -> dict[str, list[dict[str, Any]]]:
    """One ticket and what hangs on it, by entity; empty when there is no such ticket.

    Rows have the entity's fields and its lineage (`_source` … `_row`), by which `source_row_of` finds where each came from.
    """
    found = {"ticket": reading.records("SELECT * FROM core.ticket WHERE ticket_id = $1", [ticket_id])}
    if not found["ticket"]:
        return {}
    asset_id = found["ticket"][0]["asset_id"]
    found["asset"] = reading.records("SELECT * FROM core.asset WHERE asset_id = $1", [asset_id]) if asset_id else []
    for entity, condition in _RELATED.items():
        found[entity] = reading.records(f"SELECT * FROM core.{entity} WHERE {condition} ORDER BY _row", [ticket_id])
    return {entity: rows for entity, rows in found.items() if rows}


def record(reading: Reading, entity: str, source_key: str, source: str) -> dict[str, Any] | None:
    """One row of an entity with its lineage, by its key in its source; None where it is not there."""
    if entity not in entities():
        return None
    sql = f"SELECT * FROM core.{entity} WHERE source_key = $1 AND _source = $2 LIMIT 1"
    return next(iter(reading.records(sql, [source_key, source])), None)


def source_row_of(home: Home, reading: Reading, entity: str, source_key: str, source: str) -> dict[str, Any] | None:
    """The landed row, as it came, behind one row of the warehouse; None when either is not there."""
    if entity not in entities():
        return None
    found = reading.rows(
        f"SELECT _source, _stream, _batch, _file, _row FROM core.{entity} WHERE source_key = $1 AND _source = $2 LIMIT 1",
        [source_key, source],
    )
    return source_row(home.landing, *found[0]) if found else None


@remembered
def places(reading: Reading) -> dict[str, list[tuple[str, int]]]:
    """The values of each place filter but the customer, most tickets first: filter → (value, tickets)."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name, value, n in reading.rows(
        "SELECT filter, value, n FROM marts.place WHERE filter <> 'customer' ORDER BY filter, n DESC, value"
    ):
        found.setdefault(name, []).append((value, n))
    return found


@remembered
def customers(reading: Reading, text: str, limit: int = 30) -> list[tuple[str, str, int]]:
    """Customers whose number or name contains a text, most tickets first: (number, name, tickets)."""
    pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [
        (number, name or number, n)
        for number, name, n in reading.rows(
            r"""
            SELECT p.value, c.name, p.n FROM marts.place AS p
            LEFT JOIN core.customer AS c ON c.customer_id = p.value
            WHERE p.filter = 'customer' AND (p.value ILIKE $1 ESCAPE '\' OR c.name ILIKE $1 ESCAPE '\')
            ORDER BY p.n DESC, p.value LIMIT $2
            """,
            [pattern, limit],
        )
    ]


def customer_names(reading: Reading, numbers: tuple[str, ...]) -> dict[str, str]:
    """Names of some customers; a number without a name stands for itself."""
    if not numbers:
        return {}
    marks = ", ".join("?" * len(numbers))
    named = dict(
        reading.rows(f"SELECT customer_id, name FROM core.customer WHERE customer_id IN ({marks})", list(numbers))
    )
    return {number: named.get(number) or number for number in numbers}


@remembered
def code_labels(reading: Reading) -> dict[str, dict[str, tuple[str, str]]]:
    """Code lists in words: list → code → (English, Chinese)."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for name, code, en, zh in reading.rows("SELECT list, code, en, zh FROM core.code_list"):
        found.setdefault(name, {})[code] = (en, zh)
    return found
