"""What the records know of a failure that somebody is about to report: of its unit, its ticket, its fault; and units alike."""

from __future__ import annotations

from typing import Any

from warehouse.questions import question
from warehouse.reading import Reading

# Of the entities, the fields that a report has under the same name.
_ASSET = "asset_id, serial_no, model, product_line, region, customer_id, site, position"
_TICKET = "ticket_id, asset_id, product_line, region, customer_id, site, opened_at AS occurred_at, coalesce(symptom, description) AS symptom"
_FAULT = (
    "fault_id, ticket_id, asset_id, occurred_at, detected_at, usage_at_failure, usage_unit, component, failure_mode, "
    "severity, delay_minutes, symptom"
)
# Of units alike, so many at most: who has to check more than these asks for them by lot.
MOST_UNITS = 500


def _one(reading: Reading, sql: str, *values: Any) -> dict[str, Any]:
    rows = reading.records(f"{sql} LIMIT 1", values)
    return {name: value for name, value in rows[0].items() if value not in (None, "")} if rows else {}


def of_asset(reading: Reading, number: str) -> dict[str, Any]:
    """What is known of a unit by its serial or asset number; nothing where there is none, or several of a serial number."""
    by_id = _one(reading, f"SELECT {_ASSET} FROM core.asset WHERE asset_id = ?", number)
    if by_id:
        return by_id
    rows = reading.records(f"SELECT {_ASSET} FROM core.asset WHERE serial_no = ? LIMIT 2", [number])
    return {k: v for k, v in rows[0].items() if v not in (None, "")} if len(rows) == 1 else {}


def of_fault(reading: Reading, fault_id: str) -> dict[str, Any]:
    """What is known of a fault, with its ticket's and its unit's facts beneath."""
    fault = _one(reading, f"SELECT {_FAULT} FROM core.fault WHERE fault_id = ?", fault_id)
    if not fault:
        return {}
    ticket = _one(reading, f"SELECT {_TICKET} FROM core.ticket WHERE ticket_id = ?", fault.get("ticket_id", ""))
    return _of_unit(reading, ticket | fault)


def of_ticket(reading: Reading, ticket_id: str) -> dict[str, Any]:
    """What is known of a ticket, of the first fault found on it, and of its unit."""
    ticket = _one(reading, f"SELECT {_TICKET} FROM core.ticket WHERE ticket_id = ?", ticket_id)
    if not ticket:
        return {}
    fault = _one(reading, f"SELECT {_FAULT} FROM core.fault WHERE ticket_id = ? ORDER BY fault_id", ticket_id)
    return _of_unit(reading, ticket | fault)


def _of_unit(reading: Reading, facts: dict[str, Any]) -> dict[str, Any]:
    unit = of_asset(reading, facts["asset_id"]) if "asset_id" in facts else {}
    return unit | facts


def parts_of(reading: Reading, ticket_id: str) -> list[dict[str, Any]]:
    """The parts that were replaced on a ticket, as a report's configuration record has them."""
    return reading.records(
        """
        SELECT u.position, u.part_no, coalesce(u.quantity, 1) AS quantity, u.old_serial, u.new_serial
        FROM core.part_use AS u INNER JOIN core.repair AS r ON r.repair_id = u.repair_id
        WHERE r.ticket_id = ? ORDER BY u.part_no LIMIT 50
        """,
        [ticket_id],
    )


def like_units(
    reading: Reading, *, asset_id: str | None, part_no: str | None, lot: str | None, model: str | None
) -> list[dict[str, Any]]:
    """Other units that share the part (or, where no part is named, the model): asset_id, serial_no, site, and the piece fitted."""
    if not part_no and not model:
        return []
    values = {"asset_id": asset_id, "part_no": part_no, "lot": lot, "model": model, "most": MOST_UNITS}
    return reading.records(question("like_units"), values)


def known(reading: Reading, column: str) -> list[str]:
    """What the records call components or failure modes, the most frequent first, for a field to suggest."""
    assert column in ("component", "failure_mode")
    sql = f"SELECT {column} FROM marts.failure WHERE {column} <> '' GROUP BY ALL ORDER BY count(*) DESC LIMIT 200"
    return [value for (value,) in reading.rows(sql)]
