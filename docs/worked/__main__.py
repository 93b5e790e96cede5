"""Write docs/methods.md and its plots."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from docs.worked.example import Example
from docs.worked.organisation import Organisation
from docs.worked.page import page

DOCS = Path(__file__).parents[1]
EXAMPLES = (
    "life",
    "recurrence",
    "growth",
    "repeats",
    "bad_actors",
    "effectiveness",
    "control",
    "early_warning",
    "demand",
    "installed_base",
    "stock",
    "performance",
    "text",
)
LOOK = {
    "width": 760,
    "height": 340,
    "margin": {"l": 70, "r": 20, "t": 20, "b": 50},
    "template": "none",
    "font": {"family": "Noto Sans, Noto Sans CJK SC, sans-serif", "size": 13},
    "legend": {"orientation": "h", "y": 1.12, "x": 0},
    "colorway": ["#1864ab", "#c92a2a", "#2b8a3e", "#868e96", "#e67700"],
}


def examples(organisation: Organisation) -> list[Example]:
    """All of them, answered."""
    return [import_module(f"docs.worked.examples.{name}").example(organisation) for name in EXAMPLES]


def draw(figure: dict[str, Any], file: Path) -> None:
    """Write a figure as SVG."""
    import plotly.graph_objects as go  # noqa: PLC0415  # the tests of the text need no Plotly

    file.parent.mkdir(parents=True, exist_ok=True)
    go.Figure({"data": figure["data"], "layout": LOOK | figure["layout"]}).write_image(file)


def main() -> None:
    """Generate the organisation in a folder that goes again, answer, write."""
    with tempfile.TemporaryDirectory() as folder:
        answered = examples(Organisation.found_in(Path(folder)))
    (DOCS / "methods.md").write_text(page(answered), encoding="utf-8")
    for example in answered:
        draw(example.figure, DOCS / "images" / "methods" / f"{example.name}.svg")


if __name__ == "__main__":
    main()
