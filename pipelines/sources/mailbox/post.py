"""What became of a mail when it was fetched: kept beside the batches, for who fetches next and for who answers."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from bilingual.text import Text

# How long a file that could not be read is tried again and told of. A later file of its name from its sender ends it before.
TOLD = timedelta(days=7)
# Beside the notes of mails: up to which one all have been looked at, and who else sent files.
SEEN, STRANGERS = "seen", "strangers"
_PREFIX = "mail-"


@dataclass(frozen=True)
class File:
    """One attachment. file: its name in the lineage; batch: under which it landed, or en and zh say why it did not."""

    name: str
    file: str
    batch: str | None = None
    en: str = ""
    zh: str = ""

    @property
    def error(self) -> Text | None:
        return None if self.batch else Text(en=self.en, zh=self.zh)


@dataclass(frozen=True)
class Post:
    """One mail of a known sender with files. signature: of the options that it was fetched with.

    handled_at: when it was first fetched. is_answerable: a person sent it. Instants are UTC.
    """

    validity: int
    uid: int
    signature: str
    message_id: str | None
    references: tuple[str, ...]
    sender: str
    subject: str
    arrived_at: datetime
    handled_at: datetime
    is_answerable: bool
    files: tuple[File, ...]

    def as_note(self) -> dict[str, Any]:
        """The mail as JSON keeps it."""
        return {
            **asdict(self),
            "arrived_at": self.arrived_at.isoformat(),
            "handled_at": self.handled_at.isoformat(),
        }

    @classmethod
    def of_note(cls, note: dict[str, Any]) -> Post:
        """The mail of what was kept."""
        return cls(
            **{
                **note,
                "references": tuple(note["references"]),
                "arrived_at": datetime.fromisoformat(note["arrived_at"]),
                "handled_at": datetime.fromisoformat(note["handled_at"]),
                "files": tuple(File(**file) for file in note["files"]),
            }
        )

    @property
    def key(self) -> str:
        """By which a mail is known wherever it lies: one id of one sender."""
        return digest(self.sender, self.message_id or self.arrived_at)

    def is_settled(self, others: list[Post], now: datetime) -> bool:
        """Whether nothing of it is to be tried again: all landed, it was told long enough, or the same files came later."""
        failed = {file.name for file in self.files if not file.batch}
        later = {
            file.name
            for other in others
            if other.sender == self.sender and other.arrived_at > self.arrived_at
            for file in other.files
            if file.batch
        }
        return failed <= later or now - self.handled_at > TOLD


def note_name(*identity: object) -> str:
    """What the note of a mail is called."""
    return f"{_PREFIX}{digest(*identity)}"


def posts(notes: dict[str, dict[str, Any]]) -> list[Post]:
    """The mails among some notes."""
    return [Post.of_note(note) for name, note in sorted(notes.items()) if name.startswith(_PREFIX)]


def digest(*parts: object) -> str:
    """Sixteen hex digits of some texts."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]
