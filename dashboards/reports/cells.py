"""Numbers as cells of a report's table: in the words of the pages and, for a spreadsheet, as numbers with their unit."""

from __future__ import annotations

from bilingual.text import Language, Text
from dashboards.reports.blocks import NOTHING, Cell, Tone
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import change, count, share, spoken
from warehouse.targets import Goal, is_met

# How a spreadsheet shows a number of each unit.
FORMS = {
    "count": Text(en="#,##0", zh="#,##0"),
    "share": Text(en="0.0%", zh="0.0%"),
    "hours": Text(en='#,##0.00 "h"', zh='#,##0.00 "小时"'),
    "days": Text(en='#,##0.0 "d"', zh='#,##0.0 "天"'),
    "score": Text(en="0.000", zh="0.000"),
    "money": Text(en="#,##0.00", zh="#,##0.00"),
}
_COUNT = "#,##0"
NONE = Cell(NOTHING, tone="quiet")
FEW = Text(en="too few", zh="数量过少")
_N = Text(en=" (n\u00a0=\u00a0{n})", zh="（n\u00a0=\u00a0{n}）")
_MET = {
    True: Text(en=", met", zh="，达成"),
    False: Text(en=", not met", zh="，未达成"),
    None: Text(en="", zh=""),
}


def number(n: float) -> Cell:
    """A whole number."""
    return Cell(count(n), float(n), _COUNT)


def percent(value: float | None, language: Language) -> Cell:
    """A share."""
    return NONE if value is None else Cell(share(value)[language], value, FORMS["share"][language])


def decimal(value: float | None, digits: int = 2) -> Cell:
    """Any other number."""
    return NONE if value is None else Cell(f"{value:,.{digits}f}", value, f"#,##0.{'0' * digits}")


def few(language: Language) -> Cell:
    """In place of a number that rests on too little."""
    return Cell(FEW[language], tone="quiet")


def valued(measure: Measure, value: Value, language: Language) -> Cell:
    """A measure's value."""
    if value.value is None:
        return NONE
    return Cell(spoken(measure, value.value)[language], value.value, FORMS[measure.unit][language])


def then(measure: Measure, value: Value | None, language: Language) -> Cell:
    """The value of another period, with its n, since it has no column of its own."""
    if value is None or value.value is None:
        return NONE
    words, form = spoken(measure, value.value)[language], FORMS[measure.unit][language]
    if measure.unit != "count":
        n = _N.format(n=count(value.n))[language]
        words, form = words + n, _beside(form, after=n)
    return Cell(words, value.value, form, "quiet")


def _beside(form: str, before: str = "", after: str = "") -> str:
    """The format of a number with words around it: for a spreadsheet it stays a number."""
    return f'"{before}"{form}"{after}"'


def moved(measure: Measure, now: Value, before: Value | None, language: Language) -> Cell:
    """How a value moved, and whether that way is good."""
    found = change(measure, now, before) if before else None
    if found is None:
        return NONE
    size, words = found
    arrow = "↑" if size > 0 else "↓" if size < 0 else "→"
    tone: Tone = ""
    if measure.better and size:
        tone = "good" if (size > 0) == (measure.better == "higher") else "bad"
    if measure.unit == "share":
        points = _beside("0.0", after=Text(en=" pp", zh=" 个百分点")[language])
        return Cell(f"{arrow} {words[language]}", size * 100, f"+{points};-{points};{points}", tone)
    return Cell(f"{arrow} {words[language]}", size, "+0.0%;-0.0%;0.0%", tone)


def aimed(measure: Measure, value: Value, wanted: Goal | None, language: Language) -> Cell:
    """The target with its direction, and whether it is met."""
    if wanted is None:
        return NONE
    met = is_met(measure, value, wanted)
    sign = {"higher": "≥\u00a0", "lower": "≤\u00a0"}.get(measure.better or "", "")
    # Not torn apart within the number.
    aim = spoken(measure, wanted.value)[language].replace(" ", "\u00a0")
    tail = _MET[met][language]
    tones: dict[bool | None, Tone] = {True: "good", False: "bad", None: ""}
    return Cell(f"{sign}{aim}{tail}", wanted.value, _beside(FORMS[measure.unit][language], sign, tail), tones[met])
