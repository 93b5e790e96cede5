"""What the demo says is true can be found in what it delivers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from demo.catalogue import WEAR

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

WINDOW_START = "2023-11-01 00:00:00"
WINDOW_END = "2026-11-01 00:00:00"
_DAY_MS = 86_400_000


def _days(column: str) -> pl.Expr:
    """Days since the window's start of a local time written as text."""
    local = pl.col(column).str.slice(0, 19).str.replace("T", " ").str.to_datetime()
    return (local - pl.lit(WINDOW_START).str.to_datetime()).dt.total_milliseconds() / _DAY_MS


def _lives(company: Delivered, truth: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(entry, exit, failed) meters of all lives of a component since its last replacement."""
    units = company.table("asset").filter(
        pl.col("parent_asset_id").is_null() & (pl.col("product_line") == truth["product_line"])
    )
    readings = company.json_lines("usage/*.jsonl").group_by("asset_id").agg(pl.all().sort_by("read_at").last())
    # Units are used evenly: the last reading over the age then is their usage per day.
    units = units.join(readings, on="asset_id").select(
        "asset_id",
        born=_days("installed_at"),
        per_day=pl.col("value") / (_days("read_at") - _days("installed_at")),
    )
    faults = company.json_lines("faults/*.jsonl").filter(
        (pl.col("component") == truth["component"]) & pl.col("relevant")
    )
    span = (company.table("asset").select(x=pl.lit(WINDOW_END)).head(1).select(_days("x"))).item()
    marks = faults.select(asset_id="asset", meter="meter", failed=pl.lit(value=True))
    ends = units.select("asset_id", meter=(span - pl.col("born")) * pl.col("per_day"), failed=pl.lit(value=False))
    spans = pl.concat([marks.join(units.select("asset_id"), on="asset_id", how="semi"), ends]).sort("asset_id", "meter")
    spans = spans.with_columns(since=pl.col("meter").shift(1).over("asset_id")).join(units, on="asset_id")
    seen_from = (-pl.col("born")).clip(lower_bound=0.0) * pl.col("per_day")
    entry = pl.when(pl.col("since").is_null()).then(seen_from).otherwise(0.0)
    frame = spans.select(entry=entry, exit=pl.col("meter") - pl.col("since").fill_null(0.0), failed="failed").filter(
        pl.col("exit") > pl.col("entry")
    )
    return frame["entry"].to_numpy(), frame["exit"].to_numpy(), frame["failed"].to_numpy()


def _fit(entry: np.ndarray, leave: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
    """Maximum likelihood of Weibull shape and scale for lives seen from `entry` to `leave`."""

    def loss(p: np.ndarray) -> float:
        shape, scale = np.exp(p)
        hazard = np.log(shape / scale) + (shape - 1) * np.log(leave[failed] / scale)
        return float(-(hazard.sum() - ((leave / scale) ** shape - (entry / scale) ** shape).sum()))

    shape, scale = np.exp(minimize(loss, np.log([1.5, np.median(leave)]), method="Nelder-Mead").x)
    return float(shape), float(scale)


@pytest.mark.parametrize("component", [w.component for w in WEAR])
def test_weibull_lives_are_recovered(company: Delivered, component: str) -> None:
    truth = next(t for t in company.truths.weibull if t["component"] == component)
    shape, scale = _fit(*_lives(company, truth))
    if truth["has_bad_batch"]:
        # The batch drags the population below its good part.
        assert shape < truth["shape"]
        assert scale < truth["scale"]
    else:
        # Three standard errors: 0.78/√failures for the log of the shape, 1.05/(shape·√failures) for the scale's.
        root = np.sqrt(truth["failed"])
        assert np.log(shape / truth["shape"]) == pytest.approx(0, abs=3 * 1.1 / root)
        assert np.log(scale / truth["scale"]) == pytest.approx(0, abs=3 * 1.6 / (truth["shape"] * root))


def test_the_bad_batch_fails_more(company: Delivered) -> None:
    batch = company.truths.bad_batch
    uses = company.table("part_use").filter(
        (pl.col("part_no") == batch["part_no"]) & pl.col("old_serial").is_not_null()
    )
    in_range = uses.filter(pl.col("old_serial").is_between(pl.lit(batch["serial_from"]), pl.lit(batch["serial_to"])))
    lots = in_range["old_serial"].str.split("-").list.get(2)
    assert set(lots) <= set(batch["lots"])
    assert 0.8 * batch["failed"] <= len(in_range) <= batch["failed"]
    [valve] = [t for t in company.truths.weibull if t["has_bad_batch"]]
    others = (valve["failed"] - batch["failed"]) / (valve["installed"] - batch["units"])
    assert batch["failed"] / batch["units"] > 1.5 * others


def test_actions_worked_and_did_not(company: Delivered) -> None:
    worked, failed = company.truths.actions
    assert (worked["verdict"], failed["verdict"]) == ("effective", "not_effective")
    for action in (worked, failed):
        faults = company.json_lines("faults/*.jsonl").filter(
            (pl.col("component") == action["component"]) & pl.col("relevant")
        )
        after = int((faults["occurred"] >= action["implemented_on"]).sum())
        assert after == action["relevant_failures_after"]
        assert len(faults) - after == action["relevant_failures_before"]
        spread = 3 * np.sqrt(1 / after + 1 / (len(faults) - after))
        assert np.log(action["observed_ratio"] / action["rate_ratio"]) == pytest.approx(0, abs=spread)


def test_the_register_says_when_the_known_actions_were_done(company: Delivered) -> None:
    reports, actions = company.quality("8D报告"), company.quality("措施台账")
    for truth in company.truths.actions:
        [action] = actions.filter(pl.col("措施编号") == truth["action_id"]).rows(named=True)
        [report] = reports.filter(pl.col("8D 编号") == action["8D 编号"]).rows(named=True)
        assert str(action["完成日期"]) == truth["implemented_on"]
        assert action["类型"] == "纠正"
        assert (report["部件"], report["故障模式"]) == (truth["component"], truth["failure_mode"])
        assert report["产品线"] == truth["product_line"]
        assert action["适用机型"] is None


def test_the_slow_region_is_slow(company: Delivered, tickets: pl.DataFrame) -> None:
    truth = company.truths.slow_region["median_clock_hours"]
    assert truth["slow_region"]["response"] > 1.3 * truth["others"]["response"]
    assert truth["slow_region"]["resolve"] > 1.5 * truth["others"]["resolve"]
    waited = (tickets["到达时间"] - tickets["报修时间"]).dt.total_seconds() / 3600
    assert waited.median() == pytest.approx(truth["others"]["response"], rel=0.02)
    assert company.truths.slow_region["region"] not in set(tickets["区域"])


def test_summer_part_peaks_in_july(company: Delivered) -> None:
    part = company.truths.seasonal_part["part_no"]
    used = company.table("part_use").filter(pl.col("part_no") == part).join(company.table("repair"), on="repair_id")
    by_month = used.group_by(pl.col("finished_at").str.slice(5, 2).alias("month")).len().sort("len")
    demand = dict(by_month.iter_rows())
    assert sum(demand.get(m, 0) for m in ("06", "07", "08")) > 3 * sum(demand.get(m, 0) for m in ("12", "01", "02"))


def test_obsolescent_part_dies_out(company: Delivered) -> None:
    part = company.truths.obsolescent_part["part_no"]
    used = company.table("part_use").filter(pl.col("part_no") == part).join(company.table("repair"), on="repair_id")
    year = used["finished_at"].str.slice(0, 4)
    assert int((year == "2024").sum()) > 8 * int((year == "2026").sum())


def test_software_versions_follow_the_day_of_installation_and_none_fails_more(company: Delivered) -> None:
    truth = company.truths.software
    units = company.table("asset").filter(pl.col("parent_asset_id").is_null())
    told = units.group_by("product_line", "software_version").agg(
        pl.len().alias("units"), last=pl.col("installed_at").max()
    )
    known = told.drop_nulls("software_version").sort("product_line", "software_version")
    assert known["units"].to_list() == [v["units"] for v in truth["versions"]]
    assert int(told.filter(pl.col("software_version").is_null())["units"].sum()) == truth["unknown_units"]
    assert 0.02 < truth["unknown_units"] / len(units) < 0.06
    # Names of releases sort as they came: the later one, the later the last unit that came with it.
    for _, line in known.group_by("product_line"):
        last = line.sort("software_version")["last"].to_list()
        assert last == sorted(last)
    assert company.table("asset").filter(pl.col("parent_asset_id").is_not_null())["software_version"].null_count() == (
        company.truths.counts["asset"]["rows"] - len(units)
    )
    failed = company.json_lines("faults/*.jsonl").join(
        units.select(asset="asset_id", line="product_line", version="software_version"), on="asset"
    )
    n = dict(zip(*failed.group_by("version").len().get_columns(), strict=True))
    for line in {v["product_line"] for v in truth["versions"]}:
        rates = [n[v["version"]] / v["unit_days"] for v in truth["versions"] if v["product_line"] == line]
        # All kinds of units have all versions but for their age, so wear makes some difference.
        assert max(rates) / min(rates) < 1.6
    assert truth["rate_ratio"] == 1.0


def test_the_strong_technician_looks_worse_and_is_better(company: Delivered) -> None:
    people = company.truths.technicians
    strong, weak, all_ = people["strong"], people["weak"], people["everybody"]
    assert strong["share_hard"] > 5 * all_["share_hard"] > all_["share_hard"] > weak["share_hard"]
    assert strong["repeat_rate"] > weak["repeat_rate"]
    assert strong["repeat_rate_hard"] < all_["repeat_rate_hard"]
    assert strong["repeat_rate_ordinary"] < weak["repeat_rate_ordinary"]


def test_the_shares_are_believable(company: Delivered) -> None:
    truths = company.truths
    assert 0.03 <= truths.open_tickets / truths.tickets <= 0.06
    assert 0.10 <= truths.technicians["everybody"]["repeat_rate"] <= 0.17
    assert 0.06 <= truths.no_fault_found["share_of_resolved_failures"] <= 0.10
    assert truths.counts["asset"]["rows"] <= 0.6 * truths.tickets
    assert 3 <= truths.counts["ticket_event"]["rows"] / truths.tickets <= 4.5


def test_open_tickets_are_mostly_recent_with_a_tail_of_old_ones(tickets: pl.DataFrame) -> None:
    still = tickets.filter(~pl.col("状态").is_in(["已关闭", "已取消", "已修复"]))
    age = (pl.Series([WINDOW_END]).str.to_datetime()[0] - still["报修时间"]).dt.total_days()
    assert int((age <= 90).sum()) > 0.35 * len(still)
    assert int((age > 365).sum()) > 0.1 * len(still)


def test_calls_come_in_working_hours(tickets: pl.DataFrame) -> None:
    hour = tickets["报修时间"].dt.hour()
    assert float(hour.is_between(8, 17).mean()) > 0.9  # type: ignore[arg-type]
    assert float((tickets["报修时间"].dt.weekday() <= 5).mean()) > 0.9  # type: ignore[arg-type]


def test_steps_follow_each_other(tickets: pl.DataFrame) -> None:
    steps = ["报修时间", "到达时间", "修复时间", "关闭时间"]
    for earlier, later in pairwise(steps):
        pairs = tickets.select(earlier, later).drop_nulls()
        assert (pairs[earlier] <= pairs[later]).all()


def test_stock_never_falls_below_zero(company: Delivered) -> None:
    sign = {"receipt": 1, "issue": -1, "return": 1, "count": 0}
    moves = (
        company.table("stock_move")
        .sort("moved_at")
        .with_columns(change=pl.col("kind").replace_strict(sign) * pl.col("quantity"))
    )
    balance = moves.with_columns(balance=pl.col("change").cum_sum().over("part_no", "site"))
    assert balance["balance"].min() >= 0  # type: ignore[operator]
    counts = balance.filter(pl.col("kind") == "count")
    assert (counts["quantity"] == counts["balance"]).all()
