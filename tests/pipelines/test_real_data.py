"""The real data beside the project gives the figures that were computed independently of us (issue 2, “Real input”)."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import get_args

import pytest
from installation import Installation
from plotly.utils import PlotlyJSONEncoder

from bilingual.text import Language
from dashboards.address import parse
from dashboards.callbacks import fill
from dashboards.context import Context, known
from dashboards.pages import pages
from warehouse.filters import Filters
from warehouse.metrics.evaluate import evaluate
from warehouse.metrics.measure import Value
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

PROJECT = Path(__file__).parents[2]
DATA = PROJECT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason=f"the real data sets are not in {DATA}"),
]


def published(name: str, folder: Path, *, checked: bool = True) -> Installation:
    """The example's configuration over the real files, refreshed with all checks unless it is said otherwise."""
    installation = Installation(folder / "home")
    shutil.copytree(
        PROJECT / "examples" / name, installation.path, ignore=shutil.ignore_patterns("data", "landing", "snapshots")
    )
    shutil.copytree(DATA / name, installation.path / "data")
    done = installation.refresh(checked=checked)
    assert done.is_new
    assert done.blocked_by == ()
    assert done.extraction.rejected == ()
    return installation


def read(installation: Installation) -> Reading:
    reading = Reader(installation.home).current()
    assert reading is not None
    return reading


@pytest.fixture(scope="module")
def wmata(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return read(published("wmata_lifts", tmp_path_factory.mktemp("wmata")))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return read(published("it_service_desk", tmp_path_factory.mktemp("desk")))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return read(published("car_parts", tmp_path_factory.mktemp("parts"), checked=False))


def one(reading: Reading, sql: str) -> object:
    ((value,),) = reading.rows(sql)
    return value


def whole(reading: Reading, *names: str) -> dict[str, Value]:
    return evaluate(reading, names, Filters())


def test_wmata_has_891_units_and_42365_breaks_of_which_42348_have_an_end(wmata: Reading) -> None:
    assert one(wmata, "SELECT count(*) FROM core.asset") == 891
    assert one(wmata, "SELECT count(*) FROM core.fault") == 42_365
    values = whole(wmata, "opened", "closed", "backlog", "time_to_resolve")
    assert values["opened"].value == 42_365
    assert values["closed"].value == 42_348
    assert values["backlog"].value == 42_365 - 42_348
    assert values["time_to_resolve"].n == 42_348


def test_wmata_time_to_repair_has_median_1_771_and_mean_5_779_hours(wmata: Reading) -> None:
    values = whole(wmata, "time_to_resolve", "time_to_resolve_median", "time_to_close_mean")
    assert f"{values['time_to_resolve'].value:.3f}" == "5.779"
    assert f"{values['time_to_resolve_median'].value:.3f}" == "1.771"
    assert f"{values['time_to_close_mean'].value:.3f}" == "5.779"


def test_wmata_loses_no_row(wmata: Reading) -> None:
    assert one(wmata, "SELECT count(*) FROM meta.quarantine") == 0
    assert one(wmata, "SELECT count(*) FROM meta.rejected") == 0
    for entity in ("ticket", "fault"):
        (account,) = wmata.records(
            f"SELECT staged, core, quarantined, superseded FROM meta.account WHERE entity = '{entity}'"
        )
        assert account == {"staged": 42_365, "core": 42_365, "quarantined": 0, "superseded": 0}


def test_wmata_says_why_it_has_no_response_time(wmata: Reading) -> None:
    value = whole(wmata, "response_time")["response_time"]
    assert value.value is None
    assert value.reason is not None


def test_the_service_desk_has_24918_incidents_of_141712_events(desk: Reading) -> None:
    (account,) = desk.records(
        "SELECT landed, staged, core, quarantined, superseded FROM meta.account WHERE entity = 'ticket'"
    )
    assert account == {
        "landed": 141_712,
        "staged": 141_712,
        "core": 24_918,
        "quarantined": 0,
        "superseded": 141_712 - 24_918,
    }
    assert whole(desk, "opened")["opened"].value == 24_918


def test_1556_incidents_have_no_resolution_time(desk: Reading) -> None:
    assert one(desk, "SELECT count(*) FROM core.ticket WHERE resolved_at IS NULL") == 1_556
    assert whole(desk, "time_to_resolve")["time_to_resolve"].n == 24_918 - 1_556


def test_the_median_from_opening_to_resolution_is_22_1_hours(desk: Reading) -> None:
    assert f"{whole(desk, 'time_to_resolve_median')['time_to_resolve_median'].value:.1f}" == "22.1"


def test_the_mean_from_opening_to_closing_is_315_33_hours(desk: Reading) -> None:
    value = whole(desk, "time_to_close_mean")["time_to_close_mean"]
    assert f"{value.value:.2f}" == "315.33"
    assert value.n == 24_918


def test_275_incidents_were_reopened(desk: Reading) -> None:
    value = whole(desk, "reopened")["reopened"]
    assert (value.numerator, value.denominator) == (275, 24_918)


def test_the_last_event_of_9115_incidents_says_that_the_sla_was_missed(desk: Reading) -> None:
    value = whole(desk, "sla_as_reported")["sla_as_reported"]
    assert value.denominator == 24_918
    assert value.denominator - value.numerator == 9_115


def test_car_parts_have_51_months_each_and_what_is_missing_stays_missing(parts: Reading) -> None:
    with (DATA / "car_parts" / "carparts.csv").open() as file:
        table = list(csv.reader(file))
    cells = {(row[0], m): float(c) for row in table[1:] for m, c in zip(table[0][1:], row[1:], strict=True) if c}
    moves = parts.rows(
        """SELECT part_no, strftime("at", '%b-%y'), quantity FROM core.stock_move WHERE kind = 'issue'"""
    )
    assert len(moves) == len(cells) < 2_674 * 51
    assert {(part, month): quantity for part, month, quantity in moves} == cells
    assert one(parts, "SELECT count(*) FROM core.part") == 2_674
    assert (
        one(parts, """SELECT min("at") || ' ' || max("at") FROM core.stock_move""")
        == "1998-01-01 00:00:00 2002-03-01 00:00:00"
    )
    assert one(parts, "SELECT count(*) FROM meta.quarantine") == 0


def test_2509_car_parts_have_a_complete_series(parts: Reading) -> None:
    whole = "SELECT part_no FROM core.stock_move GROUP BY part_no HAVING count(*) = 51"
    assert one(parts, f"SELECT count(*) FROM ({whole})") == 2_509


def test_every_page_is_drawn_from_a_log_of_breaks_alone(wmata: Reading) -> None:
    """Most entities are missing there: no part may fail, claim a share of nothing, or print what is no number."""
    home, query = Home(wmata.snapshot.file.parents[1]), parse("", known(wmata))
    for language in get_args(Language):
        context = Context(home, wmata, query, language)
        for page in pages().values():
            for name in (*page.parts, *page.charts) if page.has_filters else ():
                shown = json.dumps(fill(context, page, name), cls=PlotlyJSONEncoder)
                assert not re.search(r"\b(nan|inf)\b|\bNone(?![ .])", shown), (page.name, name, language)
    assert evaluate(wmata, ("no_fault_found",), Filters())["no_fault_found"].value is None
