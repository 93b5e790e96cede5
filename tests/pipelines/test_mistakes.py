"""What a mistake in a mapping, in the settings or in a code list gets: one sentence with its place and the remedy."""

from __future__ import annotations

import re

import pytest
from installation import Installation, tickets_csv

from bilingual.errors import UserError
from pipelines.refresh import sources_of


@pytest.fixture
def desk(installation: Installation) -> Installation:
    installation.tickets("desk", "data/*.csv")
    return installation


# --- mistakes in mappings -------------------------------------------------------------------------------------------


def told(installation: Installation) -> UserError:
    """The sentence with which a refresh refuses, after making sure that it is one."""
    with pytest.raises(UserError) as caught:
        installation.refresh(checked=False)
    for text in (caught.value["en"], caught.value["zh"]):
        assert "\n" not in text
        assert "Traceback" not in text
    return caught.value


def changed(desk: Installation, old: str, new: str) -> None:
    text = (desk.path / "sources" / "desk.yaml").read_text()
    assert old in text
    desk.mapping("desk", text.replace(old, new))
    desk.put("a.csv", tickets_csv(range(1, 4)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  ticket:", "  tickett:", ("desk.yaml", "entities.tickett", "did you mean “ticket”")),
        ("opened_at:", "opend_at:", ("desk.yaml", "entities.ticket.fields.opend_at", "did you mean “opened_at”")),
        ("from: tickets", "from: tikets", ("desk.yaml", "entities.ticket.from", "“tikets” is not among the streams")),
        ("kind: files", "kind: files\ntime_zone: Mars/Olympus", ("desk.yaml", "time_zone", "“Mars/Olympus” is no time zone")),
        ("kind: files", "kynd: files", ("desk.yaml", "kind", "required")),
        ("title: {en: Desk, zh: 服务台}", "title: {en: Desk}", ("desk.yaml", "title", "zh")),
        ("title:", "title: {en: Desk\ntitle:", ("desk.yaml, line 2", "not YAML")),
        ("opened_at: opened", 'opened_at: "opened +"', ("desk.yaml", "ticket.opened_at", "opened +")),
        ("opened_at: opened", "opened_at: ' '", ("desk.yaml", "ticket.opened_at")),
        ("opened_at: opened", "opened_at: no_such_function(opened)", ("desk.yaml", "ticket.opened_at", "no_such_function")),
        ("opened_at: opened", "opened_at: opened - 3 * closed", ("desk.yaml", "ticket.opened_at", "opened - 3 * closed")),
        ("from: tickets", "from: tickets\n    where: nr >", ("desk.yaml", "ticket.where", "nr >")),
        ("from: tickets", "from: tickets\n    key: nr || (", ("desk.yaml", "ticket.key", "nr || (")),
        ("ticket_id: nr", "ticket_id: no", ("desk.yaml", "ticket_id", "quotes")),  # YAML takes a bare `no` for false
        ("opened_at: opened", "opened_at: (SELECT count(*) FROM read_text('/etc/hostname'))", ("desk.yaml", "ticket.opened_at")),
        ("opened_at: opened", "opened_at: opened; DROP TABLE x", ("desk.yaml", "ticket.opened_at")),
    ],
    ids=[
        "unknown entity", "unknown field", "unknown stream", "unknown zone", "unknown part", "title in one language", "not YAML",
        "broken expression", "blank expression", "unknown function", "wrong types", "broken filter", "broken key", "a truth value",
        "reads a file", "two statements",
    ],
)  # fmt: skip
def test_a_mistake_in_a_mapping_names_the_file_the_place_and_the_remedy(
    desk: Installation, old: str, new: str, said: tuple[str, ...]
) -> None:
    changed(desk, old, new)
    error = told(desk)
    for part in said:
        assert part in error["en"]
    assert "desk.yaml" in error["zh"]
    assert re.search(r"[\u4e00-\u9fff]{4}", error["zh"])


def test_an_unknown_kind_of_source_is_told_with_the_kinds_there_are(desk: Installation) -> None:
    changed(desk, "kind: files", "kind: fils")
    done = desk.refresh(checked=False)
    (rejection,) = done.extraction.rejected
    assert "“fils” is no kind of source; use one of files" in rejection.en
    assert "did you mean “files”" in rejection.en
    assert "fils" in rejection.zh


def test_a_column_that_no_delivery_has_is_told_with_the_columns_there_are(desk: Installation) -> None:
    changed(desk, "priority: priority", "priority: prioritaet")
    done = desk.refresh(checked=False)
    (rejection,) = done.extraction.rejected
    assert "“prioritaet”" in rejection.en
    assert "priority" in rejection.en
    assert done.extraction.rows == 0


def test_a_column_that_landed_before_but_is_no_longer_mapped_right_is_told(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    desk.refresh(checked=False)
    changed(desk, "priority: priority", "priority: prioritaet")
    (change,) = desk.refresh(checked=False).drift
    assert (
        "desk.yaml, ticket.priority: column “prioritaet” is not in stream “tickets” (it has closed, note, nr"
        in change.en
    )
    assert desk.value("SELECT count(*) FROM core.ticket") == 3, "the rows of the last snapshot stay"


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "just text\n"], ids=["empty", "a list", "a text"])
def test_a_mapping_file_that_is_no_mapping_is_told(desk: Installation, content: str) -> None:
    desk.mapping("desk", content)
    assert "desk.yaml" in told(desk)["en"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_mapping_that_is_not_utf8_is_told(desk: Installation, encoding: str) -> None:
    file = desk.path / "sources" / "desk.yaml"
    file.write_bytes(file.read_text(encoding="utf-8").encode(encoding))
    error = told(desk)
    assert "desk.yaml" in error["en"]
    assert "UTF-8" in error["en"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("retenton: 3\n", "there is no setting “retenton”"),
        ("retention: many\n", "“retention” is 'many'"),
        ("retention: 3\n  x: [\n", "line"),
        ("time_zone: Mars/Olympus\n", "“Mars/Olympus” is no time zone"),
        ("as_of: yesterday\n", "as_of: “yesterday” is no instant"),
        ("- retention\n", "faultloop.yaml"),
        ("holidays: Atlantis\n", "holidays"),
        ("memory_limit: much\n", "memory_limit"),
        ('working_week: {mon: "8-5"}\n', "working_week"),
        ("retention: 0\n", "“retention” is 0"),
    ],
)
def test_a_mistake_in_the_settings_is_told(desk: Installation, text: str, said: str) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    desk.home.settings_file.write_text(text)
    error = told(desk)
    assert said in error["en"]
    assert "faultloop.yaml" in error["zh"]


def test_codes_of_the_house_that_cannot_be_read_are_told(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    desk.home.codes.mkdir()
    (desk.home.codes / "priority.csv").write_text("wrong,heading\n1,2\n")
    assert "priority.csv" in told(desk)["en"]


def test_mappings_of_one_installation_are_found_by_name(desk: Installation) -> None:
    desk.tickets("another", "data/none*.csv")
    assert [s.name for s in sources_of(desk.home)] == ["another", "desk"]
