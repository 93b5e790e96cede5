"""A state in a sign and words, never by colour alone."""

from __future__ import annotations

from typing import Literal

from dashboards.page import Component
from dashboards.plain import html

State = Literal["good", "warning", "bad", "neutral"]
SIGNS: dict[State, str] = {"good": "✓", "warning": "▲", "bad": "✕", "neutral": "○"}


def badge(state: State, words: str, title: str | None = None) -> Component:
    """A sign with words beside it."""
    sign = html.Span(SIGNS[state], className="sign", **{"aria-hidden": "true"})
    return html.Span([sign, html.Span(words)], className=f"badge {state}", title=title)
