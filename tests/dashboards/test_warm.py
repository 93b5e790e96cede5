"""Warming up: what a page asks as it opens is answered already."""

from __future__ import annotations

from pathlib import Path

from dashboards.app import create_app
from dashboards.callbacks import fill
from dashboards.pages import pages
from dashboards.warm import warm
from warehouse.settings import Home


def test_after_warming_up_a_page_as_it_opens_asks_nothing_new(home: Home) -> None:
    desk = create_app(home).desk
    warm(desk)
    reading = desk.reader.current()
    assert reading is not None
    known = len(reading.answers)
    assert known > 100
    context = desk.context("", "en")
    assert context is not None
    for name in ("overview", "closure", "parts"):
        page = next(p for p in pages().values() if p.name == name)
        for part in (*page.parts, *page.charts):
            fill(context, page, part)
    assert len(reading.answers) == known


def test_an_installation_without_a_snapshot_has_nothing_to_warm(tmp_path: Path) -> None:
    (tmp_path / "faultloop.yaml").write_text("", encoding="utf-8")
    warm(create_app(Home(tmp_path)).desk)
