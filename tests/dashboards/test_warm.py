"""Warming up: what a page asks as it opens is answered already."""

from __future__ import annotations

from pathlib import Path

from visitors import known

from dashboards.app import create_app
from dashboards.callbacks import fill
from dashboards.pages import pages
from dashboards.warm import narrow, warm
from fracas.permissions import Role
from warehouse.extent import Extent
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


def test_what_people_of_a_part_of_the_house_read_is_made_before_they_come(home: Home, tmp_path: Path) -> None:
    app = create_app(home)
    known(app, "southerner", Role.MANAGER, regions=["华南 South"])
    known(app, "left", Role.MANAGER, regions=["华中 Central"], is_active=False)
    narrow(app.desk, app.house)
    reading = app.desk.reader.current()
    assert reading is not None
    folder = home.snapshots / "narrowed"
    south, central = (
        folder / f"{reading.id}.{Extent(frozenset({r})).key}.duckdb" for r in ("华南 South", "华中 Central")
    )
    assert south.exists()
    assert not central.exists()
    before = south.stat().st_mtime_ns
    narrow(app.desk, app.house)
    assert south.stat().st_mtime_ns == before
    nothing = create_app(Home(tmp_path / "nothing"))
    narrow(nothing.desk, nothing.house)
