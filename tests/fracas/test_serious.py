"""A report of a critical failure is told with its submission, in the same transaction, and is over when nobody follows it."""

from __future__ import annotations

import pytest
from register_cast import FACTS, Cast, Hire, Walk, cast, walk
from sqlalchemy import select

from fracas import platform
from fracas.database import reading
from fracas.permissions import Scope
from fracas.refusals import GateError
from fracas.register import Register, Rejoinder
from fracas.states import State
from fracas.watch.alerts import Kind, concerns
from fracas.watch.model import Alert, AlertEvent


@pytest.fixture
def everybody(hire: Hire) -> Cast:
    return cast(hire)


@pytest.fixture
def way(register: Register, everybody: Cast) -> Walk:
    """A draft of a critical failure."""
    return walk(register, everybody)


def alerts(register: Register) -> list[Alert]:
    with reading(register.engine) as session:
        return list(session.scalars(select(Alert).order_by(Alert.opened_at, Alert.id)))


def events(register: Register) -> list[str]:
    with reading(register.engine) as session:
        return list(session.scalars(select(AlertEvent.kind).order_by(AlertEvent.at, AlertEvent.id)))


def test_a_critical_report_is_told_as_it_is_submitted(way: Walk) -> None:
    assert alerts(way.register) == [], "a draft is its reporter's"
    way.to(State.SUBMITTED)
    (alert,) = alerts(way.register)
    report = way.report
    assert (alert.family, alert.topic, alert.severity, alert.is_urgent) == ("register", "serious", "critical", True)
    assert (alert.region, alert.product_line) == ("East", "Brakes")
    assert alert.address == f"/reports/{report.number}"
    assert alert.en == f"Critical failure reported in East, Brakes: valve, report {report.number}."
    assert alert.zh == f"上报严重故障（East，Brakes）：valve，报告 {report.number}。"
    assert alert.facts["samples"][0]["serial_no"] == FACTS["serial_no"]
    assert concerns(alert, Scope(frozenset({"East"}), frozenset()))
    assert not concerns(alert, Scope(frozenset({"West"}), frozenset()))


def test_it_is_told_once_however_far_the_report_goes_and_over_when_it_leaves(way: Walk) -> None:
    way.to(State.CONTAINED)
    assert events(way.register) == [Kind.OPENED]
    way.move(way.cast.engineer, "return", Rejoinder(reason="which valve?"))
    assert events(way.register) == [Kind.OPENED, Kind.RECOVERED]
    assert alerts(way.register)[0].recovered_at is not None


def test_one_that_is_closed_is_over_and_told_again_where_it_comes_back(way: Walk) -> None:
    way.to(State.CLOSED)
    assert events(way.register) == [Kind.OPENED, Kind.RECOVERED]
    assert platform.came_back(way.register, way.id, "it leaks again")
    assert events(way.register) == [Kind.OPENED, Kind.RECOVERED, Kind.OPENED]


def test_one_that_turns_out_to_be_critical_is_told_then(way: Walk) -> None:
    way.save(way.cast.reporter, severity="degraded")
    way.to(State.SUBMITTED)
    assert alerts(way.register) == []
    before = way.version
    way.save(way.cast.engineer, severity="critical")
    assert [alert.recovered_at for alert in alerts(way.register)] == [None]
    assert way.version == before + 1, "telling is no change of the report"
    way.save(way.cast.engineer, severity="incipient")
    assert events(way.register) == [Kind.OPENED, Kind.RECOVERED]


def test_what_was_not_submitted_is_not_told(way: Walk, everybody: Cast) -> None:
    way.save(everybody.reporter, symptom=None)
    with pytest.raises(GateError):
        way.move(everybody.reporter, "submit")
    assert alerts(way.register) == []


def test_several_are_told_each_and_one_that_ends_takes_no_other_with_it(way: Walk, everybody: Cast) -> None:
    other = walk(way.register, everybody, "s2").to(State.SUBMITTED)
    way.to(State.SUBMITTED)
    way.move(everybody.engineer, "no_fault_found", Rejoinder(reason="it works"))
    found = {alert.key: alert.recovered_at is None for alert in alerts(way.register)}
    assert found == {f"register/{way.id}": False, f"register/{other.id}": True}
