"""Extractions in a process of their own, to be killed; and what landed, to be held against one that never was."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl

# What imports take is not part of what is killed.
_EXTRACT = """
import sys
from importlib import import_module
from pathlib import Path
from installation import Installation
made = Installation(Path(sys.argv[1]))
import_module(f"pipelines.sources.{sys.argv[2]}")
print("begun", flush=True)
made.extract()
"""


def extracting(home: Path, kind: str) -> subprocess.Popen[str]:
    """An extraction of all sources of a home, as it begins."""
    tests = Path(__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-c", _EXTRACT, str(home), kind],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tests.parent,
        env={"PYTHONPATH": f"{tests}:{tests.parent}"},
    )
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline() == "begun\n"
    return process


def seconds(home: Path, kind: str) -> float:
    """Extract unkilled; how long that took."""
    process = extracting(home, kind)
    began = time.monotonic()
    assert process.wait(120) == 0
    return time.monotonic() - began


def kill_after(home: Path, kind: str, seconds: float) -> None:
    """Extract, and kill it with signal 9 so long after its begin."""
    process = extracting(home, kind)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(30)


def landed(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every batch that landed, by its place, with its rows; when they were extracted is left out."""
    folder = home / "landing"
    return {
        file.relative_to(folder).as_posix(): pl.read_parquet(file).drop("_extracted_at").rows()
        for file in sorted(folder.rglob("*.parquet"))
    }
