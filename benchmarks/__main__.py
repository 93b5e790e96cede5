"""Run the benchmarks named on the command line (all without a name) and write benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ALL = ("build", "checks", "pages", "register", "sql", "rest", "xlsx", "analysis")


def main() -> None:
    """Run and write; each module's `run(scratch)` returns its part of the page in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []], help="which (default: all)")
    parser.add_argument(
        "--scratch", type=Path, default=HERE.parent / "instance" / "benchmarks", help="folder for data, kept"
    )
    parser.add_argument("--ten", action="store_true", help="also with 10 M tickets (half an hour, 15 GB of disk)")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    parts = {}
    for name in options.names or ALL:
        print(f"== {name}", flush=True)
        parts[name] = import_module(f"benchmarks.{name}").run(options.scratch, ten_million=options.ten)
    write(parts)


def write(parts: dict[str, str]) -> None:
    """Replace the parts that ran, keep the others as they stand."""
    file = HERE / "RESULTS.md"
    kept: dict[str, str] = {}
    if file.exists():
        for block in file.read_text(encoding="utf-8").split("\n<!-- ")[1:]:
            name, text = block.split(" -->\n", 1)
            kept[name] = text.strip()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    stamp = (
        f"_{datetime.now(UTC):%Y-%m-%d}, commit {commit}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"DuckDB {version('duckdb')}; figures of one run, to be compared within it._"
    )
    kept |= {name: f"{text.strip()}\n\n{stamp}" for name, text in parts.items()}
    body = "".join(f"\n<!-- {name} -->\n{kept[name]}\n" for name in ALL if name in kept)
    file.write_text(f"# Benchmarks\n\n`make bench` runs these on your machine.\n{body}", encoding="utf-8")
    print(f"written to {file}")


if __name__ == "__main__":
    sys.exit(main())
