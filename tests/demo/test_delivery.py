"""The demo delivers what it says, the way a company would."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
import zipfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
import yaml

from bilingual.errors import UserError
from demo import Truths, generate
from warehouse.mapping import load_all
from warehouse.settings import Home

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered, Small


WINDOW_END = datetime(2026, 11, 1)


def _hashes(home: Path) -> dict[str, str]:
    files = sorted(p for p in home.rglob("*") if p.suffix in {".csv", ".json", ".jsonl", ".yaml", ".xlsx"})
    return {str(p.relative_to(home)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_seed_same_bytes(small: Small) -> None:
    assert _hashes(small(3)) == _hashes(small(3))


def test_same_seed_same_database(small: Small) -> None:
    dumps = []
    for home in (small(3), small(3)):
        with closing(sqlite3.connect(home / "data" / "service.db")) as db:
            dumps.append("\n".join(db.iterdump()))
    assert dumps[0] == dumps[1]


def test_another_seed_another_organisation(small: Small) -> None:
    one, two = _hashes(small(3)), _hashes(small(4))
    assert one["truths.json"] != two["truths.json"]


def test_truths_are_read_back_as_written(company: Delivered) -> None:
    assert Truths.read(company.home) == company.truths


def test_settings_and_mappings_are_accepted(company: Delivered) -> None:
    home = Home(company.home)
    assert home.settings.time_zone == "Asia/Shanghai"
    sources = load_all(home.sources)
    assert [s.name for s in sources] == [
        "call_register", "corrective_actions", "field_data", "service_db", "targets", "ticket_export",
    ]  # fmt: skip
    fed = {entity for source in sources for entity in source.entities}
    assert fed == set(company.truths.counts)


@pytest.mark.parametrize("folder", ["sources", "alerts"])
def test_the_shipped_mappings_and_rules_are_the_delivered_ones(company: Delivered, folder: str) -> None:
    shipped = sorted((Path(__file__).parents[2] / "demo" / folder).glob("*.yaml"))
    assert [file.name for file in shipped] == sorted(file.name for file in (company.home / folder).iterdir())
    for file in shipped:
        assert (company.home / folder / file.name).read_bytes() == file.read_bytes()


def test_every_column_of_the_mappings_is_delivered(company: Delivered) -> None:
    mapping = yaml.safe_load((company.home / "sources" / "service_db.yaml").read_text(encoding="utf-8"))
    for name, entity in mapping["entities"].items():
        assert set(entity["fields"].values()) <= set(company.table(name).columns), name


@pytest.mark.parametrize("pattern", ["tickets_*", "events_*", "surveys", "complaints", "consultations"])
def test_exports_are_gb18030_and_not_utf8(company: Delivered, pattern: str) -> None:
    for file in (company.home / "data" / "export").glob(f"{pattern}.csv"):
        content = file.read_bytes()
        assert re.search("[一-鿿]", content.decode("gb18030"))
        with pytest.raises(UnicodeDecodeError):
            content.decode("utf-8")


def test_register_has_a_merged_title_row(company: Delivered) -> None:
    for book in (company.home / "data" / "register").glob("*.xlsx"):
        with zipfile.ZipFile(book) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert '<mergeCell ref="A1:T1"/>' in sheet
        assert "西南大区报修登记簿" in pl.read_excel(book, has_header=False)[0, 0]


def test_register_has_three_shapes_of_dates(company: Delivered) -> None:
    opened = company.register()["报修时间"]
    shapes = [r"\d{4}-\d\d-\d\d", r"\d{4}\.\d\d\.\d\d \d{1,2}:\d\d", r"\d{4}年\d{1,2}月\d{1,2}日"]
    counts = [int(opened.str.contains(f"^{shape}").sum()) for shape in shapes]
    assert min(counts) > 0
    assert sum(counts) == len(opened)


def test_ticket_rows_are_as_counted(company: Delivered) -> None:
    counts = company.truths.counts["ticket"]
    exported = company.csv("export/tickets_*.csv")
    register = company.register()
    assert len(register) == counts["register_rows"]
    assert len(exported) == counts["export_rows"] + counts["copied_rows"]
    assert len(register) + len(exported) == counts["rows"]
    keys = set(register["登记号"]) | set(exported["工单号"].drop_nulls())
    assert len(keys) == counts["keys"]
    dirty = company.truths.dirty
    lost = ("bad_date", "closed_before_opened", "missing_opening_time", "future_opening")
    assert counts["usable"] == counts["keys"] - sum(dirty[kind]["count"] for kind in lost)


@pytest.mark.parametrize(
    ("entity", "pattern"),
    [("ticket_event", "export/events_*.csv"), ("survey", "export/surveys.csv"), ("complaint", "export/complaints.csv")],
)
def test_csv_rows_are_as_counted(company: Delivered, entity: str, pattern: str) -> None:
    assert len(company.csv(pattern)) == company.truths.counts[entity]["rows"]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("customer", ["customer_id"]),
        ("technician", ["technician_id"]),
        ("asset", ["asset_id"]),
        ("visit", ["visit_id"]),
        ("repair", ["repair_id"]),
        ("part_use", ["repair_id", "part_no", "position"]),
        ("part", ["part_no"]),
        ("supplier", ["supplier_id"]),
        ("stock_move", ["part_no", "site", "moved_at", "kind"]),
        ("contract", ["contract_id"]),
        ("maintenance", ["asset_id", "planned_on"]),
        ("installation", ["asset_id"]),
        ("price_approval", ["ticket_id"]),
        ("returned_unit", ["repair_id", "part_no", "serial"]),
    ],
)
def test_table_rows_are_as_counted_and_keys_unique(company: Delivered, table: str, key: list[str]) -> None:
    frame = company.table(table)
    counts = company.truths.counts[table]
    assert (len(frame), frame.select(key).n_unique()) == (counts["rows"], counts["keys"])


def test_the_register_of_actions_is_as_counted_and_leads_to_tickets(company: Delivered) -> None:
    reports, actions = company.quality("8D报告"), company.quality("措施台账")
    counts = company.truths.counts
    assert reports["8D 编号"].n_unique() == len(reports) == counts["fracas_report"]["keys"]
    assert actions["措施编号"].n_unique() == len(actions) == counts["action"]["keys"]
    assert int(actions["验证结论"].is_not_null().sum()) == counts["effectiveness"]["rows"]
    assert set(actions["8D 编号"]) == set(reports["8D 编号"])
    faults = company.json_lines("faults/*.jsonl").select(
        故障编号="id", ticket="ticket", asset="asset", 部件="component"
    )
    behind = reports.join(faults, on=["故障编号", "部件"])
    assert len(behind) == len(reports)
    assert (behind["工单号"] == behind["ticket"]).all()
    assert (behind["设备编号"] == behind["asset"]).all()
    dirty = {case.get("ticket_id") for kind in company.truths.dirty.values() for case in kind["cases"]}
    assert dirty.isdisjoint(reports["工单号"])


def test_the_register_has_actions_of_every_fate(company: Delivered) -> None:
    actions = company.quality("措施台账")
    first_due, due, done = (pl.col(name) for name in ("原定期限", "期限", "完成日期"))
    end = pl.date(2026, 10, 31)
    fates = (
        done.is_null() & (due < end),
        done.is_null() & (due >= end),
        due > first_due,
        done > first_due,
        done <= first_due,
    )
    assert all(len(actions.filter(fate)) >= 2 for fate in fates)
    assert set(actions["类型"]) == {"临时", "纠正", "预防"}
    assert actions["适用机型"].null_count() < len(actions)
    assert (actions["完成日期"].drop_nulls() < pl.Series([WINDOW_END]).dt.date()[0]).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_small_house_has_overdue_actions_too(small: Small, seed: int) -> None:
    file = small(seed) / "data" / "quality" / "corrective_actions.xlsx"
    actions = pl.read_excel(file, sheet_name="措施台账", read_options={"header_row": 1})
    assert len(actions.filter(pl.col("完成日期").is_null() & (pl.col("期限") < pl.date(2026, 10, 31))))


def test_faults_and_readings_are_as_counted(company: Delivered) -> None:
    faults, usage = company.json_lines("faults/*.jsonl"), company.json_lines("usage/*.jsonl")
    assert faults["id"].n_unique() == len(faults) == company.truths.counts["fault"]["keys"]
    assert (
        usage.select("asset_id", "read_at", "unit").n_unique() == len(usage) == company.truths.counts["usage"]["keys"]
    )
    assert faults["occurred"].str.ends_with("+08:00").all()


def test_references_lead_somewhere(company: Delivered, tickets: pl.DataFrame) -> None:
    asset, people, customers = (company.table(t) for t in ("asset", "technician", "customer"))
    assert set(tickets["设备编号"]) <= set(asset["asset_id"])
    assert set(tickets["客户编号"]) <= set(customers["customer_id"])
    assert set(tickets["技术员编号"].drop_nulls()) <= set(people["technician_id"])
    assert set(asset["parent_asset_id"].drop_nulls()) <= set(asset["asset_id"])
    repairs = company.table("repair")
    for table in ("part_use", "returned_unit"):
        assert set(company.table(table)["repair_id"]) <= set(repairs["repair_id"])
    assert set(company.table("part_use")["part_no"]) <= set(company.table("part")["part_no"])
    everything = 20_000
    for frame in (company.table("visit"), repairs):
        assert frame["ticket_id"].str.slice(6).cast(pl.Int64).is_between(1, everything).all()


def test_a_configured_home_is_refused(company: Delivered) -> None:
    with pytest.raises(UserError, match="already holds"):
        generate(company.home, tickets=1_000)


def test_somebody_elses_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(UserError, match="already holds “data”"):
        generate(tmp_path, tickets=1_000)


def test_too_few_tickets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least 1000"):
        generate(tmp_path, tickets=10)


def test_an_interrupted_run_is_not_taken_for_a_finished_one_and_can_be_repeated(tmp_path: Path) -> None:
    def stop(what: str) -> None:
        if what == "data/service.db":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, tickets=1_000, progress=stop)
    assert not Home(tmp_path).exists
    assert not (tmp_path / "data").exists()
    generate(tmp_path, tickets=1_000)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "alerts", "data", "faultloop.yaml", "sources", "truths.json",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_hundred_thousand_tickets_in_seconds(tmp_path: Path) -> None:
    # Processor time: what else the machine is doing is not the generator's fault.
    begin = time.process_time()
    generate(tmp_path, tickets=100_000)
    assert time.process_time() - begin < 15.0
