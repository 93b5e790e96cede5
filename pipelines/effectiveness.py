"""The loop closes by itself: each night the records are asked whether actions worked, and whether a failure came back.

The register knows nothing of the warehouse, nor the warehouse of the register: here they meet. A second run on the same
snapshot changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bilingual.clock import at_home
from bilingual.text import Text
from fracas import loops as followed
from fracas import numbers, platform
from fracas.database import connect
from fracas.keys import journal_key, secret_of_environment
from fracas.loops import Loop
from fracas.outflow import is_begun
from fracas.people import RefusedError
from fracas.register import Register
from fracas.states import State
from warehouse import verification
from warehouse.actions import Rules
from warehouse.reading import Reader, Reading
from warehouse.settings import Home
from warehouse.verification import CameBack, Verified, Window

_CAME_BACK = Text(
    en="{number} is open again: the failure came back on {unit} on {day} ({record}).",
    zh="{number} 已重新打开：{unit} 于 {day} 再次发生同一故障（{record}）。",
)
_UNNAMED = Text(en="no ticket", zh="无工单")
_PROPOSED = Text(
    en="{number} can be closed: its actions worked over the whole window ({before} failures before, {after} after; the rate is {ratio} times what it was).",
    zh="{number} 可以关闭：整个验证期内措施有效（之前 {before} 次故障，之后 {after} 次；故障率为之前的 {ratio} 倍）。",
)


@dataclass(frozen=True)
class Judged:
    """The verdict on one report. is_news: whether anything differs from the last run; is_proposed: whether it can be closed."""

    number: str
    verdict: str
    is_news: bool
    is_proposed: bool


@dataclass(frozen=True)
class FollowedUp:
    """What a run did: the verdicts on all reports in monitoring, and those that are open again, with why."""

    judged: tuple[Judged, ...] = ()
    reopened: tuple[tuple[str, Text], ...] = ()


@contextmanager
def register_of(home: Home) -> Iterator[Register | None]:
    """The register of an installation; None where it was not begun. UserError where its secret is missing."""
    if not is_begun(home.register_url):
        yield None
        return
    key = journal_key(secret_of_environment())
    engine = connect(home.register_url)
    try:
        settings = home.settings
        yield Register(engine, key, pattern=numbers.checked(settings.report_number), zone=settings.time_zone)
    finally:
        engine.dispose()


def follow_up(home: Home, register: Register) -> FollowedUp:
    """Reopen what came back and judge what is monitored, as the published snapshot tells; nothing without one."""
    reading = Reader(home).current()
    if reading is None:
        return FollowedUp()
    known = followed.loops(register.engine)
    reopened = _reopen(register, reading, known)
    back = {number for number, _ in reopened}
    monitored = [loop for loop in known if loop.state == State.MONITORING and loop.number not in back]
    return FollowedUp(_judge(register, reading, monitored, Rules.of(home.settings)), reopened)


def _reopen(register: Register, reading: Reading, known: Sequence[Loop]) -> tuple[tuple[str, Text], ...]:
    asked = [
        verification.Loop(
            loop.number, loop.component, loop.failure_mode, loop.since, loop.assets, loop.serials, loop.lots
        )
        for loop in known
    ]
    reopened = []
    for place, back in verification.came_back(reading, asked, register.zone).items():
        loop = known[place]
        why = _why(loop, back)
        # An event has one text, whoever reads it.
        if platform.came_back(register, loop.id, f"{why.en} {why.zh}", why):
            reopened.append((loop.number, why))
    return tuple(reopened)


def _why(loop: Loop, back: CameBack) -> Text:
    return _CAME_BACK.format(number=loop.number, unit=back.unit, day=back.day, record=back.record or _UNNAMED)


def _judge(register: Register, reading: Reading, monitored: Sequence[Loop], rules: Rules) -> tuple[Judged, ...]:
    windows = [_window(loop, register.zone) for loop in monitored]
    judged = []
    for loop, found in zip(monitored, verification.verify(reading, windows, rules), strict=True):
        is_over = found.is_whole and loop.window_end is not None and register.today() >= loop.window_end
        is_proposed = is_over and found.verdict == "effective"
        try:
            proposal = _proposal(loop, found) if is_proposed else None
            is_news = platform.judge(register, loop.id, str(found.verdict), _facts(found, is_over), proposal)
        except RefusedError:
            continue  # somebody moved it on meanwhile
        judged.append(Judged(loop.number, str(found.verdict), is_news, is_proposed))
    return tuple(judged)


def _window(loop: Loop, zone: str) -> Window:
    def day(instant: dt.datetime) -> dt.date:
        return at_home(instant, zone).date()

    done_on = day(loop.implemented_at)
    first = loop.monitored_from or done_on
    return Window(
        loop.component,
        loop.failure_mode,
        loop.product_line,
        raised_on=day(loop.submitted_at) if loop.submitted_at else None,
        done_on=done_on,
        first=first,
        last=loop.window_end or first,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _facts(found: Verified, is_over: bool) -> dict[str, Any]:
    """What the verdict rests on, as JSON keeps it: exposures in days in service, windows by first and last day."""
    facts: dict[str, Any] = {"is_over": is_over}
    for name, side in (("before", found.before), ("after", found.after)):
        if side is not None:
            facts |= {
                f"failures_{name}": side.failures,
                f"exposure_{name}": _rounded(side.exposure),
                f"{name}_from": side.first.isoformat(),
                f"{name}_to": (side.last - dt.timedelta(days=1)).isoformat(),
            }
    numbers_found = {"ratio": found.ratio, "low": found.low, "high": found.high}
    return facts | {k: _rounded(v) for k, v in numbers_found.items()} | {"missing_days": found.missing_days}


def _proposal(loop: Loop, found: Verified) -> Text:
    before, after = found.before, found.after
    return _PROPOSED.format(
        number=loop.number,
        before=before.failures if before else 0,
        after=after.failures if after else 0,
        ratio="—" if found.ratio is None else f"{found.ratio:.2f}",
    )
