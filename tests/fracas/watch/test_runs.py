"""Runs: what was written is what is shown; who falls silent was broken off; a wish is taken once."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from register_cast import Hire
from sqlalchemy import Engine

from bilingual.text import Text
from fracas.database import reading, writing
from fracas.permissions import Role
from fracas.watch import keeping, runs
from fracas.watch.model import Alert, AlertEvent, Issue, Message
from fracas.watch.runs import ALIVE_EVERY, MOST_LOG, SILENT_AFTER, Ended

T = dt.datetime(2026, 3, 1, 12)
MINUTE = dt.timedelta(minutes=1)


def begun(engine: Engine, run_id: str, flow: str = "refresh", at: dt.datetime = T, trigger: str = "schedule") -> None:
    with writing(engine) as session:
        runs.begin(session, run_id, flow, at=at, host="here", trigger=trigger)


def shown(engine: Engine, run_id: str, at: dt.datetime) -> Ended:
    with reading(engine) as session:
        found = runs.run(session, run_id)
        assert found is not None
        return runs.state(found, at)


def test_a_run_is_kept_with_its_steps_its_rows_and_its_log(engine: Engine) -> None:
    begun(engine, "a")
    with writing(engine) as session:
        runs.begin_step(session, "a", 0, "extract desk", T)
        session.flush()
        runs.end_step(session, "a", 0, T + MINUTE, 42)
        runs.begin_step(session, "a", 1, "build", T + MINUTE)
        runs.say(session, "a", "first\n")
        runs.say(session, "a", "second\n")
    assert shown(engine, "a", T + MINUTE) is Ended.RUNNING
    with writing(engine) as session:
        runs.end(session, "a", T + 2 * MINUTE, Ended.DONE, Text(en="Done.", zh="完成。"), "S1")
    with reading(engine) as session:
        run = runs.run(session, "a")
        assert run is not None
        steps = runs.steps(session, ["a"])["a"]
    assert (run.state, run.en, run.zh, run.snapshot, run.log) == ("done", "Done.", "完成。", "S1", "first\nsecond\n")
    assert [(s.name, s.rows) for s in steps] == [("extract desk", 42), ("build", None)]
    assert steps[1].ended_at == T + 2 * MINUTE, "what goes on in a run ends with it"
    assert runs.ended_at(run, T + 9 * MINUTE) - run.started_at == 2 * MINUTE


def test_who_is_silent_for_long_was_broken_off_and_who_ended_never_is(engine: Engine) -> None:
    begun(engine, "a")
    assert ALIVE_EVERY * 3 < SILENT_AFTER, "a sign of life that is late is no silence"
    assert shown(engine, "a", T + SILENT_AFTER) is Ended.RUNNING
    assert shown(engine, "a", T + SILENT_AFTER + dt.timedelta(seconds=1)) is Ended.BROKEN
    with writing(engine) as session:
        runs.alive(session, "a", T + MINUTE)
    assert shown(engine, "a", T + MINUTE + SILENT_AFTER) is Ended.RUNNING
    later = T + dt.timedelta(days=3)
    with reading(engine) as session:
        run = runs.run(session, "a")
        assert run is not None
        assert runs.ended_at(run, later) == T + MINUTE, "it lasted until it was last heard of"
        assert runs.going_on(session, later) == []
    with writing(engine) as session:
        runs.end(session, "a", T + 2 * MINUTE, Ended.FAILED, None)
    with writing(engine) as session:
        runs.alive(session, "a", later)
    assert shown(engine, "a", later) is Ended.FAILED
    with reading(engine) as session:
        found = runs.run(session, "a")
        assert found is not None
        assert found.alive_at == T + 2 * MINUTE, "nothing is heard of what ended"


def test_a_log_that_never_ends_is_cut(engine: Engine) -> None:
    begun(engine, "a")
    for _ in range(3):
        with writing(engine) as session:
            runs.say(session, "a", "x" * (MOST_LOG // 2 + 10))
    with reading(engine) as session:
        run = runs.run(session, "a")
        assert run is not None
    assert run.log.endswith("\n…\n")
    assert MOST_LOG <= len(run.log) < MOST_LOG + 10


def test_whatever_a_run_says_can_be_written(engine: Engine) -> None:
    begun(engine, "a")
    with writing(engine) as session:
        runs.say(session, "a", "caf\udce9.csv \x00 好 {x} %s\n")
        runs.end(session, "a", T, Ended.FAILED, Text(en="\x00\ud800", zh="'; --"))
    with reading(engine) as session:
        run = runs.run(session, "a")
        assert run is not None
    assert (run.log, run.en, run.zh) == ("caf?.csv ␀ 好 {x} %s\n", "␀?", "'; --")


def test_the_last_of_each_flow_and_pages_of_all(engine: Engine) -> None:
    for n in range(5):
        begun(engine, f"r{n}", "refresh", T + n * MINUTE, "person" if n == 4 else "schedule")
    begun(engine, "q0", "quality", T - MINUTE)
    with reading(engine) as session:
        assert {flow: run.id for flow, run in runs.last(session).items()} == {"refresh": "r4", "quality": "q0"}
        assert runs.last(session, began_by_schedule=True)["refresh"].id == "r3"
        first, total = runs.earlier(session, 0, 4)
        assert ([run.id for run in first], total) == (["r4", "r3", "r2", "r1"], 6)
        rest, _ = runs.earlier(session, 4, 4)
        assert [run.id for run in rest] == ["r0", "q0"]
        assert [run.id for run in runs.earlier(session, 0, 9, "quality")[0]] == ["q0"]


def test_a_wish_is_one_while_it_waits_and_becomes_the_run(engine: Engine, hire: Hire) -> None:
    ann = hire("ann", Role.QUALITY_ENGINEER).id
    with writing(engine) as session:
        first = runs.wish(session, "refresh", ann, T).id
    with writing(engine) as session:
        assert runs.wish(session, "refresh", ann, T + MINUTE).id == first, "who asks twice asks once"
        assert runs.wish(session, "quality", ann, T).id != first
    with reading(engine) as session:
        assert [w.flow for w in runs.waiting(session)] == ["refresh", "quality"]
    begun(engine, first, at=T + MINUTE)
    with reading(engine) as session:
        run = runs.run(session, first)
        assert run is not None
        assert (run.trigger, run.asked_by_id) == ("person", ann)
        assert [w.flow for w in runs.waiting(session)] == ["quality"], "what was begun waits no more"
    begun(engine, first, at=T + 5 * MINUTE)
    with reading(engine) as session:
        again = runs.run(session, first)
        assert again is not None
        assert again.started_at == T + 5 * MINUTE, "begun again it is the same run"
        assert runs.earlier(session, 0, 9)[1] == 1
    with writing(engine) as session:
        assert runs.wish(session, "refresh", ann, T + 9 * MINUTE).id != first


def test_of_many_who_would_take_a_wish_one_does(engine: Engine, hire: Hire) -> None:
    with writing(engine) as session:
        wish = runs.wish(session, "refresh", hire("ann", Role.QUALITY_ENGINEER).id, T).id
    took: list[bool] = []

    def take() -> None:
        with writing(engine) as session:
            took.append(runs.take(session, wish, T))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(took) == [False] * 5 + [True]


def _everything(engine: Engine, person: str, at: dt.datetime, mark: str, recovered: dt.datetime | None) -> None:
    with writing(engine) as session:
        runs.begin(session, f"run{mark}", "refresh", at=at, host="h", trigger="schedule")
        session.flush()
        runs.begin_step(session, f"run{mark}", 0, "build", at)
        runs.wish(session, f"flow{mark}", person, at)
        alert = Alert(
            family="f", key=f"k{mark}", topic="platform", severity="note", en="x", zh="x", size=None, told_size=None,
            address=None, owner=None, region=None, product_line=None, snapshot=None, opened_at=at, seen_at=at,
            acknowledged_at=None, acknowledged_by_id=None, remark=None, escalated_at=None, recovered_at=recovered,
        )  # fmt: skip
        session.add(alert)
        session.flush()
        session.add(AlertEvent(alert_id=alert.id, kind="opened", at=at, person_id=None, size=None, told_at=None))
        session.add(
            Message(
                key=f"m{mark}", kind="alerts", channel="mail", person_id=person, language="en", subject="s", body="b",
                html=None, folder=None, made_at=at, not_before=at, claimed_until=None, error=None, sent_at=recovered,
                given_up_at=None,
            )
        )  # fmt: skip
        session.add(
            Issue(
                key=f"i{mark}", name="weekly_ranking", en="x", zh="x", first_on=at.date(), last_on=at.date(), language="en",
                has_names=False, snapshot=None, state="made", reason_en=None, reason_zh=None, folder=f"issues/{mark}",
                made_at=at, asked_by_id=None,
            )
        )  # fmt: skip


def test_what_is_over_and_old_is_let_go_of_and_what_is_open_never(engine: Engine, hire: Hire) -> None:
    ann = hire("ann", Role.QUALITY_ENGINEER).id
    old, young = T - dt.timedelta(days=500), T - dt.timedelta(days=5)
    _everything(engine, ann, old, "old", old)
    _everything(engine, ann, old, "open", None)
    _everything(engine, ann, young, "young", young)
    begun(engine, "lonely", "maintenance", old)
    with writing(engine) as session:
        gone = keeping.forget(session, T - dt.timedelta(days=400))
    assert sorted(gone.folders) == ["issues/old", "issues/open"]
    with reading(engine) as session:
        assert {run.id for run in runs.earlier(session, 0, 9)[0]} == {"runyoung", "lonely"}, "the last of a flow stays"
        assert {a.key for a in session.query(Alert)} == {"kopen", "kyoung"}
        assert session.query(AlertEvent).count() == 2
        assert {m.key for m in session.query(Message)} == {"mopen", "myoung"}, "what waits is sent yet"
        assert [i.key for i in session.query(Issue)] == ["iyoung"]


@pytest.mark.parametrize("cut", ["before", "after"])
def test_letting_go_twice_lets_go_of_no_more(engine: Engine, hire: Hire, cut: str) -> None:
    _everything(engine, hire("ann", Role.QUALITY_ENGINEER).id, T, "a", T)
    before = T if cut == "before" else T + MINUTE
    with writing(engine) as session:
        first = keeping.forget(session, before)
    assert first.rows == (0 if cut == "before" else 3), "the one run of its flow stays"
    with writing(engine) as session:
        assert keeping.forget(session, before).rows == 0, "nothing is left to let go of"
