"""Replies to mails whose files were read: each sender is told once what was accepted and what was not, row by row.

A mail is answered once what it brought is published, or cannot be; the courier delivers. What is killed in between is done at the
next run: a reply is known by the mail that it answers.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import xlsxwriter

from bilingual.text import Language, Text, as_language
from fracas.database import Database, reading, writing
from fracas.model import now
from fracas.watch import outbox, replies
from fracas.watch.letters import House
from fracas.watch.replies import Answer, Counts, Received, Wrong
from pipelines.environment import REFERENCE
from pipelines.landing import LandedStream
from pipelines.sources.mailbox.options import Options
from pipelines.sources.mailbox.post import SEEN, TOLD, Post, posts
from warehouse.delivery import Became, Complaint, Delivered, became, complaints
from warehouse.entities import entities
from warehouse.mapping import Source
from warehouse.publish import current, last_refresh
from warehouse.quality import Sought
from warehouse.quality_correction import Sheet, sheets
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

FOLDER = "replies"
_SHOWN, _TO_CORRECT = 200, 10_000
_STEM = 60
# The outbox gives up after seven days; what it would send is kept until then.
_KEPT = dt.timedelta(days=10)
_REASON, _LINE = Text(en="_reason", zh="_原因"), Text(en="_line", zh="_原行号")
_NO_SHEET = re.compile(r"[\[\]:*?/\\']")
_NAME = Text(en="{stem} to correct.xlsx", zh="{stem} 待更正.xlsx")


@dataclass(frozen=True)
class Part:
    """What one stream made of a mail."""

    source: Source
    stream: str
    post: Post

    def option(self, name: str) -> object:
        """An option of the stream."""
        return self.source.streams[self.stream].get(name)

    @property
    def address(self) -> str | None:
        """Of the mailbox that is read, where who opens it is called by it."""
        user = Options.model_validate(self.source.streams[self.stream]).account.user
        return user if re.fullmatch(r"[!-~]+@[!-~]+", user) and not REFERENCE.search(user) else None

    def delivered(self, *batches: str) -> Delivered:
        """Some batches of the stream."""
        return Delivered(self.source, self.stream, batches)


def answer(home: Home, engine: Database, sources: Sequence[Source], at: dt.datetime | None = None) -> int:
    """Write the replies that are owed to senders of mails to some mailboxes; returns how many."""
    moment, reader = at or now(), Reader(home)
    _tidy(home)
    written, broken = 0, []
    for parts in _mails(home, sources, moment):
        try:
            written += _answered(home, engine, reader, parts, moment)
        except Exception as error:  # one that cannot be answered keeps nobody else from it
            broken.append(error)
    if broken:
        raise broken[0]
    return written


def _answered(home: Home, engine: Database, reader: Reader, parts: Sequence[Part], at: dt.datetime) -> bool:
    """Write the reply to a mail, where it is owed now."""
    key, settings = f"{replies.KIND}/{parts[0].post.key}", home.settings
    with reading(engine) as session:
        if outbox.is_written(session, key) or (state := _state(home, parts)) is None:
            return False
        to = replies.recipient(session, parts[0].post.sender, _language(parts, settings.language))
    shown = None if state == "held" else reader.current()
    composed = _answer(home, shown, parts, to.language, is_held=state == "held")
    house = House(settings.organisation, settings.public_address, settings.time_zone)
    letter = replies.letter(house, to.language, composed)
    with writing(engine) as session:
        return outbox.put(session, key, replies.KIND, to, letter, at)


def _mails(home: Home, sources: Sequence[Source], at: dt.datetime) -> Iterator[list[Part]]:
    """The mails of the last days whose senders wait for an answer, each with what every stream made of it."""
    found: dict[str, list[Part]] = {}
    seen: dict[tuple[object, int], list[int]] = {}
    for source in sources:
        for stream, options in source.streams.items():
            landed = LandedStream(home.landing / source.name / stream)
            last = landed.note(SEEN) or {"validity": 0, "uid": 0}
            seen.setdefault((options.get("url"), last["validity"]), []).append(last["uid"])
            if options.get("reply", True):
                for post in posts(landed.notes(TOLD)):
                    found.setdefault(post.key, []).append(Part(source, stream, post))
    for _, parts in sorted(found.items()):
        # Another stream may have been kept from looking at it: the answer waits until all have.
        complete = [seen.get((p.option("url"), p.post.validity), [0]) for p in parts]
        if all(p.post.uid <= min(uids) for p, uids in zip(parts, complete, strict=True)) and all(
            p.post.is_answerable and at - p.post.handled_at <= TOLD and p.post.handled_at - p.post.arrived_at <= TOLD
            for p in parts
        ):
            yield parts


def _state(home: Home, parts: Sequence[Part]) -> str | None:
    """Whether what a mail brought is `published` or `held`; None while neither is known."""
    if not any(file.batch for part in parts for file in part.post.files):
        return "published"  # nothing landed that could be
    handled_at = max(part.post.handled_at for part in parts).replace(tzinfo=dt.UTC)
    shown, note = current(home), last_refresh(home) or {}
    if shown and shown.published_at >= handled_at:
        return "published"
    is_later = bool(note) and dt.datetime.fromisoformat(note["ended_at"]) >= handled_at.replace(microsecond=0)
    return "held" if is_later and note["blocked_by"] and not note["is_new"] else None


def _language(parts: Sequence[Part], otherwise: Language) -> Language:
    """What the mapping says, else Chinese for who writes it, else the language of the house."""
    said = next((as_language(str(part.option("language"))) for part in parts if part.option("language")), None)
    written = parts[0].post.subject + "".join(file.name for part in parts for file in part.post.files)
    return said or ("zh" if any("\u4e00" <= c <= "\u9fff" for c in written) else otherwise)


def _answer(home: Home, shown: Reading | None, parts: Sequence[Part], language: Language, *, is_held: bool) -> Answer:
    received: list[Received] = []
    wrong: list[Wrong] = []
    n_wrong = 0
    post = parts[0].post
    folder = Path(FOLDER) / post.key
    shutil.rmtree(home.path / folder, ignore_errors=True)
    for part in parts:
        for file in part.post.files:
            if file.batch is None:
                received.append(Received(file.name, error=file.error))
                continue
            delivered = part.delivered(file.batch)
            rows = sum(pq.read_metadata(batch).num_rows for batch in delivered.files(home))
            if shown is None:
                received.append(Received(file.name, rows))
                continue
            received.append(Received(file.name, rows, [_counts(b) for b in became(home, shown, delivered)]))
            found = complaints(home, shown, delivered, _TO_CORRECT)
            n_wrong += len(found)
            wrong += [_wrong(file.name, complaint) for complaint in found[: _SHOWN - len(wrong)]]
            if found:
                _workbook(home, shown, part, found, language, _free(home.path / folder, file.name, language))
    return Answer(
        subject=post.subject,
        arrived_at=post.arrived_at,
        files=received,
        wrong=wrong,
        n_wrong=n_wrong,
        held=is_held,
        owner=parts[0].source.owner,
        message_id=post.message_id,
        references=post.references,
        reply_to=parts[0].address,
        folder=str(folder) if wrong else None,
    )


def _free(folder: Path, name: str, language: Language) -> Path:
    """A file of its own for the rows of an attachment, called like it."""
    # Who sends it reads % as the beginning of a sign's code.
    stem = re.sub("[/%]", " ", name).rpartition(".")[0][-_STEM:].strip() or name[:_STEM]
    tries = (stem if n == 1 else f"{stem} ({n})" for n in itertools.count(1))
    return next(file for s in tries if not (file := folder / _NAME.format(stem=s)[language]).exists())


def _counts(of: Became) -> Counts:
    return Counts(entities()[of.entity].label, of.accepted, of.set_aside, of.replaced, of.left_out)


def _wrong(name: str, of: Complaint) -> Wrong:
    return Wrong(name, of.file.partition("#")[2], of.row, of.column, of.value, of.why)


def _workbook(
    home: Home, shown: Reading, part: Part, found: Sequence[Complaint], language: Language, file: Path
) -> None:
    """The rows of a file that were not accepted, laid out so that it is read like the file that they came in."""
    why: dict[tuple[str, int], list[str]] = {}
    for one in found:
        place = f"{one.column[language]}: " if one.column[language] else ""
        why.setdefault((one.file, one.row), []).append(f"{place}{one.why[language]}")
    file.parent.mkdir(parents=True, exist_ok=True)
    row = part.option("header_row")
    head = row - 1 if isinstance(row, int) else 0
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        for name in dict.fromkeys(one.file for one in found):
            for sheet in sheets(home, shown, Sought(source=part.source.name, file=name), _TO_CORRECT):
                _sheet(book, sheet, why, language, head)


def _sheet(
    book: xlsxwriter.Workbook, sheet: Sheet, why: dict[tuple[str, int], list[str]], language: Language, head: int
) -> None:
    called = _NO_SHEET.sub(" ", sheet.file.partition("#")[2])[:31]
    page = book.add_worksheet(called or None)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    # Names that begin with _ are nobody's columns: they are neither read nor told as new when the file comes back.
    for column, text in enumerate((_REASON[language], _LINE[language], *sheet.columns)):
        page.write_string(head, column, text, bold)
    page.set_column(0, 0, 50)
    page.set_column(1, 1 + len(sheet.columns), 16)
    for number, wrong in enumerate(sheet.rows, head + 1):
        reasons = "; ".join(why.get((sheet.file, wrong.row), ()))
        for column, value in enumerate((reasons, str(wrong.row), *wrong.values)):
            if value is not None:
                # As text, whatever it begins with: nothing that somebody mailed is ever a formula.
                page.write_string(number, column, str(value), wrapped if column == 0 else None)


def _tidy(home: Home) -> None:
    """Let go of files that went with replies of long ago."""
    before = time.time() - _KEPT.total_seconds()
    for folder in (home.path / FOLDER).glob("*"):
        if folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)
