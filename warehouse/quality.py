"""What a snapshot says of its own quality: the verdict for the badge, check results, quarantine, the account of rows."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from warehouse.reading import Reading, remembered


@dataclass(frozen=True)
class Verdict:
    """The badge in one word: `good`, `warning` (something failed or is quarantined), with what it counts."""

    state: Literal["good", "warning"]
    failed: int
    quarantined: int
    rejected: int


@dataclass(frozen=True)
class Sought:
    """Which quarantined rows: of an entity, of a source, for a reason (the rule's name), of a file; None is any."""

    entity: str | None = None
    source: str | None = None
    rule: str | None = None
    file: str | None = None


@remembered
def columns(reading: Reading) -> dict[str, frozenset[str]]:
    """The snapshot's tables (`core.ticket`) with their columns: one from before may lack some that are known today."""
    found: dict[str, set[str]] = {}
    for table, column in reading.rows("SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns()"):
        found.setdefault(table, set()).add(column)
    return {table: frozenset(names) for table, names in found.items()}


@remembered
def verdict(reading: Reading) -> Verdict:
    """The quality of the whole snapshot; rows and files are counted once each."""
    failed = sum(check["status"] in ("failed", "error") for check in checks(reading))
    quarantined, rejected = reading.rows("""
        SELECT (SELECT coalesce(sum(quarantined), 0) FROM meta.account), (SELECT count(*) FROM meta.rejected)
    """)[0]
    state: Literal["good", "warning"] = "warning" if failed or quarantined or rejected else "good"
    return Verdict(state, failed, int(quarantined), int(rejected))


def overdue_sources(reading: Reading, now: datetime | None = None) -> list[dict[str, Any]]:
    """Sources whose newest ticket is older than they promise, as of `now` (UTC): source, en, zh, latest, promised hours."""
    moment = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    return [
        source
        for source in _newest_tickets(reading)
        if (moment - source["latest"]).total_seconds() > source["fresh_within_hours"] * 3600
    ]


@remembered
def _newest_tickets(reading: Reading) -> list[dict[str, Any]]:
    return reading.records("""
        SELECT s.source, s.en, s.zh, s.fresh_within_hours, max(t.opened_at) AS latest
        FROM meta.source AS s JOIN core.ticket AS t ON t._source = s.source
        WHERE s.fresh_within_hours IS NOT NULL
        GROUP BY s.source, s.en, s.zh, s.fresh_within_hours
    """)


@remembered
def checks(reading: Reading) -> list[dict[str, Any]]:
    """Every check's result, what needs attention first; none in a snapshot that was published unchecked."""
    if "meta.check_result" not in columns(reading):
        return []
    return reading.records("""
        SELECT suite, name, severity, en, zh, field, is_quarantine, status, failed, checked_rows, observed, error, samples
        FROM meta.check_result
        ORDER BY CASE status WHEN 'error' THEN 0 WHEN 'failed' THEN 1 WHEN 'quarantined' THEN 2 WHEN 'passed' THEN 3 ELSE 4 END,
            severity, suite, name
    """)


@remembered
def accounts(reading: Reading) -> list[dict[str, Any]]:
    """The account of rows per entity that any source feeds: landed, staged, core, quarantined, superseded."""
    return reading.records("SELECT * FROM meta.account ORDER BY entity")


@remembered
def sources(reading: Reading) -> dict[str, dict[str, Any]]:
    """The sources by name: en, zh, owner, fresh_within_hours (None where nothing is promised)."""
    return {s["source"]: s for s in reading.records("SELECT * FROM meta.source ORDER BY source")}


@remembered
def rejected(reading: Reading) -> list[dict[str, Any]]:
    """Deliveries that could not be landed, with their sentence in both languages."""
    return reading.records("SELECT source, stream, file, en, zh FROM meta.rejected ORDER BY source, file")


_ANY = """
    ($1 IS NULL OR q.entity = $1) AND ($2 IS NULL OR q.source = $2) AND ($3 IS NULL OR q.rule = $3)
    AND ($4 IS NULL OR q.file = $4)"""


@remembered
def quarantine(
    reading: Reading, entity: str | None = None, start: int = 0, rows: int = 100, sought: Sought | None = None
) -> list[dict[str, Any]]:
    """Quarantined rows with reason, offending value and source row, a line for each reason; at most 1,000 at a time."""
    return reading.records(
        f"""
        SELECT q.entity, q.source, q.file, q.row_no, q.source_key, q.rule, q.field, q.value, r.en, r.zh, q.stream, q.batch
        FROM meta.quarantine AS q LEFT JOIN meta.rule AS r ON r.rule = q.rule
        WHERE {_ANY}
        ORDER BY q.entity, q.source, q.file, q.row_no, q.rule, q.field LIMIT $5 OFFSET $6
        """,
        [*astuple(sought or Sought(entity)), max(0, min(rows, 1_000)), max(0, start)],
    )


@dataclass(frozen=True)
class Lot:
    """So many quarantined rows of an entity, from one file, for one reason."""

    entity: str
    source: str
    rule: str
    file: str
    en: str | None
    zh: str | None
    n: int

    def is_among(self, sought: Sought) -> bool:
        """Whether they are some of those that are looked for."""
        asked = {name: value for name, value in sought.__dict__.items() if value is not None}
        return all(getattr(self, name) == value for name, value in asked.items())


@remembered
def lots(reading: Reading) -> tuple[Lot, ...]:
    """The quarantine by entity, source, reason and file: what it can be searched by."""
    return tuple(
        Lot(*row)
        for row in reading.rows("""
            SELECT q.entity, q.source, q.rule, q.file, any_value(r.en), any_value(r.zh), count(*)
            FROM meta.quarantine AS q LEFT JOIN meta.rule AS r ON r.rule = q.rule
            GROUP BY q.entity, q.source, q.rule, q.file ORDER BY ALL
        """)
    )
