"""Every page on a snapshot of 1 M tickets: eight people at work, and eight clients that ask without pause."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from benchmarks import visitor, vizro
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
# What people do: look at a page for so long, on average, before they go to another or choose something.
LOOKS_SECONDS, AT_WORK_SECONDS = 5.0, 90.0
# A browser asks one server for so many things at a time.
AT_A_TIME = 6
TARGET_MS, TARGET_P95_MS, TARGET_AGAIN_MS, TARGET_MB = 100.0, 250.0, 20.0, 500.0
Part = tuple[str, str, str]
Times = dict[Part, list[float]]


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
    with running(command, port, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        yield port, server


@contextlib.contextmanager
def running(command: list[str], port: int, **options: Any) -> Iterator[psutil.Process]:
    """A server, from when it answers until it has ended."""
    server = subprocess.Popen(command, **options)
    try:
        while not answers("127.0.0.1", port):
            time.sleep(0.1)
        yield psutil.Process(server.pid)
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


class Client:
    """Asks the server as a browser does and writes down how many milliseconds each answer took."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.port = port
        self.headers = {"Content-Type": "application/json", **headers}
        self.times: Times = {}
        self._own = threading.local()

    def post(self, body: str) -> Any:
        """One callback's answer."""
        try:
            answer, said = self._ask(body)
        except (ConnectionError, http.client.RemoteDisconnected):
            # The server hangs up on who has not asked for half a minute; a browser calls again.
            self._own.connection.close()
            answer, said = self._ask(body)
        if answer.status != 200:
            raise RuntimeError(f"{body[:300]}: {answer.status} {said[:200]!r}")
        return said

    def _ask(self, body: str) -> tuple[http.client.HTTPResponse, bytes]:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection("127.0.0.1", self.port)
        self._own.connection.request("POST", "/_dash-update-component", body, self.headers)
        answer = self._own.connection.getresponse()
        return answer, answer.read()

    def part(self, part: Part, search: str) -> float:
        """Ask for a part of a page; the milliseconds until the last byte."""
        body = request(part, search)
        began = time.perf_counter()
        self.post(body)
        took = (time.perf_counter() - began) * 1000
        self.times.setdefault(part, []).append(took)
        return took

    def parts_of(self, path: str, search: str) -> list[Part]:
        """The parts that a page is laid out with at an address."""
        outputs = [
            ("content", "children"),
            ("title", "data"),
            ("filters", "hidden"),
            ("path", "data"),
            ("search", "data"),
        ]
        body = {
            "output": ".." + "...".join(f"{name}.{what}" for name, what in outputs) + "..",
            "outputs": [{"id": name, "property": what} for name, what in outputs],
            "inputs": [{"id": "asked", "property": "data", "value": {"path": path, "search": search}}],
            "changedPropIds": ["asked.data"],
            "state": [{"id": "language", "property": "data", "value": "zh"}],
        }
        found: list[Part] = []

        def walk(node: Any) -> None:
            if isinstance(node, dict):
                if node.get("type") == "part" and "page" in node:
                    found.append((node["page"], node["name"], path))
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)

        walk(json.loads(self.post(json.dumps(body))))
        return found


def paths() -> list[str]:
    """The pages that people look at with filters."""
    return [page.path for page in pages().values() if page.has_filters and page.group is not None]


def at_work(port: int, headers: dict[str, str], choices: list[str], seconds: float) -> Times:
    """Eight people open pages, all parts of one as a browser asks for them, look, and go on."""
    clients = [Client(port, headers) for _ in range(CLIENTS)]
    ends = time.monotonic() + seconds

    def person(number: int) -> None:
        chance = random.Random(number)
        client = clients[number]
        with ThreadPoolExecutor(AT_A_TIME) as browser:
            time.sleep(chance.uniform(0, LOOKS_SECONDS))
            while time.monotonic() < ends:
                path, search = chance.choice(paths()), chance.choice(choices)
                shown = client.parts_of(path, search)
                list(browser.map(client.part, shown, [search] * len(shown)))
                time.sleep(chance.expovariate(1 / LOOKS_SECONDS))

    with ThreadPoolExecutor(CLIENTS) as people:
        list(people.map(person, range(CLIENTS)))
    return merged(clients)


def without_pause(
    port: int, headers: dict[str, str], *, clients: int, seconds: float, search: Callable[[random.Random], str]
) -> Times:
    """Clients ask for any parts, one after the other without pause."""
    several = [Client(port, headers) for _ in range(clients)]
    ends = time.monotonic() + seconds

    def ask(number: int) -> None:
        chance = random.Random(number)
        every = parts()
        while time.monotonic() < ends:
            several[number].part(chance.choice(every), search(chance))

    with ThreadPoolExecutor(clients) as people:
        list(people.map(ask, range(clients)))
    return merged(several)


def again(port: int, headers: dict[str, str], search: str) -> Times:
    """One person opens every page until both workers know it, then three times more: the times of those."""
    client = Client(port, headers)
    shown = [part for path in paths() for part in client.parts_of(path, search)]
    for _ in range(4):
        for part in shown:
            client.part(part, search)
    client.times.clear()
    for _ in range(3):
        for part in shown:
            client.part(part, search)
    return client.times


def merged(clients: list[Client]) -> Times:
    """The times of several clients."""
    found: Times = {}
    for client in clients:
        for part, times in client.times.items():
            found.setdefault(part, []).extend(times)
    return found


def row(kind: str, times: Times) -> str:
    """A line of the table."""
    everything = sorted(v for values in times.values() for v in values)
    (page, name, _), slowest = max(times.items(), key=lambda item: statistics.median(item[1]))
    return (
        f"| {kind} | {len(everything):,} | {statistics.median(everything):.0f} ms | "
        f"{everything[int(0.95 * len(everything))]:.0f} ms | {page} · {name} | {statistics.median(slowest):.0f} ms |"
    )


def run(scratch: Path, **_: object) -> str:
    """Measure and tell."""
    home = million(scratch)
    if current(home) is None:
        measured("published", home)
    choices = clicked(home)
    unceasing: dict[str, Callable[[random.Random], str]] = {
        "the page as it opens": lambda _: "",
        "what people choose": lambda chance: chance.choice(choices),
        "never asked before": never_asked,
    }
    with served(home) as (port, server):
        headers = visitor.entered(home, port)
        # Until both workers have warmed up after the publish, as they do by themselves.
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 6:
            if any(child.cpu_percent(0.5) > 20 for child in server.children(recursive=True)):
                quiet_since = time.monotonic()
        lines = [row("eight people at work", at_work(port, headers, choices, AT_WORK_SECONDS))]
        lines.append(row("one person, a view seen before", again(port, headers, choices[-1])))
        memory = [child.memory_full_info() for child in server.children(recursive=True)]
        for kind, search in unceasing.items():
            times = without_pause(port, headers, clients=CLIENTS, seconds=SECONDS, search=search)
            lines.append(row(f"without pause: {kind}", times))
        after = [child.memory_full_info() for child in server.children(recursive=True)]
    shared = f"{max(m.pss for m in memory) / 1e6:.0f} MB ({max(m.rss for m in memory) / 1e6:.0f} with what they share)"
    finally_ = f"{max(m.pss for m in after) / 1e6:.0f} MB ({max(m.rss for m in after) / 1e6:.0f})"
    return "\n".join(
        [
            "## Pages on 1 M tickets",
            "",
            f"{len(paths())} pages, {len(parts())} parts, on the same two cores as those who ask; two workers. Round trips, so",
            "waiting for a core is in them. *People at work* open a page, whose parts their browser asks for six at a time, look at it for",
            f"{LOOKS_SECONDS:g} s on average and go to any other page with any of {len(choices)} choices of period and place: hardly ever what was",
            "asked before. *Without pause* is more than eight people can ask: any part, and the next one when it is there.",
            f"Targets for people at work: median {TARGET_MS:g} ms, p95 {TARGET_P95_MS:g} ms; a view seen before {TARGET_AGAIN_MS:g} ms; memory {TARGET_MB:g} MB a worker.",
            "",
            "| who | asked | median | p95 | slowest part | its median |",
            "|---|---|---|---|---|---|",
            *lines,
            "",
            f"Memory per worker: {shared} after people at work, {finally_} at the end.",
            "",
            vizro.compare(home),
        ]
    )
