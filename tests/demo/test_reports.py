"""Reports in the demo's register: each at another step of its way, proven, and nobody can log in as their people."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from installation import published_demo
from sqlalchemy import select

from demo import reports
from fracas.database import connect, reading
from fracas.journal import verify
from fracas.model import Person, Report
from fracas.people import is_right
from warehouse.reading import Reader
from warehouse.settings import Home

KEY = b"a key of the tests"


def test_one_report_is_left_at_each_step(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Home(published_demo(tmp_path_factory))
    current = Reader(home).current()
    assert current is not None
    engine = connect(f"sqlite:///{tmp_path / 'register.sqlite'}")
    assert reports.write(engine, KEY, home.settings, current) == len(reports.LEFT_AT)
    with reading(engine) as session:
        found = session.scalars(select(Report)).all()
        assert Counter(report.state for report in found) == Counter(reports.LEFT_AT)
        known = {row[0] for row in current.rows("SELECT serial_no FROM core.asset")}
        assert {report.serial_no for report in found} <= known
        assert len({report.component for report in found}) == len(found)
        assert verify(session, KEY).broken == ()
        for person in session.scalars(select(Person)):
            assert person.password
            assert not is_right(person, "")
            assert not is_right(person, person.login)
    engine.dispose()
