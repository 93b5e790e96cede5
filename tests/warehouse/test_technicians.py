"""Technicians against colleagues with the same jobs: whose job it was, what came back, and what that is held against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.reading import Reading
from warehouse.technician_findings import findings
from warehouse.technician_numbers import numbers, satisfaction, trends
from warehouse.technician_work import answers, components, course, daily, kinds, span, work
from warehouse.technicians import team, technicians

SETTINGS = {"holidays": "", "as_of": "2024-12-31T00:00Z"}
ALL = Filters()
OPENED, RESOLVED, CLOSED = "2024-03-01 08:00", "2024-03-02 12:00", "2024-03-03 08:00"


class Log:
    """Rows of tickets, failures and visits, written job by job; each job on an asset of its own."""

    def __init__(self) -> None:
        self.tickets: list[dict[str, str | None]] = []
        self.faults: list[dict[str, str | None]] = []
        self.visits: list[dict[str, str | None]] = []
        self.repairs: list[dict[str, str | None]] = []
        self.surveys: list[dict[str, str | None]] = []
        self.assets: set[str] = set()
        self._number = count(1)

    def job(
        self,
        who: Iterable[str] = (),
        component: str = "valve",
        *,
        asset: str | None = None,
        opened: str = OPENED,
        resolved: str | None = RESOLVED,
        closed: str | None = CLOSED,
        comes_back: str | None = None,
        kind: str = "paid",
        hours: float | None = None,
        line: str = "Brakes",
        grades: dict[str, str | None] | None = None,
    ) -> str:
        """One ticket with one failure and a visit of each of `who`; `comes_back`: when it was reported again."""
        n = next(self._number)
        ticket, asset = f"T{n:04}", asset or f"A{n:04}"
        self.assets.add(asset)
        self.tickets.append(
            {
                "ticket_id": ticket, "asset_id": asset, "opened_at": opened, "resolved_at": resolved, "closed_at": closed,
                "arrived_at": resolved, "service_kind": kind, "product_line": line,
            }
        )  # fmt: skip
        self.fault(ticket, asset, component, opened)
        for i, person in enumerate(who):
            at = dt.datetime.fromisoformat(resolved or opened) - dt.timedelta(hours=len(list(who)) - i)
            self.visits.append(
                {"visit_id": f"{ticket}-{i}", "ticket_id": ticket, "technician_id": person, "finished_at": f"{at:%Y-%m-%d %H:%M}"}
            )  # fmt: skip
        if hours is not None:
            self.repairs.append(
                {"repair_id": f"R{ticket}", "ticket_id": ticket, "asset_id": asset, "active_hours": str(hours)}
            )
        for item, grade in (grades or {}).items():
            self.surveys.append(
                {"ticket_id": ticket, "item": item, "grade": grade, "at": closed, "reached": "yes" if grade else "no"}
            )
        if comes_back:
            self.job((), component, asset=asset, opened=comes_back, resolved=None, closed=None)
        return ticket

    def fault(self, ticket: str, asset: str, component: str, at: str = OPENED) -> None:
        n = f"F{len(self.faults):05}"
        self.faults.append(
            {"fault_id": n, "ticket_id": ticket, "asset_id": asset, "occurred_at": at, "component": component, "failure_mode": "leak"}
        )  # fmt: skip

    def jobs(self, who: str, component: str, n: int, back: int) -> None:
        for i in range(n):
            self.job([who], component, comes_back="2024-03-10 08:00" if i < back else None)

    def read(self, path: Path, **more: Any) -> Reading:
        rows: dict[str, Any] = {
            "asset": [{"asset_id": a, "serial_no": a} for a in sorted(self.assets)],
            "ticket": self.tickets,
            "fault": self.faults,
            "visit": self.visits,
            "repair": self.repairs,
            "survey": self.surveys,
        }
        return warehouse(path, SETTINGS, **{name: r for name, r in rows.items() if r}, **more)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """X has hard jobs, Z easy ones, Y both; Q has few."""
    log = Log()
    log.jobs("X", "hard", 40, 10)
    log.jobs("Y", "hard", 40, 20)
    log.jobs("Y", "easy", 40, 2)
    log.jobs("Z", "easy", 40, 4)
    log.jobs("Q", "easy", 5, 0)
    listed = "technician_id | name | team | skill_level\nX | 李 | north | 5\nN | Nobody yet | south | 1"
    return log.read(tmp_path_factory.mktemp("mixed"), technician=listed)


def test_expected_is_what_all_others_had_with_the_same_component(mixed: Reading) -> None:
    people = {p.who.technician_id: p for p in team(mixed, ALL).people}
    # Others on hard jobs: 20 of 40 (for X), 10 of 40 (for Y); on easy ones 4 of 45 (for Y), 2 of 45 (for Z).
    assert people["X"].expected == pytest.approx(40 * 20 / 40)
    assert people["Y"].expected == pytest.approx(40 * 10 / 40 + 40 * 4 / 45)
    assert people["Z"].expected == pytest.approx(40 * 2 / 45)
    assert [people[p].observed for p in "XYZ"] == [10, 22, 4]
    assert people["X"].ratio.value == pytest.approx(10 / 20)
    assert people["X"].ratio.low < 0.5 < people["X"].ratio.high  # type: ignore[operator]
    # Raw, X looks as bad as Y.
    assert people["X"].raw == 0.25
    assert people["Y"].raw == 22 / 80


def test_who_has_too_few_jobs_is_not_judged_but_is_a_peer(mixed: Reading) -> None:
    found = team(mixed, ALL)
    few = found.of("Q")
    assert few is not None
    assert (few.is_judged, few.ratio.reason.en, few.rank_low, few.outside, few.fixed) == (
        False,
        "too few to say",
        0,
        0,
        None,
    )
    assert {p.who.technician_id for p in found.judged} == {"X", "Y", "Z"}
    assert team(mixed, ALL, 41).of("X").ratio.value is None  # type: ignore[union-attr]


def test_ranks_are_intervals_among_those_who_are_judged(mixed: Reading) -> None:
    for person in team(mixed, ALL).judged:
        assert 1 <= person.rank_low <= person.rank_high <= 3
        assert person.shrunken.value is not None


def test_names_come_from_the_list_and_else_the_number_stands_for_itself(mixed: Reading) -> None:
    known = technicians(mixed)
    assert (known["X"].name, known["X"].skill, known["Y"].name, known["Y"].skill) == ("李", 5, "Y", None)
    assert known["N"].team == "south"


def test_a_persons_course_adds_up_to_the_standing(mixed: Reading) -> None:
    found, standing = course(mixed, ALL, "Y"), team(mixed, ALL).of("Y")
    assert found is not None
    assert standing is not None
    assert sum(found.expected) == pytest.approx(standing.expected)
    assert found.ratios[-1].value == pytest.approx(standing.ratio.value)
    whole = course(mixed, ALL, None)
    assert whole is not None
    assert whole.ratios[0].value == pytest.approx(36 / 165)


def test_hard_components_come_first_whoever_did_them(mixed: Reading) -> None:
    assert [(c.component, c.observed, c.colleagues) for c in components(mixed, ALL, None)] == [
        ("hard", 30, None),
        ("easy", 6, None),
    ]
    hard = components(mixed, ALL, "X")[0]
    assert (hard.ratio.value, hard.colleagues) == (10 / 40, 20 / 40)


def test_far_outside_of_the_limits_is_told_and_so_is_a_misleading_rate(tmp_path: Path) -> None:
    log = Log()
    log.jobs("good", "hard", 100, 30)
    log.jobs("bad", "hard", 100, 80)
    log.jobs("bad", "easy", 300, 20)
    log.jobs("other", "easy", 300, 5)
    reading = log.read(tmp_path)
    found = team(reading, ALL)
    assert {p.who.technician_id: p.outside for p in found.people} == {"bad": 2, "good": -2, "other": -2}
    assert found.misled is not None
    # 30 % against 25 %, but 30 of 80 expected against 100 of 35.
    assert (found.misled.better.who.technician_id, found.misled.worse.who.technician_id) == ("good", "bad")
    told = findings(team(reading, ALL))
    assert [(f.person, f.is_good) for f in told] == [("bad", False), ("good", True), ("other", True), ("good", None)]
    assert "100 repeats where colleagues would have had 35.0" in told[0].text.en
    assert "30.0 % against 25.0 %" in told[-1].text.en


def test_chance_is_no_finding(mixed: Reading, tmp_path: Path) -> None:
    log = Log()
    for who in "ABC":
        log.jobs(who, "valve", 40, 5)
    (told,) = findings(team(log.read(tmp_path), ALL))
    assert (told.n, told.is_good, told.person) == (120, True, None)
    (few,) = findings(team(mixed, Filters(product_line=("nowhere",))))
    assert few.is_good is None


def test_a_job_is_that_of_the_last_visit_and_counts_on_the_day_of_completion(tmp_path: Path) -> None:
    log = Log()
    log.job(["X", "Y"], resolved="2024-04-01 12:00", closed="2024-04-02 08:00")
    reading = log.read(tmp_path)
    assert [p.who.technician_id for p in team(reading, ALL).people] == ["Y"]
    april, march = Filters(start=dt.date(2024, 4, 1)), Filters(end=dt.date(2024, 3, 31))
    assert [numbers(reading, f, "Y")["jobs"].value for f in (april, march)] == [1, 0]
    # Two visits: nothing was fixed at the first.
    assert numbers(reading, ALL, "Y")["first_time_fix"].value == 0


@pytest.mark.parametrize(
    ("opened", "component", "came_back"),
    [
        ("2024-04-02 08:00", "valve", 1),  # 30 days after the closing
        ("2024-04-02 08:01", "valve", 0),
        ("2024-03-10 08:00", "pad", 0),  # something else
        ("2024-03-03 07:00", "valve", 0),  # before the closing: reported while the first was in work
    ],
)
def test_a_repeat_is_the_same_component_on_the_same_asset_within_30_days(
    tmp_path: Path, opened: str, component: str, came_back: int
) -> None:
    log = Log()
    log.job(["X"], asset="A")
    log.job(["Z"], component, asset="A", opened=opened, resolved=None, closed=None)
    found = numbers(log.read(tmp_path), ALL, "X")["repeat_rate"]
    assert (found.numerator, found.denominator) == (came_back, 1)


def test_what_was_closed_less_than_30_days_ago_is_not_known_to_stay_away(tmp_path: Path) -> None:
    log = Log()
    log.job(["X"], opened="2024-12-01 08:00", resolved="2024-12-02 12:00", closed="2024-12-02 12:00")
    reading = log.read(tmp_path)
    assert numbers(reading, ALL, "X")["repeat_rate"].reason is not None
    assert course(reading, ALL, None) is None


def test_a_ticket_with_two_failures_is_one_job_that_came_back_if_either_did(tmp_path: Path) -> None:
    log = Log()
    ticket = log.job(["X"], "valve", asset="A")
    log.fault(ticket, "A", "pad")
    log.job((), "valve", asset="A", opened="2024-03-10 08:00", resolved=None, closed=None)
    found = numbers(log.read(tmp_path), ALL, "X")
    assert (found["jobs"].value, found["repeat_rate"].numerator, found["repeat_rate"].denominator) == (1, 1, 1)


def test_faults_without_an_asset_or_a_name_are_no_repeats_of_each_other(tmp_path: Path) -> None:
    log = Log()
    for day in ("2024-03-01", "2024-03-08"):
        log.job(["X"], opened=f"{day} 08:00", resolved=f"{day} 12:00", closed=f"{day} 12:00")
    for row in (*log.tickets, *log.faults):
        row["asset_id"] = None
    found = numbers(log.read(tmp_path), ALL, None)
    assert (found["jobs"].value, found["repeat_rate"].value) == (2, None)


def test_the_daily_report_counts_jobs_by_kind_and_adds_up_hours(tmp_path: Path) -> None:
    log = Log()
    log.job(["X"], kind="paid", hours=1.5)
    log.job(["X"], kind="paid", hours=0.5)
    log.job(["X"], kind="contract", hours=2)
    log.job(["Y"], kind="contract")
    log.job(["Y"], kind="paid", hours=4, resolved="2024-03-05 10:00", closed=None)
    reading = log.read(tmp_path)
    lines = [(x.day.day, x.technician_id, x.kind, x.jobs, x.hours) for x in daily(reading, ALL, None)]
    assert lines == [
        (5, "Y", "paid", 1, 4.0),
        (2, "X", "contract", 1, 2.0),
        (2, "X", "paid", 2, 2.0),
        (2, "Y", "contract", 1, 0.0),
    ]
    assert [(k.kind, k.jobs, k.recorded, k.hours, k.everybody) for k in kinds(reading, ALL, "X")] == [
        ("paid", 2, 2, 2.0, 2.0),
        ("contract", 1, 1, 2.0, 2.0),
    ]
    latest = span(reading, ALL, "X", "week")
    assert latest is not None
    assert (latest.start, latest.end) == (dt.date(2024, 2, 25), dt.date(2024, 3, 2))
    months = work(reading, ALL, None, "month")
    assert months is not None
    assert months.kinds == ("paid", "contract")
    assert months.jobs[0][0] == 3
    _, lines_of = trends(reading, ALL, None, "month")
    assert lines_of["jobs"][0] == 5
    assert lines_of["labour"][0] is None  # four jobs with labour are too few for a point


def test_satisfaction_is_the_mean_score_with_how_many_answered(tmp_path: Path) -> None:
    log = Log()
    log.job(["X"], grades={"attitude": "very_satisfied", "skill": "fair"})
    log.job(["X"], grades={"attitude": None, "skill": None})
    log.job(["Y"], grades={"attitude": "dissatisfied"})
    log.job(["X"])
    reading = log.read(tmp_path)
    mine = satisfaction(reading, ALL, "X")
    assert mine.score == pytest.approx((1.1 + 0.9) / 2)
    assert (mine.answers, mine.jobs, mine.asked, mine.answered) == (2, 3, 2, 1)
    assert satisfaction(reading, ALL, "X", "month", (("fair", 0.5),)).score == 0.5
    said = answers(reading, ALL, "X")
    assert said is not None
    assert [(i.item, i.score, round(i.everybody, 3)) for i in said.items] == [
        ("skill", 0.9, 0.9),
        ("attitude", 1.1, 0.95),
    ]


def test_places_narrow_down_jobs_and_peers(tmp_path: Path) -> None:
    log = Log()
    log.job(["X"], line="Brakes")
    log.job(["X"], line="Doors")
    log.job(["Y"], line="Doors")
    reading = log.read(tmp_path)
    assert numbers(reading, Filters(product_line=("Doors",)), "X")["jobs"].value == 1
    assert numbers(reading, Filters(product_line=("Doors", "Brakes")), None)["jobs"].value == 3
    assert team(reading, Filters(product_line=("nowhere",))).people == ()


def test_an_empty_warehouse_has_nobody(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS)
    assert team(reading, ALL).people == ()
    assert numbers(reading, ALL, None)["jobs"].value == 0
    assert satisfaction(reading, ALL, None).score is None
    assert course(reading, ALL, None) is work(reading, ALL, None, "day") is answers(reading, ALL, None) is None
    assert (daily(reading, ALL, None), kinds(reading, ALL, None), components(reading, ALL, None)) == ((), (), ())
