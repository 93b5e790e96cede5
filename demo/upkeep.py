"""What is known of the units between failures: the asset register, contracts, meter readings, maintenance, installation."""

from __future__ import annotations

import numpy as np
import polars as pl

from demo import software
from demo.catalogue import LINES, REGIONS, WEAR
from demo.chance import numbered, pick_within, stream, words
from demo.clock import DAY, DAYS, HORIZON, HOUR, Bools, Floats, Ints, add_working, days_of, instants
from demo.failures import usage_at
from demo.organisation import Organisation
from demo.records import LINE_LABELS, REGION_LABELS
from demo.tickets import contracted
from demo.workshop import wear_positions

_YEAR = 365 * DAY


def assets(seed: int, org: Organisation, lives: pl.DataFrame) -> pl.DataFrame:
    """The tree as it stands at the end: units, and below each the components now installed. Fields of the entity."""
    units = org.units
    top = pl.DataFrame(
        {
            "asset_id": units["unit_id"],
            "serial_no": units["serial_no"],
            "model": units["model"],
            "product_line": words(LINE_LABELS, units["line"].to_numpy()),
            "software_version": software.versions(seed, org),
            "position": pl.Series([None], dtype=pl.String).new_from_index(0, len(units)),
            "parent_asset_id": pl.Series([None], dtype=pl.String).new_from_index(0, len(units)),
            "customer_id": org.customers["customer_id"].gather(units["customer"]),
            "site": units["site"],
            "region": words(REGION_LABELS, units["region"].to_numpy()),
            "zone": units["zone"],
            "installed_at": instants(units["installed"].to_numpy()),
            "warranty_end": days_of(units["in_warranty_until"].to_numpy()),
            "status": units["status"],
            "updated_at": instants(np.maximum(units["installed"].to_numpy(), 0.0)),
        }
    )
    now = lives.filter(pl.col("failed").is_nan()).sort("unit", "mode")
    mode, installed = now["mode"].to_numpy(), now["installed"].to_numpy()
    above = top[now["unit"].to_numpy()]
    below = above.with_columns(
        asset_id=above["asset_id"] + words([f"-{position[-1]}" for position in wear_positions()], mode),
        serial_no=now["serial"],
        model=words([w.part for w in WEAR], mode),
        software_version=pl.lit(None, dtype=pl.String),
        position=words(wear_positions(), mode),
        parent_asset_id=above["asset_id"],
        installed_at=instants(installed),
        warranty_end=days_of(installed + _YEAR),
        status=pl.lit("in_service"),
        updated_at=instants(np.maximum(installed, 0.0)),
    )
    return pl.concat([top, below])


def contracts(seed: int, org: Organisation) -> pl.DataFrame:
    """Warranty cards of the units, and maintenance contracts after them, year by year. Fields of the entity; CNY a year."""
    rng = stream(seed, "contracts")
    n = len(org.units)
    installed, until = org.units["installed"].to_numpy(), org.units["in_warranty_until"].to_numpy()
    value = np.array([x.asset_value for x in LINES])[org.units["line"].to_numpy()]
    sold = contracted(org)
    years = [(np.arange(n), installed, until, np.full(n, 1), np.zeros(n))]
    for year in range(5):
        starts = until + year * _YEAR
        kind = np.where(np.arange(n) % 7 == 0, 2, 0)
        has = np.flatnonzero(sold & (starts < HORIZON) & (starts + _YEAR > 0) & ((year == 0) | (rng.random(n) < 0.9)))
        price = np.round(value * np.where(kind == 2, 0.09, 0.05) * 1.03**year, 0)
        years.append((has, starts[has], starts[has] + _YEAR, kind[has], price[has]))
    unit, starts, ends, kind, price = (np.concatenate(column) for column in zip(*years, strict=True))
    return pl.DataFrame(
        {
            "contract_id": numbered("CT", np.arange(1, len(unit) + 1), 7),
            "customer_id": org.customers["customer_id"].gather(org.units["customer"].gather(pl.Series(unit))),
            "asset_id": org.units["unit_id"].gather(pl.Series(unit)),
            "kind": words(["maintenance", "warranty", "full_service"], kind),
            "starts_at": days_of(starts),
            "ends_at": days_of(ends - DAY),
            "price": price,
            "updated_at": instants(np.maximum(starts, 0.0).clip(0, HORIZON - 1)),
        }
    )


def _rounds(first: Floats, every_days: Ints, reach: float) -> tuple[Ints, Floats]:
    """Regular dates of each unit, `every_days` apart from `first` until `reach`: (unit, seconds since START)."""
    step = every_days * DAY
    count = np.maximum(np.ceil((reach - first) / step), 0).astype(np.int64)
    unit = np.repeat(np.arange(len(first)), count)
    nth = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count)
    return unit, first[unit] + nth * step[unit]


def usage(seed: int, org: Organisation) -> pl.DataFrame:
    """Meter readings: monthly for key customers, quarterly for the others. Fields of the entity."""
    rng = stream(seed, "usage")
    n = len(org.units)
    key = org.customers["class"].gather(org.units["customer"]).to_numpy() == "key"
    every = np.where(key, 30, 91)
    first = np.maximum(org.units["installed"].to_numpy(), 0.0) + rng.random(n) * every * DAY
    unit, at = _rounds(first, every, HORIZON)
    at = np.minimum(np.floor(at / DAY) * DAY + rng.uniform(8.5, 17.0, len(at)) * HOUR, HORIZON - 1)
    return (
        pl.DataFrame(
            {
                "asset_id": org.units["unit_id"].gather(pl.Series(unit)),
                "read_at": instants(at),
                "value": np.round(usage_at(org, unit, at), 1),
                "unit": words([x.unit for x in LINES], org.units["line"].gather(pl.Series(unit)).to_numpy()),
            }
        )
        .unique(["asset_id", "read_at"], keep="first", maintain_order=True)
        .sort("read_at", "asset_id")
    )


def maintenance(seed: int, org: Organisation) -> pl.DataFrame:
    """Half-yearly maintenance of units under contract: planned, and done mostly in time. Fields of the entity."""
    rng = stream(seed, "maintenance")
    n = len(org.units)
    first = np.maximum(org.units["installed"].to_numpy(), 0.0) + (30 + rng.random(n) * 150) * DAY
    first = np.where(contracted(org), first, np.inf)
    unit, planned = _rounds(first, np.full(n, 182), min(HORIZON + 60 * DAY, (DAYS + 60) * DAY))
    late = np.where(rng.random(len(unit)) < 0.75, rng.normal(0, 2.0, len(unit)), rng.exponential(14.0, len(unit)))
    done = add_working(np.maximum(planned + late * DAY, 0.0), rng.uniform(0.2, 8.0, len(unit)) * HOUR)
    done = np.where((rng.random(len(unit)) < 0.94) & (done < HORIZON), done, np.nan)
    region = org.units["region"].to_numpy()[unit]
    meter = np.round(usage_at(org, unit, np.where(np.isnan(done), 0.0, done)), 1)
    return pl.DataFrame(
        {
            "asset_id": org.units["unit_id"].gather(pl.Series(unit)),
            "planned_on": days_of(planned),
            "done_at": instants(done),
            "technician_id": _somebody(seed, org, region, ~np.isnan(done)),
            "meter": pl.Series(np.where(np.isnan(done), np.nan, meter)).fill_nan(None),
            "updated_at": instants(np.where(np.isnan(done), np.clip(planned - 30 * DAY, 0, HORIZON - 1), done)),
        }
    )


def installations(seed: int, org: Organisation) -> pl.DataFrame:
    """Commissioning of the units that came while records were kept. Fields of the entity."""
    rng = stream(seed, "installations")
    row = np.flatnonzero(org.units["installed"].to_numpy() >= 0)
    n = len(row)
    region = org.units["region"].to_numpy()[row]
    done = add_working(org.units["installed"].to_numpy()[row], rng.uniform(2.0, 16.0, n) * HOUR)
    return pl.DataFrame(
        {
            "asset_id": org.units["unit_id"].gather(pl.Series(row)),
            "commissioned_at": instants(done),
            "technician_id": _somebody(seed, org, region, np.ones(n, dtype=np.bool_)),
            "training_done": rng.random(n) < 0.93,
            "accepted_by": words(
                ["王主任", "李工", "张经理", "陈科长", "Ms Zhao", "Mr Liu", "设备科"], rng.integers(7, size=n)
            ),
            "parameters_ok": rng.random(n) < 0.97,
            "updated_at": instants(done),
        }
    )


def _somebody(seed: int, org: Organisation, region: Ints, present: Bools) -> pl.Series:
    """A technician of each region; null where nobody came."""
    rng = stream(seed, f"somebody {len(region)}")
    home, weight = org.technicians["region"].to_numpy(), org.technicians["weight"].to_numpy()
    members = [np.flatnonzero(home == r) for r in range(len(REGIONS))]
    who = pick_within(rng, region, members, [weight[m] for m in members])
    return words(org.technicians["technician_id"].to_list(), np.where(present, who, -1))
