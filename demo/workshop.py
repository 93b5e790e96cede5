"""What a repair consumes: working time, parts with their serial numbers, approvals of prices, and the failed items."""

from __future__ import annotations

import numpy as np
import polars as pl

from demo.catalogue import LINES, MODES, WEAR
from demo.chance import lognormal, numbered, pick, stream, words
from demo.clock import DAY, HORIZON, HOUR, Floats, Ints, instants
from demo.organisation import GENERIC_PARTS
from demo.records import Desk
from demo.tickets import SERVICE_KINDS

_ADJUSTED = ("调整 Adjusted", "清洁 Cleaned", "复位测试正常 Reset and tested", "紧固 Tightened")
POSITIONS = [f"{LINES[[x.key for x in LINES].index(m.line)].prefix}.{i % 4 + 1}" for i, m in enumerate(MODES)]


def part_uses(seed: int, d: Desk, lives: pl.DataFrame) -> pl.DataFrame:
    """Parts replaced: the entity's fields, and `row` (of the calls), `at` (s since START), `part` (row of the parts)."""
    rng = stream(seed, "part_uses")
    c = d.calls
    resolved, life_row = d.stamp("resolved"), c["life_row"].to_numpy()
    mends = (d.mode >= 0) & ~np.isnan(resolved) & ~c["nff"].to_numpy() & ~c["repeat"].to_numpy()
    waited = c["parts_wait"].to_numpy()
    part = np.where(d.mode >= 0, d.org.part_of_mode[d.mode], -1)
    named = np.flatnonzero(mends & (part >= 0) & ((life_row >= 0) | waited | (rng.random(len(c)) < 0.6)))
    small = np.flatnonzero(mends & (rng.random(len(c)) < 0.12))
    # Demand for standard parts is uneven: the k-th is wanted 1/k as often as the first.
    generic = len(d.org.parts) - GENERIC_PARTS + pick(rng, 1.0 / np.arange(1, GENERIC_PARTS + 1), len(small))
    row = np.concatenate([named, small])
    which = np.concatenate([part[named], generic])
    own = np.concatenate([np.ones(len(named), dtype=bool), np.zeros(len(small), dtype=bool)])
    followed = lives.select("serial", after=pl.col("serial").shift(-1).over("slot", order_by="generation"))
    serial = np.where(own, life_row[row], -1)
    cost = d.org.parts["unit_cost"].to_numpy()[which]
    fate = np.where(cost > 2000, pick(rng, (0.2, 0.78, 0.02), len(row)), pick(rng, (0.93, 0.03, 0.04), len(row)))
    known = pl.Series(np.where(serial < 0, len(followed), serial))
    return pl.DataFrame(
        {
            "repair_id": numbered("R", row + 1, 8),
            "part_no": d.org.parts["part_no"].gather(pl.Series(which)),
            "position": words([*POSITIONS, "GN.1"], np.where(own, d.mode[row], len(POSITIONS))),
            "quantity": np.where(own, 1, rng.integers(1, 5, len(row))),
            "old_serial": pl.concat([followed["serial"], pl.Series([None], dtype=pl.String)]).gather(known),
            "new_serial": pl.concat([followed["after"], pl.Series([None], dtype=pl.String)]).gather(known),
            "unit_cost": cost,
            "from_stock": ~waited[row] & (rng.random(len(row)) < 0.97),
            "disposition": words(["scrapped", "returned", "kept"], fate),
            "row": row,
            "at": resolved[row],
            "part": which,
            "updated_at": instants(resolved[row]),
        }
    ).sort("row", "part")  # fmt: skip


def repairs(seed: int, d: Desk, uses: pl.DataFrame) -> pl.DataFrame:
    """One repair per ticket whose work was finished: fields of the entity, hours and CNY."""
    rng = stream(seed, "repairs")
    row = np.flatnonzero(~np.isnan(d.stamp("resolved")))
    c, mode, n = d.calls[row], d.mode[row], len(row)
    unit = c["unit"].to_numpy()
    dear = np.array([1.0, 1.0, 0.8, 1.8, 0.9])[d.org.units["line"].to_numpy()[unit]]
    suburban = d.org.units["zone"].gather(c["unit"]).to_numpy() == "suburban"
    replaced = np.zeros(len(d.calls), dtype=bool)
    replaced[uses["row"].to_numpy()] = True
    causes = [cause for m in MODES for cause in (m.causes * 4)[:4]]
    known = (mode >= 0) & ~c["nff"].to_numpy() & (rng.random(n) < 0.85)
    texts = [
        *[f"更换 Replaced {m.component}" for m in MODES],
        *_ADJUSTED,
        "未发现故障，观察 No fault found",
        "按需求完成 Done as requested",
    ]
    adjusted = len(MODES) + rng.integers(len(_ADJUSTED), size=n)
    action = np.where(replaced[row] & (mode >= 0), mode, adjusted)
    action = np.where(c["nff"].to_numpy(), len(texts) - 2, np.where(mode < 0, len(texts) - 1, action))
    return pl.DataFrame(
        {
            "repair_id": numbered("R", row + 1, 8),
            "ticket_id": d.ticket_id.gather(pl.Series(row)),
            "asset_id": d.unit_id.gather(pl.Series(row)),
            "technician_id": d.technician_id.gather(pl.Series(row)),
            "started_at": instants(c["started"].to_numpy()),
            "finished_at": instants(c["resolved"].to_numpy()),
            "active_hours": c["active"],
            "logistic_delay_hours": c["logistic"],
            "admin_delay_hours": c["admin"],
            "cause": words(causes, np.where(known, mode * 4 + rng.integers(4, size=n), -1)),
            "action": words(texts, action),
            "cost_labour": np.round(c["active"].to_numpy() * 120.0 * dear, 2),
            "cost_travel": np.round(lognormal(rng, np.where(suburban, 110.0, 45.0), 0.3, n), 2),
            "service_kind": words(SERVICE_KINDS, c["service_kind"].to_numpy()),
            "updated_at": instants(c["resolved"].to_numpy()),
        }
    )  # fmt: skip


def returned_units(seed: int, uses: pl.DataFrame) -> pl.DataFrame:
    """Failed items that went to the workshop, step by step as far as they got. Fields of the entity."""
    rng = stream(seed, "returned_units")
    sent = uses.filter((pl.col("disposition") == "returned") & pl.col("old_serial").is_not_null())
    n = len(sent)
    at = sent["at"].to_numpy()
    stamps: dict[str, Floats] = {}
    for name, median in (("received", 4.0), ("inspected", 3.0), ("repaired", 9.0), ("released", 2.0), ("sent", 1.5)):
        at = at + lognormal(rng, median, 0.5, n) * DAY
        stamps[name] = np.where(at < HORIZON, at, np.nan)
    verdict: Ints = np.where(np.isnan(stamps["inspected"]), -1, pick(rng, (0.72, 0.2, 0.08), n))
    for name in ("repaired", "released", "sent"):
        stamps[name] = np.where(verdict == 1, np.nan, stamps[name])
    last = np.fmax.reduce([sent["at"].to_numpy(), *stamps.values()])
    return pl.DataFrame(
        {
            "repair_id": sent["repair_id"],
            "part_no": sent["part_no"],
            "serial": sent["old_serial"],
            **{f"{name}_at": instants(values) for name, values in stamps.items()},
            "verdict": words(["repaired", "scrapped", "no_fault_found"], verdict),
            "updated_at": instants(last),
        }
    ).filter(pl.col("received_at").is_not_null())


def price_approvals(seed: int, d: Desk, done: pl.DataFrame, uses: pl.DataFrame) -> pl.DataFrame:
    """Prices of paid work and waivers of them, decided by the role that the house rules name. Fields of the entity."""
    rng = stream(seed, "price_approvals")
    worth = np.bincount(uses["row"], uses["unit_cost"] * uses["quantity"], minlength=len(d.calls))
    row = np.flatnonzero(~np.isnan(d.stamp("resolved")))
    amount = np.round(worth[row] + done["cost_labour"].to_numpy() + done["cost_travel"].to_numpy(), 2)
    kind = d.calls["service_kind"].to_numpy()[row]
    draw = rng.random(len(row))
    goodwill = (kind == 2) & (draw < 0.01)
    asked = ((kind == 0) & (draw < 0.7)) | goodwill
    amount, at = amount[asked], d.stamp("resolved")[row][asked]
    waived = goodwill[asked] | (rng.random(len(amount)) < 0.06)
    role = np.where(amount < 1000, 0, np.where(waived & (amount >= 5000), 2, 1))
    decided = instants(np.minimum(at + rng.exponential(6.0, len(amount)) * HOUR, HORIZON - 1.0))
    return pl.DataFrame(
        {
            "ticket_id": d.ticket_id.gather(pl.Series(row[asked])),
            "amount": amount,
            "in_warranty": kind[asked] == 2,
            "approver_role": words(["service_manager", "sales_director", "general_manager"], role),
            "decided_at": decided,
            "waived": waived,
            "updated_at": decided,
        }
    )


def wear_positions() -> list[str]:
    """The BOM position of each component that wears out."""
    return POSITIONS[: len(WEAR)]
