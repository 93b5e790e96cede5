"""Word left for people: in the transaction of what happened, once, shown until its reader has seen it."""

from __future__ import annotations

import pytest
from register_cast import Cast, Hire, Walk, cast, walk
from sqlalchemy import select

from bilingual.text import Text
from fracas import notices, platform
from fracas.database import reading, writing
from fracas.model import Notice
from fracas.permissions import Role
from fracas.register import Register
from fracas.states import State

WORD = Text(en="It can be closed.", zh="可以关闭。")


@pytest.fixture
def everybody(hire: Hire) -> Cast:
    return cast(hire)


@pytest.fixture
def way(register: Register, everybody: Cast) -> Walk:
    return walk(register, everybody).to(State.MONITORING)


def count(register: Register) -> int:
    with reading(register.engine) as session:
        return len(session.scalars(select(Notice.id)).all())


def test_a_notice_is_its_reader_s_alone_and_goes_when_it_was_seen(way: Walk) -> None:
    register, owner, other = way.register, way.cast.engineer, way.cast.analyst
    assert platform.came_back(register, way.id, "again", WORD)
    ((notice, report),) = ((t.notice, t.report) for t in notices.unseen(register.engine, owner))
    assert (notice.kind, notice.en, notice.zh, report.id) == (notices.CAME_BACK, WORD.en, WORD.zh, way.id)
    notices.seen(register.engine, other, notice.id)
    assert len(notices.unseen(register.engine, owner)) == 1, "nobody sees what was left for somebody else"
    notices.seen(register.engine, owner, notice.id)
    assert notices.unseen(register.engine, owner) == []


def test_word_of_what_did_not_happen_is_not_left(way: Walk) -> None:
    register = way.register
    assert platform.came_back(register, way.id, "again", WORD)
    assert not platform.came_back(register, way.id, "told twice", WORD), "it is open already"
    assert count(register) == 1

    def torn() -> None:
        with writing(register.engine) as session:
            notices.tell(session, way.cast.owner.id, way.id, "x", WORD)
            raise RuntimeError("the light went out")

    with pytest.raises(RuntimeError, match="light"):
        torn()
    assert count(register) == 1


def test_a_proposal_goes_to_the_owner_and_to_who_may_close_it_once(way: Walk, hire: Hire) -> None:
    register, everybody = way.register, way.cast
    hire("elsewhere", Role.REVIEW_BOARD, regions=("West",))
    near = hire("near", Role.REVIEW_BOARD, regions=("East",))
    before = way.version
    assert platform.judge(register, way.id, "effective", {"ratio": 0.2}, WORD)
    assert way.version == before + 1, "one event is one version"
    readers = {everybody.engineer.id, *(member.id for member in everybody.board), near.id}
    with reading(register.engine) as session:
        assert sorted(session.scalars(select(Notice.person_id))) == sorted(readers)
    assert not platform.judge(register, way.id, "effective", {"ratio": 0.2}, WORD), "that is no news"
    # Later data move the figures: who has not read the first word needs no second.
    (first,) = notices.unseen(register.engine, near)
    notices.seen(register.engine, near, first.notice.id)
    assert platform.judge(register, way.id, "effective", {"ratio": 0.21}, WORD)
    assert count(register) == len(readers) + 1
    assert len(notices.unseen(register.engine, near)) == 1
