"""Drift: what is chance stays silent, what is not is told with its figures; asked of DuckDB itself, without the runner."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from math import log, sqrt
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from expectations.check import Check, Context, Suite
from expectations.drift import drift, volume_drift

END = dt.datetime(2026, 3, 1, 12)


def ask(check: Check, rows: pl.DataFrame, limit: float | None = None) -> list[dict[str, Any]]:
    """What a check finds among rows of _source, at and channel, when records end at END; looked at years later."""
    suite = Suite("x", "core.x", (check,))
    limits = {} if limit is None else {f"x.{check.name}": limit}
    found = suite.asked(check, Context(dt.datetime(2040, 1, 1), {}, limits))
    assert found
    with duckdb.connect(":memory:") as con:
        con.execute("CREATE SCHEMA core")
        con.execute("CREATE TABLE core.as_of AS SELECT $1::TIMESTAMP AS as_of", [END])
        con.register("given", rows.to_arrow())
        con.execute("CREATE TABLE core.x AS SELECT * FROM given")
        return con.execute(found["found_by"]).pl().to_dicts()


def by_week(counts: Sequence[int], source: str = "s") -> pl.DataFrame:
    """So many rows in each week, the last week first."""
    weeks = np.repeat(np.arange(len(counts)), counts)
    at = [END - dt.timedelta(weeks=int(week), hours=1) for week in weeks]
    return pl.DataFrame({"_source": source, "at": at}, schema={"_source": pl.String, "at": pl.Datetime("us")})


@pytest.mark.parametrize(
    ("recent", "before", "z"),
    [
        ([10] * 4, [10] * 26, 0.0),
        # Nothing where 40 were expected: (0 - 40^(2/3)) / (2/3 · 40^(1/6) · √(1 + 4/26)).
        ([0] * 4, [10] * 26, -(40 ** (2 / 3)) / (2 / 3 * 40 ** (1 / 6) * sqrt(30 / 26))),
        ([10, 30, 30, 30], [10] * 26, (100 ** (2 / 3) - 40 ** (2 / 3)) / (2 / 3 * 40 ** (1 / 6) * sqrt(30 / 26))),
        # As many come and go in turns: their variance, 104, is 10.4 times their mean.
        ([0] * 4, [0, 20] * 13, -(40 ** (2 / 3)) / (2 / 3 * 40 ** (1 / 6) * sqrt(10.4 * 30 / 26))),
        # Few of them say nothing.
        ([0] * 4, [2] * 26, -(8 ** (2 / 3)) / (2 / 3 * 8 ** (1 / 6) * sqrt(30 / 26))),
        # Since ten weeks only.
        ([0] * 4, [10] * 10, -(40 ** (2 / 3)) / (2 / 3 * 40 ** (1 / 6) * sqrt(14 / 10))),
    ],
)
def test_the_last_weeks_are_compared_with_those_before(recent: list[int], before: list[int], z: float) -> None:
    # One more record, of long before, says that there were weeks without any.
    rows = by_week([*recent, *before, 1])
    found = ask(volume_drift("at"), rows, limit=0.0)
    assert [f["z"] for f in found] == ([] if z == 0 else [pytest.approx(z, abs=1e-9)])
    assert bool(ask(volume_drift("at"), rows)) == (abs(z) > 5)


def test_a_source_that_is_new_or_long_silent_is_not_judged() -> None:
    new = by_week([0, 0, 0, 0] + [100] * 7, "new")
    over = by_week([0] * 30 + [100] * 20, "over")
    assert ask(volume_drift("at"), pl.concat([new, over])) == []


def test_one_source_that_falls_silent_is_told_though_another_makes_up_for_it() -> None:
    rows = pl.concat([by_week([0] * 4 + [20] * 27, "old"), by_week([40] * 4 + [20] * 27, "other")])
    found = {f["_source"]: f for f in ask(volume_drift("at"), rows)}
    assert set(found) == {"old", "other"}
    assert (found["old"]["recent"], found["old"]["expected"]) == (0, 80)


@pytest.mark.parametrize("overdispersion", [1, 4])
def test_chance_alone_is_rarely_told_as_a_change_of_volume(overdispersion: int) -> None:
    """Beyond three standard errors lies a normal quantity in 0.27 % of cases; a few more, as φ is estimated from 26 weeks."""
    rng = np.random.default_rng(7)
    sources, mean = 400, 8.0
    if overdispersion == 1:
        counts = rng.poisson(mean, (sources, 31))
    else:
        counts = rng.negative_binomial(mean / (overdispersion - 1), 1 / overdispersion, (sources, 31))
    rows = pl.concat([by_week(c.tolist(), f"s{i}") for i, c in enumerate(counts)])
    assert len(ask(volume_drift("at"), rows, limit=3.0)) <= 0.02 * sources
    assert ask(volume_drift("at"), rows) == []


def shares(recent: dict[str | None, int], before: dict[str | None, int], source: str = "s") -> pl.DataFrame:
    """So many rows of each value in the last four weeks, and in those before."""
    given = [(value, n, 1) for value, n in recent.items()] + [(value, n, 10) for value, n in before.items()]
    return pl.DataFrame(
        {
            "_source": source,
            "at": [END - dt.timedelta(weeks=w) for _, n, w in given for _ in range(n)],
            "channel": [value for value, n, _ in given for _ in range(n)],
        },
        schema={"_source": pl.String, "at": pl.Datetime("us"), "channel": pl.String},
    )


def test_a_change_of_shares_is_told_by_its_stability_index() -> None:
    (found,) = ask(drift("channel", "at"), shares({"a": 90, "b": 10}, {"a": 250, "b": 250}))
    p, q = 90.5 / 101, 250.5 / 501
    assert found["psi"] == pytest.approx((p - q) * log(p / q) + ((1 - p) - (1 - q)) * log((1 - p) / (1 - q)))
    assert (found["_source"], found["recent"], found["before"], found["df"]) == ("s", 100, 500, 1)


@pytest.mark.parametrize(
    ("recent", "before"),
    [
        ({"a": 50, "b": 50}, {"a": 250, "b": 250}),
        # Far beyond 0.2, but of three rows.
        ({"a": 3}, {"a": 250, "b": 250}),
        # Significant, but a small change: the index is 0.03.
        ({"a": 5900, "b": 4100}, {"a": 25000, "b": 25000}),
        ({"a": 100}, {}),
        ({}, {"a": 100}),
        ({"a": 100}, {"a": 100}),
    ],
)
def test_shares_that_are_alike_or_of_few_rows_are_no_drift(recent: Any, before: Any) -> None:
    assert ask(drift("channel", "at"), shares(recent, before)) == []


def test_no_value_is_a_value_too() -> None:
    (found,) = ask(drift("channel", "at"), shares({None: 60, "a": 40}, {"a": 500}))
    assert found["df"] == 1


def test_chance_alone_is_rarely_told_as_a_change_of_shares() -> None:
    rng = np.random.default_rng(8)
    true, sources = [0.5, 0.2, 0.15, 0.1, 0.05], 300
    names = "abcde"
    rows = [
        shares(
            dict(zip(names, map(int, rng.multinomial(25, true)), strict=True)),
            dict(zip(names, map(int, rng.multinomial(150, true)), strict=True)),
            f"s{i}",
        )
        for i in range(sources)
    ]
    assert len(ask(drift("channel", "at"), pl.concat(rows))) <= 0.01 * sources


def test_records_ahead_of_the_end_and_without_a_time_count_nowhere() -> None:
    ahead = pl.DataFrame({"_source": ["s"] * 100, "at": [END + dt.timedelta(days=1)] * 50 + [None] * 50})
    rows = pl.concat([by_week([10] * 31), ahead.cast({"at": pl.Datetime("us")})])
    assert ask(volume_drift("at"), rows, limit=0.0) == []
