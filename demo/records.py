"""What the service desk and the technicians write down about each call: tickets, status events, visits, faults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from demo.catalogue import LINES, MODES, REGIONS, REQUESTS, WEAR, Event
from demo.chance import Rng, numbered, pick, stream, words
from demo.clock import HORIZON, HOUR, Bools, Floats, Ints, add_working, instants
from demo.failures import HARD, usage_at
from demo.organisation import Organisation
from demo.tickets import (
    CANCELLED,
    CHANNELS,
    IN_PROGRESS,
    PRIORITIES,
    SERVICE_KINDS,
    STATUSES,
    WAITING_PARTS,
)

REGION_LABELS = [r.label for r in REGIONS]
LINE_LABELS = [x.label for x in LINES]
COMPONENTS = [m.component for m in MODES]
_TAILS = (
    "，请尽快处理",
    "，已影响使用",
    "",
    "，客户要求今天到",
    "，来前请联系 Please call first",
    "；备用机已启用",
    "，夜间发生",
)
_AGAIN = ("，上次修过又出现", "，同样问题再次发生 Same problem again", "，维修后没几天又坏")
DESK, FOLLOW_UP = "调度 Dispatch", "回访 Follow-up"


@dataclass(frozen=True)
class Desk:
    """The calls together with what is looked up for every record: identifiers and stamps, one per call."""

    org: Organisation
    calls: pl.DataFrame
    ticket_id: pl.Series
    unit_id: pl.Series
    technician_id: pl.Series
    mode: Ints
    parts_from: Floats
    parts_to: Floats

    def stamp(self, name: str) -> Floats:
        """One of the calls' stamps, seconds since START, NaN for none."""
        return self.calls[name].to_numpy()


def desk(org: Organisation, calls: pl.DataFrame) -> Desk:
    """Number the calls by opening time and place the wait for parts inside the work."""
    month = instants(calls["opened"].to_numpy()).dt.strftime("%y%m")
    waits = calls["parts_wait"].to_numpy()
    begin = np.fmax(calls["started"].to_numpy() + 0.4 * calls["active"].to_numpy() * HOUR, calls["pause_to"].to_numpy())
    begin = np.where(waits, np.minimum(begin, HORIZON - 60.0), np.nan)
    end = add_working(begin, calls["logistic"].to_numpy() * HOUR)
    still = calls["status"].to_numpy() == WAITING_PARTS
    return Desk(
        org=org,
        calls=calls,
        ticket_id=pl.repeat("WO", len(calls), eager=True) + month + numbered("", np.arange(1, len(calls) + 1), 7),
        unit_id=org.units["unit_id"].gather(calls["unit"]),
        technician_id=org.technicians["technician_id"].gather(calls["technician"]),
        mode=calls["mode"].to_numpy(),
        parts_from=begin,
        parts_to=np.where(still | ~(end < HORIZON), np.nan, end),
    )


def _symptoms(rng: Rng, mode: Ints, request: Ints) -> pl.Series:
    """A customer's words for each failure (one in six in English), or for the request."""
    variants = [s for m in MODES for s in m.symptoms]
    chosen = mode * 4 + pick(rng, (0.32, 0.28, 0.22, 0.18), len(mode))
    return words([*variants, *REQUESTS], np.where(mode >= 0, chosen, len(variants) + request))


def tickets(seed: int, d: Desk) -> pl.DataFrame:
    """One row per ticket with the fields of the entity in codes and local times, and `updated_at`."""
    rng = stream(seed, "tickets")
    c, n = d.calls, len(d.calls)
    units = d.org.units
    unit = c["unit"]
    assigned = c["dispatched"].is_not_nan()
    symptom = _symptoms(rng, d.mode, c["request"].to_numpy())
    again = c["repeat"].to_numpy()
    tail = np.where(again, len(_TAILS) + rng.integers(len(_AGAIN), size=n), rng.integers(len(_TAILS), size=n))
    last = np.fmax.reduce([d.stamp(k) for k in ("opened", "dispatched", "responded", "arrived", "resolved", "closed")])
    stamps = {
        f"{k}_at": instants(d.stamp(k)) for k in ("opened", "dispatched", "responded", "arrived", "resolved", "closed")
    }
    return pl.DataFrame(
        {
            "ticket_id": d.ticket_id,
            "channel": words(CHANNELS, c["channel"].to_numpy()),
            "service_kind": words(SERVICE_KINDS, c["service_kind"].to_numpy()),
            "category": words(["故障报修 Fault", "服务请求 Request"], (d.mode < 0).astype(np.int64)),
            "priority": words(PRIORITIES, c["priority"].to_numpy()),
            **stamps,
            "status": words(STATUSES, c["status"].to_numpy()),
            "asset_id": d.unit_id,
            "customer_id": d.org.customers["customer_id"].gather(units["customer"].gather(unit)),
            "customer": d.org.customers["name"].gather(units["customer"].gather(unit)),
            "technician_id": pl.select(pl.when(assigned).then(d.technician_id)).to_series(),
            "product_line": words(LINE_LABELS, units["line"].gather(unit).to_numpy()),
            "model": units["model"].gather(unit),
            "region": words(REGION_LABELS, units["region"].gather(unit).to_numpy()),
            "site": units["site"].gather(unit),
            "zone": units["zone"].gather(unit),
            "symptom": symptom,
            "reopen_count": c["reopened"].cast(pl.Int64),
            "description": symptom + words([*_TAILS, *_AGAIN], tail),
            "updated_at": instants(last),
        }
    )  # fmt: skip


def events(d: Desk, of: Bools) -> pl.DataFrame:
    """Changes of status of the tickets that `of` marks, by ticket and time: ticket_id, from_status, to_status, at, actor."""
    c = d.calls
    status = c["status"].to_numpy()
    # A ticket that was opened again had been declared repaired half-way through the work.
    again = c["reopened"].to_numpy()
    started, resolved = d.stamp("started"), d.stamp("resolved")
    first_try = np.where(again, started + 0.5 * (resolved - started), np.nan)
    reopened = np.where(again, started + 0.75 * (resolved - started), np.nan)
    arrived, closed, cancelled = d.stamp("arrived"), d.stamp("closed"), status == CANCELLED
    steps: list[tuple[str, str, Floats, int]] = [
        ("new", "dispatched", d.stamp("dispatched"), 0),
        ("dispatched", "in_progress", arrived, 1),
        ("in_progress", "waiting_customer", d.stamp("pause_from"), 1),
        ("waiting_customer", "in_progress", d.stamp("pause_to"), 1),
        ("in_progress", "waiting_parts", d.parts_from, 1),
        ("waiting_parts", "in_progress", d.parts_to, 1),
        ("in_progress", "resolved", first_try, 1),
        ("resolved", "reopened", reopened, 2),
        ("in_progress", "resolved", np.where(again, np.nan, resolved), 1),
        ("reopened", "resolved", np.where(again, resolved, np.nan), 1),
        ("resolved", "closed", np.where(cancelled, np.nan, closed), 2),
        ("dispatched", "cancelled", np.where(cancelled, closed, np.nan), 0),
    ]
    frames = []
    for order, (_, _, at, actor) in enumerate(steps):
        happened = np.flatnonzero(~np.isnan(at) & of)
        frame = pl.DataFrame({"row": happened, "at": at[happened]})
        frames.append(frame.with_columns(step=pl.lit(order, dtype=pl.Int8), by=pl.lit(actor, dtype=pl.Int8)))
    found = pl.concat(frames).sort("row", "at", "step")
    row, step = found["row"], found["step"].to_numpy()
    who = pl.DataFrame({"by": found["by"], "technician": d.technician_id.gather(row)}).select(
        pl.when(pl.col("by") == 1).then("technician").when(pl.col("by") == 0).then(pl.lit(DESK)).otherwise(pl.lit(FOLLOW_UP))
    )  # fmt: skip
    return pl.DataFrame(
        {
            "ticket_id": d.ticket_id.gather(row),
            "from_status": words([s[0] for s in steps], step),
            "to_status": words([s[1] for s in steps], step),
            "at": instants(found["at"].to_numpy()),
            "actor": who.to_series(),
        }
    )


def visits(seed: int, d: Desk) -> pl.DataFrame:
    """Journeys of technicians; a second one follows where parts or the customer were missing. Fields of the entity."""
    rng = stream(seed, "visits")
    c, n = d.calls, len(d.calls)
    arrived, started, resolved = d.stamp("arrived"), d.stamp("started"), d.stamp("resolved")
    back = np.fmax(d.parts_to, d.stamp("pause_to"))
    interrupted = ~np.isnan(np.fmax(d.parts_from, d.stamp("pause_from")))
    broke_off = np.fmin(d.parts_from, d.stamp("pause_from"))
    found_nothing = c["nff"].to_numpy()
    escalated = (c["status"].to_numpy() == IN_PROGRESS) & (rng.random(n) < 0.15)
    good = np.where(found_nothing, 1, 0)
    # Outcomes: 0 fixed, 1 no fault found, 2 parts needed, 3 customer absent, 4 escalated, -1 still there.
    first = np.where(interrupted, np.where(np.isnan(d.parts_from), 3, 2), np.where(~np.isnan(resolved), good, -1))
    first = np.where((first < 0) & escalated, 4, first)
    finished = np.where(
        interrupted, broke_off, np.where(escalated, np.minimum(started + HOUR, HORIZON - 1.0), resolved)
    )
    one = _journeys(rng, np.flatnonzero(~np.isnan(arrived)), arrived, started, finished, first, d.stamp("dispatched"))
    come = np.flatnonzero(interrupted & (back < HORIZON))
    ready = np.minimum(back + 600.0, np.where(np.isnan(resolved), HORIZON - 1.0, resolved))
    two = _journeys(rng, come, back, ready, resolved, np.where(np.isnan(resolved), -1, good), broke_off)
    both = pl.concat([one, two]).sort("row", "arrived")
    row = both["row"]
    return pl.DataFrame(
        {
            "visit_id": numbered("V", np.arange(1, len(both) + 1), 8),
            "ticket_id": d.ticket_id.gather(row),
            "technician_id": d.technician_id.gather(row),
            **{f"{k}_at": instants(both[k].to_numpy()) for k in ("departed", "arrived", "started", "finished")},
            "outcome": words(["fixed", "no_fault_found", "parts_needed", "customer_absent", "escalated"], both["outcome"].to_numpy()),
        }
    )  # fmt: skip


def _journeys(
    rng: Rng, row: Ints, arrived: Floats, started: Floats, finished: Floats, outcome: Ints, not_before: Floats
) -> pl.DataFrame:
    way = rng.uniform(0.3, 1.6, len(row)) * HOUR
    departed = np.maximum(arrived[row] - way, np.minimum(not_before[row] + 60.0, arrived[row]))
    stamps = {"arrived": arrived[row], "started": started[row], "finished": finished[row], "outcome": outcome[row]}
    return pl.DataFrame({"row": row, "departed": departed, **stamps})


def faults(seed: int, d: Desk) -> pl.DataFrame:
    """One fault per ticket that reports a failure, coded as far as it was found out. Fields of the entity.

    `usage_at_failure` is the unit's meter, so the life of a component is the difference between two of its relevant
    faults on one unit. A failure that came back after a repair that did not hold is not counted as relevant again.
    """
    rng = stream(seed, "faults")
    row = np.flatnonzero(d.mode >= 0)
    c = d.calls[row]
    mode, n = d.mode[row], len(row)
    unit = c["unit"].to_numpy()
    line = d.org.units["line"].to_numpy()[unit]
    occurred, opened = c["occurred"].to_numpy(), c["opened"].to_numpy()
    nff, done = c["nff"].to_numpy(), c["resolved"].is_not_nan().to_numpy()
    known = done & ~nff
    causes = [cause for m in MODES for cause in (m.causes * 4)[:4]]
    counts = np.array([not isinstance(m, Event) or m.relevant for m in MODES])[mode]
    relevant = counts & ~nff & ~c["repeat"].to_numpy()
    severity = pick(rng, (0.08, 0.56, 0.36), n)
    severity = np.where(HARD[mode] & (rng.random(n) < 0.4), 0, severity)
    on_train = line <= 1
    minutes = np.where(on_train & (rng.random(n) < 0.3), np.round(rng.exponential(4.0, n) * (3 - severity), 1), 0.0)
    usage = np.round(usage_at(d.org, unit, occurred), 1)
    return pl.DataFrame(
        {
            "fault_id": numbered("F", row + 1, 8),
            "ticket_id": d.ticket_id.gather(pl.Series(row)),
            "asset_id": d.unit_id.gather(pl.Series(row)),
            "occurred_at": instants(occurred),
            "detected_at": instants(occurred + rng.random(n) * 0.5 * np.minimum(opened - occurred, HOUR)),
            "restored_at": instants(c["resolved"].to_numpy()),
            "usage_at_failure": usage,
            "usage_unit": words([x.unit for x in LINES], line),
            "subsystem": words([m.subsystem for m in MODES], mode),
            "component": words(COMPONENTS, mode),
            "failure_mode": words([m.failure_mode for m in MODES], mode),
            "mechanism": words([m.mechanism for m in MODES], np.where(known & (rng.random(n) < 0.9), mode, -1)),
            "cause": words(causes, np.where(known & (rng.random(n) < 0.87), mode * 4 + rng.integers(4, size=n), -1)),
            "severity": words(["critical", "degraded", "incipient"], severity),
            "delay_minutes": pl.Series(np.where(on_train, minutes, np.nan)).fill_nan(None),
            "relevant": relevant,
            "chargeable": relevant & (rng.random(n) < np.where(mode < len(WEAR), 0.6, 0.35)),
            "no_fault_found": nff,
            "symptom": _symptoms(rng, mode, np.full(n, -1)),
        }
    )  # fmt: skip
