"""One demo organisation of 20,000 tickets for all tests of this folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from installation import published_demo

from demo import Truths, generate


@dataclass(frozen=True)
class Delivered:
    """A generated organisation, read back from the files it was delivered in (everything as text where it is a CSV)."""

    home: Path
    truths: Truths

    def csv(self, pattern: str) -> pl.DataFrame:
        files = sorted((self.home / "data").glob(pattern))
        frames = [
            pl.read_csv(file.read_bytes().decode("gb18030").encode(), infer_schema=False).with_columns(
                file=pl.lit(file.name)
            )
            for file in files
        ]
        return pl.concat(frames)

    def json_lines(self, pattern: str) -> pl.DataFrame:
        frames = [pl.read_ndjson(f, infer_schema_length=None) for f in sorted((self.home / "data").glob(pattern))]
        return pl.concat(frames, how="diagonal_relaxed")

    def table(self, name: str) -> pl.DataFrame:
        with closing(sqlite3.connect(self.home / "data" / "service.db")) as db:
            cursor = db.execute(f'SELECT * FROM "{name}"')
            columns = [c[0] for c in cursor.description]
            return pl.DataFrame(cursor.fetchall(), schema=columns, orient="row", infer_schema_length=None)

    def quality(self, sheet: str) -> pl.DataFrame:
        file = self.home / "data" / "quality" / "corrective_actions.xlsx"
        return pl.read_excel(file, sheet_name=sheet, read_options={"header_row": 1})

    def register(self) -> pl.DataFrame:
        files = sorted((self.home / "data" / "register").glob("*.xlsx"))
        frames = [pl.read_excel(f, read_options={"header_row": 1}, infer_schema_length=0) for f in files]
        return pl.concat([f.cast(pl.String) for f in frames])


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    home = published_demo(tmp_path_factory, 20_000)
    return Delivered(home, Truths.read(home))


@pytest.fixture(scope="session")
def tickets(company: Delivered) -> pl.DataFrame:
    """The ticket export without the copied file and without what was dirtied on purpose."""
    frame = company.csv("export/tickets_*.csv").filter(~pl.col("file").str.contains("(1)", literal=True))
    shape = "%Y-%m-%d %H:%M:%S"
    times = [pl.col(c).str.to_datetime(shape, strict=False) for c in ("报修时间", "到达时间", "修复时间", "关闭时间")]
    dirty = {case.get("ticket_id") for kind in company.truths.dirty.values() for case in kind["cases"]} - {None}
    return frame.filter(~pl.col("工单号").is_in(dirty) & pl.col("工单号").is_not_null()).with_columns(times)


Small = Callable[[int], Path]


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """Generates organisations of 1,000 tickets, each in a folder of its own."""

    def make(seed: int) -> Path:
        home = tmp_path / f"home {len(list(tmp_path.iterdir()))}"
        generate(home, tickets=1_000, seed=seed)
        return home

    return make
