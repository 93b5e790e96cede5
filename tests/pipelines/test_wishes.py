"""A wish is carried out once: by a process of ours where no server answers, and with a reason where nobody can."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from installation import Installation
from register_cast import KEY
from sqlalchemy import Engine

from fracas.database import connect, reading, writing
from fracas.model import Person, now
from fracas.staff import Staff
from fracas.watch import runs
from fracas.watch.model import Wish
from pipelines import wishes
from pipelines.wishes import ADDRESS, api, carry_out


@pytest.fixture
def engine(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return connect(installation.home.register_url)


def wish(engine: Engine, flow: str, **options: Any) -> str:
    ann = Staff(engine, KEY).enrol(None, Person(login=f"ann{time.time_ns()}", name="Ann", roles=[], functions=[]))
    with writing(engine) as session:
        return runs.wish(session, flow, ann.id, now(), options).id


def found(engine: Engine, wish_id: str) -> Wish:
    with reading(engine) as session:
        return session.get_one(Wish, wish_id)


class Server(BaseHTTPRequestHandler):
    """A Prefect server as far as wishes see it: it knows of deployments, and answers a new run with `status`."""

    status = 201
    asked: list[dict[str, Any]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        is_known = "nightly" in self.path or "health" in self.path
        self._answer(200 if is_known else 404, {"id": "7", "parameters": {}})

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(self.status, {"id": "8"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server(installation: Installation, engine: Engine) -> Iterator[type[Server]]:
    """One at the address that the scheduler wrote."""
    Server.asked, Server.status = [], 201
    http = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    (installation.path / ADDRESS).parent.mkdir(parents=True)
    (installation.path / ADDRESS).write_text(f"http://127.0.0.1:{http.server_port}/api")
    yield Server
    http.shutdown()
    http.server_close()
    thread.join()


def test_without_a_server_a_process_of_ours_does_it(installation: Installation, engine: Engine) -> None:
    assert api(installation.home) is None
    made = wish(engine, "maintenance")
    assert carry_out(installation.home, engine) == 1
    assert carry_out(installation.home, engine) == 0, "once"
    (child,) = wishes._children
    assert child.wait(60) == 0
    with reading(engine) as session:
        run = runs.run(session, made)
        assert run is not None
        assert (run.state, run.trigger, runs.earlier(session, 0, 9)[1]) == ("done", "person", 1)
    assert carry_out(installation.home, engine) == 0
    assert wishes._children == [], "who ended is not kept"


def test_a_server_that_is_gone_is_no_server(installation: Installation, engine: Engine, server: type[Server]) -> None:
    assert api(installation.home) is not None
    (installation.path / ADDRESS).write_text("http://127.0.0.1:1/api")
    assert api(installation.home) is None


def test_a_server_is_given_the_wishs_id_as_the_key_of_the_run(
    installation: Installation, engine: Engine, server: type[Server]
) -> None:
    made = wish(engine, "maintenance")
    assert carry_out(installation.home, engine) == 1
    (asked,) = server.asked
    assert (asked["idempotency_key"], asked["parameters"]) == (f"wish-{made}", {"wish": made})
    assert found(engine, made).taken_at is not None
    assert wishes._children == []


def test_a_server_that_is_busy_is_asked_again_with_the_same_key(
    installation: Installation, engine: Engine, server: type[Server]
) -> None:
    made = wish(engine, "maintenance")
    server.status = 503
    assert carry_out(installation.home, engine) == 0
    assert found(engine, made).taken_at is None
    server.status = 201
    assert carry_out(installation.home, engine) == 1
    assert len({asked["idempotency_key"] for asked in server.asked}) == 1
    assert wishes._children == [], "and nobody else does it too"


def test_what_cannot_be_done_is_refused_with_the_reason(
    installation: Installation, engine: Engine, server: type[Server]
) -> None:
    nothing = wish(engine, "no_such")
    assert carry_out(installation.home, engine) == 1
    assert found(engine, nothing).refusal_en == "There is no scheduled run “no_such”."
    assert found(engine, nothing).refusal_zh == "没有名为“no_such”的计划任务。"
    made = wish(engine, "maintenance")
    server.status = 422
    assert carry_out(installation.home, engine) == 1
    assert "422" in (found(engine, made).refusal_en or "")


def test_what_a_server_does_not_know_is_done_here_with_what_it_is_of(
    installation: Installation, engine: Engine, server: type[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(wishes.subprocess, "Popen", lambda command, **_: started.append(command) or _Done())
    made = wish(engine, "reports.weekly_ranking")
    assert carry_out(installation.home, engine) == 1
    (command,) = started
    assert command[3] == "reports"
    assert command[command.index("--wish") + 1] == made
    assert json.loads(command[-1]) == {"name": "weekly_ranking"}
    assert server.asked == []


class _Done:
    def poll(self) -> int:
        return 0
