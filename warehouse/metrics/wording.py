"""Numbers in words: a measure's value, a change and a duration as people read them, in both languages."""

from __future__ import annotations

from bilingual.text import Text
from warehouse.metrics.measure import Measure, Quotient, Value

NO_VALUE = Text(en="—", zh="—")
UNKNOWN = Text(en="Unknown", zh="未知")


def count(value: float) -> str:
    """A whole number with its thousands marked, alike in both languages."""
    return f"{value:,.0f}"


def share(value: float) -> Text:
    """A share (0 to 1) in percent."""
    number = f"{value * 100:,.1f}"
    return Text(en=f"{number} %", zh=f"{number}%")


def elapsed(hours: float) -> Text:
    """Clock hours as days and hours, or hours and minutes below two days."""
    if hours < 48:
        whole, minutes = divmod(round(hours * 60), 60)
        if not whole:
            return Text(en=f"{minutes} min", zh=f"{minutes} 分钟")
        tail = (f" {minutes} min", f" {minutes} 分钟") if minutes else ("", "")
        return Text(en=f"{whole} h{tail[0]}", zh=f"{whole} 小时{tail[1]}")
    days, rest = divmod(round(hours), 24)
    tail = (f" {rest} h", f" {rest} 小时") if rest and days < 100 else ("", "")
    return Text(en=f"{days:,} d{tail[0]}", zh=f"{days:,} 天{tail[1]}")


def money(value: float | None) -> str:
    """An amount without its currency, which the records do not name."""
    return "—" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def is_working_time(measure: Measure) -> bool:
    """Whether a measure counts working hours, of which 24 make no day."""
    return isinstance(measure.how, Quotient) and measure.how.numerator.endswith("_wh")


def spoken(measure: Measure, value: float | None) -> Text:
    """A measure's value with its unit; a dash where there is none."""
    if value is None:
        return NO_VALUE
    match measure.unit:
        case "share":
            return share(value)
        case "hours" if not is_working_time(measure):
            return elapsed(value)
        case "hours":
            return Text(en=f"{value:,.1f} h", zh=f"{value:,.1f} 小时")
        case "days":
            return Text(en=f"{value:,.1f} d", zh=f"{value:,.1f} 天")
        case "score":
            return Text(en=f"{value:,.3f}", zh=f"{value:,.3f}")
        case "money":
            return Text(en=money(value), zh=money(value))
    return Text(en=count(value), zh=count(value))


def change(measure: Measure, now: Value, before: Value) -> tuple[float, Text] | None:
    """How a measure moved: the size (of its own unit for shares, relative otherwise) and its words; None without both."""
    if now.value is None or before.value is None:
        return None
    if measure.unit == "share":
        points = now.value - before.value
        return points, Text(en=f"{points * 100:+.1f} pp", zh=f"{points * 100:+.1f} 个百分点")
    if before.value == 0:
        return None
    ratio = now.value / before.value - 1
    return ratio, Text(en=f"{ratio * 100:+.1f} %", zh=f"{ratio * 100:+.1f}%")
