"""Each schedule runs once a day, also on the days on which the clocks are changed, and the page says when Prefect does it."""

from __future__ import annotations

import datetime as dt
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule

from fracas.watch.timetable import Timed, timetable

CRONS = [timed for timed in timetable() if timed.cron]
INTERVALS = [timed for timed in timetable() if timed.interval]
# A change in either direction: over an hour that is missing and one that is there twice; and one at midnight.
CHANGES = [
    ("Europe/Berlin", dt.date(2026, 3, 29)),
    ("Europe/Berlin", dt.date(2026, 10, 25)),
    ("America/New_York", dt.date(2026, 3, 8)),
    ("America/New_York", dt.date(2026, 11, 1)),
    ("Europe/Athens", dt.date(2026, 3, 29)),
    ("America/Santiago", dt.date(2026, 9, 6)),
]


def around(zone: str, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The day of a change with the one before and the one after, in UTC."""
    noon = dt.datetime.combine(day, dt.time(), ZoneInfo(zone))
    return (noon - dt.timedelta(days=1)).astimezone(dt.UTC), (noon + dt.timedelta(days=2)).astimezone(dt.UTC)


def fired(schedule: CronSchedule | IntervalSchedule, begin: dt.datetime, end: dt.datetime) -> set[dt.datetime]:
    """All instants for which a Prefect server makes a run when it looks, as it does, again and again."""
    found: set[dt.datetime] = set()
    at = begin
    while at < end:
        for run in schedule._get_dates_generator(n=3, start=at):
            instant = dt.datetime.fromtimestamp(run.timestamp(), dt.UTC)
            # A run that is due in the past is the one that was made before: its key is its instant.
            if begin <= instant < end:
                found.add(instant)
        at += dt.timedelta(minutes=30)
    return found


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("timed", [t for t in CRONS if t.cron.split()[2:] == ["*", "*", "*"]], ids=lambda t: t.key)  # type: ignore[union-attr]
def test_a_nightly_schedule_runs_once_each_day_of_a_change(timed: Timed, zone: str, day: dt.date) -> None:
    assert timed.cron is not None
    begin, end = around(zone, day)
    instants = fired(CronSchedule(cron=timed.cron, timezone=zone), begin, end)
    local = sorted(instant.astimezone(ZoneInfo(zone)) for instant in instants)
    assert [one.date() - day for one in local] == [dt.timedelta(days=n) for n in (-1, 0, 1)]
    minute, hour = timed.cron.split()[:2]
    assert {one.strftime("%H:%M") for one in local} == {f"{int(hour):02d}:{int(minute):02d}"}

    shown, at = [], begin.replace(tzinfo=None) - dt.timedelta(seconds=1)
    while (at := timed.next(at, zone)) < end.replace(tzinfo=None):
        shown.append(at.replace(tzinfo=dt.UTC))
    assert shown == sorted(instants), "the page says what Prefect does"


@cache
def changes(zone: str) -> list[tuple[dt.datetime, dt.datetime]]:
    """The local times of a zone, before and after, between which its clocks are put in the next years."""
    found = []
    at, end = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    place, step = ZoneInfo(zone), dt.timedelta(days=1)
    while at < end:
        if at.astimezone(place).utcoffset() != (at + step).astimezone(place).utcoffset():
            low, high = at, at + step
            while high - low > dt.timedelta(minutes=1):
                middle = low + (high - low) / 2
                is_before = middle.astimezone(place).utcoffset() == at.astimezone(place).utcoffset()
                low, high = (middle, high) if is_before else (low, middle)
            found.append((low.astimezone(place).replace(tzinfo=None), high.astimezone(place).replace(tzinfo=None)))
        at += step
    return found


def test_no_zone_of_the_world_puts_its_clocks_at_an_hour_of_ours() -> None:
    """Then no local time of a schedule is missing, nor there twice, wherever the house is."""
    ours = {(int(timed.cron.split()[1]), int(timed.cron.split()[0])) for timed in CRONS if timed.cron}
    looked = 0
    for zone in sorted(available_timezones()):
        for before, after in changes(zone):
            looked += 1
            low, high = min(before, after), max(before, after)
            touched = [
                (hour, minute)
                for hour, minute in ours
                if any(
                    low < dt.datetime.combine(day, dt.time(hour, minute)) < high for day in {low.date(), high.date()}
                )
            ]
            assert touched == [], (zone, before, after)
    assert looked > 500


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_an_interval_goes_on_evenly_over_a_change(zone: str, day: dt.date) -> None:
    (timed,) = INTERVALS
    begin, end = around(zone, day)
    schedule = IntervalSchedule(interval=dt.timedelta(seconds=timed.interval or 0), anchor_date=timed.anchored_at)
    instants = sorted(fired(schedule, begin, end))
    assert {b - a for a, b in pairwise(instants)} == {dt.timedelta(seconds=900)}
    assert len(instants) == (end - begin) / dt.timedelta(seconds=900)
    at = begin.replace(tzinfo=None)
    assert timed.next(at, zone).replace(tzinfo=dt.UTC) == next(i for i in instants if i > begin)


@pytest.mark.parametrize("minute", [0, 1, 14])
def test_the_next_run_is_always_later_than_now(minute: int) -> None:
    at = dt.datetime(2026, 5, 4, 3, minute)
    for timed in timetable():
        assert at < timed.next(at, "Asia/Shanghai") <= at + dt.timedelta(days=31)


def test_what_each_schedule_is_is_told_by_its_key() -> None:
    keys = [timed.key for timed in timetable()]
    assert len(set(keys)) == len(keys)
    assert {"refresh", "quality", "reports.weekly_ranking", "reports.monthly_management"} <= set(keys)
