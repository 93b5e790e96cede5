"""Looking after people: the first administrator from the command line, the others by administrators, each change in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from fracas import journal
from fracas.database import ConflictError, reading, writing
from fracas.journal import Told
from fracas.model import Person
from fracas.people import Actor, RefusedError, by_login, end_visits, hashed
from fracas.permissions import Function, Role

# What an administrator changes of a person; the password has a method of its own.
CHANGED_BY_ADMINISTRATORS = frozenset(
    {"name", "email", "language", "technician_id", "is_active", "roles", "functions", "regions", "product_lines"}
)


@dataclass(frozen=True)
class Staff:
    """The people of a register. key: that of the journal."""

    engine: Engine
    key: bytes

    def enrol(self, actor: Actor | None, person: Person) -> Actor:
        """Add a person; actor None is the command line. UserError for a login that is taken, or a role that is none."""
        if actor is not None:
            actor.must("people.edit")
        _checked(person.roles, person.functions)
        person.login = person.login.strip()
        if not person.login or not person.name.strip():
            raise UserError(en="A person needs a login and a name.", zh="人员须有登录名和姓名。")
        try:
            with writing(self.engine) as session:
                if by_login(session, person.login) is not None:
                    raise _taken(person.login)
                session.add(person)
                session.flush()
                told = Told("person", f"person:{person.id}", actor.id if actor else None)
                journal.append(session, self.key, told)
                return Actor.of(person)
        except IntegrityError as error:
            raise _taken(person.login) from error

    def change(self, actor: Actor | None, person_id: str, version: int, changes: Mapping[str, Any]) -> int:
        """Change a person; their visits end where it takes something away. Returns the new version.

        Nobody takes the last administrator away, themselves included. actor None is the command line.
        """
        if actor is not None:
            actor.must("people.edit")
        if not changes.keys() <= CHANGED_BY_ADMINISTRATORS:
            raise UserError(en="That is nothing an administrator changes.", zh="该项不可由管理员修改。")
        _checked(changes.get("roles", ()), changes.get("functions", ()))
        with writing(self.engine) as session:
            person = _there(session, person_id)
            if person.version != version:
                raise ConflictError(
                    en="Somebody else changed this person while you did; look again.",
                    zh="他人已同时修改了此人员；请重新查看。",
                )
            for name, value in changes.items():
                setattr(person, name, list(value) if isinstance(value, list | tuple | set | frozenset) else value)
            session.flush()
            _keep_an_administrator(session)
            end_visits(session, person.id)
            journal.append(session, self.key, Told("person", f"person:{person.id}", actor.id if actor else None))
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
            session.flush()
            journal.append(session, self.key, Told("password", f"person:{person.id}", actor.id if actor else None))

    def everybody(self, actor: Actor | None) -> tuple[Person, ...]:
        """All people, by name; actor None is the command line."""
        if actor is not None:
            actor.must("report.read")
        with reading(self.engine) as session:
            return tuple(session.scalars(select(Person).order_by(Person.name, Person.id)))

    def names(self) -> dict[str, str]:
        """The name of everybody by their id, those who have left too."""
        with reading(self.engine) as session:
            return {row.id: row.name for row in session.execute(select(Person.id, Person.name))}


def _there(session: Session, person_id: str) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise UserError(en="There is no such person.", zh="没有此人员。")
    return person


def _taken(login: str) -> UserError:
    return UserError(
        en="The login “{login}” is taken; choose another.", zh="登录名“{login}”已被使用；请换一个。", login=login
    )


def _checked(roles: Any, functions: Any) -> None:
    for kind, given in ((Role, roles), (Function, functions)):
        unknown = [name for name in given or () if name not in {member.value for member in kind}]
        if unknown:
            raise UserError(en="“{name}” is no role or function.", zh="“{name}”不是角色或职能。", name=unknown[0])


def _keep_an_administrator(session: Session) -> None:
    people = session.scalars(select(Person).where(Person.is_active))
    if not any(Role.ADMINISTRATOR in person.roles for person in people):
        raise RefusedError(
            en="Somebody has to look after people: this would leave no administrator.",
            zh="至少须保留一名在用的管理员。",
        )
