"""The ranking by return visits: scores by team and person, who is not ranked, and that it says what the page says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.reading import Reading
from warehouse.technician_numbers import satisfaction
from warehouse.technicians import team
from warehouse.visit_ranking import ranking

SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}
ALL = Filters()
TECHNICIANS = "technician_id | name | team\nA | Ann | North\nB | Bo | North\nC | Cy | South\nD | Di | "
# Each ticket is of the technician whose letter it begins with; Z is of nobody.
JOBS = ("A1", "A2", "B1", "C1", "C2", "D1", "Z1")
GRADES = """\
ticket_id | item | grade
A1 | attitude | very_satisfied
A1 | skill | satisfied
A2 | attitude | fair
B1 | attitude | satisfied
C1 | attitude | dissatisfied
C1 | skill |
C2 | attitude |
Z1 | skill | satisfied
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    tickets = ["ticket_id | opened_at | resolved_at | closed_at | technician_id"]
    for job in JOBS:
        day = "2024-03-02" if job != "A2" else "2024-04-02"
        tickets.append(f"{job} | {day} 08:00 | {day} 12:00 | {day} 13:00 | {'' if job[0] == 'Z' else job[0]}")
    return warehouse(
        tmp_path_factory.mktemp("ranking"), SETTINGS, ticket="\n".join(tickets), technician=TECHNICIANS, survey=GRADES
    )


def test_teams_are_ranked_by_the_mean_of_all_answers(reading: Reading) -> None:
    found = ranking(reading, ALL, "team", least=1)
    north, south = (next(one for one in found.rated if one.who == who) for who in ("North", "South"))
    assert found.items == ("attitude", "skill")
    assert north.score == pytest.approx((1.1 + 1.0 + 0.9 + 1.0) / 4)
    assert north.scores == (pytest.approx((1.1 + 0.9 + 1.0) / 3), pytest.approx(1.0))
    assert (north.jobs, north.asked, north.answered, north.answers) == (3, 3, 3, 4)
    assert (south.score, south.scores, south.response) == (pytest.approx(0.8), (pytest.approx(0.8), None), 0.5)
    # Those of no team, and those of whom nobody says who did them, are one: Z1 answered, D1 was not asked about.
    assert [one.who for one in found.judged] == ["North", "", "South"]
    assert next(one for one in found.rated if one.who == "").jobs == 2


def test_who_has_few_answers_has_no_rank_and_no_score(reading: Reading) -> None:
    found = ranking(reading, ALL, "technician", least=2)
    assert [one.who for one in found.judged] == ["A"]
    assert all(one.score is None and set(one.scores) == {None} for one in found.rated if one.who != "A")
    # Others by their jobs, each of them once.
    assert [one.who for one in found.rated] == ["A", "C", "B", "D", ""]
    assert found.whole.score is not None


def test_a_person_has_the_score_of_the_page(reading: Reading) -> None:
    standing = {p.who.technician_id: p for p in team(reading, ALL, 1).people}
    for one in ranking(reading, ALL, "technician", least=1).rated:
        if one.who:
            mine = standing[one.who]
            assert (one.jobs, one.asked, one.answered) == (mine.jobs, mine.asked, mine.answered)
            assert one.score == (None if mine.score is None else pytest.approx(mine.score))


def test_the_whole_is_that_of_the_page(reading: Reading) -> None:
    page, whole = satisfaction(reading, ALL, None), ranking(reading, ALL, "team").whole
    assert whole.score == pytest.approx(page.score)
    assert (whole.jobs, whole.asked, whole.answered, whole.answers) == (
        page.jobs, page.asked, page.answered, page.answers,
    )  # fmt: skip


def test_a_scale_of_the_house_and_a_period_apply(reading: Reading) -> None:
    march = Filters(dt.date(2024, 3, 1), dt.date(2024, 3, 31))
    assert ranking(reading, march, "team", 1, (("fair", 5.0),)).whole.score is None
    assert ranking(reading, ALL, "team", 1, (("fair", 5.0),)).whole.score == 5.0


def test_an_empty_warehouse_ranks_nobody(tmp_path: Path) -> None:
    found = ranking(warehouse(tmp_path, SETTINGS), ALL, "technician")
    assert (found.rated, found.items, found.whole.score, found.whole.response) == ((), (), None, None)
