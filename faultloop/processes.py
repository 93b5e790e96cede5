"""Child processes of `faultloop up`: started together, restarted when they die, stopped together."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipelines.children import end_with_parent

_STOP_WITHIN_SECONDS = 40.0
_QUICK_DEATH_SECONDS = 30.0
_QUICK_DEATHS_ALLOWED = 3


@dataclass
class Child:
    """One program of ours. It has a session of its own, so that Ctrl-C reaches it in order and not all at once."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        """Start it (again)."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509  # one thread so far
        )

    def died(self) -> bool:
        """Whether it ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Stopped(Exception):  # noqa: N818  # no error: somebody pressed Ctrl-C
    """Somebody asked us to stop."""


@dataclass
class Children:
    """The programs that run together; leaving the `with` stops all of them, last started first."""

    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> Children:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _raise_stopped)
        return self

    def __exit__(self, *exc: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self.children):
            child.stop()

    def add(self, child: Child) -> Child:
        """Start a child and watch it from now on."""
        self.children.append(child)
        child.start()
        return child

    def watch(self, told: Callable[[Child], None]) -> Child:
        """Restart whatever dies, telling of it; returns the child that dies too quickly too often."""
        while True:
            time.sleep(0.5)
            for child in self.children:
                if not child.died():
                    continue
                lived = time.monotonic() - child.started_at
                child.quick_deaths = child.quick_deaths + 1 if lived < _QUICK_DEATH_SECONDS else 0
                if child.quick_deaths >= _QUICK_DEATHS_ALLOWED:
                    return child
                told(child)
                child.start()


def _raise_stopped(*_: object) -> None:
    raise Stopped


def is_free(host: str, port: int) -> bool:
    """Whether a port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
