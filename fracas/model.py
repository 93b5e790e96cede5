"""The tables of the register. A journaled table holds what follows from the events; the others are told of below.

Instants are UTC without a zone, days are local; the ids of rows are made by us, so that they are known before they are
written. Text None means nobody said.
"""

from __future__ import annotations

import datetime as dt
import secrets
import time
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, Integer, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column, relationship

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> dt.datetime:
    """This instant in UTC, without a zone."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def new_id() -> str:
    """The id of a new row: ordered by the time of making (64 bits of nanoseconds), the rest by chance."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


class Instant(TypeDecorator[dt.datetime]):
    """An instant in UTC without a zone, to the microsecond, alike in SQLite and PostgreSQL."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:  # noqa: ARG002
        return value.astimezone(dt.UTC).replace(tzinfo=None) if value is not None and value.tzinfo else value


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        str: Text(),
        dt.datetime: Instant(),
        list[str]: JSON(),
        dict[str, Any]: JSON(),
    }


class Journaled:
    """A row whose every change is written into the event of its transaction (fracas.journal)."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)


def _person() -> MappedColumn[Any]:
    return mapped_column(String(32), ForeignKey("person.id"))


def _report() -> MappedColumn[Any]:
    return mapped_column(String(32), ForeignKey("report.id"), index=True)


class Person(Journaled, Base):
    """Somebody who works with the register; nobody is deleted, people become inactive.

    password: an argon2id hash, None for one who comes in by the house's single sign-on. subject: who they are there, as issuer
    and number. technician_id: who they are in the
    warehouse. functions: what they speak for on the review board. regions and product_lines: their scope, empty for all.
    """

    __tablename__ = "person"

    login: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    language: Mapped[str | None] = mapped_column(String(5))
    password: Mapped[str | None]
    subject: Mapped[str | None] = mapped_column(String(400), unique=True, index=True)
    technician_id: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    roles: Mapped[list[str]] = mapped_column(default=list)
    functions: Mapped[list[str]] = mapped_column(default=list)
    regions: Mapped[list[str]] = mapped_column(default=list)
    product_lines: Mapped[list[str]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Visit(Base):
    """Somebody logged in on one browser, until it is revoked or runs out. id: the hash of the token that the browser holds."""

    __tablename__ = "visit"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = _person()
    began_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    browser: Mapped[str | None]

    __table_args__ = (Index(None, "person_id"),)


class Report(Journaled, Base):
    """One failure in the closed loop, from draft to closing."""

    __tablename__ = "report"

    # What it is called and where it stands.
    number: Mapped[str | None] = mapped_column(String(40), unique=True)
    submission_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="draft")
    reporter_id: Mapped[str] = _person()
    owner_id: Mapped[str | None] = _person()
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime] = mapped_column(index=True)
    submitted_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column()

    # What failed, and where it comes from.
    ticket_id: Mapped[str | None] = mapped_column(String(200), index=True)
    fault_id: Mapped[str | None] = mapped_column(String(200), index=True)
    asset_id: Mapped[str | None] = mapped_column(String(200), index=True)
    serial_no: Mapped[str | None]
    model: Mapped[str | None]
    product_line: Mapped[str | None] = mapped_column(String(200), index=True)
    region: Mapped[str | None] = mapped_column(String(200), index=True)
    customer_id: Mapped[str | None]
    site: Mapped[str | None]
    position: Mapped[str | None]
    component: Mapped[str | None]
    part_no: Mapped[str | None]
    part_serial: Mapped[str | None]
    lot: Mapped[str | None]

    # When and how it was found, what was seen, and what it did.
    occurred_at: Mapped[dt.datetime | None]
    detected_at: Mapped[dt.datetime | None]
    found_during: Mapped[str | None]
    usage_at_failure: Mapped[float | None]
    usage_unit: Mapped[str | None]
    symptom_code: Mapped[str | None]
    symptom: Mapped[str | None]
    failure_mode: Mapped[str | None]
    effect: Mapped[str | None]
    severity: Mapped[str | None] = mapped_column(String(20))
    delay_minutes: Mapped[float | None]
    is_out_of_service: Mapped[bool | None]
    handling: Mapped[str | None]

    # Verified: a failure of this item, which is out of the way.
    is_failure: Mapped[bool | None]
    failed_item: Mapped[str | None]
    is_segregated: Mapped[bool | None]

    # Why it failed.
    analyst_id: Mapped[str | None] = _person()
    location: Mapped[str | None]
    mechanism: Mapped[str | None]
    is_reproduced: Mapped[bool | None]
    reproduction: Mapped[str | None]
    cause: Mapped[str | None]
    root_cause: Mapped[str | None]
    escape_cause: Mapped[str | None]
    five_whys: Mapped[list[str]] = mapped_column(default=list)
    ishikawa: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fault_tree: Mapped[str | None]

    # Where management was the cause (管理归零).
    is_management_cause: Mapped[bool | None]
    management_process: Mapped[str | None]
    management_responsibility: Mapped[str | None]
    management_measures: Mapped[str | None]
    management_discipline: Mapped[str | None]
    management_rules: Mapped[str | None]

    # Before the actions are approved: what else they may do, and which other items are alike (举一反三).
    new_risks: Mapped[str | None]
    like_items: Mapped[str | None]
    configuration_change: Mapped[str | None]

    # Whether it worked.
    monitored_from: Mapped[dt.date | None]
    monitored_days: Mapped[int | None]
    verdict: Mapped[str | None] = mapped_column(String(20))
    verdict_at: Mapped[dt.datetime | None]
    verdict_facts: Mapped[dict[str, Any] | None]

    # How it left the way.
    duplicate_of_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("report.id"))

    parts: Mapped[list[ReplacedPart]] = relationship(order_by="ReplacedPart.id", viewonly=True)
    actions: Mapped[list[Action]] = relationship(order_by="Action.id", viewonly=True)
    like_units: Mapped[list[LikeUnit]] = relationship(order_by="LikeUnit.id", viewonly=True)
    signatures: Mapped[list[Signature]] = relationship(order_by="Signature.id", viewonly=True)
    files: Mapped[list[File]] = relationship(order_by="File.id", viewonly=True)
    returned_units: Mapped[list[ReturnedUnit]] = relationship(order_by="ReturnedUnit.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}
    # What is counted, and whom a report shows itself to, is told by an index alone; each order of a list by one of its own.
    __table_args__ = (
        Index(
            "ix_report_sight", "state", "region", "product_line", "severity", "owner_id", "reporter_id", "analyst_id"
        ),
        Index(None, "state", "changed_at"),
        Index(None, "occurred_at"),
        Index(None, "submitted_at"),
        Index(None, "reporter_id"),
        Index(None, "owner_id"),
        Index(None, "analyst_id"),
    )


class ReplacedPart(Journaled, Base):
    """A part taken out and what was put in its place: the configuration record."""

    __tablename__ = "replaced_part"

    report_id: Mapped[str] = _report()
    position: Mapped[str | None]
    part_no: Mapped[str | None]
    quantity: Mapped[float] = mapped_column(default=1.0)
    old_serial: Mapped[str | None]
    old_lot: Mapped[str | None]
    new_serial: Mapped[str | None]
    new_lot: Mapped[str | None]


class Action(Journaled, Base):
    """A containment, corrective or preventive action. The original due date stays; moving the current one needs a reason.

    effectivity: the serials or lots for which it holds, as a list in `effective_serials` or `effective_lots`.
    """

    __tablename__ = "action"

    report_id: Mapped[str] = _report()
    kind: Mapped[str] = mapped_column(String(20))
    description: Mapped[str]
    owner_id: Mapped[str] = _person()
    author_id: Mapped[str] = _person()
    made_at: Mapped[dt.datetime]
    original_due_on: Mapped[dt.date]
    due_on: Mapped[dt.date] = mapped_column(index=True)
    evidence: Mapped[str | None]
    effective_serials: Mapped[list[str]] = mapped_column(default=list)
    effective_lots: Mapped[list[str]] = mapped_column(default=list)
    implemented_at: Mapped[dt.datetime | None]
    withdrawn_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        Index(None, "owner_id", "implemented_at"),
        # By when a report's open ones are due.
        Index(None, "report_id", "implemented_at", "withdrawn_at", "due_on"),
    )


class LikeUnit(Journaled, Base):
    """An installed unit that shares the part or lot (举一反三), checked or not."""

    __tablename__ = "like_unit"

    report_id: Mapped[str] = _report()
    asset_id: Mapped[str | None]
    serial_no: Mapped[str | None]
    lot: Mapped[str | None]
    site: Mapped[str | None]
    checked_at: Mapped[dt.datetime | None]
    checked_by_id: Mapped[str | None] = _person()
    is_affected: Mapped[bool | None]
    finding: Mapped[str | None]


class Signature(Journaled, Base):
    """Who signed what, when, and what it means. digest: the hash of all that the report said at that instant.

    act: the move that is signed, or `review` for the independent review before closing. functions: those the person spoke for.
    """

    __tablename__ = "signature"

    report_id: Mapped[str] = _report()
    act: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[str] = _person()
    name: Mapped[str]
    functions: Mapped[list[str]] = mapped_column(default=list)
    meaning_en: Mapped[str]
    meaning_zh: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[dt.datetime]
    remark: Mapped[str | None]


class File(Journaled, Base):
    """A photo or document of a report; the bytes lie outside, under their hash."""

    __tablename__ = "file"

    report_id: Mapped[str] = _report()
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    kind: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    added_by_id: Mapped[str] = _person()
    added_at: Mapped[dt.datetime]


class ReturnedUnit(Journaled, Base):
    """A failed item on its way through the workshop: received, inspected, repaired, inspected again, sent back."""

    __tablename__ = "returned_unit"

    report_id: Mapped[str] = _report()
    repair_no: Mapped[str | None]
    part_no: Mapped[str | None]
    serial_no: Mapped[str | None]
    description: Mapped[str | None]
    started_at: Mapped[dt.datetime]
    started_by_id: Mapped[str] = _person()
    received_at: Mapped[dt.datetime | None]
    inspected_at: Mapped[dt.datetime | None]
    inspection: Mapped[str | None]
    repaired_at: Mapped[dt.datetime | None]
    repair: Mapped[str | None]
    verdict: Mapped[str | None] = mapped_column(String(20))
    released_at: Mapped[dt.datetime | None]
    final_inspection: Mapped[str | None]
    sent_at: Mapped[dt.datetime | None]
    sent_to: Mapped[str | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Lesson(Journaled, Base):
    """What a confirmed cause teaches, told in both languages: one of a report at most."""

    __tablename__ = "lesson"

    report_id: Mapped[str] = mapped_column(String(32), ForeignKey("report.id"), unique=True)
    author_id: Mapped[str] = _person()
    made_at: Mapped[dt.datetime]
    symptom_en: Mapped[str]
    symptom_zh: Mapped[str]
    cause_en: Mapped[str]
    cause_zh: Mapped[str]
    solution_en: Mapped[str]
    solution_zh: Mapped[str]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Notice(Base):
    """Something that one person has to be told of a report; sent_at: when it left the house, seen_at: when they saw it."""

    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    person_id: Mapped[str] = _person()
    report_id: Mapped[str] = _report()
    kind: Mapped[str] = mapped_column(String(30))
    en: Mapped[str]
    zh: Mapped[str]
    at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime | None]
    sent_at: Mapped[dt.datetime | None]

    __table_args__ = (Index(None, "person_id", "seen_at"),)


class SameFault(Journaled, Base):
    """Two reports that somebody said are of the same fault."""

    __tablename__ = "same_fault"

    report_id: Mapped[str] = _report()
    other_id: Mapped[str] = mapped_column(String(32), ForeignKey("report.id"), index=True)


class Code(Journaled, Base):
    """One entry of a code list (symptoms, failure modes, causes …), in both languages, with the days for which it holds."""

    __tablename__ = "code"

    list: Mapped[str] = mapped_column(String(60), index=True)
    code: Mapped[str] = mapped_column(String(100))
    parent: Mapped[str | None]
    en: Mapped[str]
    zh: Mapped[str]
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]


class SourceMapping(Journaled, Base):
    """The mapping of a source as somebody last wrote it on a page; the file itself is the installation's."""

    __tablename__ = "source_mapping"

    source: Mapped[str] = mapped_column(String(120), unique=True)
    text: Mapped[str]
    saved_at: Mapped[dt.datetime]


class BomItem(Journaled, Base):
    """One position in the bill of materials of a model."""

    __tablename__ = "bom_item"

    model: Mapped[str] = mapped_column(String(200), index=True)
    position: Mapped[str] = mapped_column(String(200))
    parent: Mapped[str | None]
    part_no: Mapped[str | None]
    en: Mapped[str]
    zh: Mapped[str]


class Event(Base):
    """What happened in one transaction. Never changed, never deleted: each is bound to the one before it by its `mac`.

    actor_id: None for the platform itself. subject: the table and id of what it was about. data: canonical JSON of every
    row that was changed, and how.
    """

    __tablename__ = "event"

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    actor_id: Mapped[str | None] = mapped_column(String(32), index=True)
    subject: Mapped[str] = mapped_column(String(60), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None]
    data: Mapped[str]
    previous: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))


class Head(Base):
    """The end of the chain: one row, which a transaction holds while it adds its event."""

    __tablename__ = "head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    mac: Mapped[str] = mapped_column(String(64))


class Counter(Base):
    """The last number given out under a name (a pattern's fixed part, such as FR-2026-)."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int]
