"""The working calendar: opening hours per zone and day from settings, public holidays and make-up days, as core tables."""

from __future__ import annotations

import datetime as dt

import holidays as public_holidays
import numpy as np
import polars as pl

from bilingual.errors import UserError
from warehouse.database import Connection
from warehouse.settings import Settings, Zone

# The zone of a ticket for which nobody said one.
UNSAID = ""
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A deadline is looked for this far beyond the last record: longer than any holiday.
_HORIZON_DAYS = 90


def _clock(value: object) -> str:
    """A time of day as text; YAML reads an unquoted 17:30 as a number of minutes."""
    return f"{value // 60:02d}:{value % 60:02d}" if isinstance(value, int) else str(value).strip()


def _hours(text: object, where: str) -> tuple[dt.time | None, dt.time | None]:
    """Opening and closing time out of `08:30-17:30`; a pair of None for a day off."""
    if text is None or text == "":
        return None, None
    try:
        opens, closes = (dt.time.fromisoformat(part.strip()) for part in str(text).split("-"))
    except ValueError:
        opens = closes = dt.time(0)
    if closes <= opens:
        raise UserError(
            en=f"faultloop.yaml, {where}: “{text}” is no opening time; write it as 08:30-17:30.",
            zh=f"faultloop.yaml 的 {where}：“{text}”不是有效的工作时间；请写成 08:30-17:30。",
        )
    return opens, closes


def _own_days(rows: list[object], zone: str) -> dict[dt.date, tuple[dt.time | None, dt.time | None, str]]:
    """The house's own days of a zone: opening hours and name by day."""
    found = {}
    for row in rows:
        try:
            if not isinstance(row, dict):
                raise ValueError
            day = dt.date.fromisoformat(str(row["day"]))
            if ("opens" in row) != ("closes" in row):
                raise ValueError
        except (KeyError, ValueError):
            raise UserError(
                en=f"faultloop.yaml, extra_days: {row!r} does not say a day; write {{day: 2026-05-04, name: …}}, with opens and closes if it is worked.",
                zh=f"faultloop.yaml 的 extra_days：{row!r} 无效；请写成 {{day: 2026-05-04, name: …}}，上班日须同时写 opens 与 closes。",
            ) from None
        if row.get("zone") in (None, zone):
            hours = f"{_clock(row['opens'])}-{_clock(row['closes'])}" if "opens" in row else None
            found[day] = (*_hours(hours, "extra_days"), str(row.get("name", "")))
    return found


def _public(country: str, years: range) -> tuple[dict[dt.date, str], set[dt.date]]:
    """Public holidays by day, and weekend days that are worked in exchange (调休)."""
    if not country:
        return {}, set()
    try:
        days = public_holidays.country_holidays(country, years=years)
    except NotImplementedError:
        raise UserError(
            en=f"faultloop.yaml, holidays: no holidays are known for “{country}”; use an ISO country code such as CN, or leave it empty.",
            zh=f"faultloop.yaml 的 holidays：没有“{country}”的节假日数据；请使用 CN 等 ISO 国家代码，或留空。",
        ) from None
    off = {day: str(name) for day, name in days.items()}
    worked = {day for day in getattr(days, "weekend_workdays", ()) if day.year in years}
    if worked:
        # Where weekends are worked in exchange, a holiday is one unbroken stretch: the weekend inside it is off as well.
        fridays = [day for day in off if day.weekday() == 4 and day + dt.timedelta(days=3) in off]
        off |= {day + dt.timedelta(days=n): off[day] for day in fridays for n in (1, 2)}
    return off, worked


def calendar_frame(settings: Settings, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Opening hours of every zone for each day from `first` to `last`.

    Columns zone, day, opens, closes (null on a day off), name (of the holiday or make-up day). The zone '' is the
    one of tickets without a zone. Precedence: the house's own days, public holidays, make-up days, the week.
    """
    frames = []
    days = pl.date_range(first, last, eager=True).alias("day")
    house = Zone()
    for zone, own in {UNSAID: house, **settings.zones}.items():
        spec = own or house
        week = {
            str(day): hours
            for day, hours in (settings.working_week if spec.working_week is None else spec.working_week).items()
        }
        by_weekday = [_hours(week.get(day), f"working_week.{day}") for day in _WEEK]
        made_up = _hours(next(iter(week.values()), None), "working_week")
        country = settings.holidays if spec.holidays is None else spec.holidays
        off, worked = _public(country, range(first.year, last.year + 1))
        special: dict[dt.date, tuple[dt.time | None, dt.time | None, str]] = {}
        special |= dict.fromkeys(worked, (*made_up, "调休"))
        special |= {day: (None, None, name) for day, name in off.items()}
        special |= _own_days(settings.extra_days, zone)
        usual = pl.DataFrame(
            {
                "weekday": list(range(1, 8)),
                "usual_opens": [h[0] for h in by_weekday],
                "usual_closes": [h[1] for h in by_weekday],
            },
            schema_overrides={"weekday": pl.Int8, "usual_opens": pl.Time, "usual_closes": pl.Time},
        )
        exceptions = pl.DataFrame(
            {
                "day": list(special),
                "opens": [s[0] for s in special.values()],
                "closes": [s[1] for s in special.values()],
                "name": [s[2] for s in special.values()],
                "is_special": [True] * len(special),
            },
            schema={"day": pl.Date, "opens": pl.Time, "closes": pl.Time, "name": pl.String, "is_special": pl.Boolean},
        )
        exceptional = pl.col("is_special").is_not_null()
        frames.append(
            days.to_frame()
            .with_columns(weekday=pl.col("day").dt.weekday())
            .join(usual, on="weekday")
            .join(exceptions, on="day", how="left")
            .select(
                zone=pl.lit(zone),
                day="day",
                opens=pl.when(exceptional).then("opens").otherwise("usual_opens"),
                closes=pl.when(exceptional).then("closes").otherwise("usual_closes"),
                name="name",
            )
        )
    return pl.concat(frames).sort("zone", "day")


def write_calendar(con: Connection, settings: Settings, first: dt.date, last: dt.date) -> None:
    """Fill core.calendar where no source did, and the small tables that working time is computed from.

    `first` and `last` are the days of the earliest and latest record.
    """
    first, last = first - dt.timedelta(days=2), last + dt.timedelta(days=_HORIZON_DAYS)
    calendar = calendar_frame(settings, first, last)
    zones = pl.DataFrame(
        {
            "zone": [UNSAID, *settings.zones],
            "time_zone": [
                settings.time_zone,
                *((z and z.time_zone) or settings.time_zone for z in settings.zones.values()),
            ],
        },
        schema={"zone": pl.String, "time_zone": pl.String},
    )
    targets = pl.DataFrame(
        {
            "zone": list(settings.response_target_hours),
            "target_hours": [float(h) for h in settings.response_target_hours.values()],
        },
        schema={"zone": pl.String, "target_hours": pl.Float64},
    )
    # A source may deliver a longer calendar; the days before and after give zones far from Greenwich their UTC days.
    fed = con.execute("SELECT min(day), max(day) FROM core.calendar").fetchone() or (None, None)
    begin, end = min(first, fed[0] or first), max(last, fed[1] or last)
    days = pl.date_range(begin - dt.timedelta(days=2), end + dt.timedelta(days=2), eager=True).alias("day").to_frame()
    for name, frame in {
        "zone": zones,
        "response_target": targets,
        "dim_day": days,
        "settings_calendar": calendar,
    }.items():
        con.register("incoming", frame.to_arrow())
        target = f"TABLE core.{name}" if name != "settings_calendar" else "TEMP TABLE settings_calendar"
        con.execute(f"CREATE {target} AS SELECT * FROM incoming")
        con.unregister("incoming")
    con.execute("""
        INSERT INTO core.calendar (zone, day, opens, closes, name, _source)
        SELECT s.zone, s.day, s.opens, s.closes, s.name, 'settings'
        FROM settings_calendar AS s
        ANTI JOIN core.calendar AS c ON c.zone = s.zone AND c.day = s.day
    """)
    grain = _block_minutes(con)
    con.execute("CREATE TABLE core.clock_grain AS SELECT CAST($1 AS DOUBLE) AS block_minutes", [grain])
    con.execute("CREATE TABLE core.dim_block AS SELECT i AS block FROM range($1) AS r(i)", [24 * 60 // grain + 1])


def _block_minutes(con: Connection) -> int:
    """The greatest number of minutes that divides every opening's length, also on the days clocks change; 60 without any."""
    row = con.execute("""
        SELECT list(DISTINCT CAST(round(minutes_between(
            zoned_instant(c.day, c.opens, z.time_zone), zoned_instant(c.day, c.closes, z.time_zone))) AS BIGINT))
        FROM core.calendar AS c JOIN core.zone AS z ON z.zone = c.zone
        WHERE c.opens IS NOT NULL AND c.closes IS NOT NULL
    """).fetchone()
    lengths = [int(minutes) for minutes in (row[0] if row and row[0] else []) if minutes > 0]
    return int(np.gcd.reduce(lengths)) if lengths else 60
