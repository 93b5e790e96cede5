"""Words for fields and codes: each is of something that there is, and a rename is recognised only where it is the only one."""

from __future__ import annotations

import pytest

from warehouse.entities import code_lists, entities
from warehouse.synonyms import _data, code_words, nulls, plain, renamed, versions, words


def test_every_word_is_of_a_field_or_code_that_there_is() -> None:
    known = {f for e in entities().values() for f in e.fields} | {
        f"{e.name}.{f}" for e in entities().values() for f in e.fields
    }
    assert set(_data()["fields"]) <= known
    lists = code_lists()
    for name, said in _data()["codes"].items():
        assert set(said) <= {c.code for c in lists[name]}, name
    every = [*_data()["fields"].values(), *(w for said in _data()["codes"].values() for w in said.values())]
    assert all(isinstance(word, str) for several in _data()["fields"].values() for word in several)
    assert all(len(several) == len(set(map(str, several))) for several in every)
    assert nulls()
    assert versions()


def test_no_word_stands_for_two_codes_of_a_list() -> None:
    for name, said in _data()["codes"].items():
        pairs = {(plain(str(word)), code) for code, several in said.items() for word in several}
        assert pairs == set(code_words(name).items()), name


@pytest.mark.parametrize("entity", sorted(entities()))
def test_no_word_stands_for_two_fields_that_are_both_mandatory(entity: str) -> None:
    needed = [f.name for f in entities()[entity].fields.values() if f.required]
    for one in needed:
        for other in needed:
            assert one == other or not words(entity, one) & words(entity, other)


@pytest.mark.parametrize(
    ("needs", "columns", "found"),
    [
        (["报修时间"], ["单号", "报修日期"], {"报修时间": "报修日期"}),
        (["Opened at"], ["opened_at"], {"Opened at": "opened_at"}),
        (["工单号", "报修时间"], ["单号", "报修日期", "备注"], {"工单号": "单号", "报修时间": "报修日期"}),
        (["报修时间"], ["报修时间", "报修日期"], {}),
        (["报修时间"], ["报修日期", "创建时间"], {}),
        (["报修时间", "来电时间"], ["创建时间"], {}),
        (["报修时间"], ["_extracted_at", "金额"], {}),
        (["Kostenstelle"], ["cost centre"], {}),
    ],
    ids=["Chinese", "spelling", "two", "it is there", "two could be it", "it could be two", "neither", "unknown words"],
)
def test_a_rename_is_recognised_where_it_is_certain(
    needs: list[str], columns: list[str], found: dict[str, str]
) -> None:
    assert renamed(needs, columns) == found
