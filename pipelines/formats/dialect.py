"""How a delimited text file is written: encoding, delimiter, quoting, and where its header is."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from bilingual.errors import UserError
from pipelines.formats.encoding import ENCODINGS, NotInEncodingError, Utf8Text, candidates
from pipelines.formats.header import HEAD_ROWS, Header, find_header, missing_columns
from pipelines.formats.reading import Reading

DELIMITERS = (",", "\t", ";", "|")
_SEP_LINE = re.compile(r"\A\ufeff?sep=(.)\r?\n", re.IGNORECASE)
_SAMPLE_LINES = 200

# The limit guards against runaway quotes; those are recognised by what they do to the row.
csv.field_size_limit(sys.maxsize)


@dataclass(frozen=True)
class Layout:
    """How to read a delimited file.

    `offset` is the number of bytes, in UTF-8 without byte-order mark, up to the end of the header; `first_row` the
    1-based line number of the first line after it. `escapes` is None, or the characters a backslash stands before.
    """

    encoding: str
    delimiter: str
    columns: list[str]
    offset: int
    first_row: int
    escapes: str | None


@dataclass(frozen=True)
class _Guess:
    encoding: str
    delimiter: str
    header: Header | None
    score: tuple[int, int, int]
    text: str


def layout_of(reading: Reading) -> Layout:
    """The layout of a delimited text file.

    Each encoding and delimiter is tried on the file's first lines; the pair wins that shows most of the needed
    columns, then the one under which most rows are as wide as the header. Raises UserError for an empty file,
    for one that is in no known encoding, and for one that lacks needed columns.
    """
    best = _best_guess(reading)
    if best.header is None:
        raise UserError(
            en="{name}: the file is empty; export it again or remove it.",
            zh="{name}：文件为空；请重新导出或删除该文件。",
            name=reading.name,
        )
    lacking = best.header.missing(reading.needs)
    if lacking:
        raise missing_columns(reading.name, best.header.columns, lacking)
    end, line = _end_of_record(best.text, best.delimiter, best.header.index)
    return Layout(
        encoding=best.encoding,
        delimiter=best.delimiter,
        columns=best.header.columns,
        offset=len(best.text[:end].encode()),
        first_row=line + 1,
        escapes=_escapes(best.text[end:], best.delimiter, len(best.header.columns)),
    )


def _best_guess(reading: Reading) -> _Guess:
    likely = candidates(reading.path, reading.name, reading.encoding)
    # An encoding the whole file does not decode in is still tried for its header: where only it shows the needed
    # columns, the error is about the byte that is wrong, not about columns.
    rest = [] if reading.encoding or not reading.needs else [e for e in ENCODINGS if e not in likely]
    best: _Guess | None = None
    failed: list[NotInEncodingError] = []
    for encoding in [*likely, *rest]:
        try:
            text = Utf8Text(reading.path, reading.name, encoding).head()
        except NotInEncodingError as error:
            failed.append(error)
            continue
        for delimiter in _delimiters(reading, text):
            guess = _guess(reading, encoding, delimiter, text)
            # Almost anything decodes as UTF-16, so an unlikely encoding has to show a needed column.
            if (encoding in likely or guess.score[0] > 0) and (best is None or guess.score > best.score):
                best = guess
        if encoding in likely and best and best.score[0] == len(reading.needs):
            break
    if best is None:
        # The encoding that goes furthest is the one the file was meant to be in.
        raise max(failed, key=lambda error: error.offset)
    return best


def _delimiters(reading: Reading, text: str) -> tuple[str, ...]:
    if reading.delimiter:
        return (reading.delimiter,)
    named = _SEP_LINE.match(text)
    return (named[1],) if named else DELIMITERS


def _guess(reading: Reading, encoding: str, delimiter: str, text: str) -> _Guess:
    rows: list[list[str]] = []
    for cells, _, line in _records(text, delimiter):
        if reading.header_row is not None:
            # A forced header row is the line a person sees, so lines inside quotes count too.
            rows.extend([] for _ in range(line - len(rows) - 1))
        rows.append(cells)
        if len(rows) > max(HEAD_ROWS, reading.header_row or 0):
            break
    header = find_header(rows, reading.needs, reading.header_row)
    if header is None:
        return _Guess(encoding, delimiter, None, (-1, 0, 0), text)
    width = len(header.columns)
    agree = sum(len(row) == width for row in rows[header.index + 1 :]) if width > 1 else 0
    found = len(reading.needs) - len(header.missing(reading.needs))
    return _Guess(encoding, delimiter, header, (found, agree, width), text)


def _records(text: str, delimiter: str) -> Iterator[tuple[list[str], int, int]]:
    """The records of a text, each with the offset after it and the number of its last line."""
    consumed = 0

    def lines() -> Iterator[str]:
        nonlocal consumed
        for line in io.StringIO(text, newline=""):
            consumed += len(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter)
    for cells in reader:
        yield cells, consumed, reader.line_num


def _end_of_record(text: str, delimiter: str, index: int) -> tuple[int, int]:
    for number, (_, end, line) in enumerate(_records(text, delimiter)):
        if number == index:
            return end, line
    raise AssertionError("the header is among the records")


def _escapes(text: str, delimiter: str, width: int) -> str | None:
    r"""The characters that the file escapes with a backslash; None when it writes quotes doubled, as it should.

    Plainly detected: more lines holding `\"` are as wide as the header when it is read as an escaped quote.
    A backslash before another character than these two says that backslashes themselves are not escaped.
    """
    lines = [line for line in text.splitlines() if '\\"' in line][:_SAMPLE_LINES]
    if not lines:
        return None
    escapes = '"' if re.search(r'(?<!\\)(?:\\\\)*\\[^"\\\r\n]', text) else '"\\'
    plain = sum(_is_sound(line, delimiter, width) for line in lines)
    escaped = sum(_is_sound(unescaped(line.encode(), escapes).decode(), delimiter, width) for line in lines)
    return escapes if escaped > plain else None


def _is_sound(line: str, delimiter: str, width: int) -> bool:
    try:
        return [len(cells) for cells in csv.reader([line], delimiter=delimiter, strict=True)] == [width]
    except csv.Error:
        return False


def unescaped(text: bytes, escapes: str) -> bytes:
    """The text with backslash-escaped quotes doubled instead, and backslashes single where they were escaped."""
    if "\\" not in escapes:
        return text.replace(b'\\"', b'""')
    return re.sub(rb'\\(["\\])', lambda match: b'""' if match[1] == b'"' else b"\\", text)
