"""Parts in and out of the regional depots, following what the repairs consumed."""

from __future__ import annotations

import numpy as np
import polars as pl

from demo.catalogue import REGIONS
from demo.chance import stream, words
from demo.clock import DAY, DAYS, HOUR, WORKS, Ints, instants
from demo.records import Desk

DEPOTS = [f"{r.label.split()[0]}仓 {r.label.split()[1]} depot" for r in REGIONS]
_MONTH = 30


def moves(seed: int, d: Desk, uses: pl.DataFrame) -> pl.DataFrame:
    """Receipts, issues, returns and counts per part and depot; quantities are positive, `kind` tells the direction.

    Issues are booked once a day; what was issued in 30 days is ordered and received with the next 30; a part goes back
    to its depot now and then; the shelves are counted every half year. No balance ever falls below zero.
    """
    rng = stream(seed, "stock")
    region = d.org.units["region"].gather(d.calls["unit"].gather(uses["row"]))
    day = (uses["at"].to_numpy() // DAY).astype(np.int64)
    issued = (
        pl.DataFrame({"part": uses["part"], "depot": region, "day": day, "quantity": uses["quantity"].cast(pl.Int64)})
        .group_by("part", "depot", "day")
        .agg(pl.col("quantity").sum())
        .sort("part", "depot", "day")
    )
    given_back = rng.random(len(issued)) < 0.02
    returns = issued.filter(pl.Series(given_back)).with_columns(
        day=pl.col("day") + 2, quantity=pl.lit(1, dtype=pl.Int64)
    )
    monthly = (
        issued.group_by("part", "depot", (pl.col("day") // _MONTH).alias("month"))
        .agg(pl.col("quantity").sum())
        .with_columns(day=(pl.col("month") + 1) * _MONTH)
        .select("part", "depot", "day", "quantity")
        .sort("part", "depot", "day")
    )
    flow = pl.concat([_signed(issued, -1, 17), _signed(returns, 1, 11), _signed(monthly, 1, 9)]).sort(
        "part", "depot", "at", "kind"
    )
    deepest = (
        flow.group_by("part", "depot").agg(pl.col("change").cum_sum().min().alias("deepest")).sort("part", "depot")
    )
    opening = deepest.select(
        "part",
        "depot",
        pl.lit(0, dtype=pl.Int64).alias("day"),
        (2 - pl.col("deepest").clip(upper_bound=0)).alias("quantity"),
    )
    flow = pl.concat([_signed(opening, 1, 8), flow]).sort("part", "depot", "at", "kind", maintain_order=True)
    flow = flow.with_columns(balance=pl.col("change").cum_sum().over("part", "depot", order_by="at"))
    counted = _counts(flow)
    everything = pl.concat([flow.select("part", "depot", "at", "kind", "quantity"), counted]).filter(
        pl.col("at") < DAYS * DAY
    )
    everything = everything.sort("at", "part", "depot", "kind")
    at = instants(everything["at"].to_numpy())
    return pl.DataFrame(
        {
            "part_no": d.org.parts["part_no"].gather(everything["part"]),
            "site": words(DEPOTS, everything["depot"].to_numpy()),
            "at": at,
            "kind": words(["receipt", "issue", "return", "count"], everything["kind"].to_numpy()),
            "quantity": everything["quantity"],
            "updated_at": at,
        }
    )


_KIND_AT_HOUR = {8: 0, 9: 0, 17: 1, 11: 2}


def _signed(what: pl.DataFrame, sign: int, hour: int) -> pl.DataFrame:
    """Movements with their instant (seconds since START), kind (index) and change of the balance."""
    return what.select(
        "part",
        "depot",
        (pl.col("day") * DAY + hour * HOUR).alias("at"),
        pl.lit(_KIND_AT_HOUR[hour], dtype=pl.Int64).alias("kind"),
        "quantity",
        (sign * pl.col("quantity")).alias("change"),
    )


def _counts(flow: pl.DataFrame) -> pl.DataFrame:
    """What was on the shelf at each half-yearly count, on the last working day before it."""
    days: Ints = np.array([np.flatnonzero(WORKS[: half * 182])[-1] for half in range(1, DAYS // 182 + 1)])
    when = pl.DataFrame({"at": days * DAY + 18 * HOUR})
    asked = (
        flow.select("part", "depot").unique(maintain_order=True).join(when, how="cross").sort("at", maintain_order=True)
    )
    known = asked.join_asof(
        flow.sort("at", maintain_order=True), on="at", by=["part", "depot"], strategy="backward", check_sortedness=False
    )
    return known.select(
        "part", "depot", "at", pl.lit(3, dtype=pl.Int64).alias("kind"), pl.col("balance").alias("quantity")
    )
