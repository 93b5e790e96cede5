"""Rules as a test writes them, and what they find."""

from __future__ import annotations

from typing import Any

from fracas.watch.alerts import Problem
from pipelines.rules.files import kinds
from pipelines.rules.rule import Rule
from warehouse.reading import Reading
from warehouse.settings import Settings


def rule_of(kind: str, **fields: Any) -> Rule:
    """A rule named `r`; what it does not say is left to its kind."""
    said = {"name": "r", "title": {"en": "R", "zh": "规则"}, "kind": kind, "topic": "measures"}
    return kinds()[kind].model_validate({**said, **fields})


def found(reading: Reading, kind: str, settings: Settings | None = None, **fields: Any) -> list[Problem]:
    """What one rule finds, in its order; the same at a second look."""
    rule, known = rule_of(kind, **fields), settings or Settings(time_zone="UTC", holidays="")
    problems = list(rule.find(reading, known))
    assert problems == list(rule.find(reading, known))
    return problems


def about(problems: list[Problem]) -> list[str]:
    """What problems are about: their keys without the name of the rule."""
    return [problem.key.removeprefix("r/") for problem in problems]
