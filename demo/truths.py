"""What is true of the generated organisation, so that tests can ask whether the analysis finds it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from demo import clock, software
from demo.catalogue import BAD_BATCH_COMPONENT, EVENTS, LINES, MODES, REGIONS, SLOW_REGION, WEAR
from demo.clock import DAY, HORIZON, HOUR
from demo.failures import ACTIONS, BAD_LOT_FROM, BAD_LOT_HAZARD_RATIO, BAD_LOT_UNTIL
from demo.organisation import STRONG, WEAK, exposure_days
from demo.records import Desk
from demo.tickets import CLOSED, HARD_ODDS, REPEAT_ODDS, RESOLVED, STRONG_ODDS, WEAK_ODDS

_LINE = {line.key: line for line in LINES}
FILE = "truths.json"


@dataclass(frozen=True)
class Truths:
    """The truths by subject; every value is plain JSON. Times are local (Asia/Shanghai)."""

    seed: int
    tickets: int
    window: dict[str, str]
    counts: dict[str, dict[str, int]]
    open_tickets: int
    weibull: list[dict[str, Any]]
    bad_batch: dict[str, Any]
    actions: list[dict[str, Any]]
    slow_region: dict[str, Any]
    seasonal_part: dict[str, Any]
    obsolescent_part: dict[str, Any]
    software: dict[str, Any]
    technicians: dict[str, Any]
    repeats: dict[str, Any]
    no_fault_found: dict[str, Any]
    dirty: dict[str, dict[str, Any]]

    def write(self, home: Path) -> None:
        """Write them to `truths.json`."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)
        (home / FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, home: Path) -> Truths:
        """The truths of a generated organisation."""
        return cls(**json.loads((home / FILE).read_text(encoding="utf-8")))


def gather(
    seed: int,
    d: Desk,
    lives: pl.DataFrame,
    actions: dict[str, str],
    counts: dict[str, dict[str, int]],
    dirty: dict[str, dict[str, Any]],
) -> Truths:
    """All truths, from the organisation's own numbers before anything was dirtied; `actions` numbers the known ones."""
    return Truths(
        seed=seed,
        tickets=len(d.calls),
        window={
            "start": clock.START.isoformat(),
            "end": clock.END.isoformat(),
            "last_record_before": (clock.END - timedelta(seconds=1)).isoformat(),
            "time_zone": "Asia/Shanghai",
        },
        counts=counts,
        open_tickets=int((d.calls["status"] < RESOLVED).sum()),
        weibull=[_weibull(index, lives) for index in range(len(WEAR))],
        bad_batch=_bad_batch(lives),
        actions=[{"action_id": actions[kind]} | _action(d, kind) for kind in ACTIONS],
        slow_region=_slow_region(d),
        seasonal_part=_demand(d, "summer"),
        obsolescent_part=_demand(d, "dies_out_days"),
        software=software.truths(seed, d.org),
        technicians=_technicians(d),
        repeats=_repeats(d),
        no_fault_found={
            "count": int(d.calls["nff"].sum()),
            "share_of_resolved_failures": _share(
                d.calls["nff"], (d.calls["mode"] >= 0) & d.calls["resolved"].is_not_nan()
            ),
        },
        dirty=dirty,
    )


def _share(part: pl.Series, whole: pl.Series) -> float:
    return round(float((part & whole).sum()) / max(1, int(whole.sum())), 4)


def _weibull(index: int, lives: pl.DataFrame) -> dict[str, Any]:
    wear = WEAR[index]
    mine = lives.filter(pl.col("mode") == index)
    return {
        "component": wear.component,
        "failure_mode": wear.failure_mode,
        "product_line": _LINE[wear.line].label,
        "part_no": wear.part,
        "unit": _LINE[wear.line].unit,
        "shape": wear.shape,
        "scale": wear.scale,
        "installed": len(mine),
        "failed": int(mine["failed"].is_not_nan().sum()),
        "life": "meter between two relevant faults of the component on one unit; first life from installation, "
        "known to have outlived the meter at the window's start",
        "has_bad_batch": wear.component == BAD_BATCH_COMPONENT,
    }


def _bad_batch(lives: pl.DataFrame) -> dict[str, Any]:
    index = [w.component for w in WEAR].index(BAD_BATCH_COMPONENT)
    bad = lives.filter("from_bad_lot").sort("serial")
    return {
        "component": BAD_BATCH_COMPONENT,
        "part_no": WEAR[index].part,
        "installed_from": BAD_LOT_FROM.isoformat(),
        "installed_before": BAD_LOT_UNTIL.isoformat(),
        "lots": sorted({serial.split("-")[2] for serial in bad["serial"]}),
        "serial_from": bad["serial"].min(),
        "serial_to": bad["serial"].max(),
        "hazard_ratio": BAD_LOT_HAZARD_RATIO,
        "units": len(bad),
        "failed": int(bad["failed"].is_not_nan().sum()),
    }


def _action(d: Desk, kind: str) -> dict[str, Any]:
    day, ratio = ACTIONS[kind]
    event = next(e for e in EVENTS if e.action == kind)
    units = d.org.units
    mine = (units["line"] == [x.key for x in LINES].index(event.line)).to_numpy()
    at = clock.seconds(day)
    total = float(exposure_days(units)[mine].sum())
    after = float(np.minimum(HORIZON - at, HORIZON - units["installed"].to_numpy()[mine]).sum()) / DAY
    first = (d.calls["mode"] == MODES.index(event)) & ~d.calls["repeat"] & ~d.calls["nff"]
    before_n = int((first & (d.calls["occurred"] < at)).sum())
    after_n = int((first & (d.calls["occurred"] >= at)).sum())
    return {
        "verdict": kind,
        "implemented_on": day.isoformat(),
        "component": event.component,
        "failure_mode": event.failure_mode,
        "product_line": _LINE[event.line].label,
        "rate_ratio": ratio,
        "relevant_failures_before": before_n,
        "relevant_failures_after": after_n,
        "unit_days_before": round(total - after, 1),
        "unit_days_after": round(after, 1),
        "observed_ratio": round((after_n / after) / (before_n / (total - after)), 4) if before_n else None,
    }


def _slow_region(d: Desk) -> dict[str, Any]:
    region = d.org.units["region"].gather(d.calls["unit"])
    hours = pl.DataFrame(
        {
            "slow": region == SLOW_REGION,
            "response": (d.calls["arrived"] - d.calls["opened"]).fill_nan(None) / HOUR,
            "resolve": (d.calls["resolved"] - d.calls["opened"]).fill_nan(None) / HOUR,
        }
    )
    medians = hours.group_by("slow").median().sort("slow").rows(named=True)
    return {
        "region": REGIONS[SLOW_REGION].label,
        "slowness": REGIONS[SLOW_REGION].slowness,
        "median_clock_hours": {
            who: {"response": round(row["response"], 3), "resolve": round(row["resolve"], 3)}
            for who, row in zip(("others", "slow_region"), medians, strict=True)
        },
    }


def _demand(d: Desk, trait: str) -> dict[str, Any]:
    event = next(e for e in EVENTS if getattr(e, trait))
    at = d.calls.filter(pl.col("mode") == MODES.index(event))["occurred"].to_numpy()
    months = pl.DataFrame({"month": clock.instants(at).dt.strftime("%Y-%m")})
    by_month = months.group_by("month").len().sort("month").rows()
    return {
        "part_no": event.part,
        "component": event.component,
        "product_line": _LINE[event.line].label,
        "summer_over_winter": 1.0 + event.summer if event.summer else None,
        "peak_month": 7 if event.summer else None,
        "e_folding_days": event.dies_out_days,
        "failures_by_month": dict(by_month),
    }


def _mean(flags: pl.Series) -> float:
    return round(int(flags.sum()) / max(1, len(flags)), 4)


def _technicians(d: Desk) -> dict[str, Any]:
    people, calls = d.org.technicians, d.calls
    hard_modes = [i for i, m in enumerate(MODES) if getattr(m, "hard", False)]
    # Whether the next call of the same unit with the same failure was opened within 30 days after closing.
    next_opened = pl.col("opened").shift(-1).over("unit", "mode", order_by="opened")
    failures = calls.with_columns(
        hard=pl.col("mode").is_in(hard_modes),
        came_back=(next_opened - pl.col("closed") <= 30 * DAY).fill_null(value=False),
    ).filter((pl.col("mode") >= 0) & (pl.col("status") == CLOSED))

    def person(row: int, odds: float) -> dict[str, Any]:
        mine = failures.filter(pl.col("technician") == row)
        return {
            "technician_id": people["technician_id"][row],
            "name": people["name"][row],
            "skill_level": int(people["skill"][row]),
            "repeat_odds_ratio": odds,
            "closed_failures": len(mine),
            "share_hard": _mean(mine["hard"]),
            "repeat_rate": _mean(mine["came_back"]),
            "repeat_rate_ordinary": _mean(mine.filter(~pl.col("hard"))["came_back"]),
            "repeat_rate_hard": _mean(mine.filter("hard")["came_back"]),
        }

    return {
        "strong": person(STRONG, STRONG_ODDS),
        "weak": person(WEAK, WEAK_ODDS),
        "repeat_odds": {"ordinary": REPEAT_ODDS, "hard": REPEAT_ODDS * HARD_ODDS},
        "hard_components": [MODES[i].component for i in hard_modes],
        "everybody": {
            "share_hard": _mean(failures["hard"]),
            "repeat_rate": _mean(failures["came_back"]),
            "repeat_rate_ordinary": _mean(failures.filter(~pl.col("hard"))["came_back"]),
            "repeat_rate_hard": _mean(failures.filter("hard")["came_back"]),
        },
    }


def _repeats(d: Desk) -> dict[str, Any]:
    return {
        "count": int(d.calls["repeat"].sum()),
        "share_of_failures": _share(d.calls["repeat"], d.calls["mode"] >= 0),
        "within_days_of_closing": 30,
    }
