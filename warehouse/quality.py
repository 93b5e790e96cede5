"""What a snapshot says of its own quality: the verdict for the badge, check results, quarantine, the account of rows."""

from __future__ import annotations

from dataclasses import dataclass
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


@remembered
def verdict(reading: Reading) -> Verdict:
    """The quality of the whole snapshot; rows and files are counted once each."""
    failed, quarantined, rejected = reading.rows("""
        SELECT
            (SELECT count(*) FROM meta.check_result WHERE status IN ('failed', 'error')),
            (SELECT coalesce(sum(quarantined), 0) FROM meta.account),
            (SELECT count(*) FROM meta.rejected)
    """)[0]
    state: Literal["good", "warning"] = "warning" if failed or quarantined or rejected else "good"
    return Verdict(state, int(failed), int(quarantined), int(rejected))


def overdue_sources(reading: Reading, now: datetime | None = None) -> list[dict[str, Any]]:
    """Sources whose newest ticket is older than they promise, as of `now` (UTC): source, en, zh, latest, promised hours."""
    moment = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    return reading.records(
        """
        SELECT s.source, s.en, s.zh, s.fresh_within_hours, max(t.opened_at) AS latest
        FROM meta.source AS s JOIN core.ticket AS t ON t._source = s.source
        WHERE s.fresh_within_hours IS NOT NULL
        GROUP BY s.source, s.en, s.zh, s.fresh_within_hours
        HAVING date_diff('minute', max(t.opened_at), CAST($1 AS TIMESTAMP)) > s.fresh_within_hours * 60
        """,
        [moment],
    )


@remembered
def checks(reading: Reading) -> list[dict[str, Any]]:
    """Every check's result, what needs attention first."""
    return reading.records("""
        SELECT suite, name, severity, en, zh, field, touches, is_quarantine, status, failed, checked_rows, observed, error, samples
        FROM meta.check_result
        ORDER BY CASE status WHEN 'error' THEN 0 WHEN 'failed' THEN 1 WHEN 'quarantined' THEN 2 WHEN 'passed' THEN 3 ELSE 4 END,
            severity, suite, name
    """)


@remembered
def accounts(reading: Reading) -> list[dict[str, Any]]:
    """The account of rows per entity that any source feeds: landed, staged, core, quarantined, superseded."""
    return reading.records("SELECT * FROM meta.account ORDER BY entity")


@remembered
def rejected(reading: Reading) -> list[dict[str, Any]]:
    """Deliveries that could not be landed, with their sentence in both languages."""
    return reading.records("SELECT source, stream, file, en, zh FROM meta.rejected ORDER BY source, file")


@remembered
def quarantine(reading: Reading, entity: str | None = None, start: int = 0, rows: int = 100) -> list[dict[str, Any]]:
    """Quarantined rows with reason, offending value and source row; at most 1,000 at a time."""
    return reading.records(
        """
        SELECT q.entity, q.source, q.file, q.row_no, q.source_key, q.rule, q.field, q.value, r.en, r.zh, q.stream, q.batch
        FROM meta.quarantine AS q LEFT JOIN meta.rule AS r ON r.rule = q.rule
        WHERE $1 IS NULL OR q.entity = $1
        ORDER BY q.entity, q.source, q.file, q.row_no LIMIT $2 OFFSET $3
        """,
        [entity, max(0, min(rows, 1_000)), max(0, start)],
    )
