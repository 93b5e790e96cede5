"""Units in column names, such as `时长(分钟)`, `Duration [min]` and `里程 km`: which they are, and how one becomes another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

# By kind: a unit's size beside the others of its kind, and how people write it.
_KINDS: dict[str, dict[str, str]] = {
    "time": {
        "1": "s sec secs second seconds 秒 秒钟",
        "60": "min mins minute minutes 分 分钟",
        "3600": "h hr hrs hour hours 小时",
        "86400": "d day days 天",
    },
    "length": {
        "1/1000": "mm 毫米",
        "1/100": "cm 厘米",
        "1": "m meter meters metre metres 米",
        "1000": "km kms kilometer kilometers kilometre kilometres 公里 千米",
        "1609344/1000": "mi mile miles 英里",
    },
    "mass": {"1": "g 克", "1000": "kg 千克 公斤", "1000000": "t 吨"},
    "yuan": {"1": "元 cny rmb ¥", "1000": "千元", "10000": "万元", "1000000": "百万元", "100000000": "亿元"},
    "dollar": {"1": "usd $", "1000": "kusd k$"},
    "euro": {"1": "eur €", "1000": "keur k€"},
}
_SIZES = {
    word: (kind, Fraction(size))
    for kind, units in _KINDS.items()
    for size, words in units.items()
    for word in words.split()
}
_BRACKETED = re.compile(r"(.+?)\s*[(\[【]\s*(?:单位\s*:?|in\s)?\s*([^()\[\]【】]+?)\s*[)\]】]")
_BEHIND = re.compile(r"(.+?)(?:\s*[/,]\s*|\s+in\s+|[\s_]+)(\S+)")
# Behind a blank one of these letters is more often a name (“Line m”) than a unit.
_LETTERS = frozenset("smdgt")


@dataclass(frozen=True)
class Measure:
    """What a column's name says without its unit, plain, and the unit's kind and size; no kind where it names none."""

    base: str
    kind: str | None = None
    size: Fraction = Fraction(1)


def measure(name: str) -> Measure:
    """A column's name taken apart."""
    narrow = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    for shape in (_BRACKETED, _BEHIND):
        match = shape.fullmatch(narrow)
        if match and match[2] in _SIZES and not (shape is _BEHIND and match[2] in _LETTERS):
            kind, size = _SIZES[match[2]]
            return Measure(_bare(match[1]), kind, size)
    return Measure(_bare(narrow))


def converted(needs: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """By column that is a needed one in another unit of its kind: that one."""
    meant = {(m.base, m.kind): need for need in needs if (m := measure(need)).kind}
    found = {column: meant.get((m.base, m.kind)) for column in columns if (m := measure(column)).kind}
    return {column: need for column, need in found.items() if need and need.casefold() != column.casefold()}


def _bare(name: str) -> str:
    return re.sub(r"[\s_]", "", name)
