"""Reports that were made or withheld, whom they were sent to, and sending one again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from bilingual.text import Language, Text, as_language
from fracas.model import Person, new_id
from fracas.people import Actor
from fracas.permissions import Scope
from fracas.watch import outbox
from fracas.watch.model import Issue, Message
from fracas.watch.outbox import Letter
from fracas.watch.subscriptions import MAIL, Recipient, recipients
from fracas.watch.topics import REPORT

MADE, WITHHELD = "made", "withheld"
_NOT_THERE = Text(en="There is no such report, or it is not yours to see.", zh="没有此报告，或您无权查看。")


def known(session: Session, key: str) -> Issue | None:
    """The report of a key, where it was made or withheld."""
    return session.scalars(select(Issue).where(Issue.key == key)).first()


def letter(home: Path, issue: Issue) -> Letter:
    """The letter of a report that was made, from its files below the home: they say what it is."""
    place = home / str(issue.folder)
    about = json.loads((place / "about.json").read_text(encoding="utf-8"))
    text, html = ((place / f"mail.{form}").read_text(encoding="utf-8") for form in ("txt", "html"))
    return Letter(about["subject"], text, html, issue.folder)


def send(
    session: Session, issue: Issue, letter: Letter, to: Iterable[Recipient], at: dt.datetime, again: str = ""
) -> int:
    """Write a report's message to each recipient, unless it was; returns how many were written. again: makes it another one."""
    return sum(outbox.put(session, f"report/{issue.id}/{again}/{one.key}", "report", one, letter, at) for one in to)


def owed(session: Session, since: dt.datetime) -> list[str]:
    """The names of reports that were withheld since an instant, and not made after that."""
    states = select(Issue.name, Issue.state).where(Issue.made_at >= since, Issue.asked_by_id.is_(None))
    last = dict(session.execute(states.order_by(Issue.made_at, Issue.id)).tuples().all())
    return sorted(name for name, state in last.items() if state == WITHHELD)


def is_theirs(actor: Actor, issue: Issue) -> bool:
    """Whether somebody may read a report: of no more of the house than they see, and without names they may not see."""

    def within(theirs: frozenset[str], shown: list[str]) -> bool:
        return not theirs or (bool(shown) and theirs.issuperset(shown))

    scope = actor.scope
    return (
        actor.may("issues.read")
        and within(scope.regions, issue.regions)
        and within(scope.product_lines, issue.product_lines)
        and (not issue.has_names or actor.may("team.read"))
    )


def listed(session: Session, actor: Actor, at_most: int = 100) -> list[tuple[Issue, int, int]]:
    """The last reports that somebody may read, the newest first, each with the messages that left and those that wait."""
    counts = dict[str, tuple[int, int]]()
    tail = func.substr(Message.key, 8, 32)  # report/<id>/…
    for key, sent, n in session.execute(
        select(tail, func.count(Message.sent_at), func.count()).where(Message.kind == "report").group_by(tail)
    ):
        counts[key] = (sent, n - sent)
    issues = session.scalars(select(Issue).order_by(Issue.made_at.desc(), Issue.id.desc()).limit(5 * at_most))
    return [(issue, *counts.get(issue.id, (0, 0))) for issue in issues if is_theirs(actor, issue)][:at_most]


def find(session: Session, actor: Actor, issue_id: str) -> Issue:
    """A report that somebody may read. UserError where there is none."""
    issue = session.get(Issue, issue_id)
    if issue is None or not is_theirs(actor, issue):
        raise UserError(en=_NOT_THERE.en, zh=_NOT_THERE.zh)
    return issue


def send_again(session: Session, actor: Actor, issue_id: str, letter: Letter, at: dt.datetime, *, to_all: bool) -> int:
    """Send a report that was made once more: to oneself, or to everybody who is told of it in its language and extent.

    Returns the messages written. UserError for one that was withheld, or where nobody is to have it.
    """
    actor.must("issues.send")
    issue = find(session, actor, issue_id)
    if issue.state != MADE:
        raise UserError(
            en="This report was withheld, so there is nothing to send; have it made once the data are right.",
            zh="该报告已暂缓，没有可发送的内容；请在数据正常后重新生成。",
        )
    if to_all:
        to = [one for one in subscribers(session, issue.name, as_language(issue.language) or "zh") if fits(issue, one)]
    else:
        person = session.get(Person, actor.id)
        has_address = person is not None and bool(person.email)
        to = (
            [Recipient(MAIL, actor.id, actor.name, as_language(issue.language) or "zh", Scope())] if has_address else []
        )
    if not to:
        raise UserError(
            en="Nobody with an e-mail address is to have it; enter one, or subscribe somebody.",
            zh="没有可接收的邮箱；请登记邮箱或添加订阅。",
        )
    return send(session, issue, letter, to, at, new_id())


def subscribers(session: Session, name: str, otherwise: Language) -> list[Recipient]:
    """Who has a report."""
    return recipients(session, f"{REPORT}{name}", otherwise)


def fits(issue: Issue, recipient: Recipient) -> bool:
    """Whether a report is the one that a recipient has: in their language, of their part of the house, with names or without."""
    return (issue.language, sorted(issue.regions), sorted(issue.product_lines), issue.has_names) == (
        recipient.language,
        sorted(recipient.scope.regions),
        sorted(recipient.scope.product_lines),
        recipient.has_names,
    )
