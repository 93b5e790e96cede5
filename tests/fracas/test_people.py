"""People: logins, visits that can be revoked, roles that can be taken away, and always an administrator."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from register_cast import KEY, PASSWORD, Hire
from sqlalchemy import Engine

from bilingual.errors import UserError
from fracas import journal, people
from fracas.database import ConflictError, reading, writing
from fracas.model import Person
from fracas.people import Limits, RefusedError
from fracas.permissions import MATRIX, Function, Role, Scope, may
from fracas.staff import Staff


@pytest.fixture
def staff(engine: Engine) -> Staff:
    return Staff(engine, KEY)


def visit(engine: Engine, login: str) -> str:
    with writing(engine) as session:
        person = people.logged_in(session, login, PASSWORD)
        assert person is not None
        return people.begin_visit(session, person, "Firefox")


def visitor(engine: Engine, token: str, limits: Limits = Limits()) -> str | None:  # noqa: B008
    with reading(engine) as session:
        found = people.visitor(session, token, limits)
        return found[0].login if found else None


def test_a_login_is_known_whatever_its_case_and_with_its_password_only(hire: Hire, engine: Engine) -> None:
    hire("ann", Role.MANAGER)
    with reading(engine) as session:
        assert people.logged_in(session, " ANN ", PASSWORD) is not None
        for login, password in (("ann", "wrong"), ("ann", ""), ("bob", PASSWORD), ("", "")):
            assert people.logged_in(session, login, password) is None


def test_who_comes_in_by_single_sign_on_has_no_password_to_be_guessed(engine: Engine, staff: Staff) -> None:
    staff.enrol(None, Person(login="sso", name="Sso", roles=["manager"]))
    with reading(engine) as session:
        assert people.logged_in(session, "sso", "") is None


def test_a_visit_ends_when_it_is_revoked_idle_or_too_long(hire: Hire, engine: Engine) -> None:
    hire("ann", Role.MANAGER)
    token = visit(engine, "ann")
    assert visitor(engine, token) == "ann"
    assert visitor(engine, token[:-1] + "x") is None
    assert visitor(engine, token, Limits(idle=dt.timedelta(0))) is None
    assert visitor(engine, token, Limits(whole=dt.timedelta(0))) is None
    with writing(engine) as session:
        people.end_visit(session, token)
    assert visitor(engine, token) is None


def test_what_is_stored_of_a_visit_does_not_open_it(hire: Hire, engine: Engine) -> None:
    hire("ann", Role.MANAGER)
    token = visit(engine, "ann")
    with engine.connect() as connection:
        (stored,) = connection.exec_driver_sql("SELECT id FROM visit").one()
    assert token not in stored
    assert visitor(engine, stored) is None


def test_a_change_of_roles_and_a_new_password_end_the_visits(hire: Hire, engine: Engine, staff: Staff) -> None:
    boss, ann = hire("boss", Role.ADMINISTRATOR), hire("ann", Role.MANAGER)
    token = visit(engine, "ann")
    staff.change(boss, ann.id, 1, {"roles": ["reporter"], "regions": ["East"]})
    assert visitor(engine, token) is None
    token = visit(engine, "ann")
    staff.set_password(ann, ann.id, "another one that is long")
    assert visitor(engine, token) is None
    with reading(engine) as session:
        assert people.logged_in(session, "ann", PASSWORD) is None
        now = people.logged_in(session, "ann", "another one that is long")
        assert now is not None
        assert (now.roles, now.regions) == (["reporter"], ["East"])
        assert now.password is not None
        assert now.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_somebody_inactive_is_out_at_once(hire: Hire, engine: Engine, staff: Staff) -> None:
    boss, ann = hire("boss", Role.ADMINISTRATOR), hire("ann", Role.MANAGER)
    token = visit(engine, "ann")
    staff.change(boss, ann.id, 1, {"is_active": False})
    assert visitor(engine, token) is None
    with reading(engine) as session:
        assert people.logged_in(session, "ann", PASSWORD) is None


def test_the_last_administrator_stays(hire: Hire, staff: Staff) -> None:
    boss = hire("boss", Role.ADMINISTRATOR)
    for change in ({"roles": ["manager"]}, {"is_active": False}):
        with pytest.raises(RefusedError, match="no administrator"):
            staff.change(boss, boss.id, 1, change)
    hire("second", Role.ADMINISTRATOR)
    staff.change(boss, boss.id, 1, {"roles": ["manager"]})


def test_only_administrators_look_after_people(hire: Hire, staff: Staff) -> None:
    hire("boss", Role.ADMINISTRATOR)
    ann = hire("ann", *(role for role in Role if role != Role.ADMINISTRATOR))
    with pytest.raises(RefusedError):
        staff.change(ann, ann.id, 1, {"roles": ["administrator"]})
    with pytest.raises(RefusedError):
        staff.enrol(ann, Person(login="x", name="X"))
    with pytest.raises(RefusedError):
        staff.set_password(ann, hire("bob", Role.REPORTER).id, "a password that is long")


def test_a_person_is_checked_before_they_are_added(hire: Hire, staff: Staff) -> None:
    boss = hire("boss", Role.ADMINISTRATOR)
    hire("ann")
    for person, said in (
        (Person(login="Ann", name="Other"), "taken"),
        (Person(login=" ", name="X"), "login and a name"),
        (Person(login="x", name="X", roles=["king"]), "no role"),
        (Person(login="x", name="X", functions=["sales"]), "no role or function"),
    ):
        with pytest.raises(UserError, match=said):
            staff.enrol(boss, person)
    with pytest.raises(UserError, match="nothing an administrator changes"):
        staff.change(boss, boss.id, 1, {"password": "x"})
    with pytest.raises(ConflictError):
        staff.change(boss, boss.id, 7, {"name": "Boss"})
    with pytest.raises(UserError, match="at least 10"):
        staff.set_password(boss, boss.id, "short")


def test_the_matrix_is_read_as_a_table_and_says_no_to_all_else() -> None:
    assert may([Role.QUALITY_ENGINEER], "report.verify")
    assert not may([Role.ADMINISTRATOR, Role.REPORTER], "report.verify")
    assert not may([], "report.read")
    with pytest.raises(KeyError):
        may([Role.ADMINISTRATOR], "report.burn")
    assert {role for p in MATRIX.values() for role in p.roles} == set(Role)
    for permission in MATRIX.values():
        assert permission.label.en
        assert permission.label.zh


def test_a_scope_covers_what_it_names_and_what_nobody_placed() -> None:
    scope = Scope(regions=frozenset({"East"}), product_lines=frozenset({"Brakes"}))
    assert scope.covers("East", "Brakes")
    assert scope.covers(None, "Brakes")
    assert not scope.covers("West", "Brakes")
    assert not scope.covers("East", "Doors")
    assert Scope().covers("anywhere", "anything")


def test_a_board_speaks_for_five_functions() -> None:
    assert [f.value for f in Function] == ["design", "process", "quality", "reliability", "after_sales"]


def test_ones_own_password_is_changed_by_the_old_one_and_this_visit_goes_on(
    hire: Hire, engine: Engine, staff: Staff
) -> None:
    ann = hire("ann", Role.MANAGER)
    here, elsewhere = visit(engine, "ann"), visit(engine, "ann")
    with pytest.raises(RefusedError):
        staff.change_password(ann, "not the old one", "another one that is long", here)
    assert visitor(engine, elsewhere) == "ann"
    staff.change_password(ann, PASSWORD, "another one that is long", here)
    assert visitor(engine, here) == "ann"
    assert visitor(engine, elsewhere) is None
    assert [v.id for v in staff.visits(ann, ann.id)] == [people.visit_id(here)]


def test_nobody_looks_into_or_ends_the_visits_of_another(hire: Hire, engine: Engine, staff: Staff) -> None:
    ann, bob, boss = hire("ann", Role.MANAGER), hire("bob", Role.MANAGER), hire("boss", Role.ADMINISTRATOR)
    token = visit(engine, "ann")
    staff.end_visit(bob, people.visit_id(token))
    for forbidden in (staff.visits, staff.end_visits, staff.person, staff.history):
        with pytest.raises(RefusedError):
            forbidden(bob, ann.id)
    assert visitor(engine, token) == "ann"
    assert staff.last_seen(boss).keys() == {ann.id}
    staff.end_visits(boss, ann.id)
    assert visitor(engine, token) is None


def test_who_comes_by_the_single_sign_on_is_bound_once_by_a_verified_email(
    hire: Hire, engine: Engine, staff: Staff
) -> None:
    hire("boss", Role.ADMINISTRATOR)
    ann = hire("Ann@example.com", Role.MANAGER)
    assert staff.recognised("https://id|1", "ann@EXAMPLE.com").id == ann.id
    assert staff.recognised("https://id|1", None).id == ann.id
    for subject, email in (
        ("https://id|2", "ann@example.com"),
        ("https://id|2", None),
        ("https://id|2", "bob@example.com"),
    ):
        with pytest.raises(RefusedError):
            staff.recognised(subject, email)
    told = [(e.kind, e.actor_id) for e in staff.history(ann, ann.id)]
    assert told == [("person", None), ("single_sign_on", ann.id)], "later log-ins change nothing"
    # An administrator lets go of it, and sets no other.
    with pytest.raises(UserError, match="single sign-on"):
        staff.change(None, ann.id, staff.person(ann, ann.id).version, {"subject": "https://id|2"})
    staff.change(None, ann.id, staff.person(ann, ann.id).version, {"subject": None})
    assert staff.recognised("https://id|2", "ann@example.com").id == ann.id
    with reading(engine) as session:
        assert journal.verify(session, KEY).broken == ()


def test_a_change_of_name_ends_no_visit(hire: Hire, engine: Engine, staff: Staff) -> None:
    hire("boss", Role.ADMINISTRATOR)
    ann = hire("ann", Role.MANAGER)
    token = visit(engine, "ann")
    staff.change(None, ann.id, 1, {"name": "Anna", "roles": ["manager"]})
    assert visitor(engine, token) == "ann"


def test_two_administrators_do_not_take_each_other_away(hire: Hire, engine: Engine, staff: Staff) -> None:
    ids = [hire(login, Role.ADMINISTRATOR).id for login in ("one", "two")]
    done: list[str] = []
    ready = threading.Barrier(2)

    def take_away(person_id: str) -> None:
        ready.wait()
        try:
            staff.change(None, person_id, 1, {"roles": ["reporter"]})
            done.append(person_id)
        except RefusedError:
            pass

    threads = [threading.Thread(target=take_away, args=(i,)) for i in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
