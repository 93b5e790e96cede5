"""Robust mean cumulative function of 10,000 systems × 10 events against surpyval; `python -m benchmarks.methods.recurrence`.

Prints a small Markdown table: CPU seconds, the best of several runs in one process, and how many times faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from analysis.recurrence import mean_cumulative_function, mean_cumulative_function_by_group

SYSTEMS, EVENTS, MODELS = 10_000, 10, 500


def histories(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Ages of events, their systems, and the age to which each system was watched; all ages differ, as hours do."""
    rng = np.random.default_rng(seed)
    end = rng.uniform(500, 5000, SYSTEMS)
    system = np.repeat(np.arange(SYSTEMS), EVENTS)
    return rng.random(system.size) * end[system], system, end


def seconds(run: Callable[[], object], repeats: int) -> float:
    """The least CPU time of several runs."""
    taken = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        taken.append(time.process_time() - begin)
    return min(taken)


def main() -> None:
    """Measure, check that both say the same, print."""
    times, system, end = histories()
    ours = seconds(lambda: mean_cumulative_function(times, system, end), 5)
    group = np.arange(SYSTEMS) % MODELS
    grouped = seconds(lambda: mean_cumulative_function_by_group(times, system, end, group, at=[1000, 2000]), 5)
    rows = [
        ("analysis.mean_cumulative_function", f"{ours:.3f}", ""),
        (f"the same by {MODELS} models", f"{grouped:.3f}", ""),
    ]
    try:
        from surpyval.recurrent import NonParametricCounting  # noqa: PLC0415  # only in the environment of the oracles
    except ImportError:
        rows.append(("surpyval is not installed", "–", "–"))
    else:
        x = np.concatenate((times, end))
        i = np.concatenate((system, np.arange(SYSTEMS)))
        c = np.repeat([0, 1], [times.size, SYSTEMS])
        fitted = NonParametricCounting.fit(x, i=i, c=c)
        found = mean_cumulative_function(times, system, end)
        at = np.searchsorted(fitted.x, found.times)
        np.testing.assert_allclose(found.mcf, fitted.mcf_hat[at], rtol=1e-9)
        np.testing.assert_allclose(found.variance, fitted.var[at], rtol=1e-6)
        theirs = seconds(lambda: NonParametricCounting.fit(x, i=i, c=c), 2)
        rows.append(("surpyval NonParametricCounting.fit", f"{theirs:.3f}", f"{theirs / ours:.0f} ×"))
    print(f"Robust MCF, {SYSTEMS:,} systems × {EVENTS} events (target: at least 5 ×)\n")
    print("| what | CPU s | ours is faster by |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
