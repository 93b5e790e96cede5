"""People ask for a run on a page; who carries the wish out is here: Prefect where its server answers, else a process of ours."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bilingual.text import Text
from fracas.database import Database, reading, writing
from fracas.model import now
from fracas.watch import runs
from fracas.watch.model import Wish
from fracas.watch.timetable import Timed, timetable
from pipelines.children import end_with_parent
from warehouse.settings import Home

# Where the scheduler of this machine writes the address of its Prefect server; below the home.
ADDRESS = Path("prefect") / "address"
_TIMEOUT_SECONDS = 10.0
_UNKNOWN = Text(en="There is no scheduled run “{flow}”.", zh="没有名为“{flow}”的计划任务。")
_REFUSED = Text(en="The scheduler refused it: {error}", zh="调度器拒绝执行：{error}")
# Not refusals, but who else could: a process of ours, or the same once more.
_ABSENT, _LATER = Text(en="absent", zh="absent"), Text(en="later", zh="later")
_children: list[subprocess.Popen[bytes]] = []


def carry_out(home: Home, engine: Database) -> int:
    """Pass on every wish that waits; returns how many.

    A kill between the two halves starts nothing twice: Prefect is given the wish's id as the key of the run, and a process of
    ours is started only by who took the wish.
    """
    _children[:] = [child for child in _children if child.poll() is None]
    with reading(engine) as session:
        waiting = list(runs.waiting(session))
    known = {timed.key: timed for timed in timetable()}
    server = api(home) if waiting else None
    done = 0
    for wish in waiting:
        timed = known.get(wish.flow)
        if timed is None:
            done += _taken(engine, wish, _UNKNOWN.format(flow=wish.flow))
            continue
        answer = _passed_on(server, timed, wish) if server is not None else _ABSENT
        if answer is _ABSENT:
            if _taken(engine, wish):
                _start_here(home, timed, wish)
                done += 1
        elif answer is not _LATER:
            done += _taken(engine, wish, answer)
    return done


def api(home: Home) -> str | None:
    """The address of a Prefect server that answers: the environment's, else that of this machine's scheduler; None for none."""
    given = os.environ.get("PREFECT_API_URL")
    try:
        address = given or (home.path / ADDRESS).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    try:
        return address if address and _ask(f"{address}/health") is not None else None
    except urllib.error.HTTPError:
        return None  # something answers there that is no Prefect, or not yet


def _passed_on(server: str, timed: Timed, wish: Wish) -> Text | None:
    """Have Prefect run it: None where it will, else why not; _ABSENT where it knows no such run, _LATER where it is busy."""
    try:
        found = _ask(f"{server}/deployments/name/{quote(timed.flow)}/{quote(timed.deployment)}")
        if found is None:
            return _LATER
        asked = {
            "name": f"wish-{wish.id[-8:]}",
            "idempotency_key": f"wish-{wish.id}",
            "parameters": {**found.get("parameters", {}), **timed.parameters, **wish.options, "wish": wish.id},
            "state": {"type": "SCHEDULED"},
        }
        return None if _ask(f"{server}/deployments/{found['id']}/create_flow_run", asked) else _LATER
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            return _ABSENT
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _LATER
        return _REFUSED.format(error=f"{error.code} {error.reason}")


def _ask(url: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON that an address answers with; None where nobody answers. HTTPError where it refuses."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310  # of ours
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            return json.loads(response.read() or b"true")
    except urllib.error.HTTPError:
        raise
    except (OSError, ValueError):
        return None


def _taken(engine: Database, wish: Wish, refusal: Text | None = None) -> bool:
    with writing(engine) as session:
        return runs.take(session, wish.id, now(), refusal)


def _start_here(home: Home, timed: Timed, wish: Wish) -> None:
    command = [sys.executable, "-m", "pipelines.now", timed.flow, "--home", str(home.path), "--wish", wish.id]
    options = {**timed.parameters, **wish.options}
    _children.append(
        subprocess.Popen(
            [*command, "--options", json.dumps(options)],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509  # what it runs is one call
        )
    )
