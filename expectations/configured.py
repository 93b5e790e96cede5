"""What an installation has set about its checks: thresholds and severities by `suite.check`, and the checks in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from bilingual.errors import UserError
from expectations import suites
from expectations.check import Check, Context, Suite
from warehouse.mapping import Source
from warehouse.settings import FILE, Settings


def context(
    settings: Settings,
    now: datetime,
    previous_rows: Mapping[str, int],
    sources: Sequence[Source] = (),
    told: Sequence[Mapping[str, Any]] = (),
) -> Context:
    """What the checks of an installation know; UserError where its settings name a check that there is not."""
    every = {f"{suite.name}.{check.name}": check for suite, check in _every()}
    house = {name: float(getattr(settings, check.setting)) for name, check in every.items() if check.setting}
    _known("thresholds", settings.thresholds, [name for name, check in every.items() if check.limit is not None])
    _known("severities", settings.severities, list(every))
    mapped: dict[str, list[str]] = {}
    for source in sources:
        for name in {f"{e}.{f}" for e, several in source.entities.items() for m in several for f in m.fields}:
            mapped.setdefault(name, []).append(source.name)
    return Context(now, previous_rows, house | settings.thresholds, settings.severities, mapped, told)


def words(known: Context) -> list[dict[str, str]]:
    """Every check as a snapshot tells it: suite, name, severity, field, en, zh, is_quarantine."""
    found = []
    for suite, check in _every():
        text = suite.said(check, known)
        found.append(
            {
                "suite": suite.name,
                "name": check.name,
                "severity": suite.severity(check, known),
                "en": text.en,
                "zh": text.zh,
                "field": check.field,
                "is_quarantine": str(bool(check.quarantine)).lower(),
            }
        )
    return found


def _every() -> list[tuple[Suite, Check]]:
    return [(suite, check) for suite in suites().values() for check in suite.checks]


def _known(setting: str, named: Iterable[str], known: list[str]) -> None:
    for name in named:
        if name not in known:
            suite = name.split(".")[0]
            close = get_close_matches(name, known, n=3) or [k for k in known if k.startswith(f"{suite}.")]
            there_are = ", ".join(close or sorted({f"{k.split('.')[0]}.…" for k in known}))
            raise UserError(
                en=f"{FILE}, {setting}: there is no such check “{name}”; there are {there_are}.",
                zh=f"{FILE} 的 {setting}：没有检查项“{name}”；可用的有 {there_are}。",
            )
