"""Whether a table has columns side by side that stand for months, and the globs by which a mapping reads them as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from pipelines.proposing.match import Table

# Fewer columns of numbers that are called by months may be anything.
_LEAST = 6
_MONTH = re.compile(
    r"(19|20)\d\d(?!\d)|\d{1,2} ?月"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?(?![a-z])",
    re.IGNORECASE,
)
_FITS = 0.9


def globs(table: Table, unread: Iterable[str]) -> list[str]:
    """Globs of the unread columns that are called by months and hold numbers; none where they are few, or would match others."""
    months = {c for c in unread if _MONTH.match(c) and table.values[c] and table.reads[c]["number"] >= _FITS}
    shapes = sorted({_shape(c) for c in months})
    matched = {c for c in table.frame.columns if any(fnmatchcase(c, shape) for shape in shapes)}
    return shapes if len(months) >= _LEAST and matched == months else []


def _shape(name: str) -> str:
    """A name as a glob: any digit for a digit, any letter for a letter of the first word, which may name the month."""
    plain = re.sub(r"[*?\[]", "?", name)
    worded = re.sub(r"[A-Za-z]+", lambda word: "@" * len(word[0]), plain, count=1)
    return re.sub(r"\d", "[0-9]", worded).replace("@", "[A-Za-z]")
