"""Attachments in a folder of an IMAP server: what known senders mailed lands as files do.

The folder is only looked at. Which mails are new is told by their UIDs; a mail that was renumbered or copied is known by its id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl

from bilingual.errors import UserError
from bilingual.text import Text
from pipelines.formats.reading import Reading
from pipelines.formats.recognise import frames
from pipelines.offering import reading_of
from pipelines.sources import Delivery, Landed, Rejection, Stream
from pipelines.sources.mailbox import trust
from pipelines.sources.mailbox.folder import Folder, Head, opened
from pipelines.sources.mailbox.mail import Attachment, attachments
from pipelines.sources.mailbox.options import Options, matches, options_of
from pipelines.sources.mailbox.post import SEEN, STRANGERS, TOLD, File, Post, digest, note_name, posts
from pipelines.storage import ARCHIVE, archives, extension, is_readable, most_bytes

PLACES = frozenset({"ca"})
# Archives that nothing here opens.
_SHUT = frozenset({".rar", ".7z", ".tar", ".tgz"})
_MEGABYTE = 1_000_000
_NAMED = 5
_UNSAFE = re.compile(r"[^!-~]|[/\\#\"*:?|]")
_UNKNOWN, _UNPROVEN = "unknown", "unproven"
_STRANGERS = {
    _UNKNOWN: Text(
        en="Files came by mail from senders that are not on the list ({who}); they were left alone. Add them to `senders` of stream "
        "“{stream}” if you know them.",
        zh="收到名单外发件人（{who}）寄来的附件，未作处理；若为可信发件人，请加入流“{stream}”的 `senders`。",
    ),
    _UNPROVEN: Text(
        en="Files came by mail in the name of known senders ({who}), and the mail server does not confirm that they sent them; they were "
        "left alone. Ask the senders.",
        zh="收到以已知发件人（{who}）名义寄来的附件，但邮件服务器未能确认其真实性，未作处理；请向发件人核实。",
    ),
}


def deliveries(stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
    """The attachments of mails that are new, in the order of their arrival.

    A file that could not be read is tried again for a week, or until its sender mailed one of its name that could.
    """
    options, account = options_of(stream)
    with opened(stream, options, account) as folder, landed.scratch() as room:
        yield from _Pull(stream, options, landed, folder, room).offers()
    yield from _strangers(stream, account.folder, landed)


class _Pull:
    """One look into the folder."""

    def __init__(self, stream: Stream, options: Options, landed: Landed, folder: Folder, room: Path) -> None:
        self._stream, self._options, self._landed, self._folder, self._room = stream, options, landed, folder, room
        self._now = datetime.now(UTC).replace(tzinfo=None)

    def offers(self) -> Iterator[Delivery | Rejection]:
        """What mails brought, and what could not be read of them."""
        here = {"validity": self._folder.validity, "signature": self._stream.signature}
        seen = self._landed.note(SEEN) or {}
        above = int(seen["uid"]) if here.items() <= seen.items() else 0
        new = self._folder.uids(above, self._options.since)
        again = [uid for uid in self._again(here) if uid <= above]
        for heads in self._folder.heads([*again, *new]):
            for head in heads:
                yield from self._mail(head)
            if heads and heads[-1].uid > above:
                above = heads[-1].uid
                self._landed.keep_note(SEEN, {**here, "uid": above})
        if new and new[-1] > above:
            self._landed.keep_note(SEEN, {**here, "uid": new[-1]})  # the last ones were gone when they were asked for

    def _again(self, here: dict[str, object]) -> list[int]:
        """The mails of which something is to be tried again."""
        lately = posts(self._landed.notes(TOLD * 2))
        return sorted(
            post.uid
            for post in lately
            if (post.validity, post.signature) == (here["validity"], here["signature"])
            and not post.is_settled(lately, self._now)
        )

    def _mail(self, head: Head) -> Iterator[Delivery | Rejection]:
        sender = trust.sender(head.headers)
        if sender is None or not self._options.is_known(sender):
            self._stranger(head, sender, _UNKNOWN)
            return
        server = self._options.authenticated_by
        if server and not trust.is_authentic(head.headers, server, sender):
            self._stranger(head, sender, _UNPROVEN)
            return
        if not matches(trust.subject(head.headers), self._options.subject):
            return
        known = trust.message_id(head.headers)
        note = note_name(known or head.arrived_at, sender, head.size)
        kept = self._landed.note(note)
        before = Post.of_note(kept) if kept else None
        if before and before.signature == self._stream.signature and all(file.batch for file in before.files):
            return  # a copy, or the folder was numbered anew
        name = f"{head.arrived_at:%Y-%m-%dT%H:%M:%SZ} {_id(known, head)}"
        files: list[File] = []
        for offer in self._offers_of(head, name, f"{sender} {known or name}"):
            if isinstance(offer, File):
                files.append(offer)
            else:
                yield offer
        if files:
            post = Post(
                self._folder.validity,
                head.uid,
                self._stream.signature,
                known,
                tuple(trust.references(head.headers)),
                sender,
                trust.subject(head.headers),
                head.arrived_at,
                self._now,
                not trust.is_of_a_program(head.headers, sender),
                tuple(files),
            )
            if before and before.signature == post.signature:
                post = replace(post, handled_at=before.handled_at)
            if post != before:
                self._landed.keep_note(note, post.as_note())

    def _offers_of(self, head: Head, name: str, mail: str) -> Iterator[Delivery | Rejection | File]:
        try:
            found = self._fetched(head)
        except UserError as error:
            yield from _rejected("", name, error)
            return
        for attachment in found:
            yield from self._file(attachment, f"{name}/{attachment.name}", mail)

    def _fetched(self, head: Head) -> list[Attachment]:
        """The files of a mail that are wanted; none where it is gone. UserError for a mail that is too much."""
        if head.size > self._options.largest_mb * _MEGABYTE:
            raise UserError(
                en="The mail is larger than {most:g} MB; send its files in several mails, or raise `largest_mb`.",
                zh="邮件超过 {most:g} MB；请分多封邮件发送，或调高 `largest_mb`。",
                most=self._options.largest_mb,
            )
        mail = self._folder.mail(head.uid)
        return [a for a in attachments(mail) if self._is_wanted(a.name)] if mail else []

    def _is_wanted(self, name: str) -> bool:
        """Whether a file is one: pictures in a text, signatures and what else mails carry are none."""
        if Path(name.lower()).suffix == ARCHIVE:
            return True  # what is in it may be one
        if self._options.attachments:
            return matches(name, self._options.attachments)
        return is_readable(name) or Path(name.lower()).suffix in _SHUT

    def _file(self, attachment: Attachment, file: str, mail: str) -> Iterator[Delivery | Rejection | File]:
        """What to land of an attachment, each followed by what became of it."""
        self._room.mkdir(parents=True, exist_ok=True)
        path = self._room / f"attached{extension(attachment.name)}"
        path.write_bytes(attachment.content)
        if Path(attachment.name.lower()).suffix in _SHUT:
            yield from _rejected(attachment.name, file, _shut(file))
        elif archives.is_archive(path):
            try:
                yield from self._members(attachment.name, path, file, mail)
            except UserError as error:
                yield from _rejected(attachment.name, file, error)
        elif matches(attachment.name, self._options.attachments):
            yield from self._offered(attachment.name, path, file, mail)

    def _members(self, name: str, path: Path, file: str, mail: str) -> Iterator[Delivery | Rejection | File]:
        # Where the archive is called as files are to be, all in it are; else those that are.
        patterns = () if matches(name, self._options.attachments) else self._options.attachments
        for member in archives.members(path, file, [], most_bytes(self._stream)):
            shown = member.file if isinstance(member, Rejection) else member.name
            inner = f"{name}{shown.removeprefix(file)}"
            if not matches(Path(shown).name, patterns):
                continue
            if isinstance(member, Rejection):
                yield from _rejected(inner, shown, member.error)
                continue
            try:
                copy = member.unpacked(self._room)
            except UserError as error:
                yield from _rejected(inner, shown, error)
            else:
                yield from self._offered(inner, copy, shown, mail)

    def _offered(self, name: str, path: Path, file: str, mail: str) -> Iterator[Delivery | File]:
        with path.open("rb") as content:
            same = hashlib.file_digest(content, "sha256").hexdigest()
        batch = f"{digest(mail, name, same)}-{self._stream.signature}"
        errors: list[UserError] = []
        if not self._landed.has(batch):
            yield Delivery(batch, file, partial(_read, reading_of(self._stream, path, file), errors))
        if self._landed.has(batch):
            yield File(name, file, batch)
        elif errors:
            yield _failed(name, file, errors[0])

    def _stranger(self, head: Head, sender: str | None, why: str) -> None:
        """Remember who else sent files, as far as a head tells that there are any."""
        if sender is not None and head.headers.get_content_type() == "multipart/mixed":
            known = self._landed.note(STRANGERS) or {}
            if sender in known or len(known) <= _NAMED:
                self._landed.keep_note(STRANGERS, {**known, sender: {"why": why, "at": head.arrived_at.isoformat()}})


def _read(reading: Reading, errors: list[UserError]) -> Iterator[pl.DataFrame]:
    """The rows of a file; what is wrong with it is raised, and kept for its sender."""
    try:
        yield from frames(reading)
    except UserError as error:
        errors.append(error)
        raise


def _rejected(name: str, file: str, error: UserError) -> Iterator[Rejection | File]:
    yield Rejection(file, error)
    yield _failed(name, file, error)


def _failed(name: str, file: str, error: UserError) -> File:
    """A file that did not land; its sender knows it by its own name."""
    said = {language: error[language].replace(file, name) for language in ("en", "zh")} if name else None
    return File(name, file, None, **(said or {"en": error["en"], "zh": error["zh"]}))


def _id(known: str | None, head: Head) -> str:
    """A mail's id as a part of names, single whatever it was made to be."""
    if known is None:
        return f"no-id-{digest(head.arrived_at, head.size, head.headers)}"
    bare = known[1:-1]
    plain = _UNSAFE.sub("_", bare)[:120]
    return plain if plain == bare else f"{plain}-{digest(bare)[:8]}"


def _shut(file: str) -> UserError:
    return UserError(
        en="{file}: an archive of this kind is not opened; pack the files as zip, or send them as they are.",
        zh="{file}：不支持此类压缩包；请改用 zip 打包，或直接发送文件。",
        file=file,
    )


def _strangers(stream: Stream, folder: str, landed: Landed) -> Iterator[Rejection]:
    """Who else sent files within the last days, in a sentence that stays the same while they do."""
    known = landed.note(STRANGERS) or {}
    since = datetime.now(UTC).replace(tzinfo=None) - TOLD
    lately = {who: said for who, said in known.items() if datetime.fromisoformat(said["at"]) >= since}
    if lately != known:
        landed.keep_note(STRANGERS, lately)
    for why, text in _STRANGERS.items():
        who = [address for address, said in lately.items() if said["why"] == why]
        if who:
            listed = ", ".join([*who[:_NAMED], *(["…"] if len(who) > _NAMED else [])])
            said = text.format(who=listed, stream=stream.name)
            yield Rejection(f"{folder} ({why})", UserError(en=said.en, zh=said.zh))
