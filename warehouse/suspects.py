"""Bad actors: units that fail more than others of their model, and lots of serialised parts that fail more than others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from analysis.bad_actors import BadActors, bad_actors
from analysis.survival import nelson_aalen
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

# A suspect fails more than this many times as often as its peers; at most this share of those named is expected to be innocent.
THRESHOLD = 1.5
FDR = 0.1
_DAYS_IN_YEAR = 365.25


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


def _judged(
    found: BadActors, names: np.ndarray, serials: np.ndarray, groups: np.ndarray, years: np.ndarray, most: int
) -> Suspects:
    """The first `most` by rank, as plain values."""
    has_rank = np.flatnonzero(found.rank > 0)
    worst = has_rank[np.argsort(found.rank[has_rank])][:most]
    named = int(found.selected.sum())
    return Suspects(
        worst=tuple(
            Suspect(
                name=str(names[i]),
                serial_no=str(serials[i]),
                group=str(groups[i]),
                failures=int(found.n[i]),
                years=float(years[i]),
                rate=float(found.posterior.value[i]),
                low=float(found.posterior.low[i]),
                high=float(found.posterior.high[i]),
                peers=float(found.fleet_rate[i]),
                probability=float(found.probability[i]),
                is_named=bool(found.selected[i]),
            )
            for i in worst
        ),
        judged=int(has_rank.size),
        named=named,
        expected_false=float(found.expected_false[found.selected].max()) * named if named else 0.0,
    )


@remembered
def units(reading: Reading, filters: Filters, most: int) -> Suspects | None:
    """Units by their relevant failures in the period against the rate of all units of their model; None without units.

    Exposure is calendar time in the period from when the records watch the unit. Priority and service kind choose the
    failures, the other places the units.
    """
    placed = replace(filters, start=None, end=None, priority=(), service_kind=())
    where, parameters = placed.places()
    what, asked = replace(filters, product_line=(), region=(), customer=()).where("failed_on")
    end = min(filters.end or reading.as_of_on, reading.as_of_on) + dt.timedelta(days=1)
    start = filters.start or dt.date(1900, 1, 1)
    found = reading.arrays(
        f"""
        WITH failed AS (
            SELECT asset_id, count(*) AS n FROM marts.failure{what}{" AND" if what else " WHERE"} is_relevant
            AND NOT is_no_fault_found GROUP BY asset_id
        )
        SELECT u.asset_id AS name, u.serial_no, u.model,
            dense_rank() OVER (ORDER BY u.model) - 1 AS code,
            coalesce(f.n, 0) AS failures,
            greatest(0, date_diff('day', greatest(u.watched_from, CAST(? AS DATE)), CAST(? AS DATE))) / {_DAYS_IN_YEAR} AS years
        FROM (SELECT * FROM marts.unit{" WHERE " + " AND ".join(where) if where else ""}) AS u
        LEFT JOIN failed AS f ON f.asset_id = u.asset_id
        WHERE greatest(u.watched_from, CAST(? AS DATE)) < CAST(? AS DATE)
        """,
        [*asked, start, end, *parameters, start, end],
    )
    if not found["name"].size:
        return None
    years, code = found["years"].astype(np.float64), found["code"].astype(np.int64)
    judged = bad_actors(found["failures"], years, group=code, threshold=THRESHOLD, fdr=FDR)
    return _judged(judged, found["name"], found["serial_no"], found["model"], years, most)


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
    return _judged(judged, found["lot"][first], found["part_no"][first], found["part_no"][first], years, most)


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
