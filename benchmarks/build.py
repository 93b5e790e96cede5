"""Landing → published, against DuckDB alone reading the same landed files and sorting them once."""

from __future__ import annotations

import json
import math
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.organisation import million, ten_million
from expectations.run import Checker
from pipelines.landing import Extraction
from pipelines.refresh import Unwatched, build_aside, check_built, fingerprint, sources_of
from warehouse import landed
from warehouse.publish import locked, publish
from warehouse.settings import Home

# The target: at most this many times the time of the bare read and sort.
TARGET_RATIO, TARGET_GB, TARGET_EXPONENT = 3.0, 4.0, 1.15


def published(home: Home) -> dict[str, float]:
    """Build, check and publish what has landed: seconds of each, rows of tickets."""
    with locked(home):
        sources = sources_of(home)
        began = time.perf_counter()
        with Checker() as checker:
            file = build_aside(home, sources, Extraction().rejected, Unwatched())
            built = time.perf_counter()
            made_from = fingerprint(home, sources, ())
            check_built(home, file, checker, made_from)
            checked = time.perf_counter()
        snapshot = publish(home, file, made_from)
        ended = time.perf_counter()
    with duckdb.connect(str(snapshot.file), read_only=True) as con:
        rows = dict(con.execute("SELECT entity, core FROM meta.account").fetchall())
    return {
        "seconds": ended - began,
        "build": built - began,
        "check": checked - built,
        **{f"rows {k}": v for k, v in rows.items()},
    }


def sorted_once(home: Home) -> dict[str, float]:
    """DuckDB alone: read every landed file and write it sorted by its key, once."""
    file = home.path / "sorted.duckdb"
    file.unlink(missing_ok=True)
    con = duckdb.connect(str(file), config={"memory_limit": home.settings.memory_limit})
    con.execute(f"SET temp_directory = '{home.path / 'sorted.tmp'}'")
    began = time.perf_counter()
    for source in sources_of(home):
        for stream, options in source.streams.items():
            files = landed.batches(home.landing, source.name, stream, options)
            view = f"{source.name} {stream}"
            con.execute(landed.view_sql(view, files))
            key = next(f.expression for m in source.mappings_of(stream) for f in m.fields.values()).strip('"')
            con.execute(f'CREATE TABLE "sorted {view}" AS SELECT * FROM "{view}" ORDER BY "{key}"')
    con.execute("CHECKPOINT")
    seconds = time.perf_counter() - began
    con.close()
    file.unlink()
    shutil.rmtree(home.path / "sorted.tmp", ignore_errors=True)
    return {"seconds": seconds}


def measured(what: str, home: Home) -> dict[str, float]:
    """Run `published` or `sorted_once` in a process of its own; adds peak memory in GB, its children's on top."""
    command = [sys.executable, "-m", "benchmarks.build", what, str(home.path)]
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return json.loads(out.splitlines()[-1])  # type: ignore[no-any-return]


def run(scratch: Path, *, ten_million: bool) -> str:
    """Measure, interleaved, and tell."""
    rows = []
    one = million(scratch)
    pairs = [(measured("sorted_once", one), measured("published", one)) for _ in range(3)]
    base, ours = sorted(pairs, key=lambda pair: pair[1]["seconds"] / pair[0]["seconds"])[1]
    rows.append(("1 M", base, ours))
    if ten_million:
        ten = _ten(scratch)
        rows.append(("10 M", measured("sorted_once", ten), measured("published", ten)))
    lines = [
        "## Landing → published",
        "",
        "Tickets with their repairs, faults, assets and customers; against DuckDB alone reading the same landed files and",
        f"sorting each once. 1 M: the median ratio of three interleaved pairs. Target: at most {TARGET_RATIO:g}×, under {TARGET_GB:g} GB.",
        "",
        "| tickets | read + sort | landing → published | of it build | of it checks | ratio | peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, b, o in rows:
        lines.append(
            f"| {name} | {b['seconds']:.1f} s | {o['seconds']:.1f} s | {o['build']:.1f} s | {o['check']:.1f} s "
            f"| {o['seconds'] / b['seconds']:.2f}× | {o['gb']:.2f} GB |"
        )
    if ten_million:
        exponent = math.log10(rows[1][2]["seconds"] / rows[0][2]["seconds"])
        lines += ["", f"Growth from 1 M to 10 M: exponent {exponent:.2f} (target at most {TARGET_EXPONENT:g})."]
    return "\n".join(lines)


def _ten(scratch: Path) -> Home:
    return ten_million(scratch)


if __name__ == "__main__":
    answer = {"published": published, "sorted_once": sorted_once}[sys.argv[1]](Home(Path(sys.argv[2])))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({**answer, "gb": (own + children) * 1024 / 1e9}))
