"""News becomes messages: one for each recipient, in their language, of their part of the house, not while they sleep."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from register_cast import FACTS, Hire
from sqlalchemy import Engine, select

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.database import reading, writing
from fracas.model import Notice, Person
from fracas.notices import tell as leave_word
from fracas.people import Actor, RefusedError
from fracas.permissions import Role, Scope
from fracas.register import Register
from fracas.watch import outbox, subscriptions
from fracas.watch.alerts import Problem, Severity, acknowledge, settle
from fracas.watch.letters import House
from fracas.watch.model import Alert, Message
from fracas.watch.subscriptions import MAIL, Recipient, choose, narrower, post_to
from fracas.watch.telling import Rules, tell

NOON = dt.datetime(2026, 3, 2, 4)  # in Shanghai
HOUR = dt.timedelta(hours=1)
NIGHT = NOON + 11 * HOUR  # 23:00
RULES = Rules(House("Acme", "https://faults.example.com", "Asia/Shanghai"), "zh", "22:00-07:00", 4 * HOUR)
FEW = Problem(
    "check/ticket.x",
    "data_quality",
    Severity.WARNING,
    Text(en="Tickets: 4 rows fail", zh="工单：4 行未通过"),
    4.0,
    facts={
        "samples": [{"ticket_id": f"W{n}", "file": "<b>a.xlsx", "row": n} for n in range(5)],
        "measures": [{"en": "MTTR", "zh": "平均修复时间"}],
    },
    owner="IT",
)


def look(engine: Engine, *problems: Problem, at: dt.datetime = NOON, family: str = "f") -> None:
    with writing(engine) as session:
        settle(session, family, problems, at=at)


def told(engine: Engine, at: dt.datetime = NOON, rules: Rules = RULES) -> dict[str, Message]:
    """The messages that are written now, by whom they go to."""
    with reading(engine) as session:
        before = set(session.scalars(select(Message.id)))
    with writing(engine) as session:
        n = tell(session, rules, at)
    with reading(engine) as session:
        new = [message for message in session.scalars(select(Message)) if message.id not in before]
        names = {person.id: person.login for person in session.scalars(select(Person))}
    assert n == len(new)
    return {names.get(message.person_id or "", message.channel): message for message in new}


@pytest.fixture
def engineer(hire: Hire) -> Actor:
    return hire("engineer", Role.QUALITY_ENGINEER, email="e@example.com", language="en")


@pytest.fixture
def manager(hire: Hire) -> Actor:
    return hire("manager", Role.MANAGER, email="m@example.com")


@pytest.mark.usefixtures("manager")
def test_who_is_told_by_their_role_in_their_language_once(engine: Engine, engineer: Actor, hire: Hire) -> None:
    hire("nowhere", Role.QUALITY_ENGINEER)  # nobody entered an address
    look(engine, FEW)
    found = told(engine)
    assert found.keys() == {"engineer"}
    message = found["engineer"]
    assert (message.language, message.channel, message.person_id) == ("en", MAIL, engineer.id)
    assert message.subject == "[Acme] Warning: Tickets: 4 rows fail"
    for part in ("Tickets: 4 rows fail", "MTTR", "IT", "2026-03-02 12:00", "ticket_id=W0", "ticket_id=W2"):
        assert part in message.body
        assert part in (message.html or "")
    assert "ticket_id=W3" not in message.body  # three rows are enough
    assert "<b>" not in (message.html or "").split("<body")[1]
    assert "&lt;b&gt;a.xlsx" in (message.html or "")
    with reading(engine) as session:
        alert = session.scalars(select(Alert.id)).one()
    assert f"https://faults.example.com/alerts/{alert}" in message.body
    assert told(engine, NOON + HOUR) == {}
    look(engine, at=NOON + 2 * HOUR)
    over = told(engine, NOON + 2 * HOUR)["engineer"]
    assert over.subject == "[Acme] Over: Tickets: 4 rows fail"
    assert "until 2026-03-02 14:00" in over.body
    assert told(engine, NOON + 3 * HOUR) == {}


def test_all_news_of_a_moment_stand_in_one_message_the_worst_first(engine: Engine, engineer: Actor) -> None:
    bad = replace(FEW, key="bad", severity=Severity.CRITICAL, text=Text(en="Worst of all", zh="最严重"))
    look(engine, FEW, replace(FEW, key="b"), bad)
    (message,) = told(engine).values()
    assert message.subject == "[Acme] Critical: Worst of all (and 2 more)"
    assert message.body.index("Worst of all", len(message.subject)) < message.body.index("Tickets: 4 rows fail")
    assert engineer.id == message.person_id


@pytest.mark.usefixtures("engineer")
def test_at_night_only_what_is_urgent_is_told_the_rest_in_the_morning(engine: Engine) -> None:
    urgent = replace(FEW, key="urgent", is_urgent=True, text=Text(en="Brakes fail", zh="制动失效"))
    look(engine, FEW, urgent, replace(FEW, key="short", text=Text(en="Short trouble", zh="短暂")), at=NIGHT)
    (message,) = told(engine, NIGHT).values()
    assert "Brakes fail" in message.body
    assert "4 rows" not in message.body
    look(engine, FEW, urgent, at=NIGHT + HOUR)
    assert told(engine, NIGHT + 7.9 * HOUR) == {}
    (morning,) = told(engine, NIGHT + 8 * HOUR).values()
    # What came and went in the night is told as what it is: over.
    new, over = morning.body.split("== Over")
    assert "4 rows" in new
    assert "Short trouble" not in new.split("== New")[1]
    assert "Short trouble" in over
    assert "Brakes fail" not in morning.body


@pytest.mark.parametrize(
    ("quiet", "local", "expected"),
    [
        ("22:00-07:00", "21:59", False),
        ("22:00-07:00", "22:00", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
        ("12:00-13:00", "12:30", True),
        ("12:00-13:00", "13:00", False),
        ("", "03:00", False),
    ],
)
def test_quiet_hours_are_local_and_may_pass_midnight(quiet: str, local: str, expected: bool) -> None:
    at = dt.datetime.fromisoformat(f"2026-03-02T{local}") - 8 * HOUR
    assert replace(RULES, quiet=quiet).is_quiet(at) is expected


def test_what_nobody_acknowledges_goes_to_the_managers(engine: Engine, engineer: Actor, manager: Actor) -> None:
    bad = replace(FEW, severity=Severity.CRITICAL)
    look(engine, bad, replace(bad, key="seen"))
    assert told(engine).keys() == {"engineer"}
    with reading(engine) as session:
        seen = session.scalars(select(Alert.id).where(Alert.key == "seen")).one()
    with writing(engine) as session:
        acknowledge(session, engineer, seen, NOON)
    assert told(engine, NOON + 3 * HOUR) == {}
    (message,) = told(engine, NOON + 4 * HOUR).values()
    assert (message.person_id, message.body.count("工单：4 行未通过")) == (manager.id, 2)  # the subject, and one of two
    assert "无人确认" in message.body
    assert told(engine, NOON + 9 * HOUR) == {}


def test_of_a_part_of_the_house_who_sees_it_is_told(engine: Engine, engineer: Actor, hire: Hire) -> None:
    hire("east", Role.QUALITY_ENGINEER, email="x@example.com", regions=["East"])
    look(engine, replace(FEW, region="West"))
    assert told(engine).keys() == {"engineer"}
    look(engine, replace(FEW, region="West"), replace(FEW, key="b", region="East"))
    assert told(engine).keys() == {"engineer", "east"}
    assert engineer.scope == Scope()


def test_people_choose_and_administrators_choose_for_rooms(
    engine: Engine, engineer: Actor, manager: Actor, hire: Hire
) -> None:
    admin = hire("admin", Role.ADMINISTRATOR)
    with writing(engine) as session:
        choose(session, engineer, engineer.id, ["stock"])
        choose(session, manager, manager.id, ["data_quality"])
        post_to(session, admin, "wecom", "data_quality", "zh", regions=["East"])
        post_to(session, admin, "wecom", "data_quality", "en", regions=["East"])  # said anew, not twice
    look(engine, FEW)
    assert told(engine).keys() == {"manager"}
    look(engine, FEW, replace(FEW, key="b", region="East"))
    found = told(engine)
    assert found.keys() == {"manager", "wecom"}
    assert found["wecom"].language == "en"
    with reading(engine) as session:
        assert {name for name, on in subscriptions.of_person(session, engineer).items() if on} == {"stock"}
        (room,) = subscriptions.rooms(session)
    with writing(engine) as session:
        subscriptions.leave(session, admin, room.id)
        choose(session, admin, engineer.id, ["data_quality"])
    look(engine)
    assert told(engine).keys() == {"manager", "engineer"}


def test_administrators_say_what_a_role_is_told_of(engine: Engine, engineer: Actor, manager: Actor, hire: Hire) -> None:
    admin = hire("admin", Role.ADMINISTRATOR)
    with writing(engine) as session:
        told_of = {(topic, role) for topic, roles in subscriptions.of_roles(session).items() for role in roles}
        swapped = told_of - {("data_quality", Role.QUALITY_ENGINEER)} | {("data_quality", Role.MANAGER)}
        subscriptions.choose_for_roles(session, admin, swapped)
    look(engine, FEW)
    assert told(engine).keys() == {"manager"}
    with writing(engine) as session:
        # What somebody chose for themselves goes before their role.
        choose(session, engineer, engineer.id, ["data_quality"])
        choose(session, manager, manager.id, ["data_quality"])
    with writing(engine) as session:
        subscriptions.choose_for_roles(session, admin, told_of)
    look(engine)
    # The manager chose away everything else that a manager is told of, and data quality was then theirs by role.
    assert told(engine).keys() == {"engineer"}
    for wrong in (engineer, manager):
        with pytest.raises(RefusedError), writing(engine) as session:
            subscriptions.choose_for_roles(session, wrong, [])
    with pytest.raises(UserError, match="weather"), writing(engine) as session:
        choose(session, engineer, engineer.id, ["weather"])


@pytest.mark.parametrize(
    ("scope", "wanted", "left"),
    [
        ([], [], []),
        (["East"], [], ["East"]),
        ([], ["East"], ["East"]),
        (["East", "West"], ["East"], ["East"]),
        # A wish does not open what a scope closes.
        (["East"], ["West"], ["East"]),
    ],
)
def test_a_subscription_narrows_a_scope_and_never_widens_it(
    scope: list[str], wanted: list[str], left: list[str]
) -> None:
    own = subscriptions.Subscription(regions=wanted, product_lines=[])
    assert narrower(Scope(frozenset(scope)), own).regions == frozenset(left)


def test_a_notice_of_the_register_is_sent_once_and_not_to_who_has_seen_it(
    engine: Engine, register: Register, engineer: Actor, manager: Actor
) -> None:
    reporter = engineer
    report = register.draft(reporter, "s", FACTS)
    with writing(engine) as session:
        for actor in (engineer, manager):
            leave_word(session, actor.id, report, "returned", Text(en="It was returned", zh="已退回"))
    with writing(engine) as session:
        notice = session.scalars(select(Notice).where(Notice.person_id == manager.id)).one()
        notice.seen_at = NOON
    assert told(engine, NIGHT) == {}
    (message,) = told(engine).values()
    assert message.person_id == engineer.id
    assert message.subject == "[Acme] It was returned"
    assert f"https://faults.example.com/reports/{report}" in message.body
    assert told(engine) == {}


RECIPIENT = Recipient(MAIL, None, "", "en", Scope())
LETTER = outbox.Letter("s", "b")


def put(engine: Engine, key: str, at: dt.datetime = NOON, **more: Any) -> bool:
    with writing(engine) as session:
        return outbox.put(session, key, "alerts", RECIPIENT, LETTER, at, **more)


def claimed(engine: Engine, at: dt.datetime) -> str | None:
    with writing(engine) as session:
        found = outbox.claim(session, {MAIL}, at)
        return found[0].key if found else None


def test_a_message_waits_its_turn_and_comes_back_when_it_failed(engine: Engine) -> None:
    assert put(engine, "a")
    assert not put(engine, "a")
    assert put(engine, "b", not_before=NOON + HOUR)
    assert claimed(engine, NOON) == "a"
    assert claimed(engine, NOON) is None  # somebody is at it
    # Whoever was at it is gone: another takes it over.
    assert claimed(engine, NOON + outbox.CLAIMED) is None
    later = NOON + outbox.CLAIMED + dt.timedelta(seconds=1)
    assert claimed(engine, later) == "a"
    with reading(engine) as session:
        a = session.scalars(select(Message).where(Message.key == "a")).one()
    assert a.attempts == 2
    with writing(engine) as session:
        outbox.failed(session, a.id, "451 later", later)
    assert claimed(engine, later + dt.timedelta(seconds=119)) is None
    with reading(engine) as session:
        (waits,) = outbox.waiting(session)
    assert (waits.channel, waits.n, waits.since, waits.error) == (MAIL, 2, NOON, "451 later")
    assert claimed(engine, later + dt.timedelta(minutes=2)) == "a"
    with writing(engine) as session:
        outbox.sent(session, a.id, later)
    assert claimed(engine, NOON + HOUR) == "b"
    assert claimed(engine, NOON + 9 * HOUR) == "b"
    with writing(engine) as session:
        b = session.scalars(select(Message.id).where(Message.key == "b")).one()
        outbox.failed(session, b, "no such address", NOON + dt.timedelta(days=8))
    with reading(engine) as session:
        assert outbox.waiting(session) == []
        assert {message.key: bool(message.given_up_at) for message, _ in outbox.latest(session)} == {
            "a": False,
            "b": True,
        }


def test_nobody_takes_what_no_channel_of_theirs_carries(engine: Engine) -> None:
    put(engine, "a")
    with writing(engine) as session:
        assert outbox.claim(session, {"wecom"}, NOON) is None
        assert outbox.claim(session, set(), NOON) is None
