"""A small sign that tells, on hover, focus or tap, how a number comes about."""

from __future__ import annotations

from bilingual.text import Language, Text
from dashboards.page import Component
from dashboards.plain import dmc, html
from warehouse.metrics.measure import Measure

DEFINITION = Text(en="Definition", zh="定义")
_NUMERATOR = Text(en="Numerator: {what}", zh="分子：{what}")
_DENOMINATOR = Text(en="Denominator: {what}", zh="分母：{what}")


def lines_of(measure: Measure, language: Language) -> list[str]:
    """A measure's definition, numerator and denominator."""
    lines = [measure.definition[language], _NUMERATOR.format(what=measure.numerator)[language]]
    if measure.denominator:
        lines.append(_DENOMINATOR.format(what=measure.denominator)[language])
    return lines


def definition(lines: list[str], of: str, language: Language) -> Component:
    """The sign and its text; `of` names what is defined for those who hear the page."""
    return dmc.Tooltip(
        html.Button("i", type="button", className="info", **{"aria-label": f"{DEFINITION[language]}: {of}"}),
        label=[html.Div(line) for line in lines],
        multiline=True,
        w=320,
        withArrow=True,
        events={"hover": True, "focus": True, "touch": True},
        color="dark",
    )
