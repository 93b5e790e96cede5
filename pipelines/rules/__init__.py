"""The house's rules: what is told when it is so. A rule is a YAML file of a kind, a kind is a file in `kinds/`.

A look says everything that its rules find in a snapshot; whether that is news is judged by `fracas.watch.alerts`.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterator

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.watch.alerts import Problem, Severity
from fracas.watch.topics import PLATFORM
from pipelines.rules.address import thing
from pipelines.rules.files import files, load
from pipelines.rules.rule import Rule, When
from warehouse.reading import Reading
from warehouse.settings import Home, Settings

_log = logging.getLogger(__name__)
# How the key of a rule that could not be judged begins; the rest is its name.
BROKEN = "rule/"
_MORE = Text(
    en="{title}: {n} more, beside the {most} that are told one by one.",
    zh="{title}：除逐一告知的 {most} 项外，另有 {n} 项。",
)
_BROKEN = Text(
    en="The rule “{title}” ({name}) cannot be judged: {error}. The other rules are not affected.",
    zh="规则“{title}”（{name}）无法判定：{error}。其他规则不受影响。",
)
_UNREADABLE = Text(en="The rule “{name}” does not hold good: {error}", zh="规则“{name}”无效：{error}")


def rules(home: Home) -> list[Rule]:
    """Every rule that is switched on, by name. UserError for a file that is wrong."""
    return [rule for file in files(home).values() if (rule := load(file))]


def problems(
    home: Home, reading: Reading, *, when: When | None = None, names: Container[str] | None = None
) -> list[Problem]:
    """What the rules (of one look; of some names) find in a snapshot. One that fails is a problem itself and stops no other."""
    found: list[Problem] = []
    for name, file in files(home).items():
        if names is not None and name not in names:
            continue
        try:
            rule = load(file)
        except UserError as error:
            # Which look it would go with is not known: neither takes what it told before for over.
            found.append(_platform(name, _UNREADABLE.format(name=name, error=error.text)))
            continue
        if rule is not None and when in (None, rule.when):
            found += found_by(rule, reading, home.settings)
    return found


def found_by(rule: Rule, reading: Reading, settings: Settings) -> Iterator[Problem]:
    """What one rule finds, the rest beyond its `most` as one problem."""
    try:
        every = list(rule.find(reading, settings))
    except Exception as error:  # whatever is wrong with one rule, the others are judged
        _log.exception("The rule %s cannot be judged.", rule.name)
        what = f"{type(error).__name__}: {error}"
        yield _platform(rule.name, _BROKEN.format(title=rule.title, name=rule.name, error=what))
        return
    yield from every[: rule.most]
    rest = every[rule.most :]
    if rest:
        words = _MORE.format(title=rule.title, n=f"{len(rest):,}", most=rule.most)
        # Nothing names the places of all of them: only whoever sees the whole house is told.
        yield rule.problem("*", words, address=thing("/alerts", topic=rule.topic), size=float(len(rest)))


def _platform(name: str, text: Text) -> Problem:
    return Problem(f"{BROKEN}{name}", PLATFORM, Severity.WARNING, text, address=thing("/alerts", topic=PLATFORM))
