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
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.build import measured
from benchmarks.organisation import million
from dashboards.pages import pages
from faultloop.processes import answers
from pipelines.schedule import free_port
from warehouse.publish import current
from warehouse.settings import Home

CLIENTS, SECONDS = 8, 15.0
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


def asked(port: int, *, clients: int, seconds: float, is_repeated: bool) -> dict[Part, list[float]]:
    """Milliseconds from asking to the last byte, per part. Each question has a period of its own unless repeated."""
    times: dict[Part, list[float]] = {part: [] for part in parts()}
    ends = time.monotonic() + seconds

    def client(number: int) -> None:
        chance = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.monotonic() < ends:
            part = chance.choice(list(times))
            first = dt.date(2024, 1, 1) + dt.timedelta(days=chance.randrange(600))
            search = "" if is_repeated else f"?from={first}&to={first + dt.timedelta(days=365)}"
            began = time.perf_counter()
            connection.request(
                "POST", "/_dash-update-component", request(part, search), {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{part}: {answer.status} {body[:200]!r}")
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
    with served(home) as (port, server):
        asked(port, clients=1, seconds=3, is_repeated=True)
        cold = asked(port, clients=CLIENTS, seconds=SECONDS, is_repeated=False)
        warm = asked(port, clients=CLIENTS, seconds=SECONDS / 4, is_repeated=True)
        workers = [child.memory_info().rss / 1e6 for child in server.children(recursive=True)]

    def summary(times: dict[Part, list[float]]) -> str:
        everything = sorted(v for values in times.values() for v in values)
        return f"{statistics.median(everything):.0f} ms | {everything[int(0.95 * len(everything))]:.0f} ms | {len(everything):,}"

    slowest = sorted(cold.items(), key=lambda item: -statistics.median(item[1] or [0]))[:5]
    lines = [
        "## Pages on 1 M tickets",
        "",
        f"{CLIENTS} clients ask for parts of pages without pause, on the same two cores as the server (two workers). “New” questions",
        f"each have a period of their own, so nothing is remembered. Target: the slowest part at most {TARGET_MS:g} ms at the median.",
        "",
        "| questions | median | p95 | asked |",
        "|---|---|---|---|",
        f"| new | {summary(cold)} |",
        f"| repeated | {summary(warm)} |",
        "",
        "| slowest parts, new questions | median |",
        "|---|---|",
        *(f"| {page} · {name} | {statistics.median(values):.0f} ms |" for (page, name, _), values in slowest),
        "",
        f"Memory per worker: at most {max(workers):.0f} MB.",
    ]
    return "\n".join(lines)
