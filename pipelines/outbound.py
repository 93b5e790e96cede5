"""What leaves the house goes to hosts that the house named, and to no other, whichever library sends it.

Python tells of every name that is looked up before a connection is made; where the name is not on the list the look-up fails.
So redirects, proxies and libraries that know addresses of their own are held to the list as well.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

_allowed: ContextVar[tuple[str, ...] | None] = ContextVar("allowed", default=None)
_refused: ContextVar[list[str] | None] = ContextVar("refused", default=None)


class ForbiddenError(OSError):
    """A host that is not on the house's list; libraries take it for a connection that could not be made."""


@contextmanager
def only_to(hosts: Sequence[str]) -> Iterator[list[str]]:
    """While this lasts this thread reaches these hosts only (`*.example.com` for all below one); gives the hosts refused."""
    _listen()
    refused: list[str] = []
    allowed = _allowed.set(tuple(host.strip().lower().rstrip(".") for host in hosts))
    kept = _refused.set(refused)
    try:
        yield refused
    finally:
        _refused.reset(kept)
        _allowed.reset(allowed)


@cache
def _listen() -> None:
    # There is no taking an audit hook away, so there is one at most, which does nothing unless told to.
    sys.addaudithook(_heard)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket.") or (allowed := _allowed.get()) is None:
        return
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        asked = arguments[0]
        host = (asked.decode("ascii", "replace") if isinstance(asked, bytes) else str(asked or "")).lower().rstrip(".")
        # A mail client says who it is, and looks its own name up for that.
        if host != socket.gethostname().lower() and not any(fnmatchcase(host, pattern) for pattern in allowed):
            if (refused := _refused.get()) is not None:
                refused.append(host)
            raise ForbiddenError(f"{host} is not on the list of hosts that messages may be sent to")
