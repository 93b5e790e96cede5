"""People: who they are, how they show it, and for how long; argon2id for passwords, revocable visits for browsers."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from bilingual.text import Language, as_language
from fracas.model import Person, Visit, now
from fracas.permissions import Function, Role, Scope, may

# OWASP's least for argon2id: 19 MiB, two passes (52 ms on the machines this was measured on).
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# What an unknown login is held against, so that it takes as long as a known one.
_NOBODY = _HASHER.hash(secrets.token_hex(16))
LEAST_LENGTH = 10


class RefusedError(UserError):
    """Somebody may not do what they asked for."""


@dataclass(frozen=True)
class Actor:
    """Somebody who does something: a copy of a person for one request, so that permissions are those of now."""

    id: str
    login: str
    name: str
    language: Language | None
    technician_id: str | None
    roles: frozenset[Role]
    functions: frozenset[Function]
    scope: Scope

    @classmethod
    def of(cls, person: Person) -> Actor:
        return cls(
            id=person.id,
            login=person.login,
            name=person.name,
            language=as_language(person.language),
            technician_id=person.technician_id,
            roles=frozenset(Role(role) for role in person.roles),
            functions=frozenset(Function(function) for function in person.functions),
            scope=Scope(frozenset(person.regions), frozenset(person.product_lines)),
        )

    def may(self, permission: str) -> bool:
        """Whether a role of theirs has the permission."""
        return may(self.roles, permission)

    def must(self, permission: str) -> None:
        """Raise RefusedError where none has."""
        if not self.may(permission):
            raise RefusedError(
                en="You may not do this ({permission}); ask an administrator for the role if you should.",
                zh="您没有此权限（{permission}）；如确有需要，请联系管理员授予角色。",
                permission=permission,
            )


def hashed(password: str) -> str:
    """The hash under which a password is kept. UserError for one that is too short."""
    if len(password) < LEAST_LENGTH:
        raise UserError(
            en="A password has at least {least} characters; choose a longer one.",
            zh="密码至少 {least} 个字符；请设置更长的密码。",
            least=LEAST_LENGTH,
        )
    return _HASHER.hash(password)


def is_right(person: Person | None, password: str) -> bool:
    """Whether a password is the person's; takes as long for nobody at all."""
    kept = person.password if person is not None and person.password else _NOBODY
    try:
        right = _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
    return right and person is not None and bool(person.password) and person.is_active


def by_login(session: Session, login: str) -> Person | None:
    """The person of a login, whatever its case."""
    return session.scalars(select(Person).where(func.lower(Person.login) == login.strip().lower())).one_or_none()


def is_anybody(session: Session) -> bool:
    """Whether the register knows anybody at all."""
    return session.scalars(select(Person.id).limit(1)).first() is not None


def is_looked_after(session: Session) -> bool:
    """Whether the register has an administrator who may come in."""
    people = session.scalars(select(Person).where(Person.is_active))
    return any(Role.ADMINISTRATOR in person.roles for person in people)


def logged_in(session: Session, login: str, password: str) -> Person | None:
    """The person whose login and password these are; None for anything else, without saying which was wrong."""
    person = by_login(session, login)
    return person if is_right(person, password) else None


def visit_id(token: str) -> str:
    """The id of the visit that a token opens; it opens nothing itself."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_visit(session: Session, person: Person, browser: str | None) -> str:
    """A new visit; returns the token that the browser keeps. We keep its hash only."""
    token, at = secrets.token_urlsafe(32), now()
    session.add(
        Visit(
            id=visit_id(token), person_id=person.id, began_at=at, seen_at=at, browser=browser[:300] if browser else None
        )
    )
    return token


@dataclass(frozen=True)
class Limits:
    """How long a visit lasts at most, and without a request."""

    whole: dt.timedelta = dt.timedelta(hours=12)
    idle: dt.timedelta = dt.timedelta(hours=2)


# A visit's last request is written down this often at most.
_SEEN_EVERY = dt.timedelta(minutes=5)


def _is_over(visit: Visit, limits: Limits, at: dt.datetime) -> bool:
    return bool(visit.revoked_at) or at - visit.began_at > limits.whole or at - visit.seen_at > limits.idle


def visitor(session: Session, token: str, limits: Limits) -> tuple[Actor, bool] | None:
    """Whose visit a token is, and whether it is time to write down that it was seen; None where it has ended."""
    row = session.execute(
        select(Visit, Person).join(Person, Person.id == Visit.person_id).where(Visit.id == visit_id(token))
    ).one_or_none()
    if row is None:
        return None
    visit, person = row
    at = now()
    if _is_over(visit, limits, at) or not person.is_active:
        return None
    return Actor.of(person), at - visit.seen_at > _SEEN_EVERY


def seen(session: Session, token: str) -> None:
    """Write down that a visit goes on."""
    session.execute(update(Visit).where(Visit.id == visit_id(token)).values(seen_at=now()))


def end_visit(session: Session, token: str) -> None:
    """Revoke one visit."""
    session.execute(
        update(Visit).where(Visit.id == visit_id(token), Visit.revoked_at.is_(None)).values(revoked_at=now())
    )


def end_visits(session: Session, person_id: str, *, but: str | None = None) -> None:
    """Revoke all visits of a person, as when their password or roles change. but: the id of one that goes on."""
    session.execute(
        update(Visit)
        .where(Visit.person_id == person_id, Visit.revoked_at.is_(None), Visit.id != (but or ""))
        .values(revoked_at=now())
    )


def open_visits(session: Session, person_id: str, limits: Limits = Limits()) -> tuple[Visit, ...]:
    """The visits of a person that go on, the one that was seen last first."""
    query = select(Visit).where(Visit.person_id == person_id, Visit.revoked_at.is_(None)).order_by(Visit.seen_at.desc())
    at = now()
    return tuple(visit for visit in session.scalars(query) if not _is_over(visit, limits, at))


def last_seen(session: Session) -> dict[str, dt.datetime]:
    """When each person was last there; who never was is missing."""
    query = select(Visit.person_id, func.max(Visit.seen_at)).group_by(Visit.person_id)
    return {row[0]: row[1] for row in session.execute(query)}
