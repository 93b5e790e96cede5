"""The reply to a mail whose files were read: what was accepted, and row by row what was not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bilingual.text import Language, Text, as_language
from fracas.model import Person
from fracas.permissions import Scope
from fracas.watch.letters import House, templates
from fracas.watch.outbox import Letter
from fracas.watch.subscriptions import MAIL, Recipient

KIND = "reply"
# What mail programs put before the subject of an answer.
_RE = re.compile(r"^((re|aw|sv|回复|答复)\s*[:：]\s*)+", re.IGNORECASE)
_LONGEST = 80
_ACCEPTED = Text(en="{entity}: {n} accepted", zh="{entity}：接收 {n} 行")
_SET_ASIDE = Text(en="{n} not accepted", zh="未接收 {n} 行")
_REPLACED = Text(en="{n} passed over: a newer row with the same key stands", zh="略过 {n} 行：已有主键相同的更新记录")
_LEFT_OUT = Text(en="{n} left out by the rules of this source", zh="按来源规则不取 {n} 行")

_RECEIVED = Text(en="{n} rows received", zh="收到 {n} 行")

# What became of a mail as a whole.
State = Literal["accepted", "partly", "nothing", "held"]
_STATES: dict[State, Text] = {
    "accepted": Text(
        en="Your mail of {at} was read; everything in it was accepted.", zh="您 {at} 的邮件已读取，内容全部接收。"
    ),
    "partly": Text(
        en="Your mail of {at} was read; a part of it was not accepted.", zh="您 {at} 的邮件已读取，部分内容未接收。"
    ),
    "nothing": Text(
        en="Your mail of {at} was read; nothing in it could be accepted.",
        zh="您 {at} 的邮件已读取，但没有内容可接收。",
    ),
    "held": Text(
        en="Your mail of {at} was read. Nothing new is shown at the moment, because what was delivered to us lately fails our checks. Your "
        "rows are kept and follow once that is put right; you need not send them again.",
        zh="您 {at} 的邮件已读取。近期送达的数据未通过内部检查，目前暂停更新；您的数据已保存，问题解决后即生效，无需重发。",
    ),
}
_TO_CORRECT = Text(
    en="The attached workbook holds these rows as they came, with the reasons in front. Correct them there and send it back, or correct "
    "your own file and send that again.",
    zh="所附工作簿为这些行的原始内容，前面注明原因。请在其中更正后寄回，或更正您自己的文件后重新发送。",
)


@dataclass(frozen=True)
class Counts:
    """What became of the rows of one entity."""

    entity: Text
    accepted: int
    set_aside: int = 0
    replaced: int = 0
    left_out: int = 0

    def words(self, language: Language) -> str:
        """The counts that are not zero, but for what was accepted, which is always said."""
        said = [_ACCEPTED.format(entity=self.entity, n=f"{self.accepted:,}")]
        for n, text in ((self.set_aside, _SET_ASIDE), (self.replaced, _REPLACED), (self.left_out, _LEFT_OUT)):
            if n:
                said.append(text.format(n=f"{n:,}"))
        return Text(en="; ".join(s.en for s in said), zh="；".join(s.zh for s in said))[language]


@dataclass(frozen=True)
class Received:
    """One file of the mail: its rows and what became of them, or why it could not be read. name: empty for the mail as a whole."""

    name: str
    rows: int = 0
    counts: Sequence[Counts] = ()
    error: Text | None = None


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong with one row of a file. sheet: empty where a file has none."""

    file: str
    sheet: str
    row: int
    column: Text
    value: str
    why: Text


@dataclass(frozen=True)
class Answer:
    """All that a reply tells. wrong: the first of `n_wrong`; held: why nothing is published, None where it is.

    message_id and references: of the mail that is answered. reply_to: where corrected rows are read. folder: of the file of rows to
    correct, below the home.
    """

    subject: str
    arrived_at: dt.datetime
    files: Sequence[Received]
    wrong: Sequence[Wrong] = ()
    n_wrong: int = 0
    held: bool = False
    owner: str | None = None
    message_id: str | None = None
    references: Sequence[str] = field(default_factory=tuple)
    reply_to: str | None = None
    folder: str | None = None

    @property
    def state(self) -> State:
        """What became of the mail as a whole."""
        if self.held and any(file.error is None for file in self.files):
            return "held"
        counts = [counts for file in self.files for counts in file.counts]
        if not any(file.error for file in self.files) and not any(c.set_aside for c in counts):
            return "accepted"
        return "partly" if any(c.accepted or c.replaced for c in counts) else "nothing"


def recipient(session: Session, address: str, otherwise: Language) -> Recipient:
    """Who a reply goes to: the address that wrote, in the language of the person whose it is."""
    person = session.scalars(
        select(Person).where(func.lower(Person.email) == address.lower(), Person.is_active).order_by(Person.id)
    ).first()
    language = as_language(person.language) if person else None
    return Recipient(MAIL, None, address, language or otherwise, Scope(), address=address)


def letter(house: House, language: Language, answer: Answer) -> Letter:
    """The reply as it is sent, in the thread of the mail that it answers."""
    subject = "Re: " + (_RE.sub("", answer.subject) or Text(en="your files", zh="您的附件")[language])
    values = {
        "house": house,
        "language": language,
        "subject": subject,
        "state": answer.state,
        "verdict": _STATES[answer.state].format(at=house.local(answer.arrived_at))[language],
        "files": [
            {
                "name": file.name,
                "lines": _lines(answer, file, language),
                "error": file.error[language] if file.error else None,
            }
            for file in answer.files
        ],
        "wrong": [
            {
                "place": one.file + (f" · {one.sheet}" if one.sheet else ""),
                "row": one.row,
                "column": one.column[language],
                "value": _shortened(one.value),
                "why": one.why[language],
            }
            for one in answer.wrong
        ],
        "more": answer.n_wrong - len(answer.wrong),
        "to_correct": _TO_CORRECT[language] if answer.folder else None,
        "owner": answer.owner,
        "t": lambda en, zh: Text(en=en, zh=zh)[language],
    }
    body, html = (templates().get_template(f"reply.{form}").render(**values) for form in ("txt", "html"))
    # So that no program answers it.
    headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    if answer.message_id:
        headers |= {
            "In-Reply-To": answer.message_id,
            "References": " ".join([*answer.references, answer.message_id]),
        }
    if answer.reply_to:
        headers["Reply-To"] = answer.reply_to
    return Letter(subject, body, html, answer.folder, headers)


def _lines(answer: Answer, file: Received, language: Language) -> list[str]:
    if answer.held and file.error is None:
        return [_RECEIVED.format(n=f"{file.rows:,}")[language]]
    return [counts.words(language) for counts in file.counts]


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
