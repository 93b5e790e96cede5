"""What an example consists of, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from analysis.result import Estimate


@dataclass(frozen=True)
class Truth:
    """Something that was put into the demo and what the analysis finds of it."""

    what: str
    put_in: float
    found: Estimate

    @property
    def is_found(self) -> bool:
        """Whether what was put in lies within the bounds."""
        low, high = self.found.low, self.found.high
        return (low is None or low <= self.put_in) and (high is None or self.put_in <= high)


@dataclass(frozen=True)
class Example:
    """One question of a quality engineer, answered from the demo."""

    name: str
    title: str
    title_zh: str
    question: str
    question_zh: str
    functions: tuple[Callable[..., Any], ...]
    text: str
    figure: dict[str, Any]
    truths: tuple[Truth, ...] = field(default=())


def number(value: float | None, digits: int = 3) -> str:
    """A number to so many significant digits, without an exponent; a dash for no value."""
    if value is None:
        return "–"
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:.{digits}g}"


def interval(estimate: Estimate, digits: int = 3) -> str:
    """The number with its bounds."""
    level = f"{estimate.confidence:.0%}"
    return (
        f"{number(estimate.value, digits)} ({level}: {number(estimate.low, digits)} to {number(estimate.high, digits)})"
    )


def chance(p: float) -> str:
    """A probability as one reads it: the very small ones as a bound."""
    return "p < 0.000001" if p < 1e-6 else f"p = {p:.2g}"
