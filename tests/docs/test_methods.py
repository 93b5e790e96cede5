"""docs/methods.md says what the analysis answers today, and the analysis finds what was put into the demo."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import opened
from installation import published_demo

from demo import Truths
from docs.worked.__main__ import DOCS, EXAMPLES, examples
from docs.worked.example import Example
from docs.worked.organisation import SEED, TICKETS, Organisation
from docs.worked.page import page
from warehouse.settings import Home

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    assert SEED == 7, "the organisation of the page is the one that other tests ask too"
    home = published_demo(tmp_path_factory, TICKETS)
    return examples(Organisation(opened(Home(home)), Truths.read(home)))


def test_the_page_is_what_the_analysis_answers(answered: list[Example]) -> None:
    assert page(answered) == (DOCS / "methods.md").read_text(encoding="utf-8"), "run `python -m docs.worked`"


def test_what_was_put_into_the_demo_is_found(answered: list[Example]) -> None:
    truths = [truth for example in answered for truth in example.truths]
    assert len(truths) >= 4
    assert [t.what for t in truths if not t.is_found] == []


def test_every_example_has_its_plot(answered: list[Example]) -> None:
    drawn = {f.stem for f in (DOCS / "images" / "methods").glob("*.svg")}
    assert drawn == set(EXAMPLES) == {e.name for e in answered}


def test_the_page_names_no_path_of_a_machine() -> None:
    assert str(Path.home()) not in (DOCS / "methods.md").read_text(encoding="utf-8")
