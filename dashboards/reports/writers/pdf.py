"""The report as PDF, set by Typst, with the pictures in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dashboards.reports.blocks import Block, Document, Drawn, Grid, Heading, Picture, Sentence
from dashboards.reports.writers import Writer
from dashboards.typeset import pdf

_TEMPLATE = Path(__file__).with_name("report.typ")


def _block(block: Block, drawn: Drawn) -> dict[str, Any]:
    match block:
        case Heading() | Sentence():
            return {"kind": type(block).__name__.lower(), **asdict(block)}
        case Grid():
            return {"kind": "grid", **asdict(block), "numbers": sorted(block.numbers)}
        case Picture():
            file = f"{block.name}.png" if block.name in drawn.files else None
            return {"kind": "picture", "title": block.title, "words": block.words, "file": file}


def write(document: Document, drawn: Drawn, made_at: dt.datetime) -> bytes:  # noqa: ARG001  # a report made again is the same file
    """The file."""
    said = {
        "language": document.language,
        "house": document.house,
        "title": document.title,
        "period": document.period.label,
        "subject": document.subject,
        "about": document.about,
        "foot": document.foot,
        "none": drawn.none,
        "blocks": [_block(block, drawn) for block in document.blocks],
    }
    return pdf(_TEMPLATE, said, {f"{name}.png": data for name, data in drawn.files.items()})


WRITER = Writer("report.pdf", write)
