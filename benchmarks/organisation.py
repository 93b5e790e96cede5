"""The landed rows that benchmarks work on: the demo's tickets, repairs, faults and what they refer to."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from demo.generate import generate
from pipelines.landing import extract
from pipelines.refresh import sources_of
from warehouse.settings import Home

MILLION = 1_000_000
# Columns that identify: in the tenfold copy each copy's get a mark of their own.
_KEYS = {
    "工单号", "设备编号", "ticket_id", "asset_id", "repair_id", "fault_id", "id", "parent_asset_id", "serial_no",
    "customer_id", "客户编号",
}  # fmt: skip
# The question is what a million tickets with their repairs and faults cost, so just their streams are landed.
_STREAMS = {
    "call_register": {"calls"},
    "ticket_export": {"tickets"},
    "field_data": {"faults"},
    "service_db": {"customer", "asset", "technician", "repair"},
}


def million(scratch: Path) -> Home:
    """A home with 1 M tickets, their repairs and faults landed; made once, then kept."""
    home = Home(scratch / "million")
    if not (home.path / "landed").exists():
        shutil.rmtree(home.path, ignore_errors=True)
        generate(home.path, tickets=MILLION)
        narrow(home)
        for source in sources_of(home):
            extract(home, source)
        (home.path / "landed").touch()
    return home


def narrow(home: Home) -> None:
    """Leave only the streams of the question in the mappings of a demo home."""
    import yaml  # noqa: PLC0415

    for file in home.sources.glob("*.yaml"):
        mapping = yaml.safe_load(file.read_text(encoding="utf-8"))
        streams = _STREAMS.get(file.stem, set())
        mapping["streams"] = {k: v for k, v in mapping["streams"].items() if k in streams}
        several = {k: v if isinstance(v, list) else [v] for k, v in mapping["entities"].items()}
        mapping["entities"] = {k: v for k, v in several.items() if all(m["from"] in streams for m in v)}
        if mapping["streams"]:
            file.write_text(yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False), encoding="utf-8")
        else:
            file.unlink()


def ten_million(scratch: Path) -> Home:
    """The same ten times over, each copy with keys of its own."""
    one, home = million(scratch), Home(scratch / "ten-million")
    if not (home.path / "landed").exists():
        shutil.rmtree(home.path, ignore_errors=True)
        shutil.copytree(one.sources, home.sources)
        shutil.copy(one.settings_file, home.path)
        for file in sorted(one.landing.rglob("*.parquet")):
            target = home.landing / file.relative_to(one.landing).parent
            target.mkdir(parents=True, exist_ok=True)
            frame = pl.read_parquet(file)
            for copy in range(10):
                mark = pl.lit(f"{copy}-")
                marked = frame.with_columns(*[(mark + pl.col(c)).alias(c) for c in frame.columns if c in _KEYS])
                name = f"{copy}{file.stem[1:]}"
                marked.with_columns(_batch=pl.lit(name)).write_parquet(
                    target / f"{name}.parquet", compression="zstd", compression_level=1
                )
        (home.path / "landed").touch()
    return home
