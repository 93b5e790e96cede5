"""The dead-man's check: has a refresh succeeded in the time in which one is expected? It asks nobody but the files."""

from __future__ import annotations

import datetime as dt

from bilingual.clock import spoken
from bilingual.text import Text
from fracas.watch.alerts import Problem, Severity
from fracas.watch.topics import PLATFORM
from warehouse.publish import last_success
from warehouse.settings import Home

_SILENT = Text(
    en="No refresh has succeeded since {time} ({minutes} minutes; one is expected every {expected}): what people see is old. Look at the runs, and whether the scheduler runs.",
    zh="自 {time} 以来没有一次刷新成功（已 {minutes} 分钟，应每 {expected} 分钟一次）：看板数据已过时。请查看运行记录以及调度器是否在运行。",
)
_NEVER = Text(
    en="No refresh has ever succeeded here; look at the runs, and whether the scheduler runs.",
    zh="此处从未成功刷新；请查看运行记录以及调度器是否在运行。",
)


def missing(home: Home, at: dt.datetime) -> list[Problem]:
    """One problem where refreshes have been failing, or missing, for too long. at: now (UTC, naive)."""
    if not home.exists:
        return []
    expected = home.settings.refresh_expected_minutes
    last = last_success(home)
    if last is None:
        # A new installation has had no time yet.
        made = dt.datetime.fromtimestamp(home.settings_file.stat().st_mtime, dt.UTC).replace(tzinfo=None)
        if at - made < dt.timedelta(minutes=expected):
            return []
        return [_problem(_NEVER)]
    silent = (at - last) / dt.timedelta(minutes=1)
    if silent < expected:
        return []
    time = spoken(last, home.settings.time_zone)
    return [_problem(_SILENT.format(time=time, minutes=round(silent), expected=round(expected)))]


def _problem(text: Text) -> Problem:
    return Problem("deadman/refresh", PLATFORM, Severity.CRITICAL, text, is_urgent=True, address="/runs")
