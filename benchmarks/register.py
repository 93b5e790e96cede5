"""The FRACAS register: similar reports, forms and lists at 100,000 reports, and many who edit the same reports at once."""

from __future__ import annotations

from pathlib import Path

from benchmarks import alike, editors, forms


def run(scratch: Path, *, ten_million: bool = False) -> str:  # noqa: ARG001  # as the others are called
    """Measure and tell."""
    told = []
    for part in (editors, forms, alike):
        told.append(part.run(scratch))
        print(told[-1], flush=True)
    return "\n\n".join(told)
