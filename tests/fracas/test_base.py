"""Base data: written whole or not at all, each mistake by its row and column, never two at once, each change in the journal."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from register_cast import KEY, Hire
from sqlalchemy import Engine

from bilingual.errors import UserError
from fracas import journal
from fracas.base import BOM, CODES, FIXED, BaseData, Row, Written, holds, tree
from fracas.database import ConflictError, reading
from fracas.people import Actor, RefusedError
from fracas.permissions import Role

DAY = dt.date(2026, 5, 1)


@pytest.fixture
def base(engine: Engine) -> BaseData:
    return BaseData(engine, KEY)


@pytest.fixture
def clerk(hire: Hire) -> Actor:
    return hire("clerk", Role.ADMINISTRATOR)


def code(key: str, at: int | None = None, **more: str) -> Row:
    return Row({"code": key, "en": key.title(), "zh": f"码{key}", **more}, at)


def place(position: str, parent: str = "", at: int | None = None) -> Row:
    return Row(
        {"position": position, "parent": parent, "part_no": "", "en": f"At {position}", "zh": f"位{position}"}, at
    )


def proven(engine: Engine) -> None:
    with reading(engine) as session:
        assert journal.verify(session, KEY).broken == ()


def test_codes_are_added_changed_and_no_longer_hold_and_the_journal_tells_it(
    base: BaseData, clerk: Actor, engine: Engine
) -> None:
    assert base.write(clerk, CODES, "symptom", 0, [code("leak"), code("noise", parent="leak")]) == Written(2, 0, 0)
    first = base.version(CODES, "symptom")
    assert base.write(clerk, CODES, "symptom", first, [code("leak", en="Air leak", valid_to="2026-04-30")]) == Written(
        0, 1, 0
    )
    leak, noise = base.codes("symptom")
    assert (leak.en, leak.zh, leak.valid_to, noise.parent) == ("Air leak", "码leak", dt.date(2026, 4, 30), "leak")
    assert holds(leak, dt.date(2026, 4, 30))
    assert not holds(leak, DAY)
    told = base.history(CODES, "symptom")
    assert [(e.kind, e.subject, e.actor_id) for e in told] == [("code", "code:symptom", clerk.id)] * 2
    assert base.groups(CODES) == {"symptom": 2}
    proven(engine)


def test_only_who_looks_after_base_data_writes_it(base: BaseData, hire: Hire) -> None:
    with pytest.raises(RefusedError):
        base.write(hire("ann", Role.QUALITY_ENGINEER), CODES, "symptom", 0, [code("leak")])
    assert base.codes("symptom") == ()


def test_nobody_writes_over_what_they_have_not_seen(base: BaseData, clerk: Actor) -> None:
    base.write(clerk, CODES, "symptom", 0, [code("leak")])
    with pytest.raises(ConflictError):
        base.write(clerk, CODES, "symptom", 0, [code("noise")])
    # Another list is another matter.
    base.write(clerk, CODES, "failure_mode", 0, [code("crack")])


def test_of_many_at_once_one_writes(base: BaseData, clerk: Actor) -> None:
    done: list[str] = []

    def write(key: str) -> None:
        try:
            base.write(clerk, CODES, "symptom", 0, [code(key)])
            done.append(key)
        except ConflictError:
            pass

    threads = [threading.Thread(target=write, args=(f"c{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [c.code for c in base.codes("symptom")] == done
    assert len(done) == 1


def test_every_mistake_is_told_by_row_and_column_and_nothing_is_written(base: BaseData, clerk: Actor) -> None:
    rows = [
        code("leak", 2, zh=""),
        code("leak", 3),
        code("", 4, en=""),
        code("noise", 5, valid_to="31.12.2026"),
        code("x" * 101, 6),
    ]
    with pytest.raises(UserError) as refused:
        base.write(clerk, CODES, "symptom", 0, rows)
    assert refused.value["en"] == (
        "Row 2: “Chinese” is empty and has to be filled in. Row 3: “leak” is in the table twice. "
        "Row 4: “Code” is empty and has to be filled in. Row 4: “English” is empty and has to be filled in. "
        "Row 5: “Holds until” is “31.12.2026”, which is no date; write it as 2026-03-01. "
        "Row 6: “Code” is longer than 100 characters."
    )
    assert "第 2 行：“中文”为空" in refused.value["zh"]
    with pytest.raises(UserError, match="And 15 more"):
        base.write(clerk, CODES, "symptom", 0, [code(f"c{i}", i, en="") for i in range(25)])
    assert base.codes("symptom") == ()
    assert base.version(CODES, "symptom") == 0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([code("leak", 2, parent="gone")], "Row 2: “Parent” is “gone”"),
        ([code("a", 2, parent="b"), code("b", 3, parent="a")], "Row 2: “a” lies below itself"),
        ([code("a", 2, parent="a")], "lies below itself"),
        ([code("a", 2, valid_from="2026-05-01", valid_to="2026-04-01")], "Row 2: it ends before it begins"),
        ([], "no row"),
        ([code("platform's", parent="elsewhere {x}")], "elsewhere"),
    ],
)
def test_what_does_not_hang_together_is_refused(base: BaseData, clerk: Actor, rows: list[Row], said: str) -> None:
    with pytest.raises(UserError, match=said):
        base.write(clerk, CODES, "symptom", 0, rows)
    assert base.codes("symptom") == ()


def test_a_code_may_lie_below_one_of_the_platforms(base: BaseData, clerk: Actor) -> None:
    base.write(clerk, CODES, "found_during", 0, [code("wash", parent="maintenance")], known={"maintenance"})


def test_what_is_new_is_not_there_yet(base: BaseData, clerk: Actor) -> None:
    base.write(clerk, CODES, "symptom", 0, [code("leak")])
    with pytest.raises(UserError, match="there already"):
        base.write(clerk, CODES, "symptom", base.version(CODES, "symptom"), [code("leak", en="Other")], is_new=True)
    assert base.codes("symptom")[0].en == "Leak"


@pytest.mark.parametrize("name", sorted(FIXED))
def test_lists_that_rules_are_written_with_stay_as_they_are(base: BaseData, clerk: Actor, name: str) -> None:
    with pytest.raises(UserError, match="rules"):
        base.write(clerk, CODES, name, 0, [code("more")])


def test_a_whole_list_ends_the_codes_that_it_does_not_name(base: BaseData, clerk: Actor, engine: Engine) -> None:
    base.write(clerk, CODES, "symptom", 0, [code("old"), code("future", valid_from="2027-01-01"), code("leak")])
    whole = [code("leak"), code("new")]
    version = base.version(CODES, "symptom")
    assert base.write(clerk, CODES, "symptom", version, whole, whole_on=DAY) == Written(1, 0, 2)
    there = {c.code: c for c in base.codes("symptom")}
    assert [key for key, c in there.items() if holds(c, DAY)] == ["leak", "new"]
    assert not any(holds(there["future"], DAY + dt.timedelta(days=n)) for n in range(400))
    assert holds(there["old"], DAY - dt.timedelta(days=1))
    proven(engine)


def test_a_bill_of_materials_is_a_tree_and_is_replaced_as_a_whole(base: BaseData, clerk: Actor, engine: Engine) -> None:
    rows = [place("1"), place("1.10", "1"), place("1.2", "1"), place("2"), place("1.2.1", "1.2")]
    base.write(clerk, BOM, "EMU-6", 0, rows)
    assert [(depth, item.position) for depth, item in tree(BOM, base.bom("EMU-6"))] == [
        (0, "1"), (1, "1.2"), (2, "1.2.1"), (1, "1.10"), (0, "2"),
    ]  # fmt: skip
    assert base.bom("EMU-6")[0].part_no is None
    version = base.version(BOM, "EMU-6")
    assert base.write(clerk, BOM, "EMU-6", version, [place("1"), place("3", "1")], whole_on=DAY) == Written(1, 0, 4)
    assert [item.position for item in base.bom("EMU-6")] == ["1", "3"]
    proven(engine)


def test_what_others_lie_below_is_not_taken_out(base: BaseData, clerk: Actor, engine: Engine) -> None:
    base.write(clerk, BOM, "EMU-6", 0, [place("1"), place("1.1", "1")])
    version = base.version(BOM, "EMU-6")
    with pytest.raises(UserError, match=r"“1.1” lies below “1”"):
        base.take_out(clerk, "EMU-6", version, "1")
    base.take_out(clerk, "EMU-6", version, "1.1")
    with pytest.raises(ConflictError):
        base.take_out(clerk, "EMU-6", version, "1")
    assert [item.position for item in base.bom("EMU-6")] == ["1"]
    proven(engine)


def test_a_model_with_a_long_name_has_a_history_of_its_own(base: BaseData, clerk: Actor) -> None:
    long, other = "动车组 " * 40, "动车组 " * 39
    base.write(clerk, BOM, long, 0, [place("1")])
    base.write(clerk, BOM, other, 0, [place("1")])
    assert len(base.history(BOM, long)) == len(base.history(BOM, other)) == 1
    with pytest.raises(UserError, match="200 characters"):
        base.write(clerk, BOM, "x" * 201, 0, [place("1")])


def test_a_table_is_not_endless(base: BaseData, clerk: Actor) -> None:
    with pytest.raises(UserError, match="20000 at most"):
        base.write(clerk, BOM, "big", 0, [place(str(i)) for i in range(20_001)])
