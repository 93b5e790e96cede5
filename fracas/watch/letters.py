"""What people are sent, in words: alerts and notices gathered into one letter, as text and as HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bilingual.clock import spoken
from bilingual.text import Language, Text
from fracas.watch.alerts import Kind, Severity
from fracas.watch.model import Alert
from fracas.watch.outbox import Letter
from fracas.watch.topics import TOPICS

# Rows and columns of a sample that a letter shows; the page shows all.
_SAMPLES, _COLUMNS = 3, 6
_MOST_LINES = 30

SEVERITIES = {
    Severity.CRITICAL: Text(en="Critical", zh="严重"),
    Severity.WARNING: Text(en="Warning", zh="警告"),
    Severity.NOTE: Text(en="Note", zh="提示"),
}
KINDS = {
    Kind.OPENED: Text(en="New", zh="新增"),
    Kind.WORSENED: Text(en="Worse", zh="加重"),
    Kind.ESCALATED: Text(en="Nobody acknowledged it", zh="无人确认"),
    Kind.RECOVERED: Text(en="Over", zh="已恢复"),
    Kind.ACKNOWLEDGED: Text(en="Acknowledged", zh="已确认"),
}
# The order in which a letter tells.
_ORDER = (Kind.ESCALATED, Kind.OPENED, Kind.WORSENED, Kind.RECOVERED)


@dataclass(frozen=True)
class House:
    """What a letter says of the house. address: under which its pages are reached, empty where nobody set it."""

    name: str
    address: str
    zone: str

    def link(self, path: str | None) -> str | None:
        """The address of a page; None where the house has not said its own."""
        return f"{self.address.rstrip('/')}{path}" if self.address and path else None

    def local(self, instant: dt.datetime) -> str:
        """An instant (UTC, naive) as local time."""
        return spoken(instant, self.zone)


@dataclass(frozen=True)
class Line:
    """One alert of a letter, and what became of it last."""

    kind: Kind
    alert: Alert


@dataclass(frozen=True)
class Word:
    """One notice of the register: what it says, of which report."""

    text: Text
    report_id: str
    at: dt.datetime


@cache
def templates() -> Environment:
    return Environment(
        loader=PackageLoader("fracas.watch"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def letter(house: House, language: Language, lines: Sequence[Line], words: Sequence[Word] = ()) -> Letter:
    """The letter that tells one recipient of alerts and notices."""
    ordered = sorted(
        lines, key=lambda line: (_ORDER.index(line.kind), list(Severity).index(Severity(line.alert.severity)))
    )
    values = {
        "house": house,
        "language": language,
        "sections": [
            {"kind": kind, "label": KINDS[kind][language], "items": found[:_MOST_LINES], "more": len(found[_MOST_LINES:])}
            for kind in _ORDER
            if (found := [_item(house, language, line) for line in ordered if line.kind is kind])
        ],
        "words": [
            {"text": word.text[language], "at": house.local(word.at), "link": house.link(f"/reports/{word.report_id}")}
            for word in words
        ],
        "alerts_link": house.link("/alerts"),
        "t": lambda en, zh: Text(en=en, zh=zh)[language],
    }  # fmt: skip
    subject = _subject(house, language, ordered, words)
    body, html = (
        templates().get_template(f"alerts.{form}").render(subject=subject, **values) for form in ("txt", "html")
    )
    return Letter(subject, body, html)


def _subject(house: House, language: Language, lines: Sequence[Line], words: Sequence[Word]) -> str:
    """The worst in its own words, and how many more there are."""
    first = lines[0].alert if lines else None
    said = Text(en=first.en, zh=first.zh)[language] if first else words[0].text[language]
    more = len(lines) + len(words) - 1
    if lines:
        said = f"{(SEVERITIES[Severity(lines[0].alert.severity)] if lines[0].kind is not Kind.RECOVERED else KINDS[Kind.RECOVERED])[language]}: {said}"
    tail = Text(en=" (and {n} more)", zh="（另有 {n} 条）").format(n=more)[language] if more else ""
    return f"[{house.name}] {_shortened(said)}{tail}".replace("\n", " ").replace("\r", " ")


def _shortened(text: str, at_most: int = 120) -> str:
    return text if len(text) <= at_most else text[: at_most - 1] + "…"


def _item(house: House, language: Language, line: Line) -> Mapping[str, Any]:
    alert = line.alert
    samples = [_cells(row) for row in alert.facts.get("samples", [])[:_SAMPLES]]
    return {
        "severity": alert.severity,
        "label": SEVERITIES[Severity(alert.severity)][language],
        "topic": TOPICS[alert.topic].label[language],
        "text": Text(en=alert.en, zh=alert.zh)[language],
        "since": house.local(alert.opened_at),
        "until": house.local(alert.recovered_at) if alert.recovered_at else None,
        "owner": alert.owner,
        "measures": [measure[language] for measure in alert.facts.get("measures", [])],
        "samples": samples if line.kind is not Kind.RECOVERED else [],
        "link": house.link(f"/alerts/{alert.id}"),
    }


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    """The cells of a sample row that are filled and short enough to be read in a letter."""
    shown = {name: _shortened(str(value), 60) for name, value in row.items() if value not in (None, "", "None")}
    return dict(list(shown.items())[:_COLUMNS])
