"""How every figure looks: series colours (Okabe and Ito), thin grid, no ground of its own.

Text and grid take their colour from `assets/app.css`, so that one figure serves the light and the dark screen.
"""

from __future__ import annotations

from typing import Any

from bilingual.text import Language

# Same thing, same colour, on every page. Okabe and Ito's palette, told apart by all kinds of colour vision.
OPENED = "#56B4E9"
CLOSED = "#009E73"
BACKLOG = "#D55E00"
CURVE = "#0072B2"
BAND = "rgba(0,114,178,0.18)"
MARK = "#E69F00"
BAR = "#0072B2"
MUTED = "#8a94a0"

FONT = "'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', system-ui, sans-serif"
# plotly offers to send charts to a cloud of its maker; the modebar's logo links there.
CONFIG = {"displaylogo": False, "showSendToCloud": False, "displayModeBar": False, "responsive": True}
# The Chinese one is in assets/locale.js; English is built in.
LOCALES: dict[Language, str] = {"en": "en-US", "zh": "zh-CN"}


# Of a chart whose lines have names: each line, and what stands around them (legend, axis and its title).
_LINE, _AROUND = 40, 130


def height(figure: dict[str, Any], most: int) -> int:
    """How high a chart is: what it may have, less where it has few lines."""
    if figure["layout"].get("yaxis", {}).get("type") != "category":
        return most
    lines = {name for trace in figure["data"] for name in trace.get("y") or ()}
    return min(most, _AROUND + _LINE * len(lines))


def layout(**more: Any) -> dict[str, Any]:
    """The layout that all figures share, with what one needs of its own."""
    axis = {
        "gridcolor": "rgba(128,128,128,0.2)",
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "ticklabelstandoff": 4,
        "separatethousands": True,
    }
    base: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": "#5c6670"},
        # On the right half of a label that stands under the last tick has to fit.
        "margin": {"l": 48, "r": 18, "t": 8, "b": 32},
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "bargap": 0.25,
        "dragmode": False,
    }
    for name, value in more.items():
        base[name] = {**axis, **value} if name[1:5] == "axis" else value
        if name[1:5] == "axis" and "title" in value:
            # Else the title of an axis is larger than all other text of the figure.
            base[name]["title"] = {"font": {"size": 12}, **value["title"]}
    return base
