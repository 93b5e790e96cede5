"""Finding things by what people type: tickets, assets, pieces that were ever fitted, customers, technicians, parts, reports.

Numbers are found by their beginning, whatever the case, spaces and width of the digits; assets also by any part of a
number and without their dashes; names by any part.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis.result import Ints
from warehouse.reading import Reading, remembered

Kind = Literal["ticket", "asset", "piece", "customer", "technician", "part", "fracas_report"]
LONGEST = 80
# A shorter text is part of too many numbers to look for inside them.
_INSIDE = 3
_LOOKED_AT = 500


@dataclass(frozen=True)
class Hit:
    """One thing found: its key, what it is called, and what else tells it apart. source: of a report, where it came from.

    A piece has the key of the asset that it was fitted to. is_exact: the text is its number.
    """

    kind: Kind
    key: str
    name: str
    more: tuple[str, ...] = ()
    is_exact: bool = False
    source: str = ""


@dataclass(frozen=True)
class Found:
    """What was found of one kind, best first; has_more: there are others."""

    kind: Kind
    hits: tuple[Hit, ...]
    has_more: bool


def tidy(text: str) -> str:
    """What somebody typed or scanned: full-width signs as usual ones, single spaces, not too long."""
    return " ".join(unicodedata.normalize("NFKC", text).split())[:LONGEST]


def squeezed(text: str) -> str:
    """A number without what people leave out: case, spaces, dashes."""
    return text.lower().replace("-", "").replace(" ", "")


@remembered
def search(reading: Reading, text: str, most: int) -> tuple[Found, ...]:
    """Up to `most` things of each kind for a tidied text; kinds in which it is a number as it stands come first."""
    if not text:
        return ()
    found = []
    for kind, find in _FINDERS.items():
        hits = find(reading, text, most + 1)
        if hits:
            found.append(Found(kind, tuple(hits[:most]), len(hits) > most))
    return tuple(sorted(found, key=lambda f: not f.hits[0].is_exact))


def _numbers(text: str) -> list[str]:
    """The ways in which a number may be written in the records."""
    whole = text.replace(" ", "")
    return list(dict.fromkeys([text, whole, whole.upper(), whole.lower()]))


def _begins(column: str, values: list[str]) -> tuple[str, list[str]]:
    """The condition that a column begins with one of some texts: ranges, so that only blocks with such values are read."""
    condition = " OR ".join([f"({column} >= ? AND {column} < ?)"] * len(values))
    return condition, [end for value in values for end in (value, value[:-1] + chr(min(ord(value[-1]) + 1, 0x10FFFF)))]


def _tickets(reading: Reading, text: str, most: int) -> list[Hit]:
    condition, values = _begins("ticket_id", _numbers(text))
    sql = "SELECT ticket_id, symptom, opened_on FROM marts.ticket WHERE {} ORDER BY ticket_id LIMIT ?"
    rows = reading.rows(sql.format(condition), [*values, most])
    if not rows and len(text) >= _INSIDE and text.isascii():
        rows = reading.rows(sql.format("contains(ticket_id, ?)"), [text.upper(), most])
    return [
        Hit("ticket", number, number, tuple(str(m) for m in more if m), squeezed(number) == squeezed(text))
        for number, *more in rows
    ]


@dataclass(frozen=True, eq=False)
class _Index:
    """Serial and asset number of every asset, squeezed, a line each; `ends`: where each line ends."""

    lines: bytes
    ends: Ints


@remembered
def _index(reading: Reading) -> _Index:
    squeeze = "replace(replace(lower(coalesce({}, '')), '-', ''), ' ', '')"
    sql = f"""
        SELECT string_agg(replace({squeeze.format("serial_no")} || chr(9) || {squeeze.format("asset_id")}, chr(10), ''),
            chr(10) ORDER BY rowid) FROM core.asset
    """
    lines = f"\n{reading.rows(sql)[0][0] or ''}\n".encode()
    return _Index(lines, np.flatnonzero(np.frombuffer(lines, dtype=np.uint8) == ord("\n"))[1:])


def _rows_with(index: _Index, needle: bytes, most: int) -> list[int]:
    """The first assets whose line (with the end of the one before) has some bytes in it."""
    rows: list[int] = []
    at = index.lines.find(needle)
    while at >= 0 and len(rows) < most:
        rows.append(int(np.searchsorted(index.ends, at, side="right" if needle[0] == ord("\n") else "left")))
        at = index.lines.find(needle, int(index.ends[rows[-1]]))
    return rows


def _ranked(index: _Index, number: bytes, most: int) -> list[int]:
    """Assets with a number: those that have it whole before those that begin with it before those that have it inside."""
    whole, begins = (b"\n" + number + b"\t", b"\t" + number + b"\n"), (b"\n" + number, b"\t" + number)
    rows = _rows_with(index, number, _LOOKED_AT)
    if len(rows) == _LOOKED_AT:
        rows = [row for needle in (*whole, *begins) for row in _rows_with(index, needle, most)] + rows

    def rank(row: int) -> int:
        line = index.lines[int(index.ends[row - 1]) if row else 0 : int(index.ends[row]) + 1]
        return 0 if any(w in line for w in whole) else 1 if any(b in line for b in begins) else 2

    ranked = sorted(dict.fromkeys(rows), key=rank)
    return ranked if len(number) >= _INSIDE else [row for row in ranked if rank(row) < 2]


_TOLD = ("position", "site", "model", "product_line")
_CUSTOMERS = "SELECT customer_id FROM core.customer WHERE contains(lower(name), ?)"
_ASSET = """
    SELECT a.rowid, a.asset_id, a.serial_no, a.model, a.position, a.site, coalesce(c.name, a.customer_id)
    FROM core.asset AS a LEFT JOIN core.customer AS c ON c.customer_id = a.customer_id
"""


def _assets(reading: Reading, text: str, most: int) -> list[Hit]:
    number = squeezed(text).encode()
    rows = _ranked(_index(reading), number, most)[:most] if number else []
    if not rows:
        return []
    found = {row[0]: row for row in reading.rows(f"{_ASSET} WHERE a.rowid IN ({', '.join(map(str, rows))})")}
    return [_asset(text, found[row]) for row in rows]


def _asset(text: str, row: tuple[Any, ...]) -> Hit:
    _, asset_id, serial_no, *more = row
    is_exact = squeezed(text) in (squeezed(serial_no or ""), squeezed(asset_id))
    told = tuple(str(m) for m in more if m)
    return Hit("asset", asset_id, serial_no or asset_id, ((asset_id, *told) if serial_no else told), is_exact)


@remembered
def assets(reading: Reading, text: str, most: int) -> Found:
    """Assets by their numbers; else those of which each word is in position, site, model, product line or customer."""
    hits = _assets(reading, text, most + 1)
    words = text.lower().split()
    if words and not hits:
        told = [*(f"contains(lower(a.{column}), ?)" for column in _TOLD), f"a.customer_id IN ({_CUSTOMERS})"]
        where = " AND ".join([f"({' OR '.join(told)})"] * len(words))
        order = "a.parent_asset_id IS NOT NULL, a.serial_no, a.asset_id"
        values = [word for word in words for _ in told]
        rows = reading.rows(f"{_ASSET} WHERE {where} ORDER BY {order} LIMIT ?", [*values, most + 1])
        hits = [_asset(text, row) for row in rows]
    return Found("asset", tuple(hits[:most]), len(hits) > most)


def _pieces(reading: Reading, text: str, most: int) -> list[Hit]:
    """Serial numbers that replacements took out or put in, with the asset that was repaired."""
    found: dict[tuple[str, str], Hit] = {}
    for column in ("old_serial", "new_serial"):
        condition, values = _begins(f"u.{column}", _numbers(text))
        for serial, part_no, asset_id, unit in reading.rows(
            f"""
            SELECT u.{column}, u.part_no, r.asset_id, coalesce(a.serial_no, r.asset_id) FROM core.part_use AS u
            JOIN core.repair AS r ON r.repair_id = u.repair_id LEFT JOIN core.asset AS a ON a.asset_id = r.asset_id
            WHERE ({condition}) AND r.asset_id IS NOT NULL ORDER BY 1, 3 LIMIT ?
            """,
            [*values, most],
        ):
            is_exact = squeezed(serial) == squeezed(text)
            found[serial, asset_id] = Hit("piece", asset_id, serial, (part_no, unit), is_exact)
    return sorted(found.values(), key=lambda hit: (not hit.is_exact, hit.name, hit.key))[:most]


def _named(kind: Kind, sql: str) -> Callable[[Reading, str, int], list[Hit]]:
    """Things of which there are few, by number or name: `sql` selects number, name and more from one `text`."""

    def find(reading: Reading, text: str, most: int) -> list[Hit]:
        rows = reading.rows(f"{sql} ORDER BY 1 LIMIT $most", {"text": text.lower(), "most": most})
        hits = [
            Hit(
                kind,
                number,
                name or number,
                tuple(m for m in (number if name else "", more) if m),
                number.lower() == text.lower(),
            )
            for number, name, more in rows
        ]
        return sorted(hits, key=lambda hit: not hit.is_exact)

    return find


def _reports(reading: Reading, text: str, most: int) -> list[Hit]:
    rows = reading.rows(
        "SELECT report_id, failure_mode, source_key, _source FROM core.fracas_report "
        "WHERE contains(lower(report_id), ?) ORDER BY 1 LIMIT ?",
        [text.lower(), most],
    )
    return [
        Hit("fracas_report", key, number, (mode,) if mode else (), squeezed(number) == squeezed(text), source)
        for number, mode, key, source in rows
    ]


_LIKE = "WHERE contains(lower({0}), $text) OR contains(lower({1}), $text)"
_FINDERS: dict[Kind, Callable[[Reading, str, int], list[Hit]]] = {
    "ticket": _tickets,
    "asset": _assets,
    "piece": _pieces,
    "customer": _named(
        "customer", f"SELECT customer_id, name, region FROM core.customer {_LIKE.format('customer_id', 'name')}"
    ),
    "technician": _named(
        "technician", f"SELECT technician_id, name, team FROM core.technician {_LIKE.format('technician_id', 'name')}"
    ),
    "part": _named("part", f"SELECT part_no, name, category FROM core.part {_LIKE.format('part_no', 'name')}"),
    "fracas_report": _reports,
}
