"""Every part of every page on a snapshot of 1 M tickets, asked for by eight clients at once."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil

from benchmarks.build import measured
from benchmarks.organisation import million
from dashboards.pages import pages
from faultloop.processes import answers
from pipelines.schedule import free_port
from warehouse import records
from warehouse.publish import current
from warehouse.reading import Reader
from warehouse.settings import Home

CLIENTS, SECONDS = 8, 25.0
TARGET_MS = 100.0
Part = tuple[str, str, str]


@contextlib.contextmanager
def served(home: Home) -> Iterator[tuple[int, psutil.Process]]:
    """The web application on some port, as it is deployed: two workers."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "faultloop",
        "--home",
        str(home.path),
        "web",
        "--port",
        str(port),
        "--workers",
        "2",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    try:
        while not answers("127.0.0.1", port):
            time.sleep(0.1)
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


def parts() -> list[Part]:
    """Page, part and path of everything that a page with filters asks for."""
    return [
        (page.name, name, page.path)
        for page in pages().values()
        if page.has_filters
        for name in (*page.parts, *page.charts)
    ]


def request(part: Part, search: str) -> str:
    """The body with which a browser asks for a part."""
    page, name, path = part
    place = {"name": name, "page": page, "type": "part"}
    return json.dumps(
        {
            "output": '{"name":["MATCH"],"page":["MATCH"],"type":"part"}.children',
            "outputs": {"id": place, "property": "children"},
            "inputs": [{"id": "search", "property": "data", "value": search}],
            "changedPropIds": ["search.data"],
            "state": [
                {"id": "path", "property": "data", "value": path},
                {"id": "language", "property": "data", "value": "zh"},
                {"id": place, "property": "id", "value": place},
            ],
        }
    )


def clicked(home: Home) -> list[str]:
    """What people choose: one of five periods, and at most one region, product line or priority."""
    reading = Reader(home).current()
    assert reading is not None
    end = reading.as_of_on
    starts = [end - dt.timedelta(days=days) for days in (29, 89, 181, 364, 729)]
    places = [
        "",
        *(f"&{f}={quote(v)}" for f in ("region", "product_line", "priority") for v, _ in records.places(reading)[f]),
    ]
    return [f"?from={start}&to={end}{place}" for start in starts for place in places]


def never_asked(chance: random.Random) -> str:
    """A year that begins on a day that hardly anybody asked for."""
    first = dt.date(2024, 1, 1) + dt.timedelta(days=chance.randrange(600))
    return f"?from={first}&to={first + dt.timedelta(days=360 + chance.randrange(10))}"


def asked(
    port: int, *, clients: int, seconds: float, search: Callable[[random.Random], str]
) -> dict[Part, list[float]]:
    """Milliseconds from asking to the last byte, per part, of questions that `search` makes up."""
    times: dict[Part, list[float]] = {part: [] for part in parts()}
    ends = time.monotonic() + seconds

    def client(number: int) -> None:
        chance = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.monotonic() < ends:
            part = chance.choice(list(times))
            body = request(part, search(chance))
            began = time.perf_counter()
            connection.request("POST", "/_dash-update-component", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{part}: {answer.status} {said[:200]!r}")
            times[part].append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def run(scratch: Path, **_: object) -> str:
    """Measure and tell."""
    home = million(scratch)
    if current(home) is None:
        measured("published", home)
    choices = clicked(home)
    kinds: dict[str, Callable[[random.Random], str]] = {
        "the page as it opens": lambda _: "",
        "what people choose": lambda chance: chance.choice(choices),
        "never asked before": never_asked,
    }
    found = {}
    with served(home) as (port, server):
        asked(port, clients=1, seconds=3, search=kinds["the page as it opens"])
        for kind, search in kinds.items():
            found[kind] = asked(port, clients=CLIENTS, seconds=SECONDS, search=search)
        workers = [child.memory_info().rss / 1e6 for child in server.children(recursive=True)]
    lines = [
        "## Pages on 1 M tickets",
        "",
        f"{CLIENTS} clients ask for parts of pages without pause, on the same two cores as the server (two workers): round trips, so",
        "waiting for a core is in them. A question that was asked before is remembered until the next snapshot.",
        f"Target: the slowest part at most {TARGET_MS:g} ms at the median.",
        "",
        "| questions | asked | median | p95 | slowest part | its median |",
        "|---|---|---|---|---|---|",
    ]
    for kind, times in found.items():
        everything = sorted(v for values in times.values() for v in values)
        (page, name, _), slowest = max(times.items(), key=lambda item: statistics.median(item[1] or [0]))
        lines.append(
            f"| {kind} | {len(everything):,} | {statistics.median(everything):.0f} ms | "
            f"{everything[int(0.95 * len(everything))]:.0f} ms | {page} · {name} | {statistics.median(slowest):.0f} ms |"
        )
    return "\n".join([*lines, "", f"Memory per worker: at most {max(workers):.0f} MB."])
