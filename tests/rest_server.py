"""A REST server that really runs, on loopback: lists in every manner of paging, with the mishaps that servers have."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Asked:
    """One request: its path without the query, its parameters, its headers and its body."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass
class Said:
    """An answer; `content` is made JSON unless it is bytes."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


# What happens to an answer on its way: told the answer and the one before.
Mishap = Callable[[Said, Said | None], Said]


def too_many(said: Said, before: Said | None) -> Said:
    return Said({"error": "slow down"}, 429, {"Retry-After": "0"})


def broken(said: Said, before: Said | None) -> Said:
    return Said(b"<html>Internal Server Error</html>", 500)


def half(said: Said, before: Said | None) -> Said:
    whole = json.dumps(said.content).encode()
    return Said(whole[: len(whole) // 2])


def cut(said: Said, before: Said | None) -> Said:
    """Half a page whose length is said to be that of the whole."""
    whole = json.dumps(said.content).encode()
    return Said(whole[: len(whole) // 2], 200, {"Content-Length": str(len(whole))})


def again(said: Said, before: Said | None) -> Said:
    """The page before once more."""
    return before or said


@dataclass
class Server:
    """answer: what is said to a request. mishaps: what happens to answers, by their number from 0. asked: all requests."""

    answer: Callable[[Asked], Said]
    mishaps: dict[int, Mishap] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    sound: Said | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(answer: Callable[[Asked], Said]) -> Iterator[Server]:
    """A server on a free port."""
    server = Server(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Or each answer waits 40 ms for the acknowledgement of its headers.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            params = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            is_json = "json" in self.headers.get("Content-Type", "")
            asked = Asked(unquote(parts.path), params, dict(self.headers), json.loads(body) if is_json else body)
            number = len(server.asked)
            server.asked.append(asked)
            said = server.answer(asked)
            if mishap := server.mishaps.get(number):
                said = mishap(said, server.sound)
            else:
                server.sound = said
            content = said.content if isinstance(said.content, bytes) else json.dumps(said.content).encode()
            self.send_response(said.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **said.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            if int(headers["Content-Length"]) != len(content):
                self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def dripping(asked: Asked) -> Said:
    """Never ends by itself, as it sends nothing."""
    time.sleep(0.4)
    return Said([])


@dataclass
class Desk:
    """A help desk's list of tickets, sorted by `updated`, that gives pages in every manner. before: what happens to the rows
    before a request, by its number."""

    rows: list[dict[str, Any]]
    most: int = 100
    before: dict[int, Callable[[], None]] = field(default_factory=dict)
    count: int = 0

    def answer(self, asked: Asked) -> Said:
        if happens := self.before.get(self.count):
            happens()
        self.count += 1
        size = min(int(asked.params.get("limit", self.most)), self.most)
        rows = [row for row in self.rows if str(row["updated"]) >= asked.params.get("since", "")]
        if "sorted" in asked.params:
            rows.sort(key=lambda row: (row["updated"], row["id"]))
        start = int(asked.params.get("offset", 0))
        if "page" in asked.params:
            start = (int(asked.params["page"]) - 1) * size
        if "token" in asked.params:
            start = int(asked.params["token"].removeprefix("t"))
        page, end = rows[start : start + size], start + size
        more = end < len(rows)
        headers = {"Link": f'<{asked.path}?token=t{end}&limit={size}>; rel="next"'} if more else {}
        return Said({"data": page, "meta": {"next": f"t{end}" if more else None}}, 200, headers)
