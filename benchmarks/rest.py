"""A list of 100,000 rows from a REST server: landed as Parquet, beside the bare loop of httpx that only reads and parses it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROWS, SIZE, RUNS = 100_000, 1_000, 9
TARGET_CPU, TARGET_MB = 2.0, 300
MAPPING = """
title: {{en: Desk, zh: 服务台}}
kind: rest
streams:
  tickets:
    url: {url}
    path: /tickets
    params: {{since: "{{since}}", page: "{{page}}"}}
    records: tickets
    paging: seek
    cursor: updated_at
    size: {size}
    since: "%Y-%m-%dT%H:%M:%SZ"
entities:
  ticket: {{from: tickets, version: updated_at, fields: {{ticket_id: id, opened_at: created_at}}}}
"""


def ticket(number: int) -> dict[str, Any]:
    """A row as help desks give it: 20 columns, some of them empty, one an object, one a list."""
    at = f"2024-{1 + number // 10_000:02}-{1 + number // 400 % 25:02}T{number // 16 % 24:02}:{number % 60:02}:00Z"
    updated = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + 60 * number))
    return {
        "id": number,
        "number": f"INC{number:07}",
        "title": f"泵 {number % 97} leaks at the seal",
        "state": ("new", "open", "closed")[number % 3],
        "priority": {"id": 1 + number % 4, "name": ("low", "medium", "high", "critical")[number % 4]},
        "group": f"team {number % 12}",
        "owner_id": number % 211,
        "customer_id": number % 5_003,
        "asset": f"SN-{number % 20_011:06}",
        "created_at": at,
        "updated_at": updated,
        "first_response_at": at if number % 5 else None,
        "close_at": at if number % 3 == 2 else None,
        "time_unit": number % 480 / 4,
        "cost": number % 9_973 / 100,
        "reopened": number % 17 == 0,
        "tags": [f"tag {number % 7}", "field"],
        "note": None,
        "channel": "phone",
        "description": "The unit stops after some minutes; the display shows an error. " * (1 + number % 3),
    }


def serve() -> None:
    """Serve pages that were made before anybody asks; prints the port and where the values of `since` begin."""
    rows = [ticket(number) for number in range(ROWS)]
    places = {row["updated_at"]: number for number, row in enumerate(rows)}
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            params = parse_qs(urlsplit(self.path).query)
            start = places.get(params["since"][0], 0) + (int(params["page"][0]) - 1) * SIZE
            body = f'{{"tickets": [{",".join(texts[start : start + SIZE])}]}}'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def landed(home: Path, port: int) -> dict[str, float]:
    """Land everything by a mapping; the CPU of that, after imports."""
    from pipelines.landing import extract  # noqa: PLC0415
    from pipelines.sources import rest  # noqa: F401, PLC0415
    from warehouse.mapping import load  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    (home / "sources").mkdir(parents=True)
    mapping = home / "sources/desk.yaml"
    mapping.write_text(MAPPING.format(url=f"http://127.0.0.1:{port}", size=SIZE), encoding="utf-8")
    source, began = load(mapping), time.process_time()
    done = extract(Home(home), source)
    if done.rejected or done.rows != ROWS:
        raise RuntimeError(f"{done.rows} rows, {done.rejected}")
    return {"cpu": time.process_time() - began}


def bare(_: Path, port: int) -> dict[str, float]:
    """Ask for the same pages and parse them, nothing else."""
    import httpx  # noqa: PLC0415

    began, rows, page = time.process_time(), 0, 1
    with httpx.Client() as client:
        while found := client.get(f"http://127.0.0.1:{port}/tickets", params={"since": "0", "page": page}).json()[
            "tickets"
        ]:
            rows += len(found)
            page += 1
    if rows != ROWS:
        raise RuntimeError(f"{rows} rows")
    return {"cpu": time.process_time() - began}


def measured(what: str, home: Path, port: int) -> dict[str, float]:
    """Run one of both in a process of its own; adds the peak of its memory in MB."""
    command = [sys.executable, "-m", "benchmarks.rest", what, str(home), str(port)]
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return json.loads(out.splitlines()[-1])  # type: ignore[no-any-return]


def run(scratch: Path, *, ten_million: bool = False) -> str:  # noqa: ARG001  # every benchmark is called so
    """Measure, interleaved, and tell."""
    import shutil  # noqa: PLC0415

    server = subprocess.Popen([sys.executable, "-m", "benchmarks.rest", "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        pairs = []
        for number in range(RUNS):
            home = scratch / f"rest-{number}"
            shutil.rmtree(home, ignore_errors=True)
            pairs.append((measured("bare", home, port), measured("landed", home, port)))
            shutil.rmtree(home)
    finally:
        server.terminate()
        server.wait()
    times = median(ours["cpu"] / theirs["cpu"] for theirs, ours in pairs)
    lines = [
        "## REST",
        "",
        f"{ROWS:,} tickets of 20 fields in pages of {SIZE:,}; medians of {RUNS} pairs run one after the other, each in a process of its own, and",
        "the highest peak of memory. Processor time is that of all threads, imports left out; no process has children. The bare loop is",
        f"`httpx.Client.get(…).json()`: it asks for the same pages on one connection and has Python parse them. Target: at most {TARGET_CPU:g} ×",
        f"its processor time, {TARGET_MB} MB.",
        "",
        "| what | CPU s | peak MB |",
        "|---|---:|---:|",
    ]
    for what, place in (("httpx reads and parses", 0), ("FaultLoop lands", 1)):
        runs = [pair[place] for pair in pairs]
        lines.append(f"| {what} | {median(r['cpu'] for r in runs):.2f} | {max(r['mb'] for r in runs):.0f} |")
    return "\n".join([*lines, "", f"{times:.2f} × the CPU of the bare loop (median of the pairs)."])


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    answer = {"landed": landed, "bare": bare}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({**answer, "mb": peak}))
