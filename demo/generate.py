"""Generate the demo organisation and deliver its records the way a company would have them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from bilingual.errors import UserError
from demo import actions, database, dirt, export, records, register, stock, truths, upkeep, voices, workshop
from demo.clock import days_of
from demo.organisation import SUPPLIERS, Organisation, found
from demo.records import Desk
from demo.tickets import calls
from demo.truths import Truths

LEAST_TICKETS = 1_000
# What an installation is configured with besides its settings: mappings of its sources, rules of its own.
_CONFIGURED = ("sources", "alerts")
_SETTINGS = "faultloop.yaml"
_BUILDING = ".demo-unfinished"
_CONFIGURATION = """\
# The demo organisation: everything in it is invented. What is not named here keeps its default.
organisation: 远山轨道与设备服务 Farhill Service
language: zh
time_zone: Asia/Shanghai
zones: {urban: {}, suburban: {}}
"""

Counts = dict[str, dict[str, int]]
Progress = Callable[[str], None]


def generate(home: Path, tickets: int = 20_000, seed: int = 7, progress: Callable[[str], None] | None = None) -> Truths:
    """Write three years of a service organisation into the folder `home` and return what is true of it.

    `tickets` is how many calls there are (at least 1,000); the same `seed` and size give the same organisation.
    `progress` hears the name of each thing as it is written. Everything is built aside and moved into place, and
    `faultloop.yaml` comes last, so a run that was interrupted is never taken for a finished one.

    Raises UserError for a folder that is in use already, and for too few tickets.
    """
    home = Path(home)
    building = home / _BUILDING
    _refuse(home, building, tickets)
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    known = _deliver(building, tickets, seed, progress or (lambda _: None))
    known.write(building)
    for name in _CONFIGURED:
        shutil.copytree(Path(__file__).parent / name, building / name, ignore=shutil.ignore_patterns("__pycache__"))
    _move_in(home, building)
    partial = building / _SETTINGS
    partial.write_text(_CONFIGURATION, encoding="utf-8")
    partial.replace(home / _SETTINGS)
    shutil.rmtree(building)
    return known


def _refuse(home: Path, building: Path, tickets: int) -> None:
    if tickets < LEAST_TICKETS:
        raise UserError(
            en="A demo of {n} tickets is too small for its truths to show; ask for at least {least}.",
            zh="{n} 张工单的演示规模过小，无法体现其规律；请至少使用 {least} 张。",
            n=tickets,
            least=LEAST_TICKETS,
        )
    # What an interrupted run of ours left may be replaced; anything else belongs to somebody.
    taken = [_SETTINGS] if building.exists() else [_SETTINGS, "data", *_CONFIGURED, truths.FILE]
    for name in taken:
        if (home / name).exists():
            raise UserError(
                en="{home} already holds “{name}”; choose an empty folder for the demo.",
                zh="{home} 中已有“{name}”；请为演示选择一个空文件夹。",
                home=str(home),
                name=name,
            )


def _move_in(home: Path, building: Path) -> None:
    for name in ("data", *_CONFIGURED, truths.FILE):
        target = home / name
        if target.is_dir():
            shutil.rmtree(target)
        (building / name).replace(target)


def _deliver(folder: Path, tickets: int, seed: int, progress: Progress) -> Truths:
    org = found(seed, tickets)
    called, lives = calls(seed, org, tickets)
    d = records.desk(org, called)
    found_dirt = dirt.Dirt()
    n = dirt.per_kind(tickets)
    counts: Counts = {}
    for name in ("register", "export", "faults", "usage", "quality"):
        (folder / "data" / name).mkdir(parents=True)
    _tickets(folder / "data", seed, d, n, found_dirt, counts, progress)
    _voices(folder / "data" / "export", seed, d, counts, progress)
    _telemetry(folder / "data", seed, d, counts, progress)
    progress(f"data/quality/{actions.FILE}")
    book = _quality(folder / "data" / "quality", seed, d, found_dirt, counts)
    progress("data/service.db")
    tables = _tables(seed, d, lives, n, found_dirt)
    database.write(folder / "data" / "service.db", tables)
    counts |= {name: _count(frame) for name, frame in tables.items()}
    counts["repair"]["usable"] = counts["repair"]["keys"] - found_dirt.lost("repair")
    progress("data/targets.csv")
    targets = _targets()
    targets.write_csv(folder / "data" / "targets.csv")
    counts["target"] = _count(targets)
    return truths.gather(seed, d, lives, book.known, counts, found_dirt.kinds)


def _count(frame: pl.DataFrame) -> dict[str, int]:
    return {"rows": len(frame), "keys": len(frame)}


def _tickets(data: Path, seed: int, d: Desk, n: int, found: dirt.Dirt, counts: Counts, progress: Progress) -> None:
    every = records.tickets(seed, d)
    by_hand = register.kept_by_hand(every)
    progress("data/register/*.xlsx")
    book = dirt.soil_register(seed, register.rows(every.filter(by_hand)), found)
    register.write(seed, data / "register", book)
    progress("data/export/tickets_*.csv")
    sound = export.tickets(every.filter(~by_hand))
    soiled, corrected = dirt.soil_tickets(seed, sound, n, found)
    export.write(data / "export", soiled)
    export.write(data / "export", corrected)
    copied = sorted((data / "export").glob("tickets_2*.csv"))[2]
    shutil.copyfile(copied, copied.with_name(f"{copied.stem} (1).csv"))
    again = int((soiled["file"] == copied.name).sum())
    case = {"file": copied.name, "copy": f"{copied.stem} (1).csv", "rows": again}
    found.note("file_delivered_twice", "ticket", [case])
    counts["ticket"] = {
        "rows": len(book) + len(soiled) + len(corrected) + again,
        "keys": len(every) - n,  # those without a number have no key
        "usable": len(every) - n - found.lost("ticket"),
        "register_rows": len(book),
        "export_rows": len(soiled) + len(corrected),
        "copied_rows": again,
    }
    progress("data/export/events_*.csv")
    events = export.events(records.events(d, (~by_hand).to_numpy()))
    export.write(data / "export", events)
    counts["ticket_event"] = _count(events)


def _voices(folder: Path, seed: int, d: Desk, counts: Counts, progress: Progress) -> None:
    progress("data/export/surveys.csv")
    cards = voices.surveys(seed, d)
    export.write_one(folder / "surveys.csv", export.surveys(cards))
    # A card is one row and answers four items.
    counts["survey"] = {
        "rows": len(cards),
        "keys": len(cards) * len(voices.ITEMS),
        "reached": int(cards["reached"].sum()),
    }
    complaints = voices.complaints(seed, d)
    export.write_one(folder / "complaints.csv", export.complaints(complaints))
    counts["complaint"] = _count(complaints)
    consultations = voices.consultations(seed, d.org, len(d.calls))
    export.write_one(folder / "consultations.csv", export.consultations(consultations))
    counts["consultation"] = _count(consultations)


_FAULT_KEYS = {
    "fault_id": "id", "ticket_id": "ticket", "asset_id": "asset", "occurred_at": "occurred", "detected_at": "detected",
    "restored_at": "restored", "usage_at_failure": "meter", "usage_unit": "meter_unit", "failure_mode": "mode",
    "no_fault_found": "nff",
}  # fmt: skip


def _telemetry(data: Path, seed: int, d: Desk, counts: Counts, progress: Progress) -> None:
    progress("data/faults/*.jsonl")
    faults = records.faults(seed, d)
    _json_lines(data / "faults", "faults", "occurred_at", faults, _FAULT_KEYS)
    counts["fault"] = _count(faults)
    progress("data/usage/*.jsonl")
    usage = upkeep.usage(seed, d.org)
    _json_lines(data / "usage", "usage", "read_at", usage, {})
    counts["usage"] = _count(usage)


def _quality(folder: Path, seed: int, d: Desk, found: dirt.Dirt, counts: Counts) -> actions.Book:
    soiled = {case.get("ticket_id") for kind in found.kinds.values() for case in kind["cases"]}
    book = actions.register(seed, d, soiled)
    actions.write(folder / actions.FILE, book)
    for entity, n in (
        ("fracas_report", len(book.reports)),
        ("action", len(book.actions)),
        ("effectiveness", sum(a.verdict is not None for a in book.actions)),
    ):
        counts[entity] = {"rows": n, "keys": n}
    return book


def _json_lines(folder: Path, name: str, by: str, frame: pl.DataFrame, keys: dict[str, str]) -> None:
    """One file per year; instants in ISO 8601 with their offset."""
    years = frame.with_columns(year=pl.col(by).dt.year()).partition_by("year", as_dict=True, include_key=False)
    for (year,), part in years.items():
        text = part.with_columns(pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S+08:00"))
        text.rename(keys).write_ndjson(folder / f"{name}_{year}.jsonl")


def _tables(seed: int, d: Desk, lives: pl.DataFrame, n: int, found: dirt.Dirt) -> dict[str, pl.DataFrame]:
    """The tables of the service database; columns are mostly named as the warehouse names its fields."""
    uses = workshop.part_uses(seed, d, lives)
    repairs = workshop.repairs(seed, d, uses)
    visits = records.visits(seed, d)
    return {
        **_master_data(d.org),
        "asset": upkeep.assets(seed, d.org, lives),
        "visit": visits.with_columns(updated_at=pl.coalesce("finished_at", "arrived_at")),
        "repair": dirt.soil_repairs(seed, repairs, n, found),
        "part_use": uses.drop("row", "at", "part"),
        "contract": upkeep.contracts(seed, d.org),
        "maintenance": upkeep.maintenance(seed, d.org),
        "installation": upkeep.installations(seed, d.org),
        "price_approval": workshop.price_approvals(seed, d, repairs, uses),
        "returned_unit": workshop.returned_units(seed, uses),
        "stock_move": stock.moves(seed, d, uses).rename({"at": "moved_at"}),
    }


def _master_data(org: Organisation) -> dict[str, pl.DataFrame]:
    begin = pl.lit("2023-11-01 00:00:00").alias("updated_at")
    people = org.technicians
    suppliers = pl.DataFrame({"supplier_id": [f"S{i:03d}" for i in range(1, len(SUPPLIERS) + 1)], "name": SUPPLIERS})
    return {
        "customer": org.customers.select(
            "customer_id", "name", "class", _regions(org.customers["region"]), begin
        ),
        "technician": people.select(
            "technician_id", "name", "team", pl.col("skill").alias("skill_level"),
            days_of(people["hired"].to_numpy()).alias("hired_at"), "active", begin,
        ),
        "supplier": suppliers.with_columns(begin),
        "part": org.parts.with_columns(begin),
    }  # fmt: skip


def _regions(index: pl.Series) -> pl.Series:
    """The labels of regions, as a column named `region`."""
    return pl.Series(records.REGION_LABELS).gather(index).alias("region")


def _targets() -> pl.DataFrame:
    """What the house wants to reach, per year: shares, and working hours for the repair; a branch with long ways has its own."""
    wanted = {
        "closure_rate": (0.93, 0.94, 0.95, 0.96),
        "response_within_target": (0.80, 0.85, 0.88, 0.90),
        "mttr_ticket": (9.0, 8.5, 8.0, 7.5),
        "first_time_fix": (0.68, 0.70, 0.72, 0.75),
        "repeat_rate": (0.16, 0.15, 0.14, 0.12),
        "fill_rate": (0.80, 0.82, 0.84, 0.86),
        "coding_completeness": (0.70, 0.75, 0.80, 0.85),
        "satisfaction": (1.00, 1.01, 1.02, 1.03),
    }
    years = np.arange(2023, 2027)
    rows = [(m, "all", str(y), v) for m, values in wanted.items() for y, v in zip(years, values, strict=True)]
    rows += [("response_within_target", "region=西南 Southwest", f"2026-Q{q}", 0.78 + q / 100) for q in range(1, 5)]
    return pl.DataFrame(rows, schema=["measure", "scope", "period", "value"], orient="row")
