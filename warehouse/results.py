"""What the checks found, kept in the snapshot they were run on; and the counts that the next ones compare with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from warehouse.database import open_for_building, open_for_reading


def row_counts(file: Path) -> dict[str, int]:
    """Rows of each entity in a published snapshot."""
    with open_for_reading(file) as con:
        return dict(con.execute("SELECT entity, core FROM meta.account").fetchall())


def write(
    file: Path, outcomes: Sequence[Mapping[str, Any]], checks: Sequence[Mapping[str, str]], about: Mapping[str, str]
) -> None:
    """Add the outcomes, the checks in words, and what the snapshot says about itself to a built file.

    A check that quarantines rows is told with the rows it sent away, not with the none that are left.
    """
    with open_for_building(file, file.parent, memory_limit="1GB") as con:
        con.execute("BEGIN")
        con.execute("""
            CREATE TABLE meta.check_outcome (
                suite VARCHAR, name VARCHAR, severity VARCHAR, passed BOOLEAN, applicable BOOLEAN, failed BIGINT,
                checked_rows BIGINT, observed VARCHAR, samples VARCHAR, error VARCHAR)""")
        con.execute("""
            CREATE TABLE meta.check_text (
                suite VARCHAR, name VARCHAR, severity VARCHAR, en VARCHAR, zh VARCHAR, field VARCHAR,
                is_quarantine BOOLEAN)""")
        con.execute("CREATE TABLE meta.about (key VARCHAR, value VARCHAR)")
        con.executemany(
            "INSERT INTO meta.check_outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [
                    o["suite"],
                    o["name"],
                    o["severity"],
                    o["passed"],
                    o["applicable"],
                    o["failed"],
                    o["rows"],
                    o["observed"],
                    json.dumps(o["samples"], ensure_ascii=False),
                    o["error"],
                ]
                for o in outcomes
            ],
        )
        con.executemany(
            "INSERT INTO meta.check_text VALUES (?, ?, ?, ?, ?, ?, ?)",
            [[c[k] for k in ("suite", "name", "severity", "en", "zh", "field", "is_quarantine")] for c in checks],
        )
        con.executemany("INSERT INTO meta.about VALUES (?, ?)", [[k, v] for k, v in about.items()])
        con.execute("""
            CREATE TABLE meta.check_result AS
            SELECT
                t.suite, t.name, t.severity, t.en, t.zh, t.field, t.is_quarantine, o.applicable, o.error, o.observed,
                o.samples, coalesce(a.staged, o.checked_rows) AS checked_rows,
                CASE WHEN t.is_quarantine THEN coalesce(q.n, 0) ELSE o.failed END AS failed,
                CASE WHEN o.error IS NOT NULL THEN 'error' WHEN NOT o.applicable THEN 'not_applicable'
                    WHEN NOT o.passed THEN 'failed' WHEN t.is_quarantine AND coalesce(q.n, 0) > 0 THEN 'quarantined'
                    ELSE 'passed' END AS status
            FROM meta.check_outcome AS o
            JOIN meta.check_text AS t ON t.suite = o.suite AND t.name = o.name
            LEFT JOIN meta.account AS a ON a.entity = o.suite
            LEFT JOIN (SELECT entity, rule, count(*) AS n FROM meta.quarantine GROUP BY entity, rule) AS q
                ON q.entity = o.suite AND q.rule = o.name""")
        con.execute("DROP TABLE meta.check_outcome")
        con.execute("DROP TABLE meta.check_text")
        con.execute("COMMIT")
        con.execute("CHECKPOINT")
