"""Kind `rest`: who asks, what belongs to each row, and a run that is killed."""

from __future__ import annotations

import base64
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rest_server import Asked, Desk, Said, Server, serving

from bilingual.errors import UserError
from pipelines.formats.reading import RESERVED
from pipelines.landing import LandedStream, extract, with_lineage, write_batch
from pipelines.sources import Rejection, Stream
from pipelines.sources.rest import deliveries
from warehouse.mapping import load
from warehouse.settings import Home

SECRET = "hush-hush-hush"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_KEY", SECRET)


def take(of: Stream) -> list[dict[str, Any]]:
    """Land what is offered; all rows that landed by now, in the order of batches offered."""
    folder = of.home / "landing" / of.source / of.name
    for offer in deliveries(of, LandedStream(folder)):
        assert not isinstance(offer, Rejection)
        if not (folder / f"{offer.batch}.parquet").exists():
            write_batch(folder / f"{offer.batch}.parquet", with_lineage(of, offer))
    return [
        r
        for file in folder.glob("*.parquet")
        for r in pl.read_parquet(file).drop(RESERVED, strict=False).rows(named=True)
    ]


def stream(home: Path, server: Server, name: str = "tickets", **options: Any) -> Stream:
    return Stream("desk", name, {"url": server.url, "path": f"/{name}", **options}, frozenset(), home)


def only(header: str, value: str, also: Callable[[Asked], Said | None] = lambda asked: None) -> Callable[[Asked], Said]:
    """A server that answers who says the right thing in a header; another answer repeats what was said wrongly."""

    def answer(asked: Asked) -> Said:
        if (said := also(asked)) is not None:
            return said
        told = asked.headers.get(header)
        return Said([{"id": 1}]) if told == value else Said({"error": f"{header} {told} is wrong"}, 403)

    return answer


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"kind": "token", "token": "${DESK_KEY}"}, "Authorization", f"Bearer {SECRET}"),
        ({"kind": "token", "scheme": "Token", "token": "token=${DESK_KEY}"}, "Authorization", f"Token token={SECRET}"),
        ({"kind": "token", "scheme": "", "header": "X-Key", "token": "${DESK_KEY}"}, "X-Key", SECRET),
        ({"kind": "basic", "user": "王", "password": "${DESK_KEY}"}, "Authorization", basic("王", SECRET)),
    ],
)
def test_the_key_of_the_environment_opens(tmp_path: Path, auth: dict[str, str], header: str, value: str) -> None:
    with serving(only(header, value)) as server:
        assert take(stream(tmp_path, server, auth=auth)) == [{"id": "1"}]
        assert SECRET not in "".join(file.name for file in tmp_path.rglob("*"))


def test_a_secret_is_told_to_nobody(tmp_path: Path) -> None:
    with serving(only("Authorization", "another")) as server, pytest.raises(UserError) as caught:
        take(stream(tmp_path, server, auth={"kind": "token", "scheme": "Token", "token": "token=${DESK_KEY}"}))
    assert "*** is wrong" in str(caught.value)
    assert SECRET not in caught.value["en"] + caught.value["zh"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"auth": {"kind": "token", "token": "abc123"}}, "a secret is not written here"),
        ({"auth": {"kind": "basic", "user": "u", "password": "abc123"}}, "a secret is not written here"),
        ({"auth": {"kind": "token", "token": "${NO_SUCH_KEY}"}}, "NO_SUCH_KEY is not set"),
        ({"auth": {"kind": "cookie"}}, "auth.kind"),
        ({"url": "desk.example.com"}, "write the address of the server"),
        ({"paging": "seek"}, "name it as `cursor`"),
        ({"pagin": "page"}, "pagin"),
        ({"ca": "no such file.pem"}, "`ca` is no certificate file"),
    ],
)
def test_options_that_are_wrong_are_told_of(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with serving(lambda asked: Said([])) as server, pytest.raises(UserError) as caught:
        take(stream(tmp_path, server, **options))
    assert said in str(caught.value)
    assert "abc123" not in caught.value["en"] + caught.value["zh"]
    assert server.asked == []


def test_client_credentials_are_given_for_a_token_and_again_when_it_has_ended(tmp_path: Path) -> None:
    granted: list[str] = []

    def answer(asked: Asked) -> Said:
        if asked.path == "/oauth/token":
            assert asked.headers["Authorization"] == basic("faultloop", SECRET)
            assert asked.body == b"grant_type=client_credentials&scope=read"
            granted.append(f"t{len(granted)}")
            return Said({"access_token": granted[-1], "expires_in": 1})
        if asked.headers.get("Authorization") != "Bearer t1":
            return Said({}, 401)
        return Said([{"id": 1}])

    with serving(answer) as server:
        auth = {"kind": "oauth2", "url": f"{server.url}/oauth/token", "client_id": "faultloop", "scope": "read"}
        assert take(stream(tmp_path, server, auth={**auth, "client_secret": "${DESK_KEY}"})) == [{"id": "1"}]
    assert granted == ["t0", "t1"]


def test_a_session_is_begun_and_ended(tmp_path: Path) -> None:
    def door(asked: Asked) -> Said | None:
        if asked.path == "/in":
            assert asked.headers["Authorization"] == f"user_token {SECRET}"
            return Said({"session_token": "s1"})
        return None

    with serving(only("Session-Token", "s1", door)) as server:
        auth = {"kind": "session", "url": "/in", "logout": "/out", "scheme": "user_token", "header": "Session-Token"}
        assert take(stream(tmp_path, server, auth={**auth, "token": "${DESK_KEY}"})) == [{"id": "1"}]
        assert [asked.path for asked in server.asked] == ["/in", "/tickets", "/out"]


# --- what belongs to each row ---------------------------------------------------------------------------------------------


def test_a_list_in_each_row_is_a_stream_of_its_own(tmp_path: Path) -> None:
    tickets = [
        {"id": 1, "more": {"notes": [{"no": 1.0, "by": {"name": "a"}}, {"no": 2, "by": None}]}, "tags": ["x", "y"]},
        {"id": 2, "more": {"notes": []}, "tags": None},
    ]
    with serving(lambda asked: Said(tickets)) as server:
        take(stream(tmp_path, server))
        notes = stream(
            tmp_path, server, "notes", of={"stream": "tickets", "list": "more.notes", "keys": {"ticket": "id"}}
        )
        assert take(notes) == [
            {"no": "1.0", "by.name": "a", "ticket": "1"},
            {"no": "2", "by.name": None, "ticket": "1"},
        ]
        tags = stream(tmp_path, server, "tags", of={"stream": "tickets", "list": "tags", "keys": {"ticket": "id"}})
        assert take(tags) == [{"value": "x", "ticket": "1"}, {"value": "y", "ticket": "1"}]
        assert len(server.asked) == 1
        # Only rows of the parent that landed since are looked at.
        assert list(deliveries(notes, LandedStream(tmp_path / "landing/desk/notes"))) == []
        tickets.append({"id": 3, "more": {"notes": [{"no": 7}]}, "tags": []})
        take(stream(tmp_path, server))
        assert len(take(notes)) == 5


def test_a_list_of_each_row_is_asked_for_once_and_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sources.rest._PARENTS", 2)
    events = {f"T {n}": [{"at": f"2024-01-0{m}", "to": "done"} for m in range(1, n + 1)] for n in (1, 2, 3, 5)}
    down = False

    def answer(asked: Asked) -> Said:
        if asked.path == "/tickets":
            return Said([{"key": key} for key in [*events, "T 4"]])
        key = asked.path.split("/")[2]
        if key == "T 4":
            return Said({}, 404)  # deleted meanwhile
        if key == "T 3" and down:
            return Said({}, 500)
        start = int(asked.params["offset"])
        return Said({"values": events[key][start : start + 2]})

    with serving(answer) as server:
        take(stream(tmp_path, server))
        of = {"stream": "tickets", "keys": {"ticket": "key"}}
        options = {"path": "/issue/{ticket}/events", "params": {"offset": "{offset}"}, "paging": "offset", "size": 2}
        children = stream(tmp_path, server, "events", of=of, records="values", attempts=1, **options)
        down = True
        with pytest.raises(UserError):
            take(children)
        down = False
        server.asked.clear()
        found = take(children)
        assert sorted((r["ticket"], r["at"]) for r in found) == [(k, e["at"]) for k, es in events.items() for e in es]
        # What landed before the server broke down is not asked for again.
        assert not [asked for asked in server.asked if asked.path.startswith(("/issue/T 1/", "/issue/T 2/"))]
        server.asked.clear()
        take(children)
        assert server.asked == []


def test_a_path_at_which_no_row_has_anything_is_told(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        return Said([{"id": n} for n in range(30)]) if asked.path == "/tickets" else Said({}, 404)

    with serving(answer) as server:
        take(stream(tmp_path, server))
        children = stream(tmp_path, server, "events", path="/wrong/{t}", of={"stream": "tickets", "keys": {"t": "id"}})
        with pytest.raises(UserError, match="404"):
            take(children)


# --- killed ---------------------------------------------------------------------------------------------------------------

_RANDOM = random.Random(20260101)
MOMENTS = [(_RANDOM.randrange(2, 60), _RANDOM.random() / 20) for _ in range(20)]
# Small parts, so that a kill falls between them, into them and into what is written.
_PROGRAM = """
import sys
from pathlib import Path
from pipelines.formats.reading import RESERVED
from pipelines.landing import extract
from pipelines.sources import rest
from warehouse.mapping import load
from warehouse.settings import Home
rest._CHUNK, rest._PARENTS = 40, 20
extract(Home(Path(sys.argv[1])), load(Path(sys.argv[1]) / "sources" / "desk.yaml"))
"""
_MAPPING = """
title: {{en: Desk, zh: 服务台}}
kind: rest
streams:
  tickets:
    <<: &api {{url: "{url}", records: data, size: 20}}
    path: /tickets
    params: {{since: "{{since}}", page: "{{page}}", limit: "{{limit}}", sorted: 1}}
    paging: seek
    cursor: updated
  events:
    <<: *api
    path: /tickets/{{ticket}}/events
    of: {{stream: tickets, keys: {{ticket: id}}}}
entities:
  ticket: {{from: tickets, version: updated, fields: {{ticket_id: id, opened_at: updated}}}}
  ticket_event: {{from: events, fields: {{ticket_id: ticket, to_status: to, at: at}}}}
"""


def _rows(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What landed, by stream, without what says when and in which batch; events of a ticket may come with each of its versions."""
    found = {}
    for name in ("tickets", "events"):
        frames = [pl.read_parquet(file) for file in (home / "landing/desk" / name).glob("*.parquet")]
        own = [frame.select(sorted(c for c in frame.columns if not c.startswith("_"))) for frame in frames]
        found[name] = sorted(row for frame in own for row in frame.rows())
    return found


@pytest.mark.parametrize(
    "moment", [MOMENTS[0], MOMENTS[1], *(pytest.param(m, marks=pytest.mark.matrix) for m in MOMENTS[2:])]
)
def test_a_run_that_is_killed_and_started_again_lands_what_one_lands_that_was_not(
    tmp_path: Path, moment: tuple[int, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": n, "updated": f"2024-01-01T{n // 60:02}:{n % 60:02}:00Z"} for n in range(1, 101)]
    desk = Desk(rows, most=20)

    def answer(asked: Asked) -> Said:
        if asked.path == "/tickets":
            return desk.answer(asked)
        return Said({"data": [{"to": "new", "at": "2024-01-01"}, {"to": "closed", "at": "2024-01-02"}]})

    monkeypatch.setattr("pipelines.sources.rest._CHUNK", 40)
    monkeypatch.setattr("pipelines.sources.rest._PARENTS", 20)
    with serving(answer) as server:
        landed = []
        for name in ("killed", "whole"):
            home = tmp_path / name
            (home / "sources").mkdir(parents=True)
            (home / "sources/desk.yaml").write_text(_MAPPING.format(url=server.url), encoding="utf-8")
        process = subprocess.Popen([sys.executable, "-c", _PROGRAM, str(tmp_path / "killed")], start_new_session=True)
        while len(server.asked) < moment[0] and process.poll() is None:
            time.sleep(0.001)
        time.sleep(moment[1])
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        for name in ("killed", "whole"):
            source = load(tmp_path / name / "sources/desk.yaml")
            assert extract(Home(tmp_path / name), source).rejected == ()
            landed.append(_rows(tmp_path / name))
        assert list((tmp_path / "killed").rglob("*.part")) == []
    assert len(landed[1]["tickets"]) == 100
    assert len(landed[1]["events"]) == 200
    assert landed[0] == landed[1]
