"""A mail taken apart into its attachments, whatever it was made to be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import PurePosixPath

from bilingual.errors import UserError
from pipelines.sources.mailbox.trust import raw, words

# No mail that a person writes has as many parts, or parts as deep within each other; taking apart more takes hours.
_MOST_BOUNDARIES = 200
_MOST_ATTACHMENTS = 100
_LONGEST_NAME = 120
# Also those that turn the direction of what follows.
_NO_NAME = re.compile(r"[#\"*:<>?|\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail. name: single within the mail, and nothing but a name."""

    name: str
    content: bytes


def attachments(mail: bytes) -> list[Attachment]:
    """The files that came with a mail, in their order; UserError for one with too many parts, or that is none."""
    if mail.lower().count(b"boundary") > _MOST_BOUNDARIES:
        raise _too_many(_MOST_BOUNDARIES)
    try:
        parts = list(_named(message_from_bytes(mail)))
        contents = [part.get_payload(decode=True) for _, part in parts[:_MOST_ATTACHMENTS]]
    except Exception as error:  # whatever somebody made to break who reads it: the mails behind it are read
        raise UserError(
            en="The mail cannot be taken apart ({reason}); send it again from another program.",
            zh="无法解析该邮件（{reason}）；请用其他程序重新发送。",
            reason=type(error).__name__,
        ) from error
    if len(parts) > _MOST_ATTACHMENTS:
        raise _too_many(_MOST_ATTACHMENTS)
    found: dict[str, Attachment] = {}
    for (name, _), content in zip(parts, contents, strict=True):
        single = _single(name, found)
        found[single] = Attachment(single, content if isinstance(content, bytes) else b"")
    return list(found.values())


def _named(part: Message) -> Iterator[tuple[str, Message]]:
    """The parts that are files. A mail within the mail is somebody else's, and is left shut."""
    if part.get_content_maintype() == "message":
        return
    if part.is_multipart():
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _named(inner)
    elif name := _name(part):
        yield name, part


def _name(part: Message) -> str:
    """What a part's file is called; empty for one that is no file."""
    readable = Message()
    for header in ("Content-Disposition", "Content-Type"):
        for value in raw(part, header):
            readable[header] = value
    try:
        found = readable.get_filename() or ""
    except Exception:  # a name in an encoding that is none
        found = ""
    return tidy(words(found))


def tidy(name: str) -> str:
    """A file's name without a path or anything that a screen or a disk would not bear."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = _NO_NAME.sub("_", last).strip(" .")
    suffix = "".join(PurePosixPath(plain).suffixes[-2:])[-20:]
    return plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - len(suffix)] + suffix


def _single(name: str, taken: dict[str, Attachment]) -> str:
    stem, dot, suffix = name.partition(".")
    found, n = name, 1
    while found in taken:
        n += 1
        found = f"{stem} ({n}){dot}{suffix}"
    return found


def _too_many(most: int) -> UserError:
    return UserError(
        en="The mail has more than {most} files or parts; send them in several mails.",
        zh="邮件中的附件或分段超过 {most} 个；请分多封邮件发送。",
        most=most,
    )
