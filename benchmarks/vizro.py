"""The fault closure page beside the same page in Vizro (benchmarks/peers), measured alike, one after the other."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
from playwright.sync_api import Browser, Page, Request, sync_playwright

from benchmarks import pages, visitor
from pipelines.schedule import free_port
from warehouse import records
from warehouse.publish import current
from warehouse.reading import Reader
from warehouse.settings import Home

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks" / "peers"
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
CLIENTS, SECONDS, LOADS, REPEATS = 8, 15.0, 3, 8
PLACES = ("product_line", "region", "priority")
# A mark of a chart: what a browser shows once there are data in it.
DRAWN = ".js-plotly-plot .main-svg :is(.trace, .sankey) path"
CALLBACK = "/_dash-update-component"
# A change of filter: the bodies that the browser sends for it, one after the other.
Bodies = list[str]
Change = Callable[[str], Bodies]
# Milliseconds of each callback of a change, for many changes.
Times = list[list[float]]


@dataclass(frozen=True)
class App:
    """How an application is started, what its page is called, and how a browser changes a filter on it."""

    name: str
    path: str
    served: Callable[[], contextlib.AbstractContextManager[tuple[int, psutil.Process]]]
    click: Callable[[Page], None]
    # From the requests of one change and the address after it to the bodies of any other change.
    change: Callable[[list[str], str], Change]
    # What a visitor who has come in sends along.
    enter: Callable[[int], dict[str, str]] = lambda port: {}


@dataclass(frozen=True)
class Load:
    """A first load with nothing cached: until the first chart is drawn, and until nothing more comes."""

    seconds: float
    drawn_mb: float
    whole_mb: float


def replaced(value: object, swaps: list[tuple[object, object]]) -> object:
    """A copy of JSON in which each value that equals the first of a pair is the second."""
    for old, new in swaps:
        if value == old:
            return new
    if isinstance(value, dict):
        return {k: replaced(v, swaps) for k, v in value.items()}
    if isinstance(value, list):
        return [replaced(v, swaps) for v in value]
    return value


def address_swapped(bodies: list[str], address: str) -> Change:
    """Ours: everything that is chosen is the query string of the address."""
    recorded, was = [json.loads(body) for body in bodies], f"?{urlsplit(address).query}"
    return lambda search: [json.dumps(replaced(body, [(was, search)])) for body in recorded]


def controls_swapped(bodies: list[str], address: str, everything: Mapping[str, list[str]]) -> Change:
    """Vizro: each control has its list of values, in the address as base64; nothing chosen is everything chosen."""
    recorded, was = [json.loads(body) for body in bodies], controls(address)

    def change(search: str) -> Bodies:
        asked = parse_qs(search.removeprefix("?"))
        now = {"day": [asked["from"][0], asked["to"][0]], **{p: asked.get(p, everything[p]) for p in PLACES}}
        return [json.dumps(replaced(body, [(was[name], now[name]) for name in now])) for body in recorded]

    return change


def controls(address: str) -> dict[str, list[str]]:
    """What Vizro's controls say in an address."""
    query = parse_qs(urlsplit(address).query)
    coded = {name.removesuffix("_filter"): values[0].removeprefix("b64_") for name, values in query.items()}
    return {name: json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) for name, text in coded.items()}


@contextlib.contextmanager
def served_by_vizro(home: Home, way: str) -> Iterator[tuple[int, psutil.Process]]:
    """Vizro's page with the options of ours: two workers of eight threads."""
    snapshot, port = current(home), free_port()
    assert snapshot is not None
    if not PYTHON.exists():
        raise RuntimeError("`make peers` installs Vizro, apart from the project")
    with tempfile.TemporaryDirectory() as cache:
        command = [str(PYTHON), "-m", "gunicorn", f"closure_page:create_app('{snapshot.file}', '{way}', '{cache}')"]
        options = "--workers 2 --threads 8 --worker-class gthread --timeout 120 --keep-alive 30 --no-control-socket"
        bound = ["--bind", f"127.0.0.1:{port}", "--log-level", "error"]
        with pages.running([*command, *options.split(), *bound], port, cwd=PEERS) as server:
            yield port, server


def settling(tab: Page) -> Callable[[], None]:
    """From now on: what waits until all that was asked for has come, and nothing more was for three seconds."""
    asked_for: list[Request] = []
    ended: list[Request] = []
    # Playwright marks the functions that it is given, so a list's own `append` will not do.
    tab.on("request", lambda request: asked_for.append(request))  # noqa: PLW0108
    tab.on("requestfinished", lambda request: ended.append(request))  # noqa: PLW0108
    tab.on("requestfailed", lambda request: ended.append(request))  # noqa: PLW0108

    def settle() -> None:
        seen = -1
        while len(ended) < len(asked_for) or len(asked_for) != seen:
            seen = len(asked_for)
            tab.wait_for_timeout(3_000)

    return settle


def loaded(browser: Browser, address: str, headers: dict[str, str]) -> Load:
    """Open a page in a browser that knows nothing."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.add_cookies(visitor.cookies(headers))  # type: ignore[arg-type]
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    settle = settling(tab)
    got: list[float] = []
    tools = context.new_cdp_session(tab)
    tools.on("Network.loadingFinished", lambda event: got.append(event["encodedDataLength"]))
    tools.send("Network.enable")
    began = time.perf_counter()
    tab.goto(address, wait_until="commit")
    tab.wait_for_selector(DRAWN, state="attached")
    seconds, drawn = time.perf_counter() - began, sum(got)
    settle()
    everything = sum(got)
    context.close()
    return Load(seconds, drawn / 1e6, everything / 1e6)


def recorded(browser: Browser, app: App, port: int, headers: dict[str, str]) -> Change:
    """Change a filter by hand, write down what the browser sends, and make a rule of it."""
    tab = browser.new_page(viewport={"width": 1440, "height": 1000})
    tab.context.add_cookies(visitor.cookies(headers))  # type: ignore[arg-type]
    tab.set_default_timeout(120_000)
    settle = settling(tab)
    tab.goto(f"http://127.0.0.1:{port}{app.path}")
    tab.wait_for_selector(DRAWN, state="attached")
    settle()
    sent: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).path == CALLBACK:
            sent.append(request.post_data or "")

    tab.on("request", note)
    app.click(tab)
    settle()
    address = tab.url
    tab.close()
    return app.change(sent, address)


def asked(port: int, headers: dict[str, str], bodies: Bodies, connection: http.client.HTTPConnection) -> list[float]:
    """Milliseconds of each callback of a change, from asking to the last byte."""
    times = []
    for body in bodies:
        began = time.perf_counter()
        connection.request("POST", CALLBACK, body.encode(), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status not in (200, 204):
            raise RuntimeError(f"{port}: {answer.status} {said[:200]!r} to {body[:200]}")
        times.append((time.perf_counter() - began) * 1000)
    return times


def crowd(port: int, headers: dict[str, str], change: Change, choose: Callable[[random.Random], str]) -> Times:
    """Clients that change filters without pause."""
    found: Times = []
    ends = time.monotonic() + SECONDS

    def client(number: int) -> None:
        chance, connection = random.Random(number), http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while time.monotonic() < ends:
            found.append(asked(port, headers, change(choose(chance)), connection))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def twice(port: int, headers: dict[str, str], change: Change, choices: list[str]) -> tuple[Times, Times]:
    """Each view for the first and for the second time, of one client alone, which keeps its worker."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    pairs = [
        (asked(port, headers, change(c), connection), asked(port, headers, change(c), connection)) for c in choices
    ]
    return [first for first, _ in pairs], [second for _, second in pairs]


def called(body: str) -> str:
    """What a callback fills, in a word."""
    outputs = json.loads(body)["outputs"]
    place = outputs["id"] if isinstance(outputs, dict) else "several"
    return " ".join(v for k, v in place.items() if k != "page" and v != "part") if isinstance(place, dict) else place


def spread(values: list[float]) -> str:
    """Median and p95 in ms."""
    found = sorted(values)
    return f"{statistics.median(found):,.0f} / {found[int(0.95 * len(found))]:,.0f} ms"


def each(times: Times) -> list[float]:
    """Every callback."""
    return [ms for change in times for ms in change]


def whole(times: Times) -> list[float]:
    """Every change: its callbacks one after the other."""
    return [sum(change) for change in times]


def slowest(times: Times, bodies: Bodies) -> str:
    """The callback with the highest median."""
    medians = [statistics.median(of_one) for of_one in zip(*times, strict=True)]
    worst = max(medians)
    return f"{worst:,.0f} ms" + (f" ({called(bodies[medians.index(worst)])})" if len(bodies) > 1 else "")


def measure(browser: Browser, app: App, choices: list[str]) -> list[str]:
    """One column of the table, from its heading down."""
    with app.served() as (port, server):
        address = f"http://127.0.0.1:{port}{app.path}"
        headers = app.enter(port)
        loaded(browser, address, headers)  # the browser is cold, the server is not
        loads = [loaded(browser, address, headers) for _ in range(LOADS)]
        change = recorded(browser, app, port, headers)
        # Days that the crowd does not draw from.
        new, again = twice(
            port, headers, change, [f"?from=2023-11-{day:02}&to=2026-09-{day:02}" for day in range(1, REPEATS + 1)]
        )
        known = crowd(port, headers, change, lambda chance: chance.choice(choices))
        never = crowd(port, headers, change, pages.never_asked)
        memory = max(worker.memory_info().rss / 1e6 for worker in server.children(recursive=True))
    bodies = change(choices[0])
    return [
        app.name,
        f"{statistics.median(load.drawn_mb for load in loads):.2f} MB",
        f"{statistics.median(load.whole_mb for load in loads):.2f} MB",
        f"{statistics.median(load.seconds for load in loads):.1f} s",
        str(len(bodies)),
        *(f(times) for times in (known, never) for f in (lambda t: spread(each(t)), lambda t: spread(whole(t)))),
        slowest(never, bodies),
        f"{len(known) / SECONDS:.1f}; {len(never) / SECONDS:.1f}",
        *(f for times in (new, again) for f in (slowest(times, bodies), f"{statistics.median(whole(times)):,.0f} ms")),
        f"{memory:,.0f} MB",
    ]


ROWS = [
    "",
    "cold load, received until the first chart is drawn",
    "cold load, received in all",
    "cold load, time until the first chart is drawn",
    "callbacks of a change of filter",
    "what people choose: a callback, median / p95",
    "what people choose: a whole change, median / p95",
    "never asked before: a callback, median / p95",
    "never asked before: a whole change, median / p95",
    "never asked before: the slowest callback, median",
    "changes a second: what people choose; never asked before",
    "one client, a new view: the slowest callback, median",
    "one client, a new view: a whole change, median",
    "one client, an earlier view again: the slowest callback, median",
    "one client, an earlier view again: a whole change, median",
    "memory per worker afterwards, at most",
]


def compare(home: Home) -> str:
    """Measure both and tell."""
    reading = Reader(home).current()
    assert reading is not None
    # Vizro offers no "nobody said".
    places = {p: [v for v, _ in records.places(reading)[p] if v] for p in PLACES}
    choices = [choice for choice in pages.clicked(home) if not choice.endswith("=")]

    def preset(tab: Page) -> None:
        tab.locator("a.preset[href*='from=']").first.click()

    def one_region_less(tab: Page) -> None:
        tab.locator("#region_filter .dash-dropdown").click()
        tab.locator(".dash-dropdown-option, .dash-options-list-option").nth(1).click()
        tab.keyboard.press("Escape")

    def vizro(name: str, way: str) -> App:
        return App(
            name,
            "/",
            lambda: served_by_vizro(home, way),
            one_region_less,
            lambda sent, address: controls_swapped(sent, address, places),
        )

    apps = [
        App(
            "FaultLoop",
            "/closure",
            lambda: pages.served(home),
            preset,
            address_swapped,
            lambda port: visitor.entered(home, port),
        ),
        vizro("Vizro, parametrised loading", "parameters"),
        vizro("Vizro, filters", "filters"),
    ]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        columns = [measure(browser, app, choices) for app in apps]
        browser.close()
    head, *rows = [f"| {' | '.join(cells)} |" for cells in zip(ROWS, *columns, strict=True)]
    return "\n".join(
        [
            "### Beside the same page in Vizro",
            "",
            f"{CLIENTS} clients change filters without pause, {SECONDS:g} s for each kind of question: a whole change is all that the browser asks",
            "for after it, one after the other; round trips on the same two cores as the server. Same snapshot and choices, two workers",
            "of eight threads, answers compressed for the browser. The pages (benchmarks/peers) share cards, flow and tickets; FaultLoop",
            "has more charts, findings and a table of measures, Vizro answers everything in one callback. *Parametrised loading*: DuckDB",
            "selects and adds up, kept in a FileSystemCache. *Filters*: whole tables in memory, narrowed in pandas.",
            "",
            head,
            "|---" * (len(columns) + 1) + "|",
            *rows,
        ]
    )
