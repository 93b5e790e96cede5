"""Who is served, by whom, and what stands where: customers, technicians, units, and the parts that are stocked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from demo import clock
from demo.catalogue import LINES, MODES, REGIONS
from demo.chance import Rng, lognormal, numbered, pick, pick_within, stream, words
from demo.clock import DAY, HORIZON, Floats, Ints

_KINDS = ("transit", "hospital", "office")
_SUFFIX = {"transit": "号线运营公司 Metro", "hospital": "人民医院 Hospital", "office": "号商务中心 Business centre"}
_SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
_GIVEN = (
    "伟", "芳", "娜", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明", "超", "霞", "平", "刚", "辉", "建国", "志强", "海燕",
    "晓东", "文博", "子涵", "雨桐", "浩然", "俊杰", "思远", "国庆", "丽华", "春生", "嘉豪", "欣怡", "立新", "永康", "振华", "家明",
)  # fmt: skip
SUPPLIERS = (
    "华通制动配件厂 Huatong Brake", "博远电子 Boyuan Electronics", "恒力机电 Hengli Electromech", "鑫源橡塑 Xinyuan Rubber",
    "东方影像 Orient Imaging", "Nordic Valve AB", "Kyoto Precision", "广联制冷 Guanglian Cooling", "Rhein Sensorik GmbH", "通用标准件 Standard Parts",
)  # fmt: skip
_GENERIC = (
    "紧固件 Fastener",
    "线束 Cable harness",
    "继电器 Relay",
    "接插件 Connector",
    "密封圈 O-ring",
    "轴承 Bearing",
    "保险丝 Fuse",
    "润滑脂 Grease",
)
GENERIC_PARTS = 120
STRONG, WEAK = 0, 1  # rows of `technicians`; both work in the first region


@dataclass(frozen=True)
class Organisation:
    """Struct of arrays and frames; an index in one of them is the row number of another.

    customers: customer_id, name, class, region (index). units: unit_id, customer, line, region, site, zone (indices),
    installed (s since START, negative before), per_day (usage units per day), model, serial_no.
    technicians: technician_id, name, region, skill (1–5), weight. parts: part_no, name, category, unit_cost,
    lead_time_days, supplier, criticality.
    """

    customers: pl.DataFrame
    technicians: pl.DataFrame
    units: pl.DataFrame
    parts: pl.DataFrame
    part_of_mode: Ints


def found(seed: int, tickets: int) -> Organisation:
    """An organisation of the size that gives rise to this many tickets in three years."""
    parts, part_of_mode = _parts(stream(seed, "parts"))
    customers = _customers(stream(seed, "customers"), max(40, tickets // 150))
    return Organisation(
        customers=customers,
        technicians=_technicians(stream(seed, "technicians"), max(24, tickets // 500)),
        units=_units(stream(seed, "units"), customers, max(60, tickets // 8)),
        parts=parts,
        part_of_mode=part_of_mode,
    )


def _by_quota(rng: Rng, n: int, least: int) -> Ints:
    """Region of each of `n`: as the shares say, every region at least `least` times."""
    shares = np.array([region.share for region in REGIONS])
    counts = np.maximum(np.floor(shares * n).astype(int), least)
    counts[0] += n - counts.sum()
    return np.asarray(rng.permutation(np.repeat(np.arange(len(REGIONS)), counts)), dtype=np.int64)


def _customers(rng: Rng, n: int) -> pl.DataFrame:
    region = np.sort(_by_quota(rng, n, 3))
    # Every region has every kind: kinds alternate inside a region.
    kind = np.array([0, 2, 1, 0, 2])[np.arange(n) % 5]
    city = np.array([rng.integers(len(REGIONS[r].cities)) for r in region])
    frame = pl.DataFrame(
        {
            "customer_id": numbered("C", np.arange(1, n + 1), 5),
            "city": [REGIONS[r].cities[c] for r, c in zip(region, city, strict=True)],
            "kind": kind,
            "region": region,
            "weight": lognormal(rng, 1.0, 0.6, n),
            "class": np.where(rng.random(n) < 0.12, "key", "normal"),
            "sites": rng.integers(1, 5, n),
        }
    )
    number = pl.int_range(1, pl.len() + 1).over("city", "kind").cast(pl.String)
    before = words(["", "第", ""], kind)
    after = words([_SUFFIX[k] for k in _KINDS], kind)
    return frame.with_columns(name=pl.col("city") + before + number + after)


def _technicians(rng: Rng, n: int) -> pl.DataFrame:
    region = np.sort(_by_quota(rng, n, 3))
    skill = pick(rng, (0.1, 0.2, 0.4, 0.2, 0.1), n) + 1
    skill[STRONG], skill[WEAK] = 5, 2
    left = rng.random(n) < 0.05
    left[[STRONG, WEAK]] = False
    team = np.arange(n) // 6 % 3
    return pl.DataFrame(
        {
            "technician_id": numbered("T", np.arange(1, n + 1), 4),
            "name": words(_SURNAMES, rng.integers(len(_SURNAMES), size=n))
            + words(_GIVEN, rng.integers(len(_GIVEN), size=n)),
            "team": words([r.label for r in REGIONS], region) + words([" 一组 1", " 二组 2", " 三组 3"], team),
            "region": region,
            "skill": skill,
            "weight": lognormal(rng, 1.0, 0.3, n) * ~left + 0.02,
            "active": ~left,
            "hired": -rng.uniform(0, 12 * 365, n) * DAY,
        }
    )


def _units(rng: Rng, customers: pl.DataFrame, n: int) -> pl.DataFrame:
    line = pick(rng, [x.share for x in LINES], n)
    kind = customers["kind"].to_numpy()
    weight = customers["weight"].to_numpy()
    wanted = [
        np.flatnonzero(kind == _KINDS.index(x.customers)) if x.customers in _KINDS else np.arange(len(kind))
        for x in LINES
    ]
    customer = pick_within(rng, line, wanted, [weight[w] for w in wanted])
    region = customers["region"].to_numpy()[customer]
    site = (rng.random(n) * customers["sites"].to_numpy()[customer]).astype(np.int64)
    # 62 % were there when the records begin, up to three years old; the others came during the first 2.7 years.
    old = rng.random(n) < 0.62
    installed = np.floor(np.where(old, -rng.random(n) * 3.0 * 365 * DAY, rng.random(n) * 0.9 * HORIZON) / 3600) * 3600
    per_day = np.array([x.per_day for x in LINES])[line] * lognormal(rng, 1.0, 0.25, n)
    models = [m for x in LINES for m in x.models]
    model = line * 3 + rng.integers(3, size=n)
    number = np.arange(1, n + 1)
    year = clock.instants(installed).dt.strftime("%y")
    return pl.DataFrame(
        {
            "unit_id": numbered("A", number, 6),
            "serial_no": words([f"{x.prefix}-" for x in LINES], line) + year + numbered("", number, 6),
            "model": words(models, model),
            "line": line,
            "customer": customer,
            "region": region,
            "site": customers["city"].gather(customer) + words([f" {i} 号点 Site {i}" for i in range(1, 5)], site),
            # Zone belongs to the site: the first two sites of a customer are in town.
            "zone": np.where(site < 2, "urban", "suburban"),
            "installed": installed,
            "per_day": per_day,
            "in_warranty_until": installed + 2 * 365 * DAY,
            "status": words(["in_service", "standby", "out_of_service"], pick(rng, (0.95, 0.03, 0.02), n)),
        }
    )


def _parts(rng: Rng) -> tuple[pl.DataFrame, Ints]:
    """The parts and, per failure mode, the row of the part that mends it (-1: none)."""
    named = [mode for mode in MODES if mode.part]
    generic = np.arange(GENERIC_PARTS)
    n = len(named) + GENERIC_PARTS
    cost = np.concatenate([[m.part_cost for m in named], np.round(lognormal(rng, 22.0, 1.0, GENERIC_PARTS), 2)])
    frame = pl.DataFrame(
        {
            "part_no": pl.concat([pl.Series([m.part for m in named]), numbered("GN-", 9001 + generic, 4)]),
            "name": pl.concat([pl.Series([m.component for m in named]), words(_GENERIC, generic % len(_GENERIC))]),
            "category": pl.concat(
                [pl.Series([m.subsystem for m in named]), pl.Series(["通用件 Generic"] * GENERIC_PARTS)]
            ),
            "unit_cost": cost,
            "lead_time_days": np.round(lognormal(rng, 18.0, 0.6, n)),
            "supplier": words(SUPPLIERS, rng.integers(len(SUPPLIERS), size=n)),
            "criticality": words(
                ["A", "B", "C"], np.where(cost > 2000, 0, np.where(cost > 150, 1, 2)).astype(np.int64)
            ),
        }
    )
    rows = {m.part: i for i, m in enumerate(named)}
    return frame, np.array([rows[m.part] if m.part else -1 for m in MODES], dtype=np.int64)


def exposure_days(units: pl.DataFrame) -> Floats:
    """Days each unit was in service while records were kept."""
    return np.asarray((HORIZON - np.maximum(units["installed"].to_numpy(), 0.0)) / DAY, dtype=np.float64)
