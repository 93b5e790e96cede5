"""What bad input gets: a clear sentence or a row in quarantine; never a traceback, a lost row or a changed total."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from installation import Installation, tickets_csv

from pipelines.refresh import Refreshed
from warehouse.quality import quarantine, rejected, verdict
from warehouse.reading import Reader

HEADER = "nr,opened,closed,priority,note"
SOUND = 20


def csv_rows(name: str, count: int = SOUND, *, first: int = 1, note: str = "ok", header: str = HEADER) -> str:
    """A delivery of `count` sound tickets whose numbers begin with the case's name."""
    rows = [f"{name}-{n},2024-03-01 08:00,2024-03-01 1{n % 10}:30,high,{note} {n}" for n in range(first, first + count)]
    return "\n".join([header, *rows, ""])


def table(name: str, count: int = SOUND, *, first: int = 1) -> list[list[str]]:
    return [line.split(",") for line in csv_rows(name, count, first=first).splitlines()]


def json_lines(name: str, count: int = SOUND) -> str:
    rows = [dict(zip(HEADER.split(","), row, strict=True)) for row in table(name, count)[1:]]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n"


def declared_million(file: Path) -> None:
    """Make a workbook say that its sheet is 1,048,576 rows long, as Excel does when a column was formatted whole."""
    whole = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                text = re.sub(r'<dimension ref="[^"]+"', '<dimension ref="A1:E1048576"', content.decode())
                empty = '<row r="1048576" spans="1:5"><c r="A1048576" s="0"/></row></sheetData>'
                content = text.replace("</sheetData>", empty).encode()
            target.writestr(item, content)
    file.write_bytes(whole.getvalue())


@dataclass(frozen=True)
class Case:
    """One kind of bad input: what is delivered beside a sound file, and what must come of it.

    `sentence` holds for each language what the rejection says, `quarantine` the (row, rule, field, value) complaints;
    `core` is how many tickets of the case are in the warehouse.
    """

    deliver: Callable[[Installation, str], object]
    pattern: str = "*.csv"
    core: int = SOUND
    sentence: tuple[str, str] | None = None
    file: str = ""
    quarantine: list[tuple[int, str, str, str]] = field(default_factory=list)
    superseded: int = 0


def put(name: str, content: Callable[[str], str | bytes]) -> Callable[[Installation, str], object]:
    return lambda installation, case: installation.put(f"{case}/{name}", content(case))


def cut_xlsx(installation: Installation, case: str) -> None:
    file = installation.workbook(f"{case}/bad.xlsx", table(f"{case}-bad"))
    installation.put(f"{case}/bad.xlsx", file.read_bytes()[:4000])


def million(installation: Installation, case: str) -> None:
    declared_million(installation.workbook(f"{case}/bad.xlsx", table(f"{case}-wide", 40)))


CASES = {
    "cut_csv": Case(
        # The last row breaks off inside its second date.
        put("bad.csv", lambda c: csv_rows(f"{c}-cut", 5).removesuffix("\n").rpartition("8:00,")[0] + "8:00,2024-0"),
        core=SOUND + 4,
        file="bad.csv",
        quarantine=[(6, "malformed_row", "", "cut off: 3 of 5 columns")],
    ),
    "cut_in_a_character": Case(
        put("bad.csv", lambda c: csv_rows(f"{c}-cut", 5, note="门卡住").encode("gb18030")[:-6]),
        core=SOUND + 4,
        file="bad.csv",
        quarantine=[(6, "malformed_row", "", "cut off: 5 of 5 columns")],
    ),
    "cut_csv_gz": Case(
        put("bad.csv.gz", lambda c: gzip.compress(csv_rows(f"{c}-cut", 500).encode(), mtime=0)[:-400]),
        pattern="*",
        sentence=("the compressed file is damaged or was cut off on its way; copy it anew.", "压缩文件已损坏或传输中断；请重新复制。"),
        file="bad.csv.gz",
    ),
    "cut_xlsx": Case(
        cut_xlsx,
        pattern="*",
        sentence=("the workbook is damaged or was cut off on its way", "工作簿已损坏或传输不完整"),
        file="bad.xlsx",
    ),
    "cut_jsonl": Case(
        put("bad.jsonl", lambda c: json_lines(f"{c}-cut", 5)[:-30]),
        pattern="*",
        core=SOUND + 4,
        file="bad.jsonl",
        quarantine=[(5, "malformed_row", "", "cut off")],
    ),
    "empty_csv": Case(put("bad.csv", lambda c: ""), sentence=("the file is empty", "文件为空"), file="bad.csv"),
    "empty_xlsx": Case(
        lambda i, c: i.workbook(f"{c}/bad.xlsx", []), pattern="*", sentence=("no sheet has a table in it", "没有任何工作表包含数据表"), file="bad.xlsx"
    ),
    "empty_jsonl": Case(put("bad.jsonl", lambda c: "\n"), pattern="*", sentence=("the file is empty", "文件为空"), file="bad.jsonl"),
    "header_only": Case(put("bad.csv", lambda c: HEADER + "\n")),
    "no_workbook": Case(put("bad.xlsx", lambda c: b"PK\x03\x04nothing"), pattern="*", sentence=("bad.xlsx", "bad.xlsx"), file="bad.xlsx"),
    "wrong_encoding": Case(
        # Most of it is Chinese in GB18030, then bytes that are no text in any encoding that is tried.
        put("bad.csv", lambda c: csv_rows(f"{c}-bad", 5, note="门卡住").encode("gb18030") + b"x,\xff\xff\xff,\x80\x81\n"),
        sentence=("bad.csv", "bad.csv"),
        file="bad.csv",
    ),
    "header_renamed": Case(
        put("bad.csv", lambda c: csv_rows(f"{c}-bad", 5, header="nr,aufgenommen,closed,priority,note")),
        sentence=("“opened”", "“opened”"),
        file="bad.csv",
    ),
    "column_missing": Case(
        put("bad.csv", lambda c: "\n".join(f"{c}-{n},2024-03-01" for n in ["nr,opened", *range(5)]).replace(f"{c}-nr,opened,2024-03-01", "nr,opened")),
        sentence=("“closed”", "“closed”"),
        file="bad.csv",
    ),
    "no_dates": Case(
        put("bad.csv", lambda c: f"{HEADER}\n{c}-a,soon,,high,\n{c}-b,2024-13-45,,high,\n{c}-c,2024-03-01 08:00,0016-02-03,high,\n"),
        file="bad.csv",
        quarantine=[
            (2, "not_instant", "opened_at", "soon"),
            (3, "not_instant", "opened_at", "2024-13-45"),
            (4, "not_instant", "closed_at", "0016-02-03"),
        ],
    ),
    "million_rows": Case(million, pattern="*", core=SOUND + 40),
    "duplicate_keys": Case(
        put("bad.csv", lambda c: csv_rows(f"{c}-twice", 5) + csv_rows(f"{c}-twice", 5, note="later").split("\n", 1)[1]),
        core=SOUND + 5,
        superseded=5,
    ),
    "closed_before_opened": Case(
        put("bad.csv", lambda c: f"{HEADER}\n{c}-a,2024-03-02 08:00,2024-03-01 09:15,high,\n{c}-b,2024-03-02 08:00,2024-03-02 08:00,high,\n"),
        core=SOUND + 1,
        file="bad.csv",
        quarantine=[(2, "closed_before_opened", "closed_at", "2024-03-01 09:15")],
    ),
    "no_number": Case(
        put("bad.csv", lambda c: f"{HEADER}\n,2024-03-02 08:00,,high,\n  ,2024-03-02 08:00,,high,\n"),
        file="bad.csv",
        quarantine=[(2, "missing", "ticket_id", ""), (3, "missing", "ticket_id", "")],
    ),
    "rows_of_other_widths": Case(
        put("bad.csv", lambda c: f"{HEADER}\n{c}-a,2024-03-02 08:00,,high\n{c}-b,2024-03-02 08:00,,high,x,y\n{c}-c,2024-03-02 08:00,,high,x\n"),
        core=SOUND + 1,
        file="bad.csv",
        quarantine=[(2, "malformed_row", "", "4 of 5 columns"), (3, "malformed_row", "", "6 of 5 columns")],
    ),
    "a_quote_never_closed": Case(
        put("bad.csv", lambda c: csv_rows(f"{c}-a", 3).replace("ok 2", '"ok 2')),
        core=SOUND + 2,
        file="bad.csv",
        quarantine=[(3, "malformed_row", "", "quote not closed: 5 of 5 columns")],
    ),
}  # fmt: skip
REJECTED = [name for name, case in CASES.items() if case.sentence]


@dataclass(frozen=True)
class Delivered:
    """The installation of all cases, and how its refresh with the bad files ended."""

    installation: Installation
    done: Refreshed
    before: int


@pytest.fixture(scope="module")
def all_cases(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """Every case as a source of its own: a sound file is published first, then comes the bad one."""
    installation = Installation(tmp_path_factory.mktemp("bad") / "home")
    for name, case in CASES.items():
        installation.tickets(name, f"data/{name}/{case.pattern}")
        installation.put(f"{name}/a sound one.csv", csv_rows(name))
    assert installation.refresh(checked=False).is_new
    before = installation.value("SELECT count(*) FROM core.ticket")
    for name, case in CASES.items():
        case.deliver(installation, name)
    return Delivered(installation, installation.refresh(), before)


def test_all_bad_files_together_do_not_keep_the_sound_ones_from_being_published(all_cases: Delivered) -> None:
    assert all_cases.before == SOUND * len(CASES)
    assert all_cases.done.is_new
    assert all_cases.done.blocked_by == ()
    assert all_cases.installation.leftovers() == []


@pytest.mark.parametrize("name", CASES)
def test_bad_input_changes_no_total(all_cases: Delivered, name: str) -> None:
    rows = all_cases.installation.rows
    case = CASES[name]
    assert rows("SELECT count(*), count(DISTINCT ticket_id) FROM core.ticket WHERE _source = ?", name) == [
        (case.core, case.core)
    ]
    assert rows(
        "SELECT count(*) FROM core.ticket WHERE _source = ? AND _file = ?", name, f"data/{name}/a sound one.csv"
    ) == [(SOUND,)]
    landed = (
        rows("SELECT count(*) FROM core.ticket WHERE _source = ?", name)[0][0] + len(case.quarantine) + case.superseded
    )
    assert sum(all_rows(all_cases.installation, name)) == landed, "every landed row is accounted for"


def all_rows(installation: Installation, name: str) -> list[int]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    return [pq.read_metadata(f).num_rows for f in (installation.home.landing / name / "tickets").glob("*.parquet")]


@pytest.mark.parametrize("name", CASES)
def test_bad_rows_are_in_quarantine_with_reason_file_row_and_value(all_cases: Delivered, name: str) -> None:
    found = all_cases.installation.rows(
        "SELECT split_part(file, '#', 1), row_no, rule, field, value FROM meta.quarantine WHERE source = ? ORDER BY row_no",
        name,
    )
    wanted = [(f"data/{name}/{CASES[name].file}", *complaint) for complaint in CASES[name].quarantine]
    # What is missing from a row that is not whole may be complained about too.
    torn = {row for _, row, rule, *_ in wanted if rule == "malformed_row"}
    assert [c for c in found if c[1] not in torn or c[2] == "malformed_row"] == wanted
    assert {row for _, row, *_ in found} == {row for _, row, *_ in wanted}


@pytest.mark.parametrize("name", REJECTED)
def test_a_rejected_file_is_told_in_one_sentence_in_both_languages(all_cases: Delivered, name: str) -> None:
    case = CASES[name]
    assert case.sentence is not None
    (told,) = [r for r in all_cases.done.extraction.rejected if r.source == name]
    assert told.file == f"data/{name}/{case.file}"
    for sentence, wanted in zip((told.en, told.zh), case.sentence, strict=True):
        assert wanted in sentence
        assert f"data/{name}/{case.file}" in sentence
        assert "\n" not in sentence
        assert "Traceback" not in sentence
        assert "Error" not in sentence
    assert told.en.endswith(".")
    assert told.zh.endswith("。")
    assert re.search(r"[\u4e00-\u9fff]", told.zh)


@pytest.mark.parametrize("name", REJECTED)
def test_a_rejection_is_visible_in_the_snapshot_and_in_the_note(all_cases: Delivered, name: str) -> None:
    (told,) = [r for r in all_cases.done.extraction.rejected if r.source == name]
    wanted = (name, "tickets", told.file, told.en, told.zh)
    assert all_cases.installation.rows(
        "SELECT source, stream, file, en, zh FROM meta.rejected WHERE source = ?", name
    ) == [wanted]
    noted = [r for r in all_cases.installation.last_refresh()["rejected"] if r["source"] == name]
    assert noted == [{"source": name, "stream": "tickets", "file": told.file, "en": told.en, "zh": told.zh}]


def test_nothing_but_the_bad_files_is_rejected(all_cases: Delivered) -> None:
    assert sorted(r.source for r in all_cases.done.extraction.rejected) == sorted(REJECTED)


def test_every_reason_is_told_in_both_languages(all_cases: Delivered) -> None:
    reading = Reader(all_cases.installation.home).current()
    assert reading is not None
    rows = quarantine(reading, "ticket", rows=1000)
    wanted = sum(len(case.quarantine) for case in CASES.values())
    assert len({(row["source"], row["row_no"]) for row in rows}) == wanted
    assert all(row["en"].endswith(".") and row["zh"].endswith("。") for row in rows)
    assert len(rejected(reading)) == len(REJECTED)
    badge = verdict(reading)
    assert (badge.state, badge.quarantined, badge.rejected) == ("warning", wanted, len(REJECTED))


def test_of_duplicate_keys_the_later_row_counts(all_cases: Delivered) -> None:
    notes = all_cases.installation.rows(
        "SELECT description FROM core.ticket WHERE _source = 'duplicate_keys' AND contains(ticket_id, 'twice')"
    )
    assert all(note.startswith("later") for (note,) in notes)


def test_a_rejected_file_is_tried_again_and_does_not_make_a_new_snapshot_each_time(all_cases: Delivered) -> None:
    again = all_cases.installation.refresh(checked=False)
    assert not again.is_new
    assert again.extraction.rejected == all_cases.done.extraction.rejected


# --- deliveries one after the other ---------------------------------------------------------------------------------


@pytest.fixture
def desk(installation: Installation) -> Installation:
    installation.tickets("desk", "data/*.csv")
    return installation


def test_two_deliveries_of_the_same_file_count_once(desk: Installation) -> None:
    desk.put("march.csv", tickets_csv(range(1, 11)))
    first = desk.refresh(checked=False)
    desk.put("march.csv", tickets_csv(range(1, 11)))
    desk.put("march (1).csv", tickets_csv(range(1, 11)))
    again = desk.refresh(checked=False)
    assert again.snapshot == first.snapshot
    assert desk.rows("SELECT landed, core FROM meta.account WHERE entity = 'ticket'") == [(10, 10)]


def test_a_file_that_grew_replaces_what_it_said_before(desk: Installation) -> None:
    desk.put("march.csv", tickets_csv(range(1, 11)))
    desk.refresh(checked=False)
    desk.put("march.csv", tickets_csv(range(1, 13), priority="low"))
    assert desk.refresh(checked=False).extraction.rows == 12
    assert desk.rows("SELECT priority, count(*) FROM core.ticket GROUP BY 1") == [("low", 12)]
    assert desk.rows("SELECT staged, core, quarantined, superseded FROM meta.account WHERE entity = 'ticket'") == [
        (22, 12, 0, 10)
    ]


def test_an_older_delivery_after_a_newer_one_changes_nothing_that_is_newer(desk: Installation) -> None:
    desk.put("2024-03.csv", tickets_csv(range(1, 6), priority="high"))
    desk.refresh(checked=False)
    desk.put("2024-02.csv", tickets_csv(range(4, 9), priority="low"))
    desk.refresh(checked=False)
    assert desk.rows("SELECT priority, count(*) FROM core.ticket GROUP BY 1 ORDER BY 1") == [("high", 5), ("low", 3)]


def test_with_a_version_the_newer_row_counts_whatever_its_file(desk: Installation) -> None:
    text = (desk.path / "sources" / "desk.yaml").read_text()
    desk.mapping("desk", text.replace("from: tickets", "from: tickets\n    version: note"))
    desk.put("b.csv", tickets_csv(range(1, 4), priority="high", note="10"))
    desk.refresh(checked=False)
    desk.put("c.csv", tickets_csv(range(1, 4), priority="low", note="9"))
    desk.refresh(checked=False)
    assert desk.rows("SELECT priority, count(*) FROM core.ticket GROUP BY 1") == [("high", 3)]
    desk.put("a.csv", tickets_csv(range(1, 4), priority="medium", note="11"))
    desk.refresh(checked=False)
    assert desk.rows("SELECT priority, count(*) FROM core.ticket GROUP BY 1") == [("medium", 3)]


def test_a_bad_file_that_is_delivered_whole_clears_the_complaint(desk: Installation) -> None:
    whole = tickets_csv(range(1, 30))
    desk.put("march.csv", whole[:-20])
    desk.refresh(checked=False)
    assert ("malformed_row", 30) in desk.rows("SELECT rule, row_no FROM meta.quarantine")
    assert desk.value("SELECT count(*) FROM core.ticket") == 28
    desk.put("march.csv", whole)
    desk.refresh(checked=False)
    assert desk.rows("SELECT count(*) FROM meta.quarantine") == [(0,)]
    assert desk.value("SELECT count(*) FROM core.ticket") == 29


def test_an_empty_file_that_is_delivered_whole_is_no_longer_rejected(desk: Installation) -> None:
    desk.put("march.csv", "")
    desk.refresh(checked=False)
    assert len(desk.last_refresh()["rejected"]) == 1
    desk.put("march.csv", tickets_csv(range(1, 4)))
    desk.refresh(checked=False)
    assert desk.last_refresh()["rejected"] == []
    assert desk.rows("SELECT count(*) FROM meta.rejected") == [(0,)]


def test_a_file_that_was_taken_away_takes_no_ticket_away(desk: Installation) -> None:
    file = desk.put("a.csv", tickets_csv(range(1, 4)))
    first = desk.refresh(checked=False)
    file.unlink()
    assert desk.refresh(checked=False).snapshot == first.snapshot
