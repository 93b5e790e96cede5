"""All suites of checks on a snapshot of 1 M tickets: processor time and memory of the checking process."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.build import measured
from benchmarks.organisation import million
from expectations.configured import context
from expectations.run import Checker
from warehouse import results
from warehouse.publish import current
from warehouse.settings import Home

TARGET_CPU_SECONDS, TARGET_GB = 20.0, 2.0
_RUNS = 3


def checked(home: Home) -> dict[str, Any]:
    """Check the published snapshot once, in the process that a refresh uses, and say what that process took."""
    snapshot = current(home)
    assert snapshot
    rows = results.row_counts(snapshot.file)
    with Checker() as checker:
        outcomes = checker.check(snapshot.file, context(home.settings, datetime.now(UTC).replace(tzinfo=None), rows))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "gb": used.ru_maxrss * 1024 / 1e9,
        "checks": len(outcomes),
        "asked": sum(o.applicable for o in outcomes),
        "failed": sum(not o.passed for o in outcomes),
        "errors": sum(bool(o.error) for o in outcomes),
        "rows": sum(rows.values()),
    }


def run(scratch: Path, *, ten_million: bool) -> str:  # noqa: ARG001  # every benchmark is called so
    """Measure and tell."""
    home = million(scratch)
    if current(home) is None:
        measured("published", home)
    command = [sys.executable, "-m", "benchmarks.checks", str(home.path)]
    runs = [
        json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout) for _ in range(_RUNS)
    ]
    cpu, gb, some = sorted(r["cpu"] for r in runs)[_RUNS // 2], max(r["gb"] for r in runs), runs[0]
    assert not some["errors"], some
    return "\n".join(
        [
            "## Checks",
            "",
            f"Every suite on a snapshot of 1 M tickets ({some['rows'] / 1e6:.1f} M rows in all), in the process that a refresh uses,",
            "its start included: the median of three runs, the highest peak. Checks of entities that nobody delivers are not",
            f"asked. Target: at most {TARGET_CPU_SECONDS:g} s of processor time, {TARGET_GB:g} GB.",
            "",
            "| checks | asked | failed | processor time | peak memory |",
            "|---|---|---|---|---|",
            f"| {some['checks']} | {some['asked']} | {some['failed']} | {cpu:.1f} s | {gb:.2f} GB |",
        ]
    )


if __name__ == "__main__":
    print(json.dumps(checked(Home(Path(sys.argv[1])))))
