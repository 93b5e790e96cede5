"""The working calendar: opening hours per zone and day from settings, public holidays and make-up days, as core tables."""

from __future__ import annotations

import datetime as dt

import holidays as public_holidays
import numpy as np
import polars as pl

from warehouse.database import Connection
from warehouse.errors import UserError
from warehouse.settings import Settings

# The zone of a ticket for which nobody said one.
UNSAID = ""
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A deadline is looked for this far beyond the last record: longer than any holiday.
_HORIZON_DAYS = 90


def _hours(text: str | None, where: str) -> tuple[dt.time | None, dt.time | None]:
    """Opening and closing time out of `08:30-17:30`; a pair of None for a day off."""
    if not text:
        return None, None
    try:
        opens, closes = (dt.time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        opens = closes = dt.time(0)
    if closes <= opens:
        raise UserError(
            en=f"faultloop.yaml, {where}: “{text}” is no opening time; write it as 08:30-17:30.",
            zh=f"faultloop.yaml 的 {where}：“{text}”不是有效的工作时间；请写成 08:30-17:30。",
        )
    return opens, closes


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
    return {day: str(name) for day, name in days.items()}, set(getattr(days, "weekend_workdays", ()))


def calendar_frame(settings: Settings, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Opening hours of every zone for each day from `first` to `last`.

    Columns zone, day, opens, closes (null on a day off), name (of the holiday or make-up day). The zone '' is the
    one of tickets without a zone. Precedence: the house's own days, public holidays, make-up days, the week.
    """
    frames = []
    days = pl.date_range(first, last, eager=True).alias("day")
    for zone, override in {UNSAID: {}, **settings.zones}.items():
        week = (override or {}).get("working_week", settings.working_week)
        for day in week:
            if day not in _WEEK:
                raise UserError(
                    en=f"faultloop.yaml, working_week: “{day}” is no weekday; use mon … sun.",
                    zh=f"faultloop.yaml 的 working_week：“{day}”不是星期；请使用 mon … sun。",
                )
        by_weekday = [_hours(week.get(day), f"working_week.{day}") for day in _WEEK]
        made_up = _hours(next(iter(week.values()), None), "working_week")
        off, worked = _public((override or {}).get("holidays", settings.holidays), range(first.year, last.year + 1))
        special: dict[dt.date, tuple[dt.time | None, dt.time | None, str]] = {}
        special |= dict.fromkeys(worked, (*made_up, "调休"))
        special |= {day: (None, None, name) for day, name in off.items()}
        for row in settings.extra_days:
            if row.get("zone") in (None, zone):
                hours = f"{row['opens']}-{row['closes']}" if row.get("opens") else None
                special[dt.date.fromisoformat(str(row["day"]))] = (*_hours(hours, "extra_days"), row.get("name", ""))
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
                *((z or {}).get("time_zone", settings.time_zone) for z in settings.zones.values()),
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
    days = pl.date_range(first, last + dt.timedelta(days=2), eager=True).alias("day").to_frame()
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
    """The greatest number of minutes that divides the length of every opening; 60 when nobody ever works."""
    row = con.execute("""
        SELECT list(DISTINCT (epoch_us(closes) - epoch_us(opens)) // 60000000) FROM (
            SELECT CAST(day + opens AS TIMESTAMP) AS opens, CAST(day + closes AS TIMESTAMP) AS closes
            FROM core.calendar WHERE opens IS NOT NULL AND closes IS NOT NULL)
    """).fetchone()
    lengths = [int(minutes) for minutes in (row[0] if row and row[0] else []) if minutes > 0]
    return int(np.gcd.reduce(lengths)) if lengths else 60
