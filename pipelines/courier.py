"""The courier: sends what waits in the outbox and, being no part of Prefect, notices when nothing is refreshed any more.

It runs beside the scheduler (`faultloop up` starts both) or on its own (`faultloop courier`). Several may run at once: each message
is taken by one of them.
"""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bilingual.errors import UserError
from fracas.database import Database, connect, writing
from fracas.model import now
from fracas.watch import outbox
from fracas.watch.alerts import settle
from fracas.watch.letters import House
from fracas.watch.subscriptions import MAIL
from fracas.watch.telling import Rules, tell
from fracas.watch.timetable import COURIER_ALIVE
from pipelines.channels import NotSentError, Parcel, channels, send
from pipelines.deadman import missing
from pipelines.wishes import carry_out
from warehouse.settings import Home, Settings

_ROUND_SECONDS = 10.0
_AFTER_FAULT_SECONDS = 60.0
# The files of a report that go with its mail, apart from the pictures that its text shows.
_ATTACHED = ("*.pdf", "*.xlsx", "*.png")


def rules(settings: Settings) -> Rules:
    """How an installation tells its people."""
    house = House(settings.organisation, settings.public_address, settings.time_zone)
    after = dt.timedelta(hours=settings.escalate_after_hours)
    return Rules(house, settings.language, settings.quiet_hours, after)


@dataclass
class Courier:
    """What carries the messages of one installation. clock: what time it is (UTC, naive)."""

    home: Home
    engine: Database
    clock: Callable[[], dt.datetime] = now

    def round(self) -> int:
        """Look whether refreshes stopped, put news into messages, pass wishes on, send what is due; returns the messages sent."""
        with writing(self.engine) as session:
            at, settings = self.clock(), self.home.settings
            settle(session, "deadman", missing(self.home, at), at=at, worse_by=settings.worse_by)
            tell(session, rules(settings), at)
        # Before what a slow mail server may hold up.
        carry_out(self.home, self.engine)
        alive, sent = self.home.path / COURIER_ALIVE, 0
        alive.touch()
        while self._send_next():
            alive.touch()
            sent += 1
        return sent

    def _send_next(self) -> bool:
        """Send the next message that is due; False where there is none. A failure puts it off."""
        ways = channels()
        with writing(self.engine) as session:
            claimed = outbox.claim(session, set(ways), self.clock())
        if claimed is None:
            return False
        message, person = claimed
        is_final, error = False, None
        to = message.address or (person.email if person and person.is_active else None)
        if message.channel == MAIL and not to:
            is_final, error = True, "the person has no address any more, or has left"
        else:
            parcel = Parcel(
                id=message.id,
                subject=message.subject,
                body=message.body,
                html=message.html,
                to=to,
                files=self._files(message.folder),
                headers=message.headers,
            )
            try:
                send(message.channel, ways[message.channel], parcel, self.home.settings.outbound_hosts)
            except NotSentError as fault:
                error = str(fault)
            except UserError as fault:
                error = fault["en"]
        with writing(self.engine) as session:
            if error is None:
                outbox.sent(session, message.id, self.clock())
            else:
                outbox.failed(session, message.id, error, self.clock(), is_final=is_final)
        return True

    def _files(self, folder: str | None) -> list[Path]:
        if not folder:
            return []
        place = self.home.path / folder
        return [file for pattern in _ATTACHED for file in sorted(place.glob(pattern))]


def run(home: Home, told: Callable[[str], Any] = print, *, once: bool = False) -> None:
    """Make rounds until told to stop. What goes wrong in one (a database that is away) is told, and tried again."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine: Database | None = None
    try:
        while not stop.is_set():
            pause = _ROUND_SECONDS
            try:
                engine = engine or connect(home.register_url)
                # Settings are read anew: whoever adds a host need not start anything again.
                Courier(Home(home.path), engine).round()
            except Exception as error:  # the one that must go on whatever happens
                told(f"{type(error).__name__}: {error}")
                pause = _AFTER_FAULT_SECONDS
                if once:
                    raise
            if once:
                return
            stop.wait(pause)
    finally:
        if engine is not None:
            engine.dispose()
