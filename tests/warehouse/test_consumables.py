"""Parts that fall due by the meter: against units of which the answer is known, and where nothing can be said."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from factories import warehouse

from analysis.result import Reason
from warehouse.consumable_findings import findings
from warehouse.consumables import Contact, Due, by_week, check, contacts, due, intervals
from warehouse.filters import Filters
from warehouse.part_lives import life_curve
from warehouse.reading import Reading

AS_OF = dt.date(2024, 12, 31)
UNITS, PACE = 24, 100
BEGIN = dt.date(2022, 1, 3)


def installed(unit: int) -> dt.date:
    return BEGIN + dt.timedelta(days=11 * unit)


def drum_life(unit: int, nth: int) -> int:
    """Days that a drum lasts: 200, ten more or less."""
    return 200 + 5 * ((3 * unit + 7 * nth) % 5 - 2)


def drum_days(unit: int) -> list[dt.date]:
    found, day = [], installed(unit)
    for nth in range(20):
        day += dt.timedelta(days=drum_life(unit, nth))
        if day > AS_OF:
            break
        found.append(day)
    return found


def organisation(folder: Path, *, category: str = "", settings: dict[str, object] | None = None) -> Reading:
    """24 copiers used 100 copies a day; a drum after about 20,000 copies, a knob at any time."""
    assets = [
        {"asset_id": f"A{u}", "serial_no": f"S{u}", "model": "X", "product_line": "Copiers", "customer_id": f"C{u % 2}",
         "region": ["north", "south"][u % 2], "site": "Hall", "installed_at": f"{installed(u)} 00:00"}
        for u in range(UNITS)
    ]  # fmt: skip
    readings = [
        {
            "asset_id": f"A{u}",
            "read_at": f"{day} 00:00",
            "value": str(PACE * (day - installed(u)).days),
            "unit": "copies",
        }
        for u in range(UNITS)
        for day in (installed(u) + dt.timedelta(days=30 * n) for n in range(1, 40))
        if day <= AS_OF
    ]
    uses = [("DRUM", u, day) for u in range(UNITS) for day in drum_days(u)]
    uses += [("KNOB", u, installed(u) + dt.timedelta(days=1 + (u * u * 37) % 700)) for u in range(UNITS)]
    repairs = [
        {"repair_id": f"R{i}", "asset_id": f"A{u}", "finished_at": f"{day} 00:00"} for i, (_, u, day) in enumerate(uses)
    ]
    parts = [{"repair_id": f"R{i}", "part_no": no, "position": "1"} for i, (no, *_) in enumerate(uses)]
    return warehouse(
        folder,
        {"as_of": f"{AS_OF}T00:00Z", **(settings or {})},
        asset=assets,
        usage=readings,
        repair=repairs,
        part_use=parts,
        part=f"part_no | name | category\nDRUM | Drum | {category}\nKNOB | Knob |",
        customer="customer_id | name\nC0 | First & Co\nC1 | Second",
        maintenance="asset_id|planned_on|done_at\nA0|2024-12-20|\nA1|2024-06-01|\nA1|2024-11-01|2024-11-02 08:00\nA2|2025-01-20|",
    )


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return organisation(tmp_path_factory.mktemp("consumables"))


def rows(reading: Reading, found: Due) -> dict[str, Contact]:
    return {c.asset_id: c for c in contacts(reading, found, 7)}


def test_the_interval_is_learned_from_the_meter_with_its_n(reading: Reading) -> None:
    drum = next(x for x in intervals(reading) if x.part_no == "DRUM" and x.model is None)
    assert (drum.replaced, drum.running) == (sum(len(drum_days(u)) for u in range(UNITS)), UNITS)
    assert drum.median is not None
    assert drum.median[0] == pytest.approx(200 * PACE, rel=0.02)
    assert drum.median[1] < drum.median[0] < drum.median[2]
    assert drum.days == pytest.approx(drum.median[0] / PACE)


def test_only_what_is_replaced_regularly_is_on_the_list(reading: Reading) -> None:
    assert due(reading, Filters()).watched == ("DRUM",)
    knob = next(x for x in intervals(reading) if x.part_no == "KNOB")
    assert not knob.is_watched


def test_each_drum_falls_due_one_interval_after_its_last_replacement(reading: Reading) -> None:
    drum = next(x for x in intervals(reading) if x.part_no == "DRUM")
    assert drum.median is not None
    found = due(reading, Filters()).of("DRUM")
    for line in contacts(reading, found, 7):
        unit = int(line.asset_id[1:])
        last = drum_days(unit)[-1]
        assert line.since == last
        assert not line.is_first
        assert abs((line.due - last).days - drum.median[0] / PACE) <= 1
        assert line.used == pytest.approx(PACE * (AS_OF - last).days)
        assert line.low is not None
        assert line.high is not None
        assert AS_OF <= line.low < line.high
        assert line.customer == ("First & Co", "Second")[unit % 2]


def test_the_customer_is_contacted_so_many_days_before_or_at_once(reading: Reading) -> None:
    found = due(reading, Filters()).of("DRUM")
    for notice in (7, 14):
        for line in contacts(reading, found, notice):
            by = line.due - dt.timedelta(days=notice)
            assert line.contact_by == (by if by > AS_OF else None)


def test_windows_part_the_list_and_overdue_comes_first(reading: Reading) -> None:
    found = due(reading, Filters())
    late, week, month, near = (found.within(w, 7) for w in ("overdue", "week", "month", ""))  # type: ignore[arg-type]
    assert len(near) == len(late) + len(month)
    assert len(week) <= len(month)
    assert (near.day[: len(late)] < near.today).all()
    assert (np.diff(near.day[len(late) :]) >= 0).all()
    assert (week.day - 7 <= week.today + 7).all()


def test_planned_maintenance_counts_unless_it_was_done_or_overtaken(reading: Reading) -> None:
    lines = rows(reading, due(reading, Filters()).of("maintenance"))
    assert {a: (c.due, c.part_no) for a, c in lines.items()} == {
        "A0": (dt.date(2024, 12, 20), None),
        "A2": (dt.date(2025, 1, 20), None),
    }


def test_filters_of_place_narrow_the_list_and_others_do_not(reading: Reading) -> None:
    everything, north = due(reading, Filters()), due(reading, Filters(region=("north",)))
    assert {int(a[1:]) % 2 for a in rows(reading, north)} == {0}
    assert 0 < len(north) < len(everything)
    assert len(due(reading, Filters(start=dt.date(2030, 1, 1), priority=("high",)))) == len(everything)
    assert not len(due(reading, Filters(customer=("nobody",))))


def test_weeks_count_what_falls_due_in_them(reading: Reading) -> None:
    found = due(reading, Filters())
    weeks = by_week(found)
    assert weeks[0][0] == AS_OF
    assert sum(parts + planned for _, parts, planned in weeks) == int(
        ((found.day >= found.today) & (found.day < found.today + 7 * len(weeks))).sum()
    )
    assert weeks[2][2] == 1  # the maintenance of 20 January


def test_a_year_ago_regular_drums_would_have_been_predicted_to_days(reading: Reading) -> None:
    """Every drum that ran a year before the end was replaced within 210 days; lives differ by ten days at most."""
    done = check(reading)
    assert done.n == UNITS
    assert np.abs(done.errors).max() <= 15
    assert done.close is not None
    assert done.close[0] == 1.0
    assert (done.ended, done.share) == (UNITS, 1.0)
    assert done.held >= 0.6 * UNITS


def test_the_curve_of_lives_falls_where_drums_are_replaced(reading: Reading) -> None:
    curve = life_curve(reading, "DRUM", 100)
    assert curve is not None
    assert (curve.use, curve.replaced) == ("copies", sum(len(drum_days(u)) for u in range(UNITS)))
    # The shortest lives are of 190 days, a fifth of all.
    assert (curve.times[0], curve.left[0]) == pytest.approx((190 * PACE, 0.8), abs=0.02)
    assert life_curve(reading, "nothing", 100) is None


def test_findings_say_what_to_do_first(reading: Reading) -> None:
    found = findings(reading, Filters(), 7)
    assert any("1 planned maintenance visit" in f.text.en and f.what == "maintenance" for f in found)
    assert not any("who is next" in f.text.en for f in found)  # these predictions are good


def test_where_the_catalogue_says_consumable_it_decides(tmp_path: Path) -> None:
    assert due(organisation(tmp_path / "a", category="Consumable"), Filters()).watched == ("DRUM",)
    made = organisation(tmp_path / "b", category="耗材")
    assert [x.part_no for x in intervals(made) if x.is_watched and x.model is None] == ["DRUM"]


def test_an_empty_warehouse_has_nothing_due(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, part="part_no\nP")
    assert (len(due(reading, Filters())), intervals(reading)) == (0, ())
    assert (check(reading).n, check(reading).reason) == (0, Reason.TOO_FEW)
    assert findings(reading, Filters(), 7) == ()
    assert contacts(reading, due(reading, Filters()), 7) == ()


def test_a_few_replacements_are_too_few_to_say(tmp_path: Path) -> None:
    reading = warehouse(
        tmp_path,
        {"as_of": "2024-06-30T00:00Z"},
        asset="asset_id|model|product_line|installed_at\nA|M|L|2024-01-01 00:00",
        usage="asset_id|read_at|value|unit\nA|2024-03-01 00:00|600|hours\nA|2024-06-01 00:00|1500|hours",
        repair="repair_id|asset_id|finished_at\nR|A|2024-04-01 08:00",
        part="part_no\nP",
        part_use="repair_id|part_no|position\nR|P|1",
    )
    (pooled, own) = intervals(reading)
    assert (pooled.replaced, pooled.median, pooled.reason, pooled.is_watched) == (1, None, Reason.TOO_FEW, False)
    assert own.model is not None
    assert len(due(reading, Filters())) == 0
