"""Looking after people: the first administrator from the command line, the others by administrators, each change in the journal."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from bilingual.text import LANGUAGES, Language
from fracas import journal, people
from fracas.database import ConflictError, reading, writing
from fracas.journal import Told
from fracas.model import Event, Person, Visit, now
from fracas.people import Actor, RefusedError, by_login, end_visits, hashed, is_right
from fracas.permissions import Function, Role

# What an administrator changes of a person; the password has a method of its own, and who somebody is to the single sign-on
# can be forgotten only.
CHANGED_BY_ADMINISTRATORS = frozenset(
    {
        "name",
        "email",
        "language",
        "technician_id",
        "is_active",
        "roles",
        "functions",
        "regions",
        "product_lines",
        "subject",
    }
)
# Where one of these changes, whoever is there comes in anew.
_ENDS_VISITS = CHANGED_BY_ADMINISTRATORS - {"name", "email", "language"}
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
_LONGEST = 200


@dataclass(frozen=True)
class Staff:
    """The people of a register. key: that of the journal."""

    engine: Engine
    key: bytes

    def enrol(self, actor: Actor | None, person: Person) -> Actor:
        """Add a person; actor None is the command line. UserError for a login that is taken, or a role that is none."""
        if actor is not None:
            actor.must("people.edit")
        person.login, person.name = person.login.strip(), person.name.strip()
        if not person.login or not person.name or len(person.login) > _LONGEST:
            raise UserError(
                en="A person needs a login and a name; the login has 200 characters at most.",
                zh="人员须有登录名和姓名；登录名不超过 200 个字符。",
            )
        _checked({name: getattr(person, name) for name in ("name", "email", "language", "roles", "functions")})
        try:
            with writing(self.engine) as session:
                if by_login(session, person.login) is not None:
                    raise _taken(person.login)
                session.add(person)
                session.flush()
                self._tell(session, "person", person.id, actor)
                return Actor.of(person)
        except IntegrityError as error:
            raise _taken(person.login) from error

    def change(self, actor: Actor | None, person_id: str, version: int, changes: Mapping[str, Any]) -> int:
        """Change a person; their visits end where it changes what they may. Returns the new version.

        Nobody takes the last administrator away, themselves included. actor None is the command line.
        """
        if actor is not None:
            actor.must("people.edit")
        if not changes.keys() <= CHANGED_BY_ADMINISTRATORS:
            raise UserError(en="That is nothing an administrator changes.", zh="该项不可由管理员修改。")
        _checked(changes)
        with writing(self.engine) as session:
            person = _there(session, person_id)
            if person.version != version:
                raise ConflictError(
                    en="Somebody else changed this person while you did; look again.",
                    zh="他人已同时修改了此人员；请重新查看。",
                )
            new = {
                name: list(value) if isinstance(value, list | tuple | set | frozenset) else value
                for name, value in changes.items()
            }
            differing = {name for name, value in new.items() if getattr(person, name) != value}
            for name in differing:
                setattr(person, name, new[name])
            if differing & _ENDS_VISITS:
                end_visits(session, person.id)
            self._tell(session, "person", person.id, actor)
            # Held after the event, which is written by one at a time: two who take each other's role away are seen.
            _keep_an_administrator(session)
            return person.version

    def set_password(self, actor: Actor | None, person_id: str, password: str) -> None:
        """Set a password: one's own, or another's as an administrator (None: the command line). All visits of the person end."""
        if actor is not None and actor.id != person_id:
            actor.must("people.edit")
        secret = hashed(password)
        with writing(self.engine) as session:
            person = _there(session, person_id)
            person.password = secret
            end_visits(session, person.id)
            self._tell(session, "password", person.id, actor)

    def change_password(self, actor: Actor, old: str, new: str, token: str) -> None:
        """Change one's own password, by the old one; one's other visits end, that of the token goes on."""
        secret = hashed(new)
        with writing(self.engine) as session:
            person = _there(session, actor.id)
            if not is_right(person, old):
                raise RefusedError(
                    en="That is not your password of now; nothing was changed.", zh="当前密码不正确；未作更改。"
                )
            person.password = secret
            end_visits(session, person.id, but=people.visit_id(token))
            self._tell(session, "password", person.id, actor)

    def speak(self, actor: Actor, language: Language | None) -> None:
        """Set the language in which somebody is spoken to; None for the house's."""
        _checked({"language": language})
        with writing(self.engine) as session:
            _there(session, actor.id).language = language
            self._tell(session, "person", actor.id, actor)

    def recognised(self, subject: str, verified: str | None) -> Person:
        """Whom the house's single sign-on means. At their first time they are bound to it by a verified e-mail, which is the
        person's e-mail or login. RefusedError for everybody else: nobody enrols themselves.
        """
        with writing(self.engine) as session:
            person = session.scalars(select(Person).where(Person.subject == subject)).one_or_none()
            if person is None:
                person = _meant(session, verified)
                person.subject = subject if person.is_active else None
            if not person.is_active:
                raise RefusedError(
                    en="Your account was shut out; ask an administrator.", zh="您的账户已停用；请联系管理员。"
                )
            self._tell(session, "single_sign_on", person.id, Actor.of(person))
            return person

    # Visits.

    def visits(self, actor: Actor, person_id: str) -> tuple[Visit, ...]:
        """The visits of a person that go on: one's own, or another's as an administrator."""
        _own(actor, person_id)
        with reading(self.engine) as session:
            return people.open_visits(session, person_id)

    def end_visit(self, actor: Actor, visit_id: str) -> None:
        """End one of one's own visits; nothing happens where there is no such."""
        with writing(self.engine) as session:
            own = update(Visit).where(Visit.id == visit_id, Visit.person_id == actor.id, Visit.revoked_at.is_(None))
            session.execute(own.values(revoked_at=now()))

    def end_visits(self, actor: Actor, person_id: str) -> None:
        """End all visits of a person."""
        _own(actor, person_id)
        with writing(self.engine) as session:
            end_visits(session, person_id)

    def last_seen(self, actor: Actor) -> dict[str, dt.datetime]:
        """When each person was last there."""
        actor.must("people.edit")
        with reading(self.engine) as session:
            return people.last_seen(session)

    # Looking.

    def everybody(self, actor: Actor | None) -> tuple[Person, ...]:
        """All people, by name; actor None is the command line."""
        if actor is not None:
            actor.must("report.read")
        with reading(self.engine) as session:
            return tuple(session.scalars(select(Person).order_by(Person.name, Person.id)))

    def person(self, actor: Actor, person_id: str) -> Person:
        """One person: oneself, or another as an administrator."""
        _own(actor, person_id)
        with reading(self.engine) as session:
            return _there(session, person_id)

    def history(self, actor: Actor, person_id: str) -> tuple[Event, ...]:
        """The events of a person, the first first."""
        _own(actor, person_id)
        with reading(self.engine) as session:
            of_them = select(Event).where(Event.subject == f"person:{person_id}").order_by(Event.seq)
            return tuple(session.scalars(of_them))

    def names(self) -> dict[str, str]:
        """The name of everybody by their id, those who have left too."""
        with reading(self.engine) as session:
            return {row.id: row.name for row in session.execute(select(Person.id, Person.name))}

    def _tell(self, session: Session, kind: str, person_id: str, actor: Actor | None) -> None:
        journal.append(session, self.key, Told(kind, f"person:{person_id}", actor.id if actor else None))


def _own(actor: Actor, person_id: str) -> None:
    if actor.id != person_id:
        actor.must("people.edit")


def _there(session: Session, person_id: str) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise UserError(en="There is no such person.", zh="没有此人员。")
    return person


def _meant(session: Session, verified: str | None) -> Person:
    """The one person of a verified e-mail whom no other account of the single sign-on is bound to."""
    if not verified:
        raise RefusedError(
            en="The single sign-on does not vouch for an e-mail of yours, so nobody here could be found; ask an administrator.",
            zh="单点登录未提供经验证的邮箱，无法确认您的身份；请联系管理员。",
        )
    said = verified.strip().lower()
    is_one = or_(func.lower(Person.email) == said, func.lower(Person.login) == said)
    found = session.scalars(select(Person).where(is_one)).all()
    if len(found) != 1 or found[0].subject is not None:
        raise RefusedError(
            en="Nobody here has the e-mail “{email}” alone and unbound; ask an administrator to let you in.",
            zh="系统中没有唯一且未绑定的人员使用邮箱“{email}”；请联系管理员开通。",
            email=verified,
        )
    return found[0]


def _taken(login: str) -> UserError:
    return UserError(
        en="The login “{login}” is taken; choose another.", zh="登录名“{login}”已被使用；请换一个。", login=login
    )


def _none(kind: type[Role] | type[Function], given: Iterable[str]) -> list[str]:
    return [name for name in given if name not in {member.value for member in kind}]


def _checked(said: Mapping[str, Any]) -> None:
    """Raise UserError for what no person can have."""
    for name in _none(Role, said.get("roles") or ()) + _none(Function, said.get("functions") or ()):
        raise UserError(en="“{name}” is no role or function.", zh="“{name}”不是角色或职能。", name=name)
    if said.get("subject"):
        raise UserError(en="Only the single sign-on says who somebody is there.", zh="单点登录身份只能由单点登录确定。")
    if "name" in said and not (said["name"] or "").strip():
        raise UserError(en="A person needs a name.", zh="人员须有姓名。")
    if (email := said.get("email")) and not _EMAIL.match(email):
        raise UserError(en="“{email}” is no e-mail address.", zh="“{email}”不是邮箱地址。", email=email)
    if (language := said.get("language")) and language not in LANGUAGES:
        raise UserError(en="“{language}” is no language spoken here.", zh="不支持语言“{language}”。", language=language)


def _keep_an_administrator(session: Session) -> None:
    # Columns, not people: those are as this transaction first saw them.
    if not any(Role.ADMINISTRATOR in roles for roles in session.scalars(select(Person.roles).where(Person.is_active))):
        raise RefusedError(
            en="Somebody has to look after people: this would leave no administrator.",
            zh="至少须保留一名在用的管理员。",
        )
