"""Where a mapping that somebody writes on a page may read: not whatever this machine can read.

Whoever may set up sources is no administrator of the machine. What a mapping has that is there already was written by somebody
who is, or was looked at then: it may stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bilingual.errors import UserError
from fracas.keys import OURS
from pipelines.environment import REFERENCE
from pipelines.proposing.look import Place
from pipelines.sources import places
from warehouse.landed import is_plain
from warehouse.mapping import Source
from warehouse.settings import Home

DATA = "data"
_WILD = re.compile(r"[*?\[]")
# Storages that are not this machine, archives, and what leads from one to the other.
_REMOTE = frozenset(
    {
        "s3",
        "s3a",
        "gs",
        "gcs",
        "az",
        "abfs",
        "abfss",
        "adl",
        "oss",
        "sftp",
        "ssh",
        "ftp",
        "ftps",
        "http",
        "https",
        "webdav",
        "smb",
    }
)
_WRAPPERS = frozenset({"zip", "simplecache", "filecache", "blockcache"})
_DRIVERS = {
    "postgresql": {"", "psycopg"},
    "mysql": {"", "pymysql"},
    "mariadb": {"", "pymysql"},
    "sqlite": {"", "pysqlite"},
    "mssql": {"", "pyodbc", "pymssql"},
}
# Of what may stand behind the `?` of a database's URL: nothing that names a file, a program or another host.
_PARAMETERS = frozenset(
    {
        "charset",
        "sslmode",
        "application_name",
        "connect_timeout",
        "password",
        "driver",
        "encrypt",
        "trustservercertificate",
    }
)
# Of how a storage is opened: who asks, and where; nothing that names a file of this machine.
_STORAGE = frozenset(
    {
        "key",
        "secret",
        "token",
        "anon",
        "endpoint_url",
        "region_name",
        "client_kwargs",
        "account_name",
        "account_key",
        "sas_token",
    }
    | {"connection_string", "username", "password", "host", "port", "project", "tls", "domain"}
)


def must_be_inside(home: Home, source: Source, before: Source | None, at: Path) -> None:
    """UserError for a mapping that would read what a page may not; `before` is the one that is there, `at` where paths start."""
    for stream in source.streams:
        if not is_plain(stream):
            raise UserError(
                en="streams: “{name}” is no name of a stream; use letters, digits and “_”.",
                zh="streams：“{name}”不能用作数据流名称；请使用字母、数字和“_”。",
                name=stream,
            )
    known = {(kind, option, str(value)) for kind, option, value in _places(before)} if before else set()
    for kind, option, value in _places(source):
        if (kind, option, str(value)) not in known:
            place_must_be_inside(home, Place(kind, {option: value}, at))


def place_must_be_inside(home: Home, place: Place) -> None:
    """UserError for a place that a page may not read."""
    named = places(place.kind)
    if named is None:
        raise UserError(
            en="Sources of the kind “{kind}” are not set up on this page; write the mapping on the server.",
            zh="“{kind}”类型的来源不能在此页面设置；请在服务器上编写映射。",
            kind=place.kind,
        )
    for option in named & place.options.keys():
        for value in _each(place.options[option]):
            if option == "storage":
                _storage(value)
            elif option == "url":
                _database(home, str(value), place.at)
            else:
                _file(home, str(value), place.at)


def _places(source: Source) -> Iterator[tuple[str, str, Any]]:
    """Kind, option and value of all places that a mapping names."""
    for options in source.streams.values():
        named = places(source.kind)
        for option in options if named is None else named:
            yield from ((source.kind, option, value) for value in _each(options.get(option)))


def _each(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _storage(options: Any) -> None:
    """How a storage is opened, however deep."""
    for name, value in options.items() if isinstance(options, dict) else ():
        if str(name) not in _STORAGE:
            raise _strange(str(name))
        _storage(value)


def _file(home: Home, path: str, at: Path) -> None:
    parts = path.split("::")
    for part in parts:
        scheme, separator, rest = part.partition("://")
        if not separator:
            if part not in _WRAPPERS:
                _local(home, part, at)
        elif scheme in _WRAPPERS:
            # What is inside of an archive; where the archive lies, the next part says.
            if len(parts) == 1:
                raise _outside(path)
        elif scheme not in _REMOTE or not rest:
            raise _outside(path)


def _local(home: Home, path: str, at: Path) -> None:
    """The part before the first wildcard tells where a glob begins; nothing behind it may lead out again."""
    parts = Path(path).parts
    wild = next((n for n, part in enumerate(parts) if _WILD.search(part)), len(parts))
    start = (at / Path(*parts[:wild])).resolve()
    if ".." in parts or "$" in path or not any(start.is_relative_to(folder) for folder in _folders(home, at)):
        raise _outside(path)


def _folders(home: Home, at: Path) -> list[Path]:
    return [(folder / DATA).resolve() for folder in {home.path, at}] + [
        (home.path / folder).resolve() for folder in home.settings.source_folders
    ]


def _outside(path: str) -> UserError:
    return UserError(
        en="“{path}” is outside of what a page may read: below data/ of the installation, folders that faultloop.yaml names as "
        "source_folders, and remote storage.",
        zh="“{path}”超出页面可读取的范围：安装目录的 data/、faultloop.yaml 中 source_folders 所列目录，以及远程存储。",
        path=path[:200],
    )


def _database(home: Home, text: str, at: Path) -> None:
    if REFERENCE.fullmatch(text):
        return  # the whole of it is written where only who runs the machine writes
    try:
        url = sa.make_url(re.sub(r":\$\{\w+\}(?=[/?]|$)", ":1", text))
        backend, driver = url.get_backend_name(), url.drivername.partition("+")[2]
    except (sa.exc.ArgumentError, ValueError):
        raise _no_database() from None
    if driver not in _DRIVERS.get(backend, ()):
        raise _no_database()
    if backend == "sqlite":
        if not url.database or url.database.startswith(("file:", ":")) or url.query:
            raise _no_database()
        _local(home, url.database, at)
    if strange := {name for name in url.query if name.lower() not in _PARAMETERS}:
        raise _strange(min(strange))
    if any(re.search(r"[/\\]", str(value)) for value in url.query.values()) or "/" in (url.host or ""):
        raise _no_database()


def _strange(name: str) -> UserError:
    return UserError(
        en="“{name}” may not stand in a mapping that a page writes; write the mapping on the server.",
        zh="页面所写的映射不允许使用“{name}”；请在服务器上编写映射。",
        name=name[:80],
    )


def _no_database() -> UserError:
    return UserError(
        en="This is no URL of a database that a page may read; write postgresql+psycopg://user:${PASSWORD}@host/database, "
        "mysql+pymysql://…, mssql+pyodbc://… or sqlite:///data/file.db.",
        zh="这不是页面可读取的数据库地址；请写成 postgresql+psycopg://user:${PASSWORD}@host/database、"
        "mysql+pymysql://…、mssql+pyodbc://… 或 sqlite:///data/file.db。",
    )


def own_secret_in(text: str) -> UserError | None:
    """The sentence for a text that names what the platform keeps for itself."""
    named = next((name for name in REFERENCE.findall(text) if OURS.fullmatch(name)), None)
    return named and UserError(
        en="{name} is a secret of the platform itself; a source gets a variable of its own.",
        zh="{name} 是平台自身的密钥；请为来源另设变量。",
        name=named,
    )
