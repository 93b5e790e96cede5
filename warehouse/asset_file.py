"""The file of one asset: what it is, what it belongs to and consists of, and everything that ever happened to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.reading import Reading, remembered

Row = dict[str, Any]

# Of one kind, the newest so many; an asset with more is a place-holder for many.
MOST = 5_000
_DEEPEST = 5
# DuckDB looks for up to so many values of a join block by block.
_AT_ONCE = 50
# Of the lineage, what leads to a record; each column read costs time.
_SAID = "* EXCLUDE (_stream, _batch, _file, _row, _extracted_at)"


@dataclass(frozen=True)
class _Asked:
    """How happenings of an entity are found and dated: by asset, else ticket, repair or report; SQL of its instants.

    `days`: the instants are days of the calendar. `open`: SQL that says whether it is still to come or under way.
    """

    by: tuple[str, ...]
    at: str
    until: str = "NULL"
    days: str = "FALSE"
    open: str = "FALSE"


# In the order in which they are looked for: tickets name repairs, repairs name parts, reports name actions.
_ASKED = {
    "ticket": _Asked(("asset_id",), "opened_at", "closed_at", open="closed_at IS NULL"),
    "repair": _Asked(("asset_id", "ticket_id"), "coalesce(finished_at, started_at)"),
    "fault": _Asked(("asset_id", "ticket_id"), "coalesce(occurred_at, detected_at)", open="coalesce(no_fault_found, FALSE)"),
    "visit": _Asked(("ticket_id",), "coalesce(arrived_at, started_at, departed_at, finished_at)"),
    "part_use": _Asked(("repair_id",), "NULL"),
    "returned_unit": _Asked(("repair_id",), "received_at", "sent_at", open="sent_at IS NULL AND verdict IS NULL"),
    "usage": _Asked(("asset_id",), "read_at"),
    "maintenance": _Asked(
        ("asset_id",), "coalesce(done_at, CAST(planned_on AS TIMESTAMP))", days="done_at IS NULL", open="done_at IS NULL"
    ),
    "contract": _Asked(("asset_id",), "CAST(starts_at AS TIMESTAMP)", "CAST(ends_at AS TIMESTAMP)", days="TRUE"),
    "installation": _Asked(("asset_id",), "commissioned_at"),
    "complaint": _Asked(("ticket_id",), "opened_at", "closed_at", open="closed_at IS NULL"),
    "survey": _Asked(("ticket_id",), '"at"'),
    "fracas_report": _Asked(
        ("asset_id", "ticket_id"), "coalesce(occurred_at, submitted_at)", "closed_at", open="closed_at IS NULL"
    ),
    "action": _Asked(
        ("report_id",),
        "coalesce(implemented_at, CAST(due_on AS TIMESTAMP))",
        days="implemented_at IS NULL",
        open="implemented_at IS NULL",
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Happening:
    """One thing that happened: of what kind, the record that says it (a row of `entity`), when, and until when.

    Instants are UTC and naive; with `is_day` they are midnights of local days. at: None where nobody said.
    is_open: planned and not done yet, under way, or (a fault) not found. ticket_id: only of a ticket on record.
    """

    kind: str
    entity: str
    row: Row
    at: dt.datetime | None
    until: dt.datetime | None = None
    is_day: bool = False
    is_open: bool = False
    ticket_id: str | None = None


@dataclass(frozen=True)
class Relative:
    """An asset above or below; depth 1 is next to it."""

    asset_id: str
    serial_no: str
    model: str
    position: str
    depth: int


@dataclass(frozen=True, eq=False)
class AssetFile:
    """One asset (a row of core.asset) with what is above it, what is below it, and its life, newest first."""

    asset: Row
    customer_name: str
    above: tuple[Relative, ...]
    below: tuple[Relative, ...]
    life: tuple[Happening, ...]

    def of(self, kind: str) -> list[Happening]:
        """What happened of one kind, newest first."""
        return [h for h in self.life if h.kind == kind]

    @property
    def is_unit(self) -> bool:
        """Whether it stands by itself in the field, not as a part of another."""
        return not self.asset["parent_asset_id"]

    @property
    def open_tickets(self) -> list[Happening]:
        return [h for h in self.of("ticket") if h.is_open]

    @property
    def meters(self) -> list[Row]:
        """The last reading in each unit of measurement."""
        last: dict[str, Row] = {}
        for h in self.of("usage"):
            last.setdefault(h.row["unit"] or "", h.row)
        return list(last.values())

    def contracts(self, day: dt.date) -> list[Row]:
        """Contracts in force on a day, the warranty aside; one without an end lasts."""
        return [
            h.row
            for h in self.of("contract")
            if h.entity == "contract"
            and h.row["kind"] != "warranty"
            and (h.row["starts_at"] or dt.date.min) <= day <= (h.row["ends_at"] or dt.date.max)
        ]

    @property
    def warranty_end(self) -> dt.date | None:
        """The last day of its warranty: as the register says, else the latest warranty card."""
        ends = [h.row["ends_at"] for h in self.of("contract") if h.row.get("kind") == "warranty" and h.row["ends_at"]]
        return self.asset["warranty_end"] or max(ends, default=None)


@remembered
def asset_file(reading: Reading, asset_id: str) -> AssetFile | None:
    """All that is on record of one asset and of what is below it; None where there is no such asset."""
    found = reading.records("SELECT * FROM core.asset WHERE asset_id = ?", [asset_id])
    if not found:
        return None
    asset = found[0]
    below = _below(reading, asset_id)
    names = reading.rows("SELECT name FROM core.customer WHERE customer_id = ?", [asset["customer_id"]])
    return AssetFile(
        asset=asset,
        customer_name=(names[0][0] if names else None) or asset["customer_id"] or "",
        above=_above(reading, asset),
        below=tuple(_relative(row, depth) for depth, row in below),
        life=_life(reading, asset, [row for _, row in below]),
    )


def _relative(row: Row, depth: int) -> Relative:
    serial_no, model, position = (row[name] or "" for name in ("serial_no", "model", "position"))
    return Relative(row["asset_id"], serial_no, model, position, depth)


def _above(reading: Reading, asset: Row) -> tuple[Relative, ...]:
    """What it is a part of, nearest first."""
    found: list[Relative] = []
    parent, seen = asset["parent_asset_id"], {asset["asset_id"]}
    while parent and parent not in seen and len(found) < _DEEPEST:
        seen.add(parent)
        rows = reading.records("SELECT * FROM core.asset WHERE asset_id = ?", [parent])
        if not rows:
            break
        found.append(_relative(rows[0], len(found) + 1))
        parent = rows[0]["parent_asset_id"]
    return tuple(found)


def _below(reading: Reading, asset_id: str) -> list[tuple[int, Row]]:
    """Its parts and theirs, each below its parent, with their depth."""
    children: dict[str, list[Row]] = {}
    layer, seen = [asset_id], {asset_id}
    for _ in range(_DEEPEST):
        found = _rows(reading, "asset", {"parent_asset_id": layer}, _SAID)
        rows = [row for row in found if row["asset_id"] not in seen]
        rows.sort(key=lambda row: (row["position"] or "", row["asset_id"]))
        layer = [row["asset_id"] for row in rows]
        seen.update(layer)
        for row in rows:
            children.setdefault(row["parent_asset_id"], []).append(row)
        if not layer:
            break

    def walk(parent: str, depth: int) -> Iterable[tuple[int, Row]]:
        for row in children.pop(parent, []):
            yield depth, row
            yield from walk(row["asset_id"], depth + 1)

    return list(walk(asset_id, 1))


def _rows(reading: Reading, entity: str, named: dict[str, list[str]], columns: str, order: str = "rowid") -> list[Row]:
    """Rows that name one of these things: in the first of the columns, or in the next where the first says nothing."""
    found: list[str] = []
    unsaid = "TRUE"
    for column, values in named.items():
        if values:
            found.append(f"SELECT rowid FROM core.{entity} WHERE {unsaid} AND {column} = ANY (?)")
        unsaid = f"{column} IS NULL"
    if not found:
        return []
    numbers = [row[0] for row in reading.rows(" UNION ALL ".join(found), [v for v in named.values() if v])]
    # A join with few numbers reads only the blocks they are in; with many it reads everything anyway.
    few = len(numbers) <= 8 * _AT_ONCE
    portions = [numbers[i : i + _AT_ONCE] for i in range(0, len(numbers), _AT_ONCE)] if few else [numbers]
    sql = f"SELECT {columns} FROM core.{entity} WHERE rowid IN (SELECT unnest(?)) ORDER BY {order} LIMIT {MOST}"
    return [row for portion in portions for row in reading.records(sql, [portion])]


# What other records hang on, by the field that names it.
_NAMES = {"ticket": "ticket_id", "repair": "repair_id", "fracas_report": "report_id"}


def _life(reading: Reading, asset: Row, parts: Sequence[Row]) -> tuple[Happening, ...]:
    ids = {"asset_id": [asset["asset_id"], *(row["asset_id"] for row in parts)]}
    hooks: dict[str, dict[str, Happening]] = {name: {} for name in _NAMES.values()}
    found: dict[str, list[Happening]] = {}
    for entity, asked in _ASKED.items():
        columns = f"{_SAID}, {asked.at} AS _at, {asked.until} AS _until, {asked.days} AS _days, {asked.open} AS _open"
        named = {column: ids.get(column, []) for column in asked.by}
        rows = _rows(reading, entity, named, columns, "_at DESC NULLS LAST, source_key")
        found[entity] = [_happening(entity, row, hooks) for row in rows]
        if name := _NAMES.get(entity):
            hooks[name] = {h.row[name]: h for h in found[entity]}
            ids[name] = list(hooks[name])
    found["survey"] = _together(found["survey"])
    found["asset"] = _installed(asset, parts, found)
    life = [h for happenings in found.values() for h in happenings]
    return tuple(sorted(life, key=lambda h: (h.at or dt.datetime.min, h.kind), reverse=True))


def _happening(entity: str, row: Row, hooks: dict[str, dict[str, Happening]]) -> Happening:
    """A row as what happened; what it does not say itself (when, for which ticket) its repair, report or ticket says."""
    hung = [above for name, known in hooks.items() if (above := known.get(row.get(name) or ""))]
    at, is_ticket = row.pop("_at"), entity == "ticket"
    return Happening(
        kind=entity,
        entity=entity,
        row=row,
        at=at or next((above.at for above in hung if above.at), None),
        until=row.pop("_until"),
        is_day=row.pop("_days"),
        is_open=bool(row.pop("_open")),
        ticket_id=row["ticket_id"] if is_ticket else next((above.ticket_id for above in hung if above.ticket_id), None),
    )


def _together(answers: Sequence[Happening]) -> list[Happening]:
    """The answers of one return visit as one happening, with all of them in its row."""
    visits: dict[tuple[object, object], Happening] = {}
    for answer in sorted(answers, key=lambda h: str(h.row["item"])):
        first = visits.setdefault((answer.row["ticket_id"], answer.at), answer)
        first.row.setdefault("answers", []).append((answer.row["item"], answer.row["grade"]))
    return list(visits.values())


def _installed(asset: Row, parts: Sequence[Row], found: dict[str, list[Happening]]) -> list[Happening]:
    """What only the register of assets says: when it and its parts were installed, and its warranty."""
    fitted = {h.row["new_serial"] for h in found["part_use"]}
    happened = [
        Happening("part_use", "asset", row, row["installed_at"])
        for row in parts
        if row["installed_at"] and row["serial_no"] not in fitted
    ]
    if asset["installed_at"]:
        happened.append(Happening("installation", "asset", asset, asset["installed_at"]))
    if asset["warranty_end"] and not any(h.row["kind"] == "warranty" for h in found["contract"]):
        until = dt.datetime.combine(asset["warranty_end"], dt.time())
        happened.append(Happening("contract", "asset", asset, asset["installed_at"], until))
    return happened
