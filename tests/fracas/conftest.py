"""Every test of the register runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from argon2 import PasswordHasher
from postgresql import server
from register_cast import KEY, PASSWORD, Hire
from sqlalchemy import Engine

from fracas.database import connect
from fracas.model import Person
from fracas.people import Actor
from fracas.permissions import Function, Role
from fracas.register import Register
from fracas.staff import Staff


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with server() as at:
        yield at


@pytest.fixture(scope="session")
def migrated(postgres: str) -> str:
    """A database with the tables of the register in it, to be copied."""
    outside = sqlalchemy.create_engine(f"postgresql+psycopg:///postgres{postgres}", isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE migrated")
    outside.dispose()
    connect(f"postgresql:///migrated{postgres}").dispose()
    return "migrated"


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables of the register in it, to be copied."""
    file = tmp_path_factory.mktemp("register") / "empty.sqlite"
    connect(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('empty_file'), tmp_path / 'register.sqlite')}"
    at = request.getfixturevalue("postgres")
    name = f"t{secrets.token_hex(6)}"
    outside = sqlalchemy.create_engine(f"postgresql+psycopg:///postgres{at}", isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('migrated')}")
    outside.dispose()
    return f"postgresql:///{name}{at}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    found = connect(url)
    yield found
    found.dispose()


@pytest.fixture
def register(engine: Engine) -> Register:
    return Register(engine, KEY)


@pytest.fixture(scope="session")
def password() -> str:
    """A hash of PASSWORD that is quick to verify: those of `hashed` are slow on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def hire(engine: Engine, password: str) -> Hire:
    """Make a person with some roles; everybody has the same password."""
    staff = Staff(engine, KEY)

    def make(
        login: str,
        *roles: Role,
        functions: tuple[Function, ...] = (),
        regions: tuple[str, ...] = (),
        lines: tuple[str, ...] = (),
        **more: Any,
    ) -> Actor:
        person = Person(
            login=login,
            name=login.title(),
            password=password,
            roles=[*roles],
            functions=[*functions],
            regions=[*regions],
            product_lines=[*lines],
            **more,
        )
        return staff.enrol(None, person)

    return make
