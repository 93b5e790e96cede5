"""From failures to calls: when each is reported, who goes, how long it takes, whether it comes back.

A frame of calls has one row per ticket: unit, mode (index into MODES, -1: a request, not a failure), life_row
(of `lives`, -1: none), request (index, -1), repeat (bool), occurred and the stamps opened … closed (s since START, NaN: none),
technician, priority, service_kind, channel, nff, parts_wait, pause_from/pause_to, active/logistic/admin (hours), status.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from demo.catalogue import REGIONS, REQUESTS, WEAR
from demo.chance import Rng, lognormal, pick, pick_within, stream
from demo.clock import DAY, HORIZON, HOUR, Bools, Floats, Ints, add_working, is_open
from demo.failures import HARD, events, lives
from demo.organisation import STRONG, WEAK, Organisation

# Chance that a repair does not hold, as odds; what makes it better or worse multiplies the odds.
REPEAT_ODDS, HARD_ODDS = 0.08, 5.5
STRONG_ODDS, WEAK_ODDS = 0.6, 1.3
_SKILL_ODDS = (1.25, 1.1, 1.0, 0.9, 0.8)

PRIORITIES = ("critical", "high", "medium", "low")
SERVICE_KINDS = ("paid", "contract", "warranty", "internal")
CHANNELS = ("phone", "wechat", "web", "email", "monitoring", "onsite")
STATUSES = ("new", "dispatched", "in_progress", "waiting_customer", "waiting_parts", "resolved", "closed", "cancelled")
NEW, DISPATCHED, IN_PROGRESS, WAITING_CUSTOMER, WAITING_PARTS, RESOLVED, CLOSED, CANCELLED = range(8)
NFF_SHARE = 0.165  # of the failures that are no worn-out component: those are always found
_SHARE_OF_REPEATS = 0.113  # repeats per first failure, for sizing only


def calls(seed: int, org: Organisation, tickets: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All calls, by opening time, and the component lives behind them."""
    life = lives(seed, org)
    rng = stream(seed, "calls")
    worn = life.with_row_index("life_row").filter(pl.col("failed").is_not_nan())
    wear_out = pl.DataFrame(
        {"unit": worn["unit"], "mode": worn["mode"], "at": worn["failed"], "life_row": worn["life_row"].cast(pl.Int64)}
    )
    others = max(0, int(tickets * 0.955 / (1 + _SHARE_OF_REPEATS)) - len(wear_out))
    struck = events(seed, org, others).with_columns(life_row=pl.lit(-1, dtype=pl.Int64))
    found = pl.concat([wear_out, struck])
    rounds = [_served(rng, org, found, repeat=False)]
    for _ in range(2):
        rounds.append(_served(rng, org, _returns(rng, org, rounds[-1]), repeat=True))
    failures = pl.concat(rounds)
    # Requests fill up to the number of tickets that was asked for.
    missing = max(0, tickets - len(failures))
    exposed = org.units["installed"].to_numpy()
    unit = rng.integers(len(org.units), size=missing)
    at = np.maximum(rng.random(missing) * (HORIZON - 2 * DAY), exposed[unit])
    asked = pl.DataFrame({"unit": unit, "mode": np.full(missing, -1), "at": at, "life_row": np.full(missing, -1)})
    everything = pl.concat([failures, _served(rng, org, asked, repeat=False, report_all=True)])
    return everything.sort("opened", "unit", "mode").head(tickets), life


def _returns(rng: Rng, org: Organisation, served: pl.DataFrame) -> pl.DataFrame:
    """The failures that come back within 30 days after closing: same unit, same mode."""
    mode, who = served["mode"].to_numpy(), served["technician"].to_numpy()
    better = np.array(_SKILL_ODDS)[org.technicians["skill"].to_numpy() - 1]
    better[[STRONG, WEAK]] = STRONG_ODDS, WEAK_ODDS
    odds = REPEAT_ODDS * np.where(HARD[mode], HARD_ODDS, 1.0) * better[who]
    comes_back = (rng.random(len(served)) < odds / (1 + odds)) & (served["status"].to_numpy() == CLOSED)
    back = served.filter(pl.Series(comes_back))
    return pl.DataFrame(
        {
            "unit": back["unit"],
            "mode": back["mode"],
            "at": back["closed"] + rng.uniform(0.3, 25.0, len(back)) * DAY,
            "life_row": np.full(len(back), -1),
        }
    ).filter(pl.col("at") < HORIZON)


def _time_of_day(rng: Rng, at: Floats) -> Floats:
    """The same days, at the hours when machines are in use: mostly 7 to 19 h."""
    hour = np.where(rng.random(len(at)) < 0.85, 12.5 + 3.2 * rng.standard_normal(len(at)), rng.random(len(at)) * 24)
    return np.asarray(np.floor(at / DAY) * DAY + np.clip(hour, 0.0, 23.99) * HOUR, dtype=np.float64)


def _opened(rng: Rng, noticed: Floats, urgent: Bools) -> Floats:
    """When the call comes in: at once when the desk is open or it is urgent, else mostly the next working morning."""
    at = noticed + rng.exponential(0.5 * HOUR, len(noticed))
    waits = ~is_open(np.minimum(at, HORIZON)) & ~urgent & (rng.random(len(at)) < 0.85)
    return np.where(waits, add_working(at, rng.exponential(1.2 * HOUR, len(at))), at)


def _technician(rng: Rng, org: Organisation, region: Ints, hard: Bools) -> Ints:
    """Somebody of the region; the strong one is sent to hard cases, the weak one to ordinary ones."""
    people = org.technicians
    home, weight = people["region"].to_numpy(), people["weight"].to_numpy().copy()
    weight[[STRONG, WEAK]] = 0.0
    members = [np.flatnonzero(home == r) for r in range(len(REGIONS))]
    who = pick_within(rng, region, members, [weight[m] for m in members])
    first = region == 0
    draw = rng.random(len(region))
    # As many as one person can do: a third of the hard cases in a small house, a fixed number in a large one.
    hard_share = min(0.33, 500.0 / max(1, int((first & hard).sum())))
    easy_share = min(0.12, 600.0 / max(1, int((first & ~hard).sum())))
    who[first & hard & (draw < hard_share)] = STRONG
    who[first & ~hard & (draw < easy_share)] = WEAK
    who[first & ~hard & (draw > 1 - easy_share * 0.15)] = STRONG
    who[first & hard & (draw > 1 - hard_share * 0.06)] = WEAK
    return who


def _served(
    rng: Rng, org: Organisation, found: pl.DataFrame, *, repeat: bool, report_all: bool = False
) -> pl.DataFrame:
    """Calls with their whole course, cut off at the end of the records. `found`: unit, mode, at, life_row."""
    n = len(found)
    unit, mode = found["unit"].to_numpy(), found["mode"].to_numpy()
    region, zone = org.units["region"].to_numpy()[unit], org.units["zone"].to_numpy()[unit]
    hard = HARD[mode] & (mode >= 0)
    slow = np.array([r.slowness for r in REGIONS])[region]
    priority = pick(rng, (0.08, 0.22, 0.5, 0.2), n)
    urgent = (priority == 0) & (mode >= 0)
    occurred = _time_of_day(rng, found["at"].to_numpy())
    opened = _opened(rng, occurred, urgent)
    if report_all:
        opened = np.minimum(opened, HORIZON - 60.0 - rng.random(n) * HOUR)
    who = _technician(rng, org, region, hard)
    skill = org.technicians["skill"].to_numpy()[who]

    def after(start: Floats, hours: Floats) -> Floats:
        """Urgent calls are served around the clock, all others in working hours."""
        return np.where(urgent, start + hours * HOUR, add_working(start, hours * HOUR))

    dispatched = after(opened, rng.exponential(np.where(urgent, 0.2, 0.6), n) * np.sqrt(slow))
    responded = np.where(rng.random(n) < 0.85, after(dispatched, rng.exponential(0.3, n) + 0.05), np.nan)
    to_site = lognormal(rng, np.where(urgent, 1.3, 2.3), 0.6, n) * np.where(zone == "urban", 1.0, 1.3) * slow
    arrived = after(dispatched, np.maximum(to_site, 0.35))
    responded = np.where(responded < arrived, responded, np.nan)
    usual = np.where(hard, 2.6, np.where(mode < 0, 0.75, 1.25)) * (1.25 - 0.08 * skill)
    active = np.round(lognormal(rng, usual, 0.5, n), 2)
    nff = (mode >= len(WEAR)) & (rng.random(n) < NFF_SHARE)
    part = np.where(mode >= 0, org.part_of_mode[mode], -1)
    parts_wait = (part >= 0) & ~nff & ~np.array(repeat) & (rng.random(n) < 0.13)
    logistic = np.where(parts_wait, np.round(lognormal(rng, 20.0, 0.7, n) * slow, 2), 0.0)
    pause = np.where(rng.random(n) < 0.08, lognormal(rng, 11.0, 0.8, n), 0.0)
    # Where the branch is slow, two jobs in five also wait for a signature.
    signature = (slow > 1) & (rng.random(n) < 0.4)
    admin = np.where(rng.random(n) < 0.18, rng.exponential(1.4, n), 0.0) + np.where(
        signature, rng.exponential(3.0, n), 0.0
    )
    admin = np.round(admin, 2)
    started = arrived + rng.uniform(0.05, 0.3, n) * HOUR
    pause_from = np.where(pause > 0, add_working(started, np.full(n, 0.3 * HOUR)), np.nan)
    pause_to = add_working(pause_from, pause * HOUR)
    waits = logistic + pause + admin + np.where(pause > 0, 0.3, 0.0)
    at_once = started + active * HOUR  # work that was begun is finished, also after hours
    resolved = np.where(waits > 0, add_working(started, (active + waits) * HOUR), at_once)
    closed = add_working(resolved, rng.uniform(1.0, 14.0, n) * HOUR + rng.exponential(5 * HOUR, n))

    frame = pl.DataFrame(
        {
            "unit": unit, "mode": mode, "life_row": found["life_row"].to_numpy(), "repeat": np.full(n, repeat),
            "request": np.where(mode < 0, rng.integers(len(REQUESTS), size=n), -1),
            "occurred": occurred, "opened": opened, "dispatched": dispatched, "responded": responded,
            "arrived": arrived, "started": started, "resolved": resolved, "closed": closed,
            "pause_from": pause_from, "pause_to": pause_to, "technician": who, "priority": priority,
            "service_kind": _service_kind(rng, org, unit, opened), "channel": pick(rng, (0.52, 0.22, 0.1, 0.06, 0.06, 0.04), n),
            "nff": nff, "parts_wait": parts_wait, "active": active, "logistic": logistic, "admin": admin,
            "reopened": (rng.random(n) < 0.015),
        }
    )  # fmt: skip
    return _cut_off(rng, frame).filter(pl.col("opened") < HORIZON)


def _service_kind(rng: Rng, org: Organisation, unit: Ints, opened: Floats) -> Ints:
    warranty = opened < org.units["in_warranty_until"].to_numpy()[unit]
    under_contract = contracted(org)[unit]
    kind = np.where(warranty, 2, np.where(under_contract, 1, 0))
    return np.where(rng.random(len(unit)) < 0.02, 3, kind)


def contracted(org: Organisation) -> Bools:
    """Units with a maintenance contract after their warranty; decided by number, so that every part of the demo agrees."""
    number = np.arange(len(org.units))
    return np.asarray(number * 2_654_435_761 % 100 < 55, dtype=np.bool_)


def _cut_off(rng: Rng, served: pl.DataFrame) -> pl.DataFrame:
    """Open tickets: what would happen after the end, and those stuck on the way; old ones are few, recent ones many."""
    n = len(served)
    opened = served["opened"].to_numpy()
    age = np.maximum(HORIZON - opened, 0.0) / DAY
    stuck = rng.random(n) < 0.018 + 0.38 * np.exp(-age / 45.0)
    stage = np.where(stuck, pick(rng, (0.05, 0.2, 0.35, 0.16, 0.24), n), CLOSED)
    stage = np.where(~stuck & (rng.random(n) < 0.01), CANCELLED, stage)
    pause_from = served["pause_from"].to_numpy()
    begins = add_working(served["started"].to_numpy(), np.full(n, 0.3 * HOUR))
    pause_from = np.where((stage == WAITING_CUSTOMER) & np.isnan(pause_from), begins, pause_from)
    served = served.with_columns(pause_from=pl.Series(pause_from))
    # Steps that a ticket at this stage has behind it.
    reached = {"dispatched": stage >= DISPATCHED, "responded": stage >= DISPATCHED, "arrived": stage >= IN_PROGRESS}
    reached |= {
        "started": stage >= IN_PROGRESS,
        "pause_from": stage >= WAITING_CUSTOMER,
        "pause_to": stage > WAITING_CUSTOMER,
    }
    reached |= {"resolved": stage >= RESOLVED, "closed": stage >= CLOSED}
    cancelled = stage == CANCELLED
    stamps = {}
    for name, yes in reached.items():
        at = served[name].to_numpy()
        keep = yes & (at < HORIZON) & (~cancelled | np.isin(name, ("dispatched", "closed")))
        stamps[name] = np.where(keep, at, np.nan)
    has = {name: ~np.isnan(at) for name, at in stamps.items()}
    waiting_parts = (stage == WAITING_PARTS) | (served["parts_wait"].to_numpy() & ~has["resolved"] & (stage == CLOSED))
    status = np.select(
        [cancelled & has["closed"], has["closed"], has["resolved"], has["pause_from"] & ~has["pause_to"],
         waiting_parts & has["arrived"], has["arrived"], has["dispatched"]],
        [CANCELLED, CLOSED, RESOLVED, WAITING_CUSTOMER, WAITING_PARTS, IN_PROGRESS, DISPATCHED],
        NEW,
    )  # fmt: skip
    done = pl.Series(has["resolved"])
    return served.with_columns(**{k: pl.Series(v) for k, v in stamps.items()}, status=pl.Series(status)).with_columns(
        nff=pl.col("nff") & done,
        parts_wait=(pl.col("parts_wait") & (done | (pl.col("status") == WAITING_PARTS)))
        | (pl.col("status") == WAITING_PARTS),
        reopened=pl.col("reopened") & done & ~pl.col("parts_wait") & pl.col("pause_from").is_nan(),
    )
