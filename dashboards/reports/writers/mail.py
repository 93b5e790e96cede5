"""The report as HTML that mail programs render: tables and inline styles, no script, no address but cid: of its pictures."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from dashboards.reports.blocks import WIDTH, Document, Drawn, Grid, Heading, Picture, Sentence
from dashboards.reports.writers import Writer

_TONES = {"": "#1f2933", "good": "#0b6b4b", "warning": "#8a5a00", "bad": "#b3261e", "quiet": "#5c6670"}
_GROUNDS = {"": "#eef2f6", "good": "#e3f4ec", "warning": "#fdf1d8", "bad": "#fbe4e2", "quiet": "#eef2f6"}


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("mail.html")


def write(document: Document, drawn: Drawn, made_at: dt.datetime) -> bytes:  # noqa: ARG001  # a mail has its own date
    """The file."""
    kinds = {Heading: "heading", Sentence: "sentence", Grid: "grid", Picture: "picture"}
    return (
        _template()
        .render(
            document=document,
            drawn=drawn,
            blocks=[(kinds[type(block)], block) for block in document.blocks],
            tones=_TONES,
            grounds=_GROUNDS,
            width=WIDTH,
        )
        .encode()
    )


WRITER = Writer("mail.html", write)
