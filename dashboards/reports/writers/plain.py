"""The report as plain text, for mail programs that show no HTML: everything but the pictures, whose words are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from dashboards.reports.blocks import Block, Cell, Document, Drawn, Grid, Heading, Picture, Sentence
from dashboards.reports.writers import Writer


def _line(cells: tuple[Cell, ...], heads: tuple[str, ...]) -> str:
    """A row with its heads, since columns do not stand below one another in every font."""
    if len(cells) == 1:
        return f"[{cells[0].words}]"
    first, *rest = (" ".join(cell.words.split()) for cell in cells)
    return f"- {first}: " + "; ".join(f"{head} {words}" for head, words in zip(heads[1:], rest, strict=True) if words)


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield from ("", f"== {block.words} ==")
        case Sentence():
            yield f"[{block.sign}] {block.words}" if block.sign else block.words
        case Grid():
            if block.is_titled:
                yield f"{block.title}:"
            yield from (_line(row, block.heads) for row in block.rows)
        case Picture():
            yield f"{block.title} {block.words}"


def write(document: Document, drawn: Drawn, made_at: dt.datetime) -> bytes:  # noqa: ARG001  # a mail has its own date
    """The file."""
    lines = [document.title, *(f"{label}: {words}" for label, words in document.about)]
    if document.address:
        lines.append(document.address)
    if drawn.none:
        lines += ["", drawn.none]
    for block in document.blocks:
        lines += _lines(block)
    return ("\n".join(lines) + "\n").encode()


WRITER = Writer("mail.txt", write)
