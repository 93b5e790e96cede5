"""Satisfaction: the visit score, the 85-of-100 rule, weights, coverage and return rate."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.reading import Reading
from warehouse.satisfaction import COVERAGE, REACHED, RETURN, SATISFIED, Rules, dissatisfied, findings, scores, surveyed
from warehouse.settings import Settings

SETTINGS = {"holidays": "", "as_of": "2024-06-30T00:00Z"}
RULES = Rules.of(Settings())
TICKET = """ticket_id | opened_at | resolved_at | region
T1 | 2024-03-01 08:00 | 2024-03-01 12:00 | East
T2 | 2024-03-02 08:00 | 2024-03-02 12:00 | East
T3 | 2024-03-03 08:00 | 2024-03-03 12:00 | West
T4 | 2024-03-04 08:00 | 2024-03-04 12:00 | West"""
SURVEY = """ticket_id | item | grade | reached | at | remark
T1 | attitude | very_satisfied | true | 2024-03-05 08:00 |
T1 | skill | fair | true | 2024-03-05 08:00 |
T2 | attitude | satisfied | true | 2024-03-05 08:00 |
T2 | skill | fair | true | 2024-03-05 08:00 | slow
T3 | attitude | | false | 2024-03-05 08:00 |"""


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return warehouse(tmp_path, SETTINGS, ticket=TICKET, survey=SURVEY)


def test_a_survey_counts_as_satisfied_from_85_of_100_on(reading: Reading) -> None:
    found = surveyed(reading, Filters(), RULES)
    # T1: (100 + 70) / 2 = 85, which is enough; T2: (85 + 70) / 2 = 77.5.
    assert (found.jobs, found.asked, found.reached, found.scored, found.satisfied) == (4, 3, 2, 2, 1)
    assert found.value(SATISFIED).value == 1 / 2
    assert found.score == pytest.approx((1.1 + 0.9 + 1.0 + 0.9) / 4)


def test_coverage_times_return_rate_is_the_share_of_jobs_whose_customer_was_reached(reading: Reading) -> None:
    found = surveyed(reading, Filters(), RULES)
    coverage, returned, both = (found.value(m).value for m in (COVERAGE, RETURN, REACHED))
    assert (coverage, returned) == (3 / 4, 2 / 3)
    assert both == pytest.approx(3 / 4 * 2 / 3)


def test_weights_of_items_move_the_score(reading: Reading) -> None:
    heavy = Rules(RULES.points, (("attitude", 3.0),), RULES.satisfied_from, RULES.scale)
    # T1: (3·100 + 70) / 4 = 92.5; T2: (3·85 + 70) / 4 = 81.25.
    assert scores(reading, Filters(), heavy)[92 // 5] == 1
    assert scores(reading, Filters(), heavy)[81 // 5] == 1


def test_who_was_not_satisfied_is_named_with_the_remark(reading: Reading) -> None:
    (low,) = dissatisfied(reading, Filters(), RULES, 10)
    assert (low.ticket_id, low.score, low.region, low.remark) == ("T2", 77.5, "East", "slow")


def test_filters_narrow_down(reading: Reading) -> None:
    assert surveyed(reading, Filters(region=("West",)), RULES).value(SATISFIED).value is None
    assert surveyed(reading, Filters(region=("West",)), RULES).jobs == 2


def test_too_few_reached_is_a_finding(reading: Reading) -> None:
    (finding,) = findings(reading, Filters(), None, RULES, 0.75)
    assert "2 of 4 jobs" in finding.text.en
    assert finding.is_good is False


def test_without_jobs_nothing_is_said(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, asset="asset_id\nA")
    assert findings(reading, Filters(), None, RULES, 0.75) == ()
