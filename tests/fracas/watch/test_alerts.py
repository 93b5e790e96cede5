"""What is wrong is told when it is news: opened, worse, over; the same look again changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from register_cast import Hire
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.pool import StaticPool

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.database import reading, writing
from fracas.model import Base
from fracas.people import RefusedError
from fracas.permissions import Role
from fracas.watch.alerts import (
    Kind,
    Problem,
    Severity,
    acknowledge,
    escalate,
    history,
    listed,
    settle,
)
from fracas.watch.model import Alert

AT = dt.datetime(2026, 3, 2, 9)
HOUR = dt.timedelta(hours=1)
FEW = Problem("check/ticket.x", "data_quality", Severity.WARNING, Text(en="4 rows", zh="4 行"), 4.0)


def look(engine: Engine, *problems: Problem, family: str = "refresh", at: dt.datetime = AT) -> list[str]:
    with writing(engine) as session:
        return [event.kind for event in settle(session, family, problems, at=at, worse_by=1.5)]


def test_only_news_is_told(engine: Engine) -> None:
    assert look(engine, FEW) == [Kind.OPENED]
    assert look(engine, FEW, at=AT + HOUR) == []
    # 6 is 1.5 times 4 and no more; 7 is more.
    assert look(engine, replace(FEW, size=6.0)) == []
    assert look(engine, replace(FEW, size=7.0)) == [Kind.WORSENED]
    # Held against what was last told: 7, not 4.
    assert look(engine, replace(FEW, size=10.0)) == []
    assert look(engine, replace(FEW, size=5.0)) == []
    assert look(engine, replace(FEW, size=5.0, severity=Severity.CRITICAL)) == [Kind.WORSENED]
    assert look(engine, at=AT + 2 * HOUR) == [Kind.RECOVERED]
    assert look(engine, at=AT + 3 * HOUR) == []
    # It came back: another alert, which tells of itself.
    assert look(engine, FEW, at=AT + 4 * HOUR) == [Kind.OPENED]
    with reading(engine) as session:
        first, second = session.scalars(select(Alert).order_by(Alert.opened_at))
    assert (first.recovered_at, second.recovered_at) == (AT + 2 * HOUR, None)
    assert (first.opened_at, second.opened_at) == (AT, AT + 4 * HOUR)


def test_a_family_ends_only_what_it_opened(engine: Engine) -> None:
    look(engine, FEW)
    assert look(engine, FEW, family="recheck") == []  # it is told already
    assert look(engine, family="recheck") == []
    assert look(engine) == [Kind.RECOVERED]
    assert look(engine, FEW, family="recheck") == [Kind.OPENED]


def test_what_nobody_could_look_for_is_not_over(engine: Engine) -> None:
    look(engine, replace(FEW, key="stock/P1"), replace(FEW, key="stocks"))
    with writing(engine) as session:
        (event,) = settle(session, "refresh", [], at=AT, unjudged=("stock/",))
        assert session.get_one(Alert, event.alert_id).key == "stocks"
    assert look(engine) == [Kind.RECOVERED]


def test_of_two_with_one_key_the_worst_counts(engine: Engine) -> None:
    look(engine, replace(FEW, severity=Severity.CRITICAL), replace(FEW, size=90.0))
    with reading(engine) as session:
        (alert,) = session.scalars(select(Alert))
    assert (alert.severity, alert.size) == ("critical", 4.0)


def test_somebody_sees_to_it_until_it_gets_worse(engine: Engine, hire: Hire) -> None:
    engineer, technician = hire("engineer", Role.QUALITY_ENGINEER), hire("technician", Role.TECHNICIAN)
    look(engine, FEW)
    with reading(engine) as session:
        (seen,) = listed(session, engineer.scope, is_open=True)
    with pytest.raises(RefusedError), writing(engine) as session:
        acknowledge(session, technician, seen.alert.id, AT)
    for _ in range(2):
        with writing(engine) as session:
            acknowledge(session, engineer, seen.alert.id, AT + HOUR, " on it ")
    with reading(engine) as session:
        (seen,) = listed(session, engineer.scope, is_open=True)
        kinds = [(event.kind, who) for event, who in history(session, seen.alert.id)]
    assert (seen.acknowledged_by, seen.alert.remark) == ("Engineer", "on it")
    assert kinds == [("opened", None), ("acknowledged", "Engineer")]
    look(engine, replace(FEW, size=40.0))
    with reading(engine) as session:
        assert listed(session, engineer.scope, is_open=True)[0].acknowledged_by is None
    look(engine)
    with pytest.raises(UserError, match="over already"), writing(engine) as session:
        acknowledge(session, engineer, seen.alert.id, AT + HOUR)


def test_who_sees_a_part_is_shown_that_part(engine: Engine, hire: Hire) -> None:
    east = hire("east", Role.QUALITY_ENGINEER, regions=["East"])
    placed = replace(FEW, key="a", region="East"), replace(FEW, key="b", region="West")
    look(engine, *placed, FEW, replace(FEW, key="p", topic="platform"))
    with reading(engine) as session:
        shown = {seen.alert.key: seen.alert.id for seen in listed(session, east.scope, is_open=True)}
        everything = {
            seen.alert.key: seen.alert.id for seen in listed(session, hire("all", Role.MANAGER).scope, is_open=True)
        }
    # What is counted over the whole house is not theirs; that the platform stands still is everybody's.
    assert shown.keys() == {"a", "p"}
    assert everything.keys() == {"a", "b", "p", FEW.key}
    with pytest.raises(UserError, match="not yours"), writing(engine) as session:
        acknowledge(session, east, everything["b"], AT)


def test_only_what_is_critical_open_and_unseen_goes_up_once(engine: Engine, hire: Hire) -> None:
    bad = replace(FEW, key="bad", severity=Severity.CRITICAL)
    look(engine, FEW, bad, replace(bad, key="seen"))
    with reading(engine) as session:
        seen = session.scalars(select(Alert.id).where(Alert.key == "seen")).one()
    with writing(engine) as session:
        acknowledge(session, hire("engineer", Role.QUALITY_ENGINEER), seen, AT)
    for at, expected in ((AT + 3.9 * HOUR, []), (AT + 4 * HOUR, ["bad"]), (AT + 9 * HOUR, [])):
        with writing(engine) as session:
            told = escalate(session, at, 4 * HOUR)
            assert [session.get_one(Alert, event.alert_id).key for event in told] == expected


def test_a_topic_that_nobody_can_choose_is_a_mistake_of_ours(engine: Engine) -> None:
    with pytest.raises(KeyError, match="weather"):
        look(engine, replace(FEW, topic="weather"))


@given(looks=st.lists(st.sets(st.sampled_from("abc")), min_size=1, max_size=6), repeated=st.integers(1, 2))
def test_what_is_open_is_what_was_last_seen_and_each_change_is_told_once(looks: list[set[str]], repeated: int) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    told: list[tuple[str, str]] = []
    for n, keys in enumerate(looks):
        for _ in range(repeated):  # a look that is killed before it says so is done again
            with writing(engine) as session:
                events = settle(session, "f", [replace(FEW, key=k) for k in keys], at=AT + n * HOUR)
                told += [(session.get_one(Alert, event.alert_id).key, event.kind) for event in events]
    with reading(engine) as session:
        opened = set(session.scalars(select(Alert.key).where(Alert.recovered_at.is_(None))))
    engine.dispose()
    assert opened == looks[-1]
    for key in "abc":
        # From look to look: it was there, or it was not; told where that changes.
        there = [key in keys for keys in looks]
        changes = [now for before, now in zip([False, *there], there, strict=False) if before != now]
        assert [kind == Kind.OPENED for k, kind in told if k == key] == changes
