"""The tables of the watch. None of them is journaled: they tell what the platform did and saw, not what people signed.

Instants are UTC without a zone. Texts that people read stand in both languages, `en` and `zh`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from fracas.model import Base, new_id


def _id() -> Any:
    return mapped_column(String(32), primary_key=True, default=new_id)


def _somebody() -> Any:
    return mapped_column(String(32), ForeignKey("person.id"))


class Run(Base):
    """One run of a flow. alive_at: when it last said that it goes on; without an end and long silent it was broken off.

    state: running, done, failed, blocked (checks forbid publishing), skipped (another was at it). trigger: schedule, person or
    terminal. log: what it said, a line each.
    """

    __tablename__ = "run"

    id: Mapped[str] = _id()
    flow: Mapped[str] = mapped_column(String(40))
    trigger: Mapped[str] = mapped_column(String(20))
    asked_by_id: Mapped[str | None] = _somebody()
    host: Mapped[str]
    started_at: Mapped[dt.datetime]
    alive_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    state: Mapped[str] = mapped_column(String(20))
    snapshot: Mapped[str | None]
    en: Mapped[str | None]
    zh: Mapped[str | None]
    log: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index(None, "flow", "started_at"), Index(None, "started_at"))


class Step(Base):
    """A step of a run. rows: landed, built or looked at, where the step counts any."""

    __tablename__ = "step"

    id: Mapped[str] = _id()
    run_id: Mapped[str] = mapped_column(String(32), ForeignKey("run.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]
    name: Mapped[str]
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    rows: Mapped[int | None]


class Wish(Base):
    """Somebody asked for a run now. taken_at: when the courier passed it on; refusal: why it could not."""

    __tablename__ = "wish"

    id: Mapped[str] = _id()
    flow: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[str] = _somebody()
    at: Mapped[dt.datetime]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    taken_at: Mapped[dt.datetime | None] = mapped_column(index=True)
    refusal_en: Mapped[str | None]
    refusal_zh: Mapped[str | None]


class Alert(Base):
    """Something that is wrong, from when it was first seen until it was no longer.

    family: who looks for it, and so who says that it is over; key: what it is, the same at every look. size: how bad it is (rows,
    days, a share), which grows where it gets worse; told_size: how bad it was when people were last told.
    """

    __tablename__ = "alert"

    id: Mapped[str] = _id()
    family: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(400))
    topic: Mapped[str] = mapped_column(String(60))
    severity: Mapped[str] = mapped_column(String(20))
    is_urgent: Mapped[bool] = mapped_column(default=False)
    en: Mapped[str]
    zh: Mapped[str]
    size: Mapped[float | None]
    told_size: Mapped[float | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str | None]
    owner: Mapped[str | None]
    region: Mapped[str | None] = mapped_column(String(200))
    product_line: Mapped[str | None] = mapped_column(String(200))
    snapshot: Mapped[str | None]
    opened_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    acknowledged_at: Mapped[dt.datetime | None]
    acknowledged_by_id: Mapped[str | None] = _somebody()
    remark: Mapped[str | None]
    escalated_at: Mapped[dt.datetime | None]
    recovered_at: Mapped[dt.datetime | None] = mapped_column(index=True)

    __table_args__ = (
        # What is open is open once, whoever looks at the same time.
        Index(
            "uq_alert_open",
            "key",
            unique=True,
            sqlite_where=text("recovered_at IS NULL"),
            postgresql_where=text("recovered_at IS NULL"),
        ),
        Index(None, "family", "recovered_at"),
        Index(None, "opened_at"),
    )


class AlertEvent(Base):
    """What became of an alert: opened, worsened, recovered, acknowledged, escalated. told_at: when it was put into messages."""

    __tablename__ = "alert_event"

    id: Mapped[str] = _id()
    alert_id: Mapped[str] = mapped_column(String(32), ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[dt.datetime]
    person_id: Mapped[str | None] = _somebody()
    size: Mapped[float | None]
    told_at: Mapped[dt.datetime | None] = mapped_column(index=True)


class Message(Base):
    """One message on its way to one recipient: a person or an address (by e-mail), or a channel's room.

    key: what it tells and whom, so that it is written once. folder: of the files that go with it, below the home. headers: of
    an e-mail, beside those that every one has.
    claimed_until: while a courier is sending it; nobody else takes it before.
    """

    __tablename__ = "message"

    id: Mapped[str] = _id()
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(60))
    person_id: Mapped[str | None] = _somebody()
    address: Mapped[str | None]
    language: Mapped[str] = mapped_column(String(5))
    subject: Mapped[str]
    body: Mapped[str]
    html: Mapped[str | None]
    folder: Mapped[str | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    made_at: Mapped[dt.datetime] = mapped_column(index=True)
    not_before: Mapped[dt.datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(Text())
    sent_at: Mapped[dt.datetime | None]
    given_up_at: Mapped[dt.datetime | None]

    __table_args__ = (Index(None, "sent_at", "given_up_at", "not_before"),)


class Subscription(Base):
    """Who gets what, where it differs from the defaults: a role (role), a person (person_id), or a channel's room (channel).

    is_on False: not wanted.

    regions and product_lines narrow it further than the person's scope does; empty for all.
    """

    __tablename__ = "subscription"

    id: Mapped[str] = _id()
    person_id: Mapped[str | None] = _somebody()
    role: Mapped[str | None] = mapped_column(String(30))
    channel: Mapped[str | None] = mapped_column(String(60))
    topic: Mapped[str] = mapped_column(String(60))
    is_on: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(String(5))
    regions: Mapped[list[str]] = mapped_column(default=list)
    product_lines: Mapped[list[str]] = mapped_column(default=list)
    changed_at: Mapped[dt.datetime]
    changed_by_id: Mapped[str | None] = _somebody()

    __table_args__ = (
        Index("uq_subscription_person", "person_id", "topic", unique=True),
        Index("uq_subscription_role", "role", "topic", unique=True),
    )


class Issue(Base):
    """A report that was made, or withheld with a reason. key: report, period, extent, language, names, and which time it was asked for.

    state: made or withheld. folder: of its files, below the home.
    """

    __tablename__ = "issue"

    id: Mapped[str] = _id()
    key: Mapped[str] = mapped_column(String(300), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    en: Mapped[str]
    zh: Mapped[str]
    first_on: Mapped[dt.date]
    last_on: Mapped[dt.date]
    language: Mapped[str] = mapped_column(String(5))
    regions: Mapped[list[str]] = mapped_column(default=list)
    product_lines: Mapped[list[str]] = mapped_column(default=list)
    has_names: Mapped[bool]
    snapshot: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(20))
    reason_en: Mapped[str | None]
    reason_zh: Mapped[str | None]
    folder: Mapped[str | None]
    made_at: Mapped[dt.datetime] = mapped_column(index=True)
    asked_by_id: Mapped[str | None] = _somebody()
