"""Real servers on loopback that take messages: SMTP, and a webhook."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from pipelines.schedule import free_port


@dataclass
class Mailbox:
    """An SMTP server and what it took. refuses: what it answers instead, such as `451 try later`."""

    refuses: str = ""
    messages: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.receivers.extend(envelope.rcpt_tos)
        return "250 taken"

    def url(self) -> str:
        """The address of the account, as Apprise reads it."""
        return f"mailto://localhost:{self.port}?smtp=localhost&from=faultloop@example.com&mode=insecure&to=nobody@example.com"


@contextmanager
def smtp_server(port: int = 0) -> Iterator[Mailbox]:
    """A mail server on a port of loopback: the one that is named, or a free one."""
    box = Mailbox(port=port or free_port())
    controller = Controller(box, hostname="localhost", port=box.port, ready_timeout=30)
    controller.start()
    try:
        yield box
    finally:
        controller.stop(no_assert=True)


@dataclass
class Hook:
    """A webhook and what was posted to it. status: what it answers."""

    status: int = 200
    posted: list[tuple[dict[str, Any], dict[str, str]]] = field(default_factory=list)
    port: int = 0

    def url(self) -> str:
        return f"json://localhost:{self.port}/hook"


@contextmanager
def webhook() -> Iterator[Hook]:
    """A web server on loopback that keeps what is posted to it."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hook.status == 200:
                hook.posted.append((json.loads(body), dict(self.headers)))
            elif 300 <= hook.status < 400:
                self.send_response(hook.status)
                self.send_header("Location", "http://elsewhere.example.com/")
                self.end_headers()
                return
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
