"""A rule of the house: what every kind of rule says of itself, and the problems that it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bilingual.text import Text
from fracas.watch.alerts import Problem, Severity
from fracas.watch.topics import TOPICS
from warehouse.reading import Reading
from warehouse.settings import Settings

When = Literal["refresh", "nightly"]
SAMPLES = 3


def _both(value: Any) -> Any:
    if not isinstance(value, dict) or set(value) != {"en", "zh"} or not all(isinstance(v, str) for v in value.values()):
        raise ValueError("a title needs both languages, such as {en: Slow answers, zh: 响应过慢}")
    return Text(**value)


def _topic(value: Any) -> Any:
    if value not in TOPICS:
        raise ValueError(f"there is no topic “{value}” (known: {', '.join(TOPICS)})")
    return value


class Rule(BaseModel, ABC):
    """What every rule says; each kind adds fields of its own and finds its problems.

    name: of its file. most: so many problems are told one by one, what matters most first; the rest is counted.
    when: with which look it goes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: Annotated[Text, BeforeValidator(_both)]
    kind: str
    severity: Severity = Severity.WARNING
    topic: Annotated[str, BeforeValidator(_topic)]
    urgent: bool = False
    off: bool = False
    when: When = "refresh"
    most: Annotated[int, Field(ge=1)] = 200

    @abstractmethod
    def find(self, reading: Reading, settings: Settings, /) -> Iterator[Problem]:
        """What is wrong in a snapshot by this rule, what matters most first; nothing where nobody knows."""

    def problem(
        self,
        about: str,
        text: Text,
        *,
        address: str,
        size: float | None = None,
        owner: str = "",
        region: str = "",
        product_line: str = "",
        samples: Iterable[Mapping[str, Any]] = (),
        measures: Iterable[Text] = (),
    ) -> Problem:
        """A problem of this rule; about: what it is about, the same at every look."""
        rows = [{name: _plain(value) for name, value in row.items()} for row in list(samples)[:SAMPLES]]
        return Problem(
            key=f"{self.name}/{about}",
            topic=self.topic,
            severity=self.severity,
            text=text,
            size=None if size is None else float(size),
            is_urgent=self.urgent,
            facts={"samples": rows, "measures": [{"en": m.en, "zh": m.zh} for m in measures]},
            address=address,
            owner=owner or None,
            region=region or None,
            product_line=product_line or None,
        )


def _plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
