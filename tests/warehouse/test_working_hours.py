"""Working hours (WH) between two instants, and the instant at which a target falls due: by hand, and by a slow oracle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from factories import Row, installation, table, warehouse
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.build import relations
from warehouse.database import Connection, open_for_building
from warehouse.reading import Reading

SHANGHAI = dt.timedelta(hours=8)


def shanghai(text: str) -> dt.datetime:
    """A UTC instant by the clock of Shanghai."""
    return dt.datetime.fromisoformat(text) - SHANGHAI


# Times in Shanghai's clock; the urban target is 6 h. 2024-03-04 is a Monday. The last column is the due time.
CASES = """
id                       | opened_at        | arrived_at       | hours | due
within a morning         | 2024-03-04 09:00 | 2024-03-04 11:30 | 2.5   | 2024-03-04 15:00
at once                  | 2024-03-04 09:00 | 2024-03-04 09:00 | 0     | 2024-03-04 15:00
before opening           | 2024-03-04 06:00 | 2024-03-04 09:30 | 1     | 2024-03-04 14:30
at opening               | 2024-03-04 08:30 | 2024-03-04 09:30 | 1     | 2024-03-04 14:30
after closing            | 2024-03-04 19:00 | 2024-03-05 10:00 | 1.5   | 2024-03-05 14:30
at closing               | 2024-03-04 17:30 | 2024-03-05 10:00 | 1.5   | 2024-03-05 14:30
next morning             | 2024-03-04 16:30 | 2024-03-05 09:00 | 1.5   | 2024-03-05 13:30
due at closing           | 2024-03-04 11:30 | 2024-03-04 17:30 | 6     | 2024-03-04 17:30
a minute after           | 2024-03-04 11:31 | 2024-03-05 08:31 | 6     | 2024-03-05 08:31
answered at night        | 2024-03-04 16:30 | 2024-03-04 22:00 | 1     | 2024-03-05 13:30
over a weekend           | 2024-03-08 16:30 | 2024-03-11 09:30 | 2     | 2024-03-11 13:30
on a Saturday            | 2024-03-09 10:00 | 2024-03-11 08:30 | 0     | 2024-03-11 14:30
both on a weekend        | 2024-03-09 10:00 | 2024-03-10 15:00 | 0     | 2024-03-11 14:30
a whole week             | 2024-03-04 08:30 | 2024-03-11 08:30 | 45    | 2024-03-04 14:30
make-up Sunday           | 2024-02-02 16:30 | 2024-02-04 09:30 | 2     | 2024-02-04 13:30
new year                 | 2024-02-09 16:30 | 2024-02-18 09:30 | 2     | 2024-02-18 13:30
on the eve               | 2024-02-10 20:00 | 2024-02-18 08:45 | 0.25  | 2024-02-18 14:30
make-up Sunday to Monday | 2024-02-18 17:00 | 2024-02-19 09:00 | 1     | 2024-02-19 14:00
with seconds             | 2024-03-04 09:00:30 | 2024-03-04 09:01:00 | 0.008333333 | 2024-03-04 15:00:30
"""


def clock(path: Path, rows: list[Row], settings: dict[str, Any] | None = None, **more: str | list[Row]) -> Reading:
    """A warehouse of tickets and what else is named, whose times are those of Shanghai."""
    return installation(path, {"ticket": rows, **more}, settings=settings, time_zone="Asia/Shanghai").read()


def times(reading: Reading, ticket: str) -> dict[str, Any]:
    return reading.records("SELECT * FROM core.ticket_clock WHERE ticket_id = $1", [ticket])[0]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    rows = [{**row, "ticket_id": row["id"], "zone": "urban"} for row in table(CASES)]
    return clock(tmp_path_factory.mktemp("cases"), rows)


@pytest.mark.parametrize("case", table(CASES), ids=lambda row: row["id"])
def test_by_hand(cases: Reading, case: dict[str, str]) -> None:
    found = times(cases, case["id"])
    assert found["response_wh"] == pytest.approx(float(case["hours"]))
    assert found["response_due_at"] == shanghai(case["due"])


def test_zones_keep_their_own_hours_and_targets(tmp_path: Path) -> None:
    zones = {
        "urban": {},
        "suburban": {"working_week": {"mon": "08:00-12:00", "tue": "08:00-20:00"}},
        "coast": {"time_zone": "America/Los_Angeles", "holidays": ""},
    }
    opened, arrived = "2024-03-04 11:00", "2024-03-05 09:00"
    rows = [
        {"ticket_id": zone, "zone": zone, "opened_at": opened, "arrived_at": arrived}
        for zone in ("urban", "suburban", "coast", "elsewhere", None)
    ]
    targets = {"urban": 6, "suburban": 7, "coast": 2}
    reading = clock(
        tmp_path,
        [{**r, "ticket_id": r["zone"] or "unsaid"} for r in rows],
        {"zones": zones, "response_target_hours": targets},
    )
    # Urban: 11:00–17:30 and 8:30–9:00.
    assert times(reading, "urban")["response_wh"] == pytest.approx(6.5 + 0.5)
    # Suburban: 11:00–12:00 on Monday, 8:00–9:00 on Tuesday; due after 1 h and 6 h more.
    assert times(reading, "suburban")["response_wh"] == pytest.approx(1 + 1)
    assert times(reading, "suburban")["response_due_at"] == shanghai("2024-03-05 14:00")
    # Los Angeles (UTC−8): Sunday 19:00 to Monday 17:00; opened on Monday at 8:30, so due at 10:30.
    assert times(reading, "coast")["response_wh"] == pytest.approx(8.5)
    assert times(reading, "coast")["response_due_at"] == dt.datetime(2024, 3, 4, 18, 30)
    # A zone that nobody set up, or nobody said, keeps the house's hours but promises nothing.
    for ticket in ("elsewhere", "unsaid"):
        assert times(reading, ticket)["response_wh"] == pytest.approx(7)
        assert times(reading, ticket)["response_target_wh"] is None
        assert times(reading, ticket)["response_due_at"] is None


def utc(path: Path, rows: str, **settings: Any) -> Reading:
    """A warehouse whose times are UTC, of urban calls."""
    return warehouse(path, {"holidays": "", **settings}, ticket=[{**row, "zone": "urban"} for row in table(rows)])


def test_opening_hours_that_straddle_midnight_utc_are_counted_once(tmp_path: Path) -> None:
    """8:30–17:30 in Los Angeles in winter is 16:30–01:30 UTC."""
    reading = utc(
        tmp_path,
        zones={"urban": {"time_zone": "America/Los_Angeles"}},
        rows="""
        ticket_id | opened_at        | arrived_at
        T1        | 2024-01-08 23:00 | 2024-01-09 17:30
        T2        | 2024-01-09 00:30 | 2024-01-09 01:00
        T3        | 2024-01-08 20:00 | 2024-01-09 03:00
        """,
    )
    assert times(reading, "T1")["response_wh"] == pytest.approx(2.5 + 1)
    assert times(reading, "T1")["response_due_at"] == dt.datetime(2024, 1, 9, 20, 0)
    assert times(reading, "T2")["response_wh"] == pytest.approx(0.5)
    assert times(reading, "T3")["response_wh"] == pytest.approx(5.5)
    assert times(reading, "T3")["response_due_at"] == dt.datetime(2024, 1, 9, 17, 0)


@pytest.mark.parametrize("first", ["2024-03-06", "2024-03-11"])
def test_hours_that_begin_on_the_day_before_by_utc_are_due_in_time(tmp_path: Path, first: str) -> None:
    """7:00–16:00 in Shanghai begins at 23:00 UTC of the day before."""
    zones = {"urban": {"working_week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "07:00-16:00")}}
    rows = [{"ticket_id": "T1", "zone": "urban", "opened_at": f"{first} 08:00", "arrived_at": f"{first} 09:30"}]
    found = times(clock(tmp_path, rows, {"zones": zones}), "T1")
    assert found["response_wh"] == pytest.approx(1.5)
    assert found["response_due_at"] == shanghai(f"{first} 14:00")


def test_on_the_days_when_clocks_change_a_working_day_is_as_long_as_ever(tmp_path: Path) -> None:
    """New York is UTC−5 until 2024-03-10 and from 2024-11-03, and UTC−4 between them."""
    reading = utc(
        tmp_path,
        zones={"urban": {"time_zone": "America/New_York"}},
        rows="""
        ticket_id | opened_at        | arrived_at
        spring    | 2024-03-08 21:30 | 2024-03-11 13:30
        autumn    | 2024-11-01 20:30 | 2024-11-04 14:30
        """,
    )
    # Friday 16:30 to Monday 9:30: an hour on each.
    assert times(reading, "spring")["response_wh"] == pytest.approx(1 + 1)
    assert times(reading, "spring")["response_due_at"] == dt.datetime(2024, 3, 11, 17, 30)
    assert times(reading, "autumn")["response_wh"] == pytest.approx(1 + 1)
    assert times(reading, "autumn")["response_due_at"] == dt.datetime(2024, 11, 4, 18, 30)


def test_a_night_shift_is_an_hour_shorter_or_longer_when_the_clocks_change(tmp_path: Path) -> None:
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-08:00")
    reading = utc(
        tmp_path,
        zones={"urban": {}},
        time_zone="America/New_York",
        working_week=week,
        rows="""
        ticket_id      | opened_at        | arrived_at
        spring         | 2024-03-10 05:00 | 2024-03-10 12:00
        after spring   | 2024-03-11 04:00 | 2024-03-11 06:00
        autumn         | 2024-11-03 04:00 | 2024-11-03 13:00
        after autumn   | 2024-11-04 05:00 | 2024-11-04 07:00
        """,
    )
    expected = {
        # Midnight to 8:00 in 7 hours, as 2:00 does not exist.
        "spring": (7, dt.datetime(2024, 3, 10, 11)),
        "after spring": (2, dt.datetime(2024, 3, 11, 10)),
        # Midnight to 8:00 in 9 hours, as 1:00 comes twice.
        "autumn": (9, dt.datetime(2024, 11, 3, 10)),
        "after autumn": (2, dt.datetime(2024, 11, 4, 11)),
    }
    found = {t: (times(reading, t)["response_wh"], times(reading, t)["response_due_at"]) for t in expected}
    assert found == expected


def test_a_calendar_of_many_years_from_a_source_gives_the_same_due_times(tmp_path: Path) -> None:
    days = [dt.date(2022, 1, 3) + dt.timedelta(days=n) for n in range(900)]
    calendar = [{"zone": "urban", "day": str(d), "opens": "08:30", "closes": "17:30"} for d in days if d.weekday() < 5]
    rows = [{"ticket_id": "T1", "zone": "urban", "opened_at": "2024-03-04 16:30", "arrived_at": "2024-03-05 09:30"}]
    found = times(clock(tmp_path, rows, calendar=calendar), "T1")
    assert found["response_wh"] == pytest.approx(2)
    assert found["response_due_at"] == shanghai("2024-03-05 13:30")


EVENTS = "ticket_id|to_status|at"


class Paused(NamedTuple):
    """A call with some changes of state, and what its clock must say; all times in Shanghai's clock."""

    claim: str
    opened: str
    arrived: str
    states: tuple[tuple[str, str], ...]
    hours: float | None
    due: str | None = None
    resolved: str = ""
    resolve_hours: float | None = None


PAUSES = (
    Paused(
        "waiting for the customer stops the clock",
        "2024-03-04 09:00",
        "2024-03-04 16:00",
        (("waiting_customer", "2024-03-04 10:00"), ("in_progress", "2024-03-04 12:00")),
        7 - 2,
        "2024-03-04 17:00",
    ),
    Paused(
        "waiting for parts does not",
        "2024-03-04 09:00",
        "2024-03-04 16:00",
        (("waiting_parts", "2024-03-04 10:00"), ("in_progress", "2024-03-04 12:00")),
        7,
        "2024-03-04 15:00",
    ),
    Paused(
        "only the working hours of a pause are taken out",
        "2024-03-04 09:00",
        "2024-03-05 16:00",
        (("waiting_customer", "2024-03-04 14:30"), ("in_progress", "2024-03-05 09:30")),
        8.5 + 7.5 - (3 + 1),
        "2024-03-05 10:00",
    ),
    Paused(
        "a pause counts from the opening and until the arrival only",
        "2024-03-04 09:00",
        "2024-03-04 12:00",
        (
            ("waiting_customer", "2024-03-04 08:30"),
            ("in_progress", "2024-03-04 10:00"),
            ("waiting_customer", "2024-03-04 11:00"),
            ("closed", "2024-03-04 15:00"),
        ),
        3 - 1 - 1,
    ),
    Paused(
        "a pause before the repair is taken out of the time to repair",
        "2024-03-04 09:00",
        "2024-03-04 10:00",
        (("waiting_customer", "2024-03-04 11:00"), ("in_progress", "2024-03-04 14:00")),
        1,
        "2024-03-04 15:00",
        "2024-03-04 16:00",
        7 - 3,
    ),
    Paused(
        # Until 16:00 on Friday, when the records end, 1 h has been used of 6: 1.5 h are left of the day.
        "a pause that lasts moves the deadline on",
        "2024-03-08 09:00",
        "",
        (("waiting_customer", "2024-03-08 10:00"),),
        None,
        "2024-03-11 12:00",
    ),
    Paused(
        "a pause after the deadline does not move it",
        "2024-03-04 09:00",
        "2024-03-05 12:00",
        (("waiting_customer", "2024-03-04 16:00"), ("in_progress", "2024-03-05 10:00")),
        8.5 + 3.5 - (1.5 + 1.5),
        "2024-03-04 15:00",
    ),
)


@pytest.fixture(scope="module")
def pauses(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    rows = [
        {
            "ticket_id": p.claim,
            "zone": "urban",
            "opened_at": p.opened,
            "arrived_at": p.arrived,
            "resolved_at": p.resolved,
        }
        for p in PAUSES
    ]
    # One more says until when the records tell.
    rows.append({"ticket_id": "last", "opened_at": "2024-03-08 16:00"})
    events = [{"ticket_id": p.claim, "to_status": state, "at": at} for p in PAUSES for state, at in p.states]
    return clock(tmp_path_factory.mktemp("pauses"), rows, ticket_event=events)


@pytest.mark.parametrize("case", PAUSES, ids=lambda p: p.claim)
def test_pauses(pauses: Reading, case: Paused) -> None:
    found = times(pauses, case.claim)
    assert found["response_wh"] == (None if case.hours is None else pytest.approx(case.hours))
    assert found["resolve_wh"] == (None if case.resolve_hours is None else pytest.approx(case.resolve_hours))
    if case.due:
        assert found["response_due_at"] == shanghai(case.due)


# The oracle: eleven months of minutes, each looked up on the zone's own clock.

BEGIN, END = dt.datetime(2024, 2, 1), dt.datetime(2024, 12, 25)
TARGET = 6.0
DAILY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES: dict[str, dict[str, Any]] = {
    "urban": {},
    "half days": {"holidays": "", "working_week": {"mon": "08:00-12:00", "wed": "13:15-17:45", "sat": "09:00-10:30"}},
    "early": {"holidays": "", "working_week": dict.fromkeys(DAILY, "06:00-15:00")},
    "coast": {"time_zone": "America/Los_Angeles", "holidays": ""},
    "night": {"time_zone": "America/New_York", "holidays": "", "working_week": dict.fromkeys(DAILY, "00:00-07:00")},
    "always": {"time_zone": "America/New_York", "holidays": "", "working_week": dict.fromkeys(DAILY, "00:00-23:59")},
    "far east": {"time_zone": "Pacific/Auckland", "holidays": ""},
}
# The State Council's notice for 2024: days off, and weekend days worked in exchange.
_OFF = [("02-10", 8), ("04-04", 3), ("05-01", 5), ("06-10", 1), ("09-15", 3), ("10-01", 7)]
OFF = {dt.date.fromisoformat(f"2024-{d}") + dt.timedelta(days=n) for d, days in _OFF for n in range(days)}
WORKED = {
    dt.date.fromisoformat(f"2024-{d}") for d in ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"]
}


@cache
def worked(zone: str) -> list[int]:
    """Working minutes of a zone before each minute since BEGIN, found by looking at the clock every minute."""
    spec = ZONES[zone]
    tz = ZoneInfo(spec.get("time_zone", "Asia/Shanghai"))
    week = spec.get("working_week", dict.fromkeys(DAILY[:5], "08:30-17:30"))
    usual = next(iter(week.values()))
    chinese = "holidays" not in spec
    minutes = []
    for hour in range(int((END - BEGIN) / dt.timedelta(hours=1))):
        # Offsets from UTC change on the full hour, or on the half: 30 minutes share one.
        for half in (0, 30):
            at = BEGIN + dt.timedelta(hours=hour, minutes=half)
            local = at.replace(tzinfo=dt.UTC).astimezone(tz).replace(tzinfo=None)
            day = local.date()
            hours = week.get(DAILY[day.weekday()])
            if chinese and day in WORKED:
                hours = usual
            if chinese and day in OFF:
                hours = None
            opens, closes = [(int(h[:2]) * 60 + int(h[3:])) for h in hours.split("-")] if hours else (0, 0)
            first = local.hour * 60 + local.minute
            minutes += [int(opens <= first + m < closes) for m in range(30)]
    return [0, *accumulate(minutes)]


class Call(NamedTuple):
    """A call, in minutes since BEGIN. `marks`: when it was paused, went on, was paused again … the last may last still."""

    zone: str
    opened: int
    arrived: int | None
    marks: tuple[int, ...]


def index(minute: int) -> dt.datetime:
    return BEGIN + dt.timedelta(minutes=minute)


def oracle(call: Call, as_of: int) -> tuple[float | None, dt.datetime]:
    """Working hours to the arrival and the due instant, minute by minute."""
    w = worked(call.zone)
    until = as_of if call.arrived is None else call.arrived
    ends = (*call.marks[1::2], as_of)
    pauses = [(max(a, call.opened), min(b, until)) for a, b in zip(call.marks[::2], ends, strict=False)]
    out = sum(max(0, w[b] - w[a]) for a, b in pauses if b > a)
    response = None if call.arrived is None else (w[call.arrived] - w[call.opened] - out) / 60
    used, minute = 0, call.opened
    while used < TARGET * 60:
        is_stopped = any(a <= minute < b for a, b in pauses)
        used += 0 if is_stopped else w[minute + 1] - w[minute]
        minute += 1
    return response, index(minute)


# The records end two weeks before the oracle does, so that every deadline can be looked up.
_last = int((END - BEGIN) / dt.timedelta(minutes=1)) - 60 * 24 * 14


@st.composite
def calls(draw: st.DrawFn) -> Call:
    zone = draw(st.sampled_from(sorted(ZONES)))
    # Half of the calls fall near a change of the clocks, a holiday or a make-up day.
    near = draw(st.sampled_from([0, 0, 0, 38, 39, 275, 276, 3, 9, 17]))
    opened = near * 1440 + draw(st.integers(0, 2879)) if near else draw(st.integers(1440, _last - 10_000))
    arrived = draw(st.one_of(st.none(), st.integers(0, 600), st.integers(0, 10_000)))
    marks = sorted(draw(st.lists(st.integers(-500, 5_000), max_size=6, unique=True)))
    return Call(zone, opened, None if arrived is None else opened + arrived, tuple(opened + m for m in marks))


@pytest.fixture(scope="module")
def clockwork(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The tables of working time over the oracle's months, open for putting calls in and asking for their clock."""
    path = tmp_path_factory.mktemp("clockwork")
    settings = {"zones": ZONES, "response_target_hours": dict.fromkeys(ZONES, TARGET), "time_zone": "Asia/Shanghai"}
    reading = warehouse(
        path,
        {**settings, "as_of": f"{index(_last).isoformat()}Z"},
        ticket=[{"ticket_id": str(t), "opened_at": str(t)} for t in (BEGIN + dt.timedelta(days=1), END)],
        ticket_event=f"{EVENTS}\nT|closed|{BEGIN + dt.timedelta(days=1)}",
    )
    file = reading.snapshot.file
    reading.con.close()
    with open_for_building(file, path, memory_limit="1GB") as con:
        con.execute((Path(relations.__code__.co_filename).parent / "core" / "macros.sql").read_text(encoding="utf-8"))
        yield con


def ask(con: Connection, asked: list[Call]) -> dict[int, tuple[float | None, dt.datetime | None]]:
    """What the warehouse's own SQL says of some calls."""
    con.execute("DELETE FROM core.ticket; DELETE FROM core.ticket_event")
    con.executemany(
        "INSERT INTO core.ticket (ticket_id, zone, opened_at, arrived_at) VALUES (?, ?, ?, ?)",
        [
            [str(i), c.zone, index(c.opened), None if c.arrived is None else index(c.arrived)]
            for i, c in enumerate(asked)
        ],
    )
    changes = [
        [str(i), state, index(minute)]
        for i, c in enumerate(asked)
        for state, minute in zip(("waiting_customer", "in_progress") * 3, c.marks, strict=False)
    ]
    if changes:
        con.executemany('INSERT INTO core.ticket_event (ticket_id, to_status, "at") VALUES (?, ?, ?)', changes)
    for name in ("ticket_pause", "ticket_clock"):
        con.execute(f"DROP TABLE core.{name}")
        con.execute(relations("core")[name])
    found = con.execute(
        "SELECT CAST(ticket_id AS INTEGER), response_wh, response_due_at FROM core.ticket_clock"
    ).fetchall()
    return {i: (hours, due) for i, hours, due in found}


@settings(max_examples=8, deadline=None)
@given(st.lists(calls(), min_size=1, max_size=60))
def test_the_slow_way_of_counting_minutes_says_the_same(clockwork: Connection, asked: list[Call]) -> None:
    found = ask(clockwork, asked)
    for i, call in enumerate(asked):
        hours, due = oracle(call, _last)
        assert found[i][0] == (None if hours is None else pytest.approx(hours, abs=1e-6)), call
        assert found[i][1] == due, call
