"""After a publish every page is asked for once, as it opens, so that the first reader of the day waits no longer than others."""

from __future__ import annotations

import logging
import threading
import time

from dashboards.ask import Desk
from dashboards.callbacks import fill, guarded
from dashboards.house import House
from dashboards.pages import pages
from dashboards.viewer import Viewer
from fracas import similar
from fracas.people import Actor
from warehouse.extent import WHOLE, narrowed

log = logging.getLogger("faultloop.web")

_LOOK_EVERY_SECONDS = 5.0
# Between two parts whoever is waiting for a page goes first.
_PAUSE_SECONDS = 0.02


def keep_warm(desk: Desk, house: House) -> None:
    """Watch for new snapshots for as long as the process runs, in a thread of its own."""
    threading.Thread(target=_watch, args=(desk, house), name="warm", daemon=True).start()


def warm(desk: Desk) -> None:
    """Ask for every part of every page, as it opens, in the installation's language."""
    language = desk.home.settings.language
    for page in pages().values():
        for name in (*page.parts, *page.charts) if page.has_filters else ():
            context = desk.context("", language)
            if context is None:
                return
            guarded(language, lambda c=context, p=page, n=name: fill(c, p, n))  # type: ignore[misc]
            time.sleep(_PAUSE_SECONDS)


def narrow(desk: Desk, house: House) -> None:
    """Make what those people will read who see a part of the house, so that none of them waits for it."""
    reading = desk.reader.current()
    if reading is None:
        return
    actors = [Actor.of(person) for person in house.staff.everybody(None) if person.is_active]
    for extent in {Viewer(actor).extent for actor in actors} - {WHOLE}:
        narrowed(desk.home, reading.snapshot, extent)


def _watch(desk: Desk, house: House) -> None:
    warmed = ""
    while True:
        try:
            reading = desk.reader.current()
            if reading is not None and reading.id != warmed:
                warmed = reading.id
                warm(desk)
            narrow(desk, house)
            # Whoever types a symptom finds what sounds like it at once, what was written a moment ago too.
            similar.warm(house.engine)
        except Exception:  # whatever it is, the next snapshot is worth another try
            log.exception("could not warm up")
        time.sleep(_LOOK_EVERY_SECONDS)
