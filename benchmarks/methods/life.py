"""Weibull fits against surpyval: many small ones, one large one. CPU seconds and ratios.

python -m benchmarks.methods.life
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from analysis.life import weibull_mle, weibull_mle_by_group

FITS, OBSERVATIONS, SAMPLE = 10_000, 30, 40
ROWS, SURVIVED = 100_000, 0.7


def seconds(run: Callable[[], object], repeats: int) -> float:
    """The least CPU time of several runs."""
    taken = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        taken.append(time.process_time() - begin)
    return min(taken)


def large() -> dict[str, tuple[np.ndarray, np.ndarray]]:  # type: ignore[type-arg]
    """One population of which 70 % survived: up to different ages, as in the field, or up to one, as on test."""
    rng = np.random.default_rng(1)
    ages = rng.weibull(2, ROWS) * 1000
    field = rng.uniform(0, 1086, ROWS)  # leaves 70 % surviving
    bench = np.full(ROWS, np.quantile(ages, 1 - SURVIVED))
    return {
        "survivors of differing ages": (np.minimum(ages, field), ages <= field),
        "survivors of one age": (np.minimum(ages, bench), ages <= bench),
    }


def row(name: str, ours: float, theirs: float | None, target: int) -> str:
    """One line of the table."""
    if theirs is None:
        return f"| {name} | {ours:.4f} | – | – | ≥ {target} |"
    return f"| {name} | {ours:.4f} | {theirs:.3f} | {theirs / ours:,.0f} × | ≥ {target} |"


def run() -> str:
    """The table in Markdown."""
    try:
        import surpyval  # noqa: PLC0415  # only in the environment of the oracles
    except ImportError:
        surpyval = None
    rng = np.random.default_rng(2)
    small = rng.weibull(1.5, (FITS, OBSERVATIONS)) * 1000
    group = np.repeat(np.arange(FITS), OBSERVATIONS)
    fit = weibull_mle_by_group(small.ravel(), None, group)
    ours = seconds(lambda: weibull_mle_by_group(small.ravel(), None, group), 5)
    theirs = None
    if surpyval:
        found = [surpyval.Weibull.fit(x=x).params for x in small[:SAMPLE]]
        np.testing.assert_allclose(np.column_stack((fit.scale, fit.shape))[:SAMPLE], found, rtol=1e-4)
        theirs = seconds(lambda: [surpyval.Weibull.fit(x=x) for x in small[:SAMPLE]], 3) * FITS / SAMPLE
    rows = [row(f"{FITS:,} fits of {OBSERVATIONS}", ours, theirs, 500)]
    bounds = seconds(lambda: fit.b_life(0.1), 3)
    for name, (ages, failed) in large().items():
        ours = seconds(lambda a=ages, f=failed: weibull_mle(a, f), 7)  # type: ignore[misc]
        theirs = None
        if surpyval:
            survived = (~failed).astype(int)
            other = surpyval.Weibull.fit(x=ages, c=survived).params
            one = weibull_mle(ages, failed)
            np.testing.assert_allclose((one.scale, one.shape), other, rtol=1e-4)
            theirs = seconds(lambda a=ages, c=survived: surpyval.Weibull.fit(x=a, c=c), 3)  # type: ignore[misc]
        rows.append(row(f"one fit of {ROWS:,}, {1 - failed.mean():.0%} {name}", ours, theirs, 10))
    head = ["| Weibull, maximum likelihood | CPU s | surpyval CPU s | faster | target |", "|---|---|---|---|---|"]
    note = (
        f"Best of several runs in one process. surpyval's time for {FITS:,} fits is that of {SAMPLE}, scaled. "
        f"Corrected likelihood-ratio bounds of the B10 life for the {FITS:,} groups: {bounds:.2f} CPU s."
    )
    return "\n".join([*head, *rows, "", note])


if __name__ == "__main__":
    print(run())
