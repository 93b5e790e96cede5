"""What stands out on the page of service and contracts: one sentence, its n, and where it shows."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.rates import proportion
from bilingual.text import Text
from warehouse.database import quote
from warehouse.entities import entities
from warehouse.filters import Filters
from warehouse.metrics import evaluate
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import UNKNOWN
from warehouse.reading import Reading, remembered
from warehouse.records import Selection, code_labels


@dataclass(frozen=True)
class Finding:
    """One sentence and how many it rests on; is_good is None where it is neither.

    It shows among the tickets of `filters` and `selection`, in one ticket's record (`ticket`), or in the list that the page
    narrows down to `window`; without any of these below it on the page.
    """

    text: Text
    n: int
    is_good: bool | None = False
    filters: Filters | None = None
    selection: Selection | None = None
    window: str = ""


@dataclass(frozen=True)
class Share:
    """So many of so many, with the 95 % interval; `value` None where there is nothing to count."""

    k: int
    n: int
    value: float | None
    low: float | None
    high: float | None

    def is_below(self, other: float) -> bool:
        """Whether it lies below a share beyond chance."""
        return self.high is not None and self.high < other

    def is_above(self, other: float) -> bool:
        """Whether it lies above a share beyond chance."""
        return self.low is not None and self.low > other


def share_of(k: float, n: float) -> Share:
    """A share with Jeffreys' interval."""
    found = proportion(k, n)
    return Share(int(k), int(n), found.value, found.low, found.high)


def as_value(measure: Measure, share: Share) -> Value:
    """A share as the value of a measure, with the reason where there is none."""
    return evaluate.share_of(measure, share.k, share.n)


def named(reading: Reading, codes: str, value: str) -> Text:
    """A value in words: its label in a code list, itself where there is none, unknown where nobody said."""
    labels = code_labels(reading).get(codes, {}).get(value)
    return Text(*labels) if labels else Text(en=value, zh=value) if value else UNKNOWN


@remembered
def is_delivered(reading: Reading, entity: str, field: str = "") -> bool:
    """Whether any source delivers rows of an entity; of a field, whether any row has a value."""
    if entity not in entities() or (field and field not in entities()[entity].fields):
        raise ValueError(f"{entity} {field} is not delivered by anybody: there is no such thing")
    known = f" WHERE {quote(field)} IS NOT NULL" if field else ""
    return bool(reading.rows(f"SELECT 1 FROM core.{entity}{known} LIMIT 1"))
