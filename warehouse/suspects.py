"""Bad actors: units that fail more than others of their model, and lots of serialised parts that fail more than others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.bad_actors import BadActors, bad_actors
from analysis.result import Floats, Ints
from analysis.survival import nelson_aalen
from warehouse import failure_columns
from warehouse.failure_columns import chosen_failures, chosen_units, day_number
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

# A suspect fails more than this many times as often as its peers; at most this share of those named is expected to be innocent.
THRESHOLD = 1.5
FDR = 0.1
_DAYS_IN_YEAR = 365.25
# Of units so many at least are remembered: a page asks for fewer, each part for another number of them.
_SOME = 12

# Name, serial number and group.
Names = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Suspect:
    """One unit or lot: `group` is what it is compared within (model, part), `years` in service; rates per year.

    rate: shrunken, with its 95 % interval; peers: of all of the group. probability: that the true rate exceeds THRESHOLD ×
    the peers'. is_named: selected at the false-discovery level.
    """

    name: str
    serial_no: str
    group: str
    failures: int
    years: float
    rate: float
    low: float
    high: float
    peers: float
    probability: float
    is_named: bool


@dataclass(frozen=True)
class Suspects:
    """The likeliest first; how many were judged, how many named, and how many of those may be innocent (`expected_false`)."""

    worst: tuple[Suspect, ...]
    judged: int
    named: int
    expected_false: float


def _judged(found: BadActors, units: Ints, years: Floats, most: int, called: Callable[[Ints], Names]) -> Suspects:
    """The first `most` by rank, as plain values; units: the row of `found` that each is alike; called: what they are called."""
    rank = found.rank[units]
    has_rank = np.flatnonzero(rank > 0)
    worst = has_rank[np.argsort(rank[has_rank], kind="stable")][:most]
    named = int(found.selected[units].sum())
    return Suspects(
        worst=tuple(
            Suspect(
                name=name,
                serial_no=serial_no,
                group=group,
                failures=int(found.n[i]),
                years=float(years[i]),
                rate=float(found.posterior.value[i]),
                low=float(found.posterior.low[i]),
                high=float(found.posterior.high[i]),
                peers=float(found.fleet_rate[i]),
                probability=float(found.probability[i]),
                is_named=bool(found.selected[i]),
            )
            for i, (name, serial_no, group) in zip(units[worst], called(worst), strict=True)
        ),
        judged=int(has_rank.size),
        named=named,
        expected_false=float(found.expected_false[found.selected].max()) * named if named else 0.0,
    )


def units(reading: Reading, filters: Filters, most: int) -> Suspects | None:
    """Units by their relevant failures in the period against the rate of all units of their model; None without units.

    Exposure is calendar time in the period from when the records watch the unit. Priority and service kind choose the
    failures, the other places the units.
    """
    found = _units(reading, filters, max(most, _SOME))
    return found and replace(found, worst=found.worst[:most])


@remembered
def _units(reading: Reading, filters: Filters, most: int) -> Suspects | None:
    held = failure_columns.units(reading)
    end = min(filters.end or reading.as_of_on, reading.as_of_on) + dt.timedelta(days=1)
    begun = np.maximum(held.watched, np.int32(day_number(filters.start or dt.date(1900, 1, 1))))
    rows = np.flatnonzero(chosen_units(reading, filters) & (begun < np.int32(day_number(end))))
    if not rows.size:
        return None
    failures = failure_columns.failures(reading)
    what = replace(filters, product_line=(), region=(), customer=())
    at = failures.unit[chosen_failures(reading, what, filters.start, filters.end, is_no_fault_found="false")]
    count = np.bincount(at[at >= 0], minlength=begun.size)[rows]
    # Most units of a model are watched for as long and fail as often: each such kind is judged once, the most failures first.
    fewer, less = _numbered(int(count.max()) - count)
    days, long = _numbered(day_number(end) - begun[rows].astype(np.int64))
    models, model = _numbered(held.codes["model"][rows].astype(np.int64))
    kinds, kind = _numbered((less * models.size + model) * days.size + long)
    failed = int(count.max()) - fewer[kinds // (models.size * days.size)]
    years = days[kinds % days.size] / _DAYS_IN_YEAR
    group = kinds // days.size % models.size
    judged = bad_actors(failed, years, group=group, threshold=THRESHOLD, fdr=FDR, times=np.bincount(kind))
    return _judged(judged, kind, years, most, lambda worst: _unit_names(reading, rows[worst]))


def _numbered(values: Ints) -> tuple[Ints, Ints]:
    """The distinct ones of small whole numbers, in order, and the place of each value among them."""
    there = np.bincount(values) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]


def _unit_names(reading: Reading, rows: Ints) -> Names:
    """What rows of marts.unit are called."""
    marks = ", ".join("?" * rows.size)
    # With an order and a limit the engine fetches the texts of these rows only, not of all around them.
    sql = f"SELECT rowid, asset_id, serial_no, model FROM marts.unit WHERE rowid IN ({marks}) ORDER BY rowid LIMIT {rows.size}"
    found = {row[0]: row[1:] for row in reading.rows(sql, rows.tolist())} if rows.size else {}
    return [found[row] for row in rows.tolist()]


# Pieces of serialised parts whose serial number reads part-lot-number: in service from when, until when, and which ticket's
# repair took them out. Only of parts that anybody changed.
_PIECES = """
    WITH serialised AS (
        SELECT DISTINCT part_no FROM core.part_use WHERE old_serial IS NOT NULL
    ),

    installed AS (
        SELECT a.model AS part_no, a.serial_no AS serial, a.installed_at AS since
        FROM core.asset AS a JOIN serialised AS s ON s.part_no = a.model
        WHERE a.parent_asset_id IS NOT NULL AND a.serial_no IS NOT NULL
        UNION ALL
        SELECT p.part_no, p.new_serial, r.finished_at
        FROM core.part_use AS p JOIN core.repair AS r ON r.repair_id = p.repair_id
        WHERE p.new_serial IS NOT NULL
    ),

    removed AS (
        SELECT p.part_no, p.old_serial AS serial, min(r.finished_at) AS out_at, min_by(r.ticket_id, r.finished_at) AS ticket_id
        FROM core.part_use AS p JOIN core.repair AS r ON r.repair_id = p.repair_id
        WHERE p.old_serial IS NOT NULL
        GROUP BY p.part_no, p.old_serial
    ),

    begun AS (
        SELECT part_no, serial, min(since) AS begins FROM installed
        WHERE starts_with(serial, part_no || '-') AND contains(substr(serial, length(part_no) + 2), '-')
        GROUP BY part_no, serial
    ),

    piece AS (
        SELECT
            b.part_no,
            split_part(substr(b.serial, length(b.part_no) + 2), '-', 1) AS lot,
            b.serial,
            b.begins,
            CASE WHEN r.out_at >= b.begins THEN r.out_at END AS ends,
            r.ticket_id
        FROM begun AS b LEFT JOIN removed AS r ON r.part_no = b.part_no AND r.serial = b.serial
        WHERE b.begins <= $until
    )
"""


@remembered
def lots(reading: Reading, most: int) -> Suspects | None:
    """Lots of serialised parts: pieces that had to be replaced, against as many as pieces of the part do at such an age.

    What is expected of a lot is the sum of the cumulative hazards (Nelson–Aalen, all lots of the part) that its pieces have
    met, so that an old lot is not blamed for its age; `rate` is found ÷ expected, `peers` 1. All records count, whatever
    the period. Of lots with a piece from before the records began only the survivors are known: they are left out.
    """
    found = reading.arrays(
        _PIECES
        + """
        , known AS (
            SELECT part_no, lot FROM piece GROUP BY part_no, lot
            HAVING min(begins) >= (SELECT min(opened_at) FROM core.ticket)
        )
        SELECT dense_rank() OVER (ORDER BY p.part_no) - 1 AS part, dense_rank() OVER (ORDER BY p.part_no, p.lot) - 1 AS code,
            p.part_no, p.lot, date_diff('second', p.begins, coalesce(p.ends, $until)) / 86400.0 AS days,
            p.ends IS NOT NULL AS has_failed
        FROM piece AS p JOIN known AS k ON k.part_no = p.part_no AND k.lot = p.lot
        """,
        {"until": reading.as_of},
    )
    if not found["lot"].size:
        return None
    part, code, days, failed = (found[name] for name in ("part", "code", "days", "has_failed"))
    met = np.zeros(days.size)
    for number in range(int(part.max()) + 1):
        mine = part == number
        met[mine] = nelson_aalen(days[mine], failed[mine]).at(days[mine])[0]
    _, first = np.unique(code, return_index=True)
    expected, years = np.bincount(code, weights=met), np.bincount(code, weights=days) / _DAYS_IN_YEAR
    judged = bad_actors(np.bincount(code, weights=failed), expected, group=part[first], threshold=THRESHOLD, fdr=FDR)
    lot, part_no = found["lot"][first], found["part_no"][first]
    return _judged(
        judged,
        np.arange(lot.size),
        years,
        most,
        lambda worst: [(str(lot[i]), str(part_no[i]), str(part_no[i])) for i in worst],
    )


@remembered
def part_names(reading: Reading, numbers: tuple[str, ...]) -> dict[str, str]:
    """What parts are called; a number without a name stands for itself."""
    marks = ", ".join("?" * len(numbers))
    found = (
        reading.rows(f"SELECT part_no, name FROM core.part WHERE part_no IN ({marks})", list(numbers))
        if numbers
        else []
    )
    return {number: dict(found).get(number) or number for number in numbers}


@remembered
def tickets_of_lot(reading: Reading, part_no: str, lot: str, most: int) -> tuple[str, ...]:
    """The tickets whose repair took a piece of the lot out, latest first."""
    sql = _PIECES + (
        "SELECT ticket_id FROM piece WHERE part_no = $part_no AND lot = $lot AND ends IS NOT NULL AND ticket_id IS NOT NULL "
        "ORDER BY ends DESC, serial LIMIT $most"
    )
    asked = {"until": reading.as_of, "part_no": part_no, "lot": lot, "most": most}
    return tuple(row[0] for row in reading.rows(sql, asked))
