"""What staging makes of landed text: every shape of a date, numbers, yes and no, codes in either language, nulls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from factories import Installation

from bilingual.errors import UserError
from warehouse.database import Connection, open_in_memory
from warehouse.entities import LINEAGE, code_lists, entities
from warehouse.mapping import Source
from warehouse.stage import PROBLEM_END, PROBLEM_PART, columns_of, define_macros, needed_columns, staging_select

# A field of each type that nothing else depends on.
OF_TYPE = {
    "text": ("customer", "name"),
    "instant": ("visit", "departed_at"),
    "day": ("contract", "starts_at"),
    "number": ("contract", "price"),
    "integer": ("technician", "skill_level"),
    "boolean": ("technician", "active"),
    "time": ("calendar", "opens"),
    "priority": ("ticket", "priority"),
    "outcome": ("visit", "outcome"),
}

CODES = code_lists()

Cast = tuple[Any, tuple[str, ...]]
Casts = Callable[..., list[Cast]]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with open_in_memory(tmp_path_factory.mktemp("landing")) as con:
        define_macros(con)
        con.execute("CREATE TABLE landed (written VARCHAR, _row BIGINT)")
        yield con


@pytest.fixture
def casts(scratch: Connection) -> Casts:
    """Stages some texts as a field of a type: for each the value, and the rules by which it could not be used."""

    def stage(kind: str, texts: Sequence[str | None], *, field: Any = "written", **parts: Any) -> list[Cast]:
        entity, name = OF_TYPE[kind]
        mapping = {"from": "rows", "key": "written", "fields": {name: field}}
        head = {"name": "s", "title": {"en": "s", "zh": "s"}, "kind": "files", "streams": {"rows": {}}}
        source = Source.model_validate({**head, "entities": {entity: mapping}, **parts})
        scratch.execute("DELETE FROM landed")
        scratch.executemany("INSERT INTO landed VALUES (?, ?)", [[text, i] for i, text in enumerate(texts)])
        absent = ", ".join(f"NULL AS {name}" for name in ("_defect", *LINEAGE) if name != "_row")
        view = f"(SELECT *, {absent} FROM landed)"
        sql = staging_select(source, entities()[entity], source.entities[entity][0], view, CODES, ())
        found = scratch.execute(f"SELECT {name}, _problem FROM ({sql}) ORDER BY _row").fetchall()
        problems = [[p.split(PROBLEM_PART) for p in problem.split(PROBLEM_END) if p] for _, problem in found]
        return [
            (value, tuple(rule for rule, about, _ in several if about == name))
            for (value, _), several in zip(found, problems, strict=True)
        ]

    return stage


SEVENTH = dt.datetime(2024, 3, 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-07 08:05:09", "2024-03-07 08:05:09"),
        ("2024-03-07 08:05:09.250", "2024-03-07 08:05:09.250"),
        ("2024-03-07T08:05:09", "2024-03-07 08:05:09"),
        ("2024-03-07 08:05", "2024-03-07 08:05"),
        ("2024-03-07T08:05", "2024-03-07 08:05"),
        ("2024-03-07 8", "2024-03-07 08:00"),
        ("2024-03-07", "2024-03-07"),
        ("2024/3/7 8:05", "2024-03-07 08:05"),
        ("2024/03/07 08:05:09", "2024-03-07 08:05:09"),
        ("2024/3/7", "2024-03-07"),
        ("2024.3.7", "2024-03-07"),
        ("2024.3.7 8:05", "2024-03-07 08:05"),
        ("2024年3月7日", "2024-03-07"),
        ("2024年03月07日 14:20", "2024-03-07 14:20"),
        ("2024年3月7日14时20分", "2024-03-07 14:20"),
        ("2024年3月7日 14时20分30秒", "2024-03-07 14:20:30"),
        ("2024年3月7日14時20分", "2024-03-07 14:20"),
        ("2024年3月7日 14点", "2024-03-07 14:00"),
        ("2024年3月7日 14点20分", "2024-03-07 14:20"),
        ("2024 年 3 月 7 日 14 时 20 分", "2024-03-07 14:20"),
        ("2024-03-07 08：05", "2024-03-07 08:05"),
        ("2024/3/7 上午 8:05", "2024-03-07 08:05"),
        ("2024/3/7 下午 2:05", "2024-03-07 14:05"),
        ("2024/3/7 下午2:05:09", "2024-03-07 14:05:09"),
        ("2024/3/7 上午 12:05", "2024-03-07 00:05"),
        ("2024/3/7 下午 12:05", "2024-03-07 12:05"),
        ("2024年3月7日下午2时05分", "2024-03-07 14:05"),
        ("20240307", "2024-03-07"),
        ("20240307 14:20", "2024-03-07 14:20"),
        ("20240307 14:20:30", "2024-03-07 14:20:30"),
        ("20240307142030", "2024-03-07 14:20:30"),
        ("  2024-03-07 08:05\t", "2024-03-07 08:05"),
        ("　2024-03-07　", "2024-03-07"),
        ("\xa02024-03-07", "2024-03-07"),
    ],
)
def test_a_date_is_read_in_the_shape_people_write_it(casts: Casts, text: str, expected: str) -> None:
    assert casts("instant", [text]) == [(dt.datetime.fromisoformat(expected), ())]


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        ("45358", SEVENTH),
        ("45358.5", SEVENTH + dt.timedelta(hours=12)),
        ("45358.3368634259", SEVENTH.replace(hour=8, minute=5, second=5)),
        ("36526", dt.datetime(2000, 1, 1)),
    ],
)
def test_a_number_in_a_date_column_is_the_day_count_of_excel(casts: Casts, serial: str, expected: dt.datetime) -> None:
    """Day 1 is 1900-01-01 and Excel believes in 1900-02-29, so 36526 is 2000-01-01 (Microsoft KB 214326)."""
    assert casts("instant", [serial]) == [(expected, ())]


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "2024-02-30", "2024-13-01", "25:00", "2024-03-07 25:00", "0016-02-03", "2999-01-01", "12", "-", "?",
     "07/03/2024", "2024年"],
)  # fmt: skip
def test_what_is_no_date_or_could_be_two_is_sent_away_with_its_reason(casts: Casts, text: str) -> None:
    assert casts("instant", [text]) == [(None, ("not_instant",))]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize("text", ["infinity", "-infinity", "294247-01-10 04:00:54", "290309-12-22 (BC) 00:00:00"])
def test_a_time_that_no_clock_can_be_set_by_is_sent_away_in_any_zone(casts: Casts, text: str, zone: str) -> None:
    assert casts("instant", [text], time_zone=zone) == [(None, ("not_instant",))]


def test_a_declared_shape_settles_which_is_the_day_and_which_the_month(casts: Casts) -> None:
    british = casts("instant", ["07/03/2024 08:05", "07/03/2024"], dates=["%d/%m/%Y %H:%M", "%d/%m/%Y"])
    american = casts("instant", ["03/07/2024 02:05 PM"], dates=["%m/%d/%Y %I:%M %p"])
    assert british == [(SEVENTH.replace(hour=8, minute=5), ()), (SEVENTH, ())]
    assert american == [(SEVENTH.replace(hour=14, minute=5), ())]


def test_a_declared_shape_leaves_the_usual_ones_readable(casts: Casts) -> None:
    assert casts("instant", ["2024年3月7日"], dates=["%d/%m/%Y"]) == [(SEVENTH, ())]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize(
    "text",
    [
        "2024-03-07T08:05:00+08:00",
        "2024-03-07 08:05:00+0800",
        "2024-03-07 08:05+08",
        "2024-03-07T08:05+08:00",
        "2024-03-07T00:05Z",
        "2024-03-07T00:05:00Z",
        "2024-03-07T00:05:00.000Z",
        "2024-03-06T19:05:00-05:00",
        "2024-03-07 08:05:00 +08:00",
    ],
)
def test_a_stated_offset_holds_whatever_the_source_s_zone(casts: Casts, text: str, zone: str) -> None:
    assert casts("instant", [text], time_zone=zone) == [(dt.datetime(2024, 3, 7, 0, 5), ())]


def test_a_time_said_to_be_utc_is_not_taken_for_local(casts: Casts) -> None:
    ((value, problems),) = casts("instant", ["2024-03-07 00:05:00 UTC"], time_zone="Asia/Shanghai")
    assert value == dt.datetime(2024, 3, 7, 0, 5) or problems == ("not_instant",)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Asia/Shanghai", "2024-03-07 08:30", "2024-03-07 00:30"),
        ("Asia/Kolkata", "2024-03-07 08:30", "2024-03-07 03:00"),
        ("America/Phoenix", "2024-03-07 18:30", "2024-03-08 01:30"),
        ("America/New_York", "2024-03-08 08:30", "2024-03-08 13:30"),
        ("America/New_York", "2024-03-11 08:30", "2024-03-11 12:30"),
        ("America/New_York", "2024-11-02 08:30", "2024-11-02 12:30"),
        ("America/New_York", "2024-11-04 08:30", "2024-11-04 13:30"),
        ("Europe/Berlin", "2024-07-01 08:30", "2024-07-01 06:30"),
    ],
)
def test_a_time_without_offset_is_local_to_the_source(casts: Casts, zone: str, local: str, utc: str) -> None:
    assert casts("instant", [local], time_zone=zone) == [(dt.datetime.fromisoformat(utc), ())]


def test_a_time_that_the_clocks_skip_or_show_twice_is_still_an_instant(casts: Casts) -> None:
    (skipped, _), (twice, _) = casts("instant", ["2024-03-10 02:30", "2024-11-03 01:30"], time_zone="America/New_York")
    assert skipped in (dt.datetime(2024, 3, 10, 6, 30), dt.datetime(2024, 3, 10, 7, 30))
    assert twice in (dt.datetime(2024, 11, 3, 5, 30), dt.datetime(2024, 11, 3, 6, 30))


def test_a_day_is_the_day_that_was_written(casts: Casts) -> None:
    written = ["2024-03-07", "2024年3月7日", "2024-03-07 23:50", "45358", "2024-03-07T02:00:00+08:00"]
    assert casts("day", written, time_zone="Asia/Shanghai") == [(SEVENTH.date(), ())] * 5


def test_a_day_that_is_none_is_sent_away(casts: Casts) -> None:
    assert casts("day", ["soon"]) == [(None, ("not_day",))]


@pytest.mark.parametrize(
    ("text", "number"),
    [("1234.5", 1234.5), ("1,234.5", 1234.5), ("1,234,567", 1234567.0), ("-3", -3.0), ("+3", 3.0), ("0", 0.0), (" 12 ", 12.0),
     ("1e3", 1000.0), ("-1,000", -1000.0), (".5", 0.5)],
)  # fmt: skip
def test_a_number_may_have_its_thousands_marked(casts: Casts, text: str, number: float) -> None:
    assert casts("number", [text]) == [(number, ())]


@pytest.mark.parametrize(
    "text", ["NaN", "nan", "inf", "-inf", "Infinity", "1e999", "twelve", "12 h", "12%", "--", "1.2.3"]
)
def test_what_is_no_finite_number_is_sent_away(casts: Casts, text: str) -> None:
    assert casts("number", [text]) == [(None, ("not_number",))]


@pytest.mark.parametrize("text", ["1,5", "1.234,5", "12,34", "1,2345"])
def test_a_comma_that_marks_no_thousands_is_not_swallowed(casts: Casts, text: str) -> None:
    """1,5 is one and a half to half of Europe; to read fifteen would be off by ten in silence."""
    assert casts("number", [text]) == [(None, ("not_number",))]


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("7.0", 7), ("-7", -7), ("1,000", 1000), ("9007199254740992", None)]
)
def test_an_integer_may_be_written_as_a_spreadsheet_does(casts: Casts, text: str, number: int | None) -> None:
    assert casts("integer", [text]) == [(number, () if number is not None else ("not_integer",))]


@pytest.mark.parametrize("text", ["7.5", "seven", "NaN", "1e30"])
def test_a_broken_or_boundless_number_is_no_integer(casts: Casts, text: str) -> None:
    assert casts("integer", [text]) == [(None, ("not_integer",))]


@pytest.mark.parametrize("text", ["是", "true", "True", "T", "1", "1.0", "yes", "Y", "有", "√", "对"])
def test_yes_is_yes_in_either_language(casts: Casts, text: str) -> None:
    assert casts("boolean", [text]) == [(True, ())]


@pytest.mark.parametrize("text", ["否", "false", "False", "F", "0", "0.0", "no", "N", "无", "×", "错"])
def test_no_is_no_in_either_language(casts: Casts, text: str) -> None:
    assert casts("boolean", [text]) == [(False, ())]


@pytest.mark.parametrize("text", ["2", "maybe", "不详"])
def test_neither_yes_nor_no_is_sent_away(casts: Casts, text: str) -> None:
    assert casts("boolean", [text]) == [(None, ("not_boolean",))]


def test_a_time_of_day_is_read_or_sent_away(casts: Casts) -> None:
    assert casts("time", ["08:30", "08:30:00", "half past"]) == [
        (dt.time(8, 30), ()),
        (dt.time(8, 30), ()),
        (None, ("not_time",)),
    ]


@pytest.mark.parametrize("kind", OF_TYPE)
def test_nothing_is_nothing_whatever_the_type(casts: Casts, kind: str) -> None:
    assert casts(kind, [None, "", "   ", "　", "\xa0", "\n"]) == [(None, ())] * 6


def test_words_that_a_source_uses_for_nothing_are_nothing(casts: Casts) -> None:
    assert casts("number", ["N/A", " - ", "3"], nulls=["N/A", "-"]) == [(None, ()), (None, ()), (3.0, ())]


@pytest.mark.parametrize("text", ["critical", "Critical", "CRITICAL", "紧急", " 紧急 "])
def test_a_code_is_known_by_itself_or_its_name_in_either_language_in_any_case(casts: Casts, text: str) -> None:
    assert casts("priority", [text]) == [("critical", ())]


def test_every_word_of_every_code_list_stands_for_one_code() -> None:
    for name, codes in CODES.items():
        words: dict[str, str] = {}
        for code in codes:
            for word in {code.code.lower(), code.label.en.lower(), code.label.zh.lower()}:
                assert words.setdefault(word, code.code) == code.code, (name, word)


def test_an_unknown_code_stays_as_it_was_written_for_the_checks_to_tell(casts: Casts) -> None:
    assert casts("priority", ["P9"]) == [("P9", ())]


def test_a_map_translates_before_codes_are_recognised(casts: Casts) -> None:
    field = {"from": "written", "map": {"1": "紧急", "2": "High", "9": None}}
    assert casts("priority", ["1", " 2 ", "9", "low"], field=field) == [
        ("critical", ()),
        ("high", ()),
        (None, ()),
        ("low", ()),
    ]


def test_yaml_s_own_numbers_and_truth_values_in_a_map_are_the_landed_texts(casts: Casts) -> None:
    assert casts("boolean", ["1", "2"], field={"from": "written", "map": {1: True, 2: False}}) == [
        (True, ()),
        (False, ()),
    ]


def test_an_expression_and_a_constant_may_stand_for_a_column(casts: Casts) -> None:
    assert casts("text", ["a"], field="upper(written) || '!'") == [("A!", ())]
    assert casts("number", ["a"], field=3.5) == [(3.5, ())]
    assert casts("text", ["a"], field="'fixed'") == [("fixed", ())]


def test_a_quote_in_a_mapping_stays_a_quote(casts: Casts) -> None:
    field = {"from": "written", "map": {"O'Neil": "it's"}}
    assert casts("text", ["O'Neil"], field=field, nulls=["'"]) == [("it's", ())]


@pytest.mark.parametrize("word", ["at", "order", "from", "时间", "select"])
def test_a_single_word_is_a_column_also_where_sql_reserves_it(tmp_path: Path, word: str) -> None:
    made = Installation(tmp_path)
    made.maps("s", {"customer": {"from": "rows", "fields": {"customer_id": word, "name": word}}})
    made.lands("s", "rows", [{word: "C1"}])
    assert made.read().rows("SELECT customer_id, name FROM core.customer") == [("C1", "C1")]


def test_the_columns_of_an_expression_are_those_it_reads(tmp_path: Path) -> None:
    with open_in_memory(tmp_path) as con:
        assert columns_of(con, "coalesce(a, upper(\"B c\"), 'd') || CASE WHEN 报修 > '1' THEN e END") == {
            "a", "B c", "报修", "e",
        }  # fmt: skip
        with pytest.raises(UserError, match="is not an SQL expression"):
            columns_of(con, "a b c d (")
        with pytest.raises(UserError, match="is not an SQL expression"):
            columns_of(con, "1; COPY (SELECT 1) TO '/tmp/x'")


def test_a_stream_needs_the_columns_of_all_mappings_that_read_it(tmp_path: Path) -> None:
    source = Installation(tmp_path).maps(
        "s",
        {
            "ticket": {"from": "rows", "version": "v", "where": "kind = '报修'", "fields": {"ticket_id": "no"}},
            "customer": {"from": "rows", "key": "k", "fields": {"name": "name || suffix"}},
            "part": {"from": "parts", "fields": {"part_no": "elsewhere"}},
        },
    )
    assert needed_columns(source, "rows") == {"v", "kind", "no", "k", "name", "suffix"}
