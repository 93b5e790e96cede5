"""The kind `sql` against a real PostgreSQL: 1 M tickets landed, beside the bare ADBC read of the table, and an increment of 1 %."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pipelines.landing import extract
from pipelines.sources import kind
from warehouse.mapping import Source
from warehouse.settings import Home

ROWS, TARGET_TIMES, TARGET_MB, TARGET_SECONDS = 1_000_000, 1.5, 500, 3.0
_RUNS = 7
_TICKETS = """
CREATE TABLE ticket (ticket_id bigint PRIMARY KEY, asset_id text, customer text, opened_at timestamptz, closed_at timestamptz,
    priority text, description text, cost numeric(12, 2), hours double precision, is_open boolean, updated_at timestamptz, extra jsonb);
CREATE INDEX ON ticket (updated_at);
"""
_SOME = """
INSERT INTO ticket SELECT i, 'A-' || i % 20000, '客户 ' || i % 3000, at, at + interval '1 day',
    (array['low', 'high', 'critical'])[1 + i % 3], '电机 ' || i || ' makes noise at low speed, 更换轴承', (i % 9999) / 7.0, sqrt(i),
    i % 5 = 0, at + interval '1 day', json_build_object('n', i, '灯', '红')
FROM (SELECT i, timestamptz '2023-01-01' + i * interval '80 s' AS at FROM generate_series({first}, {last}) AS i) AS s
"""


def _source(url: str) -> Source:
    mapping = {"from": "ticket", "gone": "_gone", "fields": {"ticket_id": "ticket_id"}}
    streams = {"ticket": {"url": url, "table": "ticket", "cursor": "updated_at"}}
    title = {"en": "Service", "zh": "服务"}
    return Source.model_validate(
        {"name": "service", "title": title, "kind": "sql", "streams": streams, "entities": {"ticket": mapping}}
    )


def _bare(address: str) -> int:
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415

    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ticket")
        return int(cursor.fetch_arrow_table().num_rows)


def measured(what: str, address: str, home: Path) -> dict[str, Any]:
    """Do one thing in this process and say what that took; what is imported before it is not counted."""
    kind("sql")
    import psycopg  # noqa: F401, PLC0415  # the driver is an import too

    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    if what == "bare":
        rows = _bare(address)
    else:
        done = extract(Home(home), _source(address.replace("postgresql:", "postgresql+psycopg:")))
        assert not done.rejected, done.rejected
        rows = done.rows
    seconds, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return {"rows": rows, "cpu": cpu, "seconds": seconds, "mb": used.ru_maxrss * 1024 / 1e6}


def run(scratch: Path, *, ten_million: bool) -> str:  # noqa: ARG001  # every benchmark is called so
    """Measure and tell."""
    import psycopg  # noqa: PLC0415

    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from postgresql import server  # noqa: PLC0415

    def alone(what: str, home: Path) -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks.sql", what, address, str(home)]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)  # type: ignore[no-any-return]

    def median(runs: list[dict[str, Any]]) -> dict[str, Any]:
        return {name: sorted(r[name] for r in runs)[len(runs) // 2] for name in runs[0]} | {
            "mb": max(r["mb"] for r in runs)
        }

    with server() as tail, tempfile.TemporaryDirectory(dir=scratch) as folder:
        address = f"postgresql:///postgres{tail}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(_TICKETS)
            connection.execute(_SOME.format(first=1, last=ROWS))
            connection.execute("VACUUM ANALYZE ticket")
            # One beside the other, so that both meet the machine in the same mood.
            pairs = [(alone("bare", Path()), alone("landed", Path(folder) / str(n))) for n in range(_RUNS)]
            bare, landed = (median([pair[i] for pair in pairs]) for i in (0, 1))
            times = sorted(b["cpu"] / a["cpu"] for a, b in pairs)[_RUNS // 2]
            connection.execute(_SOME.format(first=ROWS + 1, last=ROWS + ROWS // 100))
            more = median([alone("more", Path(folder) / str(n)) for n in range(_RUNS)])
            connection.execute(f"DELETE FROM ticket WHERE ticket_id <= {ROWS // 100}")
            for mark in Path(folder).glob("*/landing/service/ticket/whole-*"):
                mark.unlink()
            all_again = alone("all again", Path(folder) / "0")
        assert (bare["rows"], landed["rows"], more["rows"], all_again["rows"]) == (ROWS, ROWS, ROWS // 100, ROWS // 100)
    lines = [
        ("bare ADBC read, `SELECT *`", bare, ""),
        ("landed by the kind `sql`", landed, f"{times:.2f} × (target {TARGET_TIMES:g} ×, {TARGET_MB} MB)"),
        ("1 % more, by the cursor", more, f"target {TARGET_SECONDS:g} s"),
        ("all compared again, 1 % deleted", all_again, ""),
    ]
    return "\n".join(
        [
            "## Sources: SQL",
            "",
            f"1 M tickets of 12 columns in a real PostgreSQL on the same machine; medians of {_RUNS} runs, each in a process of its own, the",
            "highest peak of memory. Processor time is that of our process with all its threads (it has no children, the server's is not",
            "counted), its imports left out; the factor is the median of pairs run one after the other.",
            "",
            "| what | rows landed | processor time | seconds | peak memory | |",
            "|---|---|---|---|---|---|",
            *(f"| {name} | {r['rows']:,} | {r['cpu']:.2f} s | {r['seconds']:.1f} | {r['mb']:.0f} MB | {said} |" for name, r, said in lines),
        ]
    )  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
