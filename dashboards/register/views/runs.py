"""What runs by itself: when each last ran and will run next, how it went, what it said; and a wish for a run now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Response, abort, request

from bilingual.text import Text
from dashboards.register import run_words
from dashboards.register.view import View, Visit
from dashboards.register.views.people import OPERATE
from fracas.database import reading, writing
from fracas.model import now
from fracas.watch import runs
from fracas.watch.model import Run, Step, Wish
from fracas.watch.runs import Ended
from fracas.watch.timetable import COURIER_ALIVE, SCHEDULER_ALIVE, Timed, timetable

_TITLE = Text(en="Runs", zh="运行记录")
_WISHED = Text(
    en="Asked for: {what}. It begins within a minute, where the courier runs.",
    zh="已请求：{what}。若投递进程在运行，将在一分钟内开始。",
)
_EACH, _WISHES = 50, 8
_ALIVE_WITHIN = dt.timedelta(minutes=2)
# Wishes that are older say nothing about now.
_WISHES_FOR = dt.timedelta(days=2)


@dataclass(frozen=True)
class Shown:
    """A run as a page shows it."""

    run: Run
    state: Ended
    lasted: str
    steps: list[Step]

    @property
    def step(self) -> Step | None:
        """The step that goes on."""
        return next((step for step in self.steps if step.ended_at is None), None)


@dataclass(frozen=True)
class Scheduled:
    """A schedule with its last run and its next."""

    timed: Timed
    last: Shown | None
    next: dt.datetime


@dataclass(frozen=True)
class Wished:
    """A wish with what became of it."""

    wish: Wish
    run: Shown | None


def _shown(run: Run, steps: list[Step], at: dt.datetime) -> Shown:
    return Shown(run, runs.state(run, at), run_words.lasted(runs.ended_at(run, at) - run.started_at), steps)


def _beat(folder: Path, name: str, at: dt.datetime) -> tuple[bool, dt.datetime | None]:
    """Whether something touched its file lately, and when it last did."""
    try:
        touched = dt.datetime.fromtimestamp((folder / name).stat().st_mtime, dt.UTC).replace(tzinfo=None)
    except FileNotFoundError:
        return False, None
    return at - touched < _ALIVE_WITHIN, touched


def _schedules_run(v: Visit, last: Run | None, at: dt.datetime) -> tuple[bool, dt.datetime | None]:
    """Whether schedules are run: by the scheduler of this machine, or by a server elsewhere, which its runs tell of."""
    is_alive, touched = _beat(v.house.home.path, SCHEDULER_ALIVE, at)
    seconds = next((timed.interval for timed in timetable() if timed.interval), None)
    if is_alive or last is None or seconds is None:
        return is_alive, touched
    return at - last.started_at < 2 * dt.timedelta(seconds=seconds), last.started_at


def _runs(v: Visit) -> Response:
    given = request.args.get("page", "1")
    number = max(int(given), 1) if given.isdecimal() and len(given) < 6 else 1
    flow = request.args.get("flow") or None
    at, home = now(), v.house.home
    with reading(v.house.engine) as session:
        last = runs.last(session)
        by_schedule = runs.last(session, began_by_schedule=True)
        running = runs.going_on(session, at)
        earlier, total = runs.earlier(session, (number - 1) * _EACH, _EACH, flow)
        wishes = [wish for wish in runs.wishes(session, _WISHES) if at - wish.at < _WISHES_FOR]
        begun = {wish.id: found for wish in wishes if (found := runs.run(session, wish.id)) is not None}
        everything = {run.id: run for run in (*last.values(), *running, *earlier, *begun.values())}
        steps = runs.steps(session, everything)
    shown = {run_id: _shown(run, steps[run_id], at) for run_id, run in everything.items()}
    scheduled = [
        Scheduled(
            timed,
            shown[last[timed.key].id] if timed.key in last else None,
            timed.next(at, home.settings.time_zone),
        )
        for timed in timetable()
    ]
    waiting = {wish.flow for wish in wishes if wish.taken_at is None}
    return v.page(
        "runs.html",
        _TITLE,
        w=run_words,
        scheduled=scheduled,
        running=[shown[run.id] for run in running],
        busy={run.flow for run in running} | waiting,
        earlier=[shown[run.id] for run in earlier],
        wishes=[Wished(wish, shown.get(wish.id)) for wish in wishes],
        flow=flow,
        flows=sorted({timed.key for timed in timetable()} | set(last)),
        number=number,
        pages=max(1, -(-total // _EACH)),
        total=total,
        scheduler=_schedules_run(v, max(by_schedule.values(), key=lambda r: r.started_at, default=None), at),
        courier=_beat(home.path, COURIER_ALIVE, at),
        Ended=Ended,
    )


def _run(v: Visit, run_id: str) -> Response:
    with reading(v.house.engine) as session:
        run = runs.run(session, run_id) or abort(404)
        steps = runs.steps(session, [run.id])[run.id]
    at = now()
    return v.page(
        "run.html",
        run_words.named(run.flow),
        w=run_words,
        shown=_shown(run, steps, at),
        durations=[run_words.lasted((step.ended_at or runs.ended_at(run, at)) - step.started_at) for step in steps],
        Ended=Ended,
    )


def _wish(v: Visit, key: str) -> Any:
    timed = next((timed for timed in timetable() if timed.key == key), None) or abort(404)
    with writing(v.house.engine) as session:
        runs.wish(session, timed.key, v.actor.id, now())
    return v.back("/runs", _WISHED.format(what=run_words.named(key)))


VIEWS = (
    View("runs", "/runs", "watch.read", _runs, title=_TITLE, group=OPERATE, order=39),
    View("run", "/runs/<run_id>", "watch.read", _run),
    View("wish", "/runs/<key>/now", "runs.start", _wish, ("POST",)),
)
