"""What the values of a column say: which stand for nothing, how its dates are written, which codes they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from warehouse import synonyms
from warehouse.entities import Code

# Ways to write a date that have to be declared, the likelier before the other of a pair that cannot be told apart.
_DATES = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%m-%d-%Y %H:%M", "%m-%d-%Y",
    "%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y %H:%M", "%d %b %Y", "%b %d, %Y %H:%M", "%b %d, %Y",
)  # fmt: skip
_SWAPPED = {"%d/%m": "%m/%d", "%d-%m": "%m-%d"}
_LIKE_A_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}[ -][A-Za-z]{3}|[A-Za-z]{3} \d")
_MOST_CODES = 60


@dataclass(frozen=True)
class Dates:
    """How the dates of a table are written: formats to declare, and whether day and month might be the other way round."""

    formats: tuple[str, ...] = ()
    is_ambiguous: bool = False


@dataclass(frozen=True)
class Codes:
    """How values become codes: those to translate, those that no list has."""

    map: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def nulls_in(values: Iterable[str]) -> list[str]:
    """The texts among the values that people write for nothing."""
    return sorted({v for v in values if v.strip().lower() in synonyms.nulls()})


def are_like_dates(values: Sequence[str]) -> bool:
    """Whether most of the values look like dates whose format has to be declared."""
    return bool(values) and sum(bool(_LIKE_A_DATE.match(v)) for v in values) * 2 >= len(values)


def dates_of(values: Sequence[str]) -> Dates:
    """The formats to declare for dates that have none of the known shapes; none where none fits."""
    reads = {f: sum(_is_of(v, f) for v in values) for f in _DATES}
    formats: list[str] = []
    left = list(values)
    while left:
        best = max(_DATES, key=lambda f: sum(_is_of(v, f) for v in left))
        rest = [v for v in left if not _is_of(v, best)]
        # A slip of the pen declares no format.
        if len(left) - len(rest) < max(1, len(values) // 50):
            break
        formats.append(best)
        left = rest
    twins = {f: f.replace(f[:5], _SWAPPED[f[:5]]) for f in formats if f[:5] in _SWAPPED}
    return Dates(tuple(formats), any(reads.get(twin) == reads[f] for f, twin in twins.items()))


def codes_of(values: Sequence[str], codes: Sequence[Code]) -> Codes | None:
    """How the values become codes of a list; None for a column that is of no list: too many, or hardly any is known."""
    if len(values) > _MOST_CODES:
        return None
    known = {w.lower() for c in codes for w in (c.code, c.label.en, c.label.zh)}
    words = synonyms.code_words(codes[0].list) if codes else {}
    listed = {c.code for c in codes}
    strange = [v for v in values if v.lower() not in known]
    mapped = {v: words[synonyms.plain(v)] for v in strange if words.get(synonyms.plain(v)) in listed}
    unknown = tuple(v for v in strange if v not in mapped)
    return None if len(unknown) * 2 > len(values) else Codes(mapped, unknown)


def _is_of(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # only whether it fits
    except ValueError:
        return False
    return True
