"""Kind `sql` against real PostgreSQL and MariaDB servers: what is committed late, deleted, changed while read, cut off or killed."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mariadb
import polars as pl
import postgresql
import psycopg
import pymysql
import pytest
from installation import Installation, answer

from bilingual.errors import UserError
from pipelines.landing import LandedStream
from pipelines.sources import Delivery, Frame, Stream, as_frame
from pipelines.sources.sql import deliveries, relation

SERVERS = ("postgresql", "mariadb")
TICKETS = """\
title: {{en: Desk, zh: 服务台}}
kind: sql
streams: {{tickets: {{url: "{url}", table: tickets{options}}}}}
entities:
  ticket:
    from: tickets
    gone: _gone
    totals: SELECT count(*) AS "rows" FROM tickets
    fields: {{ticket_id: nr, opened_at: opened, description: note}}
"""


@dataclass(frozen=True)
class Server:
    """A running server, its URL for sources, and what a test does to it behind the source's back."""

    name: str
    url: str
    address: dict[str, Any]

    def connect(self, *, autocommit: bool = True) -> Any:
        connect: Any = psycopg.connect if self.name == "postgresql" else pymysql.connect
        return connect(**self.address, autocommit=autocommit)

    def execute(self, *statements: str) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def cut_off(self) -> None:
        """End every other connection, as a network or an administrator does."""
        if self.name == "postgresql":
            self.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND command <> 'Daemon'"
            )
            for (number,) in cursor.fetchall():
                cursor.execute(f"KILL {number}")


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    with ExitStack() as ends:
        found: dict[str, Server] = {}

        def started(name: str) -> Server:
            if name not in found:
                if name == "postgresql":
                    tail = ends.enter_context(postgresql.server())
                    address: dict[str, Any] = dict(part.split("=") for part in tail[1:].split("&")) | {
                        "dbname": "postgres"
                    }
                    found[name] = Server(name, f"postgresql+psycopg:///postgres{tail}", address)
                else:
                    socket = ends.enter_context(mariadb.server())
                    url = f"mysql+pymysql://root@localhost/test?unix_socket={socket}"
                    found[name] = Server(
                        name,
                        url,
                        {
                            "unix_socket": str(socket),
                            "user": "root",
                            "database": "test",
                            "init_command": "SET lock_wait_timeout = 5, innodb_lock_wait_timeout = 5",
                        },
                    )
            return found[name]

        yield type("Started", (dict,), {"__missing__": lambda self, name: started(name)})()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    found = servers[request.param]
    found.execute("DROP TABLE IF EXISTS tickets")
    return found


def tickets(server: Server, rows: int, first: int = 1, note: str = "'电机'") -> None:
    """Rows of the table of tickets, one a minute."""
    at, series = (
        (
            "timestamptz '2024-03-01 00:00+00' + i * interval '1 minute'",
            f"generate_series({first}, {first + rows - 1}) AS i",
        )
        if server.name == "postgresql"
        else (
            "timestamp '2024-03-01 00:00' + interval i minute",
            f"(SELECT seq AS i FROM seq_{first}_to_{first + rows - 1}) AS s",
        )
    )
    kind, text = ("timestamptz", "text") if server.name == "postgresql" else ("datetime", "longtext")
    server.execute(
        f"CREATE TABLE IF NOT EXISTS tickets (nr int PRIMARY KEY, opened {kind}, note {text}, updated {kind})",
        f"INSERT INTO tickets SELECT i, {at}, {note}, {at} FROM {series}",
    )


def stream(server: Server, needs: tuple[str, ...] = (), **options: Any) -> Stream:
    options = {"url": server.url} | ({} if "query" in options else {"table": "tickets"}) | options
    return Stream("desk", "tickets", options, frozenset(needs), Path("/"))


def read(of: Stream) -> pl.DataFrame:
    """The rows of the first pull, as they are offered."""
    (frame,) = (
        pl.concat(map(as_frame, d.read()))
        for d in deliveries(of, LandedStream(Path("/nowhere")))
        if isinstance(d, Delivery)
    )
    return frame


def installed(home: Path, server: Server, options: str = ", cursor: updated, reconcile_hours: 0") -> Installation:
    installation = Installation(home)
    installation.mapping("desk", TICKETS.format(url=server.url, options=options))
    return installation


def landed(home: Path) -> list[tuple[Any, ...]]:
    """All that landed but for when, in order."""
    files = sorted((home / "landing" / "desk" / "tickets").glob("*.parquet"))
    return [row for file in files for row in pl.read_parquet(file).drop("_extracted_at").rows()]


POSTGRESQL_TYPES = {
    "serial": ("bigint", "9007199254740993", "9007199254740993"),
    "price": ("numeric(20,10)", "1234567890.0000000001", "1234567890.0000000001"),
    "hours": ("double precision", "0.1::float8 + 0.2::float8", "0.30000000000000004"),
    "opened": ("timestamptz", "'2024-03-01 08:00:00.123456+08'", "2024-03-01 00:00:00.123456+00"),
    "local": ("timestamp", "'2024-03-01 08:00:00'", "2024-03-01 08:00:00"),
    "day": ("date", "'2024-02-29'", "2024-02-29"),
    "facts": ("jsonb", """'{"灯": "红", "n": 1.50}'""", '{"n": 1.50, "灯": "红"}'),
    "photo": ("bytea", r"'\x00ff'", "00ff"),
    "unit": ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "state": ("tests_state", "'已关闭'", "已关闭"),
    "is_open": ("boolean", "true", "true"),
    "工单 100%:备注": ("text", "'电机异响，更换轴承 🔧 100%'", "电机异响，更换轴承 🔧 100%"),
    "empty": ("text", "''", ""),
    "nothing": ("text", "NULL", None),
}
MARIADB_TYPES = {
    "serial": ("bigint unsigned", "18446744073709551615", "18446744073709551615"),
    "price": ("decimal(20,10)", "1234567890.0000000001", "1234567890.0000000001"),
    "hours": ("double", "0.1e0 + 0.2e0", "0.30000000000000004"),
    "opened": ("timestamp(6)", "'2024-03-01 08:00:00.123456'", "2024-03-01 00:00:00.123456+00:00"),
    "local": ("datetime", "'2024-03-01 08:00:00'", "2024-03-01 08:00:00"),
    "day": ("date", "'2024-02-29'", "2024-02-29"),
    "facts": ("json", """'{"灯": "红", "n": 1.50}'""", '{"灯": "红", "n": 1.50}'),
    "photo": ("blob", "x'00ff'", "00ff"),
    "code": ("binary(2)", "x'00ff'", "00ff"),
    "unit": ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "state": ("enum('已关闭', '未关闭')", "'已关闭'", "已关闭"),
    "is_open": ("boolean", "true", "1"),
    "工单 100%:备注": ("text", "'电机异响，更换轴承 🔧 100%%'", "电机异响，更换轴承 🔧 100%%"),
    "empty": ("text", "''", ""),
    "nothing": ("text", "NULL", None),
}


@pytest.mark.parametrize("is_fast", [True, False])
def test_every_type_lands_as_text_that_loses_nothing(
    server: Server, is_fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_fast:
        if server.name == "mariadb":
            return  # it knows one way only
        monkeypatch.setattr("pipelines.sources.sql.opening.adbc", None)
    types, mark = (POSTGRESQL_TYPES, '"') if server.name == "postgresql" else (MARIADB_TYPES, "`")
    columns = ", ".join(f"{mark}{name}{mark} {kind}" for name, (kind, _, _) in types.items())
    if server.name == "postgresql":
        server.execute("DROP TYPE IF EXISTS tests_state", "CREATE TYPE tests_state AS ENUM ('已关闭', '未关闭')")
    zone = ["SET time_zone = '+08:00'"] if server.name == "mariadb" else []
    values = ", ".join(value for _, value, _ in types.values())
    server.execute(f"CREATE TABLE tickets ({columns})", *zone, f"INSERT INTO tickets VALUES ({values})")
    frame = read(stream(server))
    assert frame.drop("_row").rows(named=True) == [{name: text for name, (_, _, text) in types.items()}]


def test_a_row_committed_late_with_an_older_time_is_not_missed(server: Server, tmp_path: Path) -> None:
    tickets(server, 120)
    made = installed(tmp_path, server, ", cursor: updated")
    with server.connect(autocommit=False) as late:
        late.cursor().execute("INSERT INTO tickets VALUES (900, '2024-03-01 01:30', 'late', '2024-03-01 01:30')")
        assert made.extract().rows == 120
        late.commit()
    assert made.extract().rows == 1
    assert landed(tmp_path)[-1][0] == "900"
    assert made.extract().rows == 0


def test_what_is_deleted_leaves_the_warehouse_and_what_comes_again_is_back(server: Server, tmp_path: Path) -> None:
    tickets(server, 3)
    made = installed(tmp_path, server)

    def known() -> list[str]:
        assert made.extract().rejected == ()
        return [n for (n,) in answer(made.build(), "SELECT ticket_id FROM core.ticket ORDER BY 1")]

    assert known() == ["1", "2", "3"]
    server.execute("DELETE FROM tickets WHERE nr = 2")
    assert known() == ["1", "3"]
    tickets(server, 1, first=2)
    assert known() == ["1", "2", "3"]


@pytest.mark.parametrize("needs", [(), ("_gone",)])
def test_a_table_that_changes_while_it_is_read_lands_as_it_was(
    server: Server, tmp_path: Path, needs: tuple[str, ...]
) -> None:
    tickets(server, 2_000)
    folder = LandedStream(tmp_path)
    of = Stream("desk", "tickets", {"url": server.url, "table": "tickets", "chunk": 100}, frozenset(needs), tmp_path,
                {"ticket": 'SELECT count(*) AS "rows" FROM tickets'})  # fmt: skip
    offers = deliveries(of, folder)
    delivery = next(offers)
    assert isinstance(delivery, Delivery)
    frames = delivery.read()
    first = next(frames)
    began = time.monotonic()
    server.execute(
        "DELETE FROM tickets WHERE nr > 1000",
        "UPDATE tickets SET note = 'new'",
        "INSERT INTO tickets VALUES (5000, NULL, NULL, NULL)",
    )
    assert time.monotonic() - began < 5, "nobody waits for a reader"
    found = pl.concat(map(as_frame, [first, *frames]))
    assert found["nr"].to_list() == [str(n) for n in range(1, 2_001)]
    assert found["note"].unique().to_list() == ["电机"]
    offers.close()  # type: ignore[attr-defined]
    assert '"rows": 2000.0' in (tmp_path / "totals.json").read_text()


def test_a_source_is_never_written_and_a_query_that_takes_too_long_is_given_up(server: Server) -> None:
    server.execute("DROP SEQUENCE IF EXISTS numbers", "CREATE SEQUENCE numbers")
    with pytest.raises(UserError, match=r"(?i)read.only transaction"):
        read(
            stream(
                server,
                query="SELECT nextval('numbers') AS n"
                if server.name == "postgresql"
                else "SELECT nextval(numbers) AS n",
            )
        )
    endless = (
        "generate_series(1, 1000000000)" if server.name == "postgresql" else "seq_1_to_1000000000 WHERE seq % 7 = 9"
    )
    began = time.monotonic()
    with pytest.raises(UserError, match=r"(?i)statement timeout|max_statement_time"):
        read(stream(server, query=f"SELECT count(*) AS n FROM {endless}", timeout=0.3))
    assert time.monotonic() - began < 10


def test_a_connection_lost_half_way_lands_nothing_and_the_next_pull_all(server: Server, tmp_path: Path) -> None:
    tickets(server, 400, note="repeat('电', 60000)")
    made = installed(tmp_path, server, ", chunk: 20")
    with pytest.MonkeyPatch.context() as patch:
        whole = relation.columnar

        def cut(*arguments: Any) -> Iterator[Frame]:
            for number, frame in enumerate(whole(*arguments)):
                yield frame
                if not number:
                    server.cut_off()

        patch.setattr("pipelines.sources.sql.columnar", cut)
        done = made.extract()
    assert "the database answers" in done.rejected[0].en
    assert landed(tmp_path) == []
    assert made.leftovers() == []
    assert made.extract().rows == 400


# --- kill -9 ---------------------------------------------------------------------------------------------------------

_RANDOM = random.Random(20240307)
MOMENTS = [_RANDOM.random() for _ in range(20)]
EXTRACT = """
import sys
from installation import Installation
from pathlib import Path
made = Installation(Path(sys.argv[1]))
import pipelines.sources.sql
print("begun", flush=True)
made.extract()
"""


@dataclass(frozen=True)
class Half:
    """A home of which one half has landed and the other waits at the server; what it is when all has; how long that takes."""

    home: Path
    whole: list[tuple[Any, ...]]
    seconds: float


def extracting(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", EXTRACT, str(home)]
    tests = Path(__file__).parents[2]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tests.parent, env={"PYTHONPATH": f"{tests}:{tests.parent}"}
    )
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline() == "begun\n"
    return process


@pytest.fixture(scope="module")
def halves(servers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory) -> Any:
    made: dict[str, Half] = {}

    def half(name: str) -> Half:
        if name not in made:
            server = servers[name]
            folder = tmp_path_factory.mktemp(f"half {name}")
            server.execute("DROP TABLE IF EXISTS tickets")
            tickets(server, 20_000)
            assert installed(folder / "half", server).extract().rows == 20_000
            server.execute(
                "DELETE FROM tickets WHERE nr <= 500",
                "UPDATE tickets SET note = 'x', updated = '2024-03-20' WHERE nr <= 900",
            )
            tickets(server, 20_000, first=20_001)
            shutil.copytree(folder / "half", folder / "whole")
            process = extracting(folder / "whole")
            began = time.monotonic()
            assert process.wait(60) == 0
            seconds = time.monotonic() - began
            whole = landed(folder / "whole")
            assert len(whole) == 20_000 + 20_000 + 400 + 500
            made[name] = Half(folder / "half", whole, seconds)
        return made[name]

    return half


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("name", "share"),
    [
        pytest.param(name, share, marks=() if (name, i) == ("postgresql", 0) else pytest.mark.matrix)
        for name in SERVERS
        for i, share in enumerate(MOMENTS)
    ],
)
def test_after_a_kill_the_next_pull_lands_what_an_unkilled_one_would_have(
    halves: Any, tmp_path: Path, name: str, share: float
) -> None:
    half: Half = halves(name)
    home = tmp_path / "home"
    shutil.copytree(half.home, home)
    process = extracting(home)
    time.sleep(share * half.seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    made = Installation(home)
    made.extract()
    assert landed(home) == half.whole
    assert made.leftovers() == []
    assert made.extract().rows == 0
