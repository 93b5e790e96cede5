"""A line the size of a word: an SVG image as a data address, gaps where there is no value."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from dashboards.figures.look import CURVE, MARK

_WIDTH, _HEIGHT, _EDGE = 96, 24, 3


def sparkline(values: Sequence[float | None]) -> str | None:
    """The image's address; None with fewer than two values to join. The last point is marked."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return None
    low, spread = min(known), (max(known) - min(known)) or 1.0
    step = (_WIDTH - 2 * _EDGE) / (len(values) - 1)
    pieces: list[str] = []
    pen_down = False
    x = y = 0.0
    for i, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        x, y = _EDGE + i * step, _HEIGHT - _EDGE - (value - low) / spread * (_HEIGHT - 2 * _EDGE)
        pieces.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
        pen_down = True
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<path d="{"".join(pieces)}" fill="none" stroke="{CURVE}" stroke-width="1.5"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{MARK}"/></svg>'
    )
    return "data:image/svg+xml," + quote(svg)
