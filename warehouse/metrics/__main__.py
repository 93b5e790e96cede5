"""`python -m warehouse.metrics` writes docs/measures.md: the catalogue is the definitions, printed."""

from __future__ import annotations

from pathlib import Path

from warehouse.metrics import measures
from warehouse.metrics.measure import UNITS

FILE = Path(__file__).parents[2] / "docs" / "measures.md"


def catalogue() -> str:
    """All measures as Markdown, both languages side by side."""
    lines = [
        "# Measures 指标",
        "",
        "Written by `python -m warehouse.metrics` from the definitions in `warehouse/metrics/`; not edited by hand.",
        "A zero denominator gives no value. 分母为零时无值。",
    ]
    for m in measures().values():
        unit = UNITS[m.unit].en or "count"
        lines += [
            "",
            f"## {m.label.en} · {m.label.zh}",
            "",
            f"`{m.name}`, {unit}",
            "",
            m.definition.en,
            "",
            m.definition.zh,
            "",
        ]
        lines += [f"- numerator 分子: {m.numerator.en} · {m.numerator.zh}"]
        if m.denominator:
            lines += [f"- denominator 分母: {m.denominator.en} · {m.denominator.zh}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(catalogue(), encoding="utf-8")
