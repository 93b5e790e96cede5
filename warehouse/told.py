"""What sources say that they hold: totals that a source's own database answered, kept beside the batches of the stream."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from warehouse.mapping import Source

_FILE = "totals.json"
# Beside sums of fields: the count of rows.
ROWS = "rows"

# By entity: `rows` and sums of fields by their names.
Totals = Mapping[str, Mapping[str, float]]


def keep(folder: Path, totals: Totals) -> None:
    """Write down what a stream's source answered, in place of what it answered before."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{_FILE}.part"
    part.write_text(json.dumps(totals), encoding="utf-8")
    part.replace(folder / _FILE)


def told(landing: Path, sources: Sequence[Source]) -> list[dict[str, str | float]]:
    """What each source last said of the entities of which its mapping asks: source, stream, entity, total, value."""
    found: list[dict[str, str | float]] = []
    for source in sources:
        for stream in source.streams:
            file, asked = landing / source.name / stream / _FILE, source.totals_of(stream)
            answers: Totals = json.loads(file.read_text(encoding="utf-8")) if asked and file.exists() else {}
            found += [
                {"source": source.name, "stream": stream, "entity": entity, "total": total, "value": value}
                for entity, totals in answers.items()
                if entity in asked
                for total, value in totals.items()
            ]
    return found
