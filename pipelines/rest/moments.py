"""Values of a cursor: numbers, instants or other text; compared, put back by an overlap, written as a server asks for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import total_ordering
from zoneinfo import ZoneInfo

from pipelines.rest.options import Options


@total_ordering
class Moment:
    """A cursor's value: `text` as it was read, `value` what it says."""

    __slots__ = ("_order", "text", "value")

    def __init__(self, text: str) -> None:
        self.text = text
        self.value = _value(text)
        instant = self.value
        if isinstance(instant, datetime):
            instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            self._order: tuple[int, Decimal, str] = (1, Decimal(str(instant.timestamp())), "")
        else:
            self._order = (0, instant, "") if isinstance(instant, Decimal) else (2, Decimal(0), instant)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self._order == other._order

    def __lt__(self, other: Moment) -> bool:
        return self._order < other._order

    def __hash__(self) -> int:
        return hash(self._order)

    def before(self, overlap: float) -> Moment:
        """The moment so many seconds before (units of a number); text that is neither stays."""
        if isinstance(self.value, datetime):
            sep = "T" if "T" in self.text else " "
            return Moment((self.value - timedelta(seconds=overlap)).isoformat(sep=sep))
        if isinstance(self.value, Decimal):
            return Moment(str(self.value - Decimal(str(overlap))))
        return self


def written(value: Moment, options: Options) -> str:
    """The value as `{since}` says it: an instant with an offset in the zone and shape of the options, all else as it was read."""
    at = value.value
    if not isinstance(at, datetime) or not options.since:
        return value.text
    return (at.astimezone(ZoneInfo(options.since_zone)) if at.tzinfo else at).strftime(options.since)


def _value(text: str) -> Decimal | datetime | str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        pass
    else:
        return number if number.is_finite() else text
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text
