"""The rules that ship, on the demo organisation: what is known to be true of it is what they find."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from installation import published_demo

from dashboards.address import Known, parse
from demo.truths import Truths
from fracas.database import connect, writing
from fracas.watch.alerts import Kind, Problem, settle
from pipelines.rules import problems
from warehouse.reading import Reader, Reading
from warehouse.records import places
from warehouse.settings import Home

pytestmark = pytest.mark.slow
Found = tuple[Truths, Reading, dict[str, Problem]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Found:
    home = published_demo(tmp_path_factory, 20_000)
    reading = Reader(Home(home)).current()
    assert reading is not None
    found = problems(Home(home), reading)
    assert len({problem.key for problem in found}) == len(found), "a key is of one problem"
    return Truths.read(home), reading, {problem.key: problem for problem in found}


def test_the_bad_batch_the_slow_region_and_the_obsolescent_part_are_found(demo: Found) -> None:
    truths, _, found = demo
    lots = [key for key in found if key.startswith("bad_lots/")]
    assert lots
    assert {key.split("/")[2] for key in lots} == {truths.bad_batch["part_no"]}
    assert {key.split("/")[3] for key in lots} <= set(truths.bad_batch["lots"])
    slow = truths.slow_region["region"]
    assert [key for key in found if key.startswith("response_by_region/")] == [f"response_by_region/{slow}"]
    assert found[f"response_by_region/{slow}"].region == slow
    assert f"parts_dying_out/{truths.obsolescent_part['part_no']}" in found


def test_no_rule_fails_and_each_says_both_languages_where_it_shows_and_in_what_part_of_the_house(demo: Found) -> None:
    _, reading, found = demo
    known = {name: frozenset(value for value, _ in values) for name, values in places(reading).items()}
    assert not [key for key in found if key.startswith("rule/")]
    for problem in found.values():
        assert re.search("[一-鿿]", problem.text.zh)
        assert problem.text.en != problem.text.zh
        assert "{" not in problem.text.en + problem.text.zh
        assert parse(urlsplit(str(problem.address)).query, Known(reading.as_of_on, known)).ignored in ((), ("topic",))
        assert problem.region is None or problem.region in known["region"]
        assert problem.product_line is None or problem.product_line in known["product_line"]
        assert len(problem.facts["samples"]) <= 3


def test_a_second_look_is_no_news_and_what_is_no_longer_found_is_over(demo: Found, tmp_path: Path) -> None:
    found, at = list(demo[2].values()), dt.datetime(2026, 11, 1)
    engine = connect(f"sqlite:///{tmp_path / 'register.sqlite'}")
    looks = []
    for problems_then in (found, found, found[1:]):
        with writing(engine) as session:
            looks.append([event.kind for event in settle(session, "rules", problems_then, at=at)])
    engine.dispose()
    assert looks == [[Kind.OPENED] * len(found), [], [Kind.RECOVERED]]


def test_the_rules_of_single_records_find_what_waits_in_the_demo(demo: Found) -> None:
    named = {key.split("/")[0] for key in demo[2]}
    assert named >= {
        "serious",
        "response_due",
        "actions_overdue",
        "contracts_ending",
        "complaints_overdue",
        "targets_missed",
    }
