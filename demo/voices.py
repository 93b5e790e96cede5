"""What customers say: return visits, complaints, questions."""

from __future__ import annotations

import numpy as np
import polars as pl

from demo.catalogue import LINES, SLOW_REGION
from demo.chance import numbered, pick, stream, words
from demo.clock import DAY, HORIZON, HOUR, add_working, instants
from demo.organisation import STRONG, WEAK, Organisation
from demo.records import Desk

ITEMS = ("attitude", "skill", "arrival_time", "promises_kept")
GRADES = ("very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied")
# What is said of each item where it was graded worst and no better than fair; last what contented customers say.
_REMARKS = (
    ("希望提前电话联系", "收费偏高"),
    ("修了两次才好", "Had to call twice"),
    ("来得太慢，等了一天", "希望提前电话联系"),
    ("备件等太久", "收费偏高"),
    ("师傅态度很好", "很专业，谢谢", "Very quick, thank you"),
)
_CONTENTED = GRADES.index("satisfied")
TOPICS = (
    ("耗材多久更换一次 Replacement interval of consumables", "按手册每 6 个月，或抄表达到预警值时更换"),
    ("故障码含义 Meaning of an error code", "已发送故障码表，并说明复位方法"),
    ("保养合同价格 Price of a maintenance contract", "已报价，由销售跟进"),
    ("操作方法 How to operate", "电话指导，已发操作视频 Sent the video guide"),
    ("软件升级 Software upgrade", "下次保养时一并升级"),
    ("备件供货周期 Lead time of a part", "现货 2 天，订货约 3 周"),
)


def surveys(seed: int, d: Desk) -> pl.DataFrame:
    """Return visits as the card has them, one row per ticket: grades per item side by side, null where not reached."""
    rng = stream(seed, "surveys")
    closed = np.flatnonzero(~np.isnan(d.stamp("closed")) & ~np.isnan(d.stamp("resolved")))
    row = closed[rng.random(len(closed)) < 0.5]
    c, n = d.calls[row], len(row)
    at = add_working(c["closed"].to_numpy(), rng.exponential(7.0, n) * HOUR)
    reached = rng.random(n) < 0.74
    waited = (c["arrived"].to_numpy() - c["opened"].to_numpy()) / HOUR
    who = c["technician"].to_numpy()
    # The customer's mood shifts every item; waiting shows in the arrival time, workmanship in the skill.
    mood = 0.7 * rng.standard_normal(n)
    shift = {
        "attitude": 0.0,
        "skill": np.where(c["repeat"].to_numpy(), 0.9, 0.0)
        + np.where(who == STRONG, -0.4, 0.0)
        + np.where(who == WEAK, 0.5, 0.0),
        "arrival_time": np.clip((waited - 8.0) / 30.0, -0.3, 1.8),
        "promises_kept": np.where(c["parts_wait"].to_numpy(), 0.7, 0.0),
    }
    grades = {}
    levels = np.empty((len(ITEMS), n), dtype=np.int64)
    for i, item in enumerate(ITEMS):
        levels[i] = np.clip(np.floor(0.8 + mood + shift[item] + 0.55 * rng.standard_normal(n)), 0, 4).astype(np.int64)
        grades[item] = words(GRADES, np.where(reached, levels[i], -1))
    is_remarked = reached & (rng.random(n) < 0.12)
    about = np.where(levels.max(axis=0) > _CONTENTED, levels.argmax(axis=0), len(ITEMS))
    many = np.array([len(said) for said in _REMARKS])
    remark = (np.cumsum(many) - many)[about] + np.floor(rng.random(n) * many[about]).astype(np.int64)
    return pl.DataFrame(
        {
            "ticket_id": d.ticket_id.gather(pl.Series(row)),
            "technician_id": d.technician_id.gather(pl.Series(row)),
            "at": instants(at),
            "reached": reached,
            **grades,
            "remark": words([r for said in _REMARKS for r in said], np.where(is_remarked, remark, -1)),
            "seconds": at,
        }
    ).filter(pl.col("seconds") < HORIZON).drop("seconds")  # fmt: skip


def complaints(seed: int, d: Desk) -> pl.DataFrame:
    """Complaints, likelier after a long wait or a second failure. Fields of the entity."""
    rng = stream(seed, "complaints")
    c = d.calls
    waited = np.nan_to_num(d.stamp("arrived") - d.stamp("opened"), nan=0.0) / HOUR
    chance = 0.012 + np.where(c["repeat"].to_numpy(), 0.03, 0.0) + np.clip((waited - 20.0) / 1500.0, 0.0, 0.03)
    row = np.flatnonzero((rng.random(len(c)) < chance) & ~np.isnan(d.stamp("arrived")))
    n = len(row)
    opened = add_working(d.stamp("arrived")[row], rng.exponential(16.0, n) * HOUR)
    slow = d.org.units["region"].gather(c["unit"].gather(pl.Series(row))).to_numpy() == SLOW_REGION
    answered = opened + rng.gamma(2.0, 14.0, n) * HOUR * np.where(slow, 1.6, 1.0)
    closed = answered + rng.gamma(2.0, 2.0, n) * DAY
    answered = np.where((answered < HORIZON) & (rng.random(n) < 0.97), answered, np.nan)
    closed = np.where(~np.isnan(answered) & (closed < HORIZON) & (rng.random(n) < 0.93), closed, np.nan)
    return pl.DataFrame(
        {
            "complaint_id": numbered("CP", np.arange(1, n + 1), 6),
            "ticket_id": d.ticket_id.gather(pl.Series(row)),
            "category": words(
                ["product_quality", "service_attitude", "parts", "claim", "other"], pick(rng, (0.4, 0.22, 0.2, 0.08, 0.1), n)
            ),
            "cause_kind": words(["quality", "human", "other"], np.where(np.isnan(answered), -1, pick(rng, (0.5, 0.3, 0.2), n))),
            "severity": words(["critical", "degraded", "incipient"], pick(rng, (0.1, 0.5, 0.4), n)),
            "owner": words(["王芳", "李建国", "陈海燕", "赵立新", "Sun Wei", "林浩然"], rng.integers(6, size=n)),
            "opened_at": instants(opened),
            "due_at": instants(opened + 48 * HOUR),
            "answered_at": instants(answered),
            "closed_at": instants(closed),
            "confirmed": pl.Series(~np.isnan(closed)),
            "seconds": opened,
        }
    ).filter(pl.col("seconds") < HORIZON).drop("seconds")  # fmt: skip


def consultations(seed: int, org: Organisation, tickets: int) -> pl.DataFrame:
    """Questions of customers; a few topics make up most of them. Fields of the entity."""
    rng = stream(seed, "consultations")
    n = max(20, tickets // 30)
    at = np.sort(add_working(rng.random(n) * (HORIZON - 5 * DAY), rng.uniform(0.0, 4.0, n) * HOUR))
    at = at[at < HORIZON]
    n = len(at)
    topic = pick(rng, (0.34, 0.24, 0.16, 0.12, 0.08, 0.06), n)
    answered = add_working(at, rng.exponential(2.5, n) * HOUR)
    answered = np.where((answered < HORIZON) & (rng.random(n) < 0.98), answered, np.nan)
    models = [m for x in LINES for m in x.models]
    return pl.DataFrame(
        {
            "consultation_id": numbered("Q", np.arange(1, n + 1), 6),
            "customer_id": org.customers["customer_id"].gather(pl.Series(rng.integers(len(org.customers), size=n))),
            "at": instants(at),
            "topic": words([t for t, _ in TOPICS], topic),
            "model": words(models, rng.integers(len(models), size=n)),
            "answer": words([a for _, a in TOPICS], np.where(np.isnan(answered), -1, topic)),
            "answered_at": instants(answered),
        }
    )
