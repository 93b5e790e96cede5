"""Installations in temporary folders."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy
from argon2 import PasswordHasher
from installation import Installation
from postgresql import server
from register_cast import KEY, PASSWORD, Cast, Walk, cast, walk

from demo.generate import generate
from fracas.database import connect
from fracas.model import Person
from fracas.people import Actor
from fracas.permissions import Function, Role
from fracas.register import Register
from fracas.staff import Staff


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """An empty installation; its home has no mapping yet."""
    return Installation(tmp_path / "home")


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest demo organisation, to be copied."""
    home = tmp_path_factory.mktemp("demo") / "home"
    generate(home, tickets=1_000, seed=7)
    return home


@dataclass(frozen=True)
class Registered:
    """An installation with a register and everybody in it."""

    installation: Installation
    register: Register
    cast: Cast

    def report(self, submission: str = "s1", **facts: object) -> Walk:
        """A report that was just begun; facts differ from those of register_cast."""
        begun = walk(self.register, self.cast, submission)
        if facts:
            begun.save(self.cast.reporter, **facts)
        return begun


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with server() as at:
        yield at


# Tests in which the database matters name both themselves.
@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.matrix)])
def registered(request: pytest.FixtureRequest, installation: Installation) -> Iterator[Registered]:
    """On either database; where the register is a file it lies where it lies by default."""
    installation.path.mkdir(parents=True)
    if request.param == "postgresql":
        at, name = request.getfixturevalue("postgres"), f"t{secrets.token_hex(6)}"
        outside = sqlalchemy.create_engine(f"postgresql+psycopg:///postgres{at}", isolation_level="AUTOCOMMIT")
        with outside.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        outside.dispose()
        setting = f"register_database: postgresql:///{name}{at}\n"
        (installation.path / "faultloop.yaml").write_text(setting, encoding="utf-8")
    engine = connect(installation.home.register_url)
    staff = Staff(engine, KEY)
    # Quick to verify: those of the product are slow on purpose.
    password = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

    def hire(login: str, *roles: Role, functions: tuple[Function, ...] = ()) -> Actor:
        person = Person(login=login, name=login.title(), password=password, roles=[*roles], functions=[*functions])
        return staff.enrol(None, person)

    yield Registered(installation, Register(engine, KEY), cast(hire))
    engine.dispose()
