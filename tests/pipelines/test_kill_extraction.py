"""The register and forms, killed while they are extracted: run again, what landed is what lands without a kill."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from installation import Installation
from killing import kill_after, landed, seconds

from fracas.states import State
from pipelines.sources.templates import FOLDER
from pipelines.templates import MARK, PASSPORT, VERSION, heading
from warehouse.entities import entities

if TYPE_CHECKING:
    from tests.pipelines.conftest import Registered

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_RANDOM = random.Random(20240307)
MOMENTS = [_RANDOM.random() for _ in range(20)]
FORMS, REPORTS = 120, 12


@dataclass(frozen=True)
class Waiting:
    """A home from which nothing landed yet; what lands, and how long that takes."""

    home: Path
    whole: dict[str, list[tuple[Any, ...]]]
    seconds: float


def waiting(home: Path, kind: str) -> Waiting:
    whole = home.with_name("whole")
    shutil.copytree(home, whole)
    taken = seconds(whole, kind)
    return Waiting(home, landed(whole), taken)


def form(file: Path, first: int) -> None:
    """A filled form of tickets, written plainly: what a person sends back has no more that counts."""
    spec = entities()["ticket"]
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("报修工单")
        for column, name in enumerate(("ticket_id", "opened_at")):
            sheet.write(0, column, heading(spec.fields[name], "zh"))
        for row in range(1, 31):
            sheet.write_row(row, 0, [f"T{first + row}", f"2024-03-07 08:{row:02}"])
        passport = book.add_worksheet(PASSPORT)
        passport.write_column(0, 0, [MARK, "ticket", "zh", VERSION])
        passport.hide()


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    home = tmp_path_factory.mktemp("forms") / "home"
    (home / FOLDER).mkdir(parents=True)
    for n in range(FORMS):
        form(home / FOLDER / f"{n:03}.xlsx", n * 100)
    found = waiting(home, "templates")
    assert len(found.whole) == FORMS
    return found


@pytest.fixture
def reports(registered: Registered) -> Waiting:
    for n in range(REPORTS):
        registered.report(f"s{n}").to(State.SUBMITTED)
    found = waiting(registered.installation.path, "register")
    assert len(found.whole) == 1
    return found


def killed_and_run_again(found: Waiting, kind: str, share: float, tmp_path: Path) -> None:
    home = tmp_path / "killed"
    shutil.copytree(found.home, home)
    kill_after(home, kind, share * found.seconds)
    made = Installation(home)
    made.extract()
    assert landed(home) == found.whole
    assert made.leftovers() == []
    assert made.extract().rows == 0


@pytest.mark.parametrize("share", [MOMENTS[0], *(pytest.param(m, marks=pytest.mark.matrix) for m in MOMENTS[1:])])
def test_forms_land_once_whenever_they_were_killed(forms: Waiting, tmp_path: Path, share: float) -> None:
    killed_and_run_again(forms, "templates", share, tmp_path)


@pytest.mark.matrix
@pytest.mark.parametrize("share", MOMENTS)
def test_the_register_lands_once_whenever_it_was_killed(reports: Waiting, tmp_path: Path, share: float) -> None:
    killed_and_run_again(reports, "register", share, tmp_path)
