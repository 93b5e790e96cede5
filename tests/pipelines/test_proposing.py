"""`faultloop sources new`: what it proposes for files and tables that nobody described, and that what it writes works."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
import tempfile
from contextlib import closing
from itertools import islice
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from installation import Installation, no_suites

from bilingual.errors import UserError
from bilingual.text import Language
from faultloop.cli import cli
from pipelines.proposing.match import Table
from pipelines.proposing.proposal import Proposal, propose, write
from pipelines.proposing.wide import globs
from warehouse.entities import code_lists
from warehouse.mapping import Unpivot, load, load_all

DATA = Path(__file__).parents[3] / "shared" / "data"
CALLS = """\
报修登记簿,,,,,,,
单号,来电时间,完工日期,紧急程度,机号,处理状态,报修内容,金额
B-1,3/4/2026 8:05,5/4/2026 9:00,特急,M1,已完成,不启动,12
B-2,13/4/2026 8:05,,一般,M2,待处理,漏水,无
B-3,14/4/2026 8:05,,普通,M2,未知状态,漏水,13
"""


def proposed(home: Installation, where: Path | str, *, language: Language = "en", **options: str | None) -> Proposal:
    given = {"table": None, "entity": None, **options}
    return propose(home.home, "new_one", str(where), language=language, **given)


def fields(proposal: Proposal) -> dict[str, str]:
    (mapping,) = proposal.source.entities[proposal.match.entity.name]
    return {name: m.expression.replace('"', "") for name, m in mapping.fields.items()}


def calls(home: Installation, text: str = CALLS) -> Path:
    return home.put("calls.csv", text.encode("gb18030"))


def test_a_register_in_chinese_is_understood(installation: Installation) -> None:
    found = proposed(installation, calls(installation))
    assert found.match.entity.name == "ticket"
    assert fields(found) == {
        "ticket_id": "单号",
        "opened_at": "来电时间",
        "resolved_at": "完工日期",
        "priority": "紧急程度",
        "asset_id": "机号",
        "status": "处理状态",
        "symptom": "报修内容",
    }
    (mapping,) = found.source.entities["ticket"]
    assert mapping.fields["priority"].map == {"特急": "critical", "一般": "medium", "普通": "medium"}
    assert mapping.fields["status"].map == {"已完成": "resolved", "待处理": "new"}
    assert "# ? on no code list: 未知状态" in found.text
    assert found.source.dates == ("%d/%m/%Y %H:%M",)
    assert "other way round" not in found.text, "the 13th tells day from month"
    assert "# Columns that nothing reads: 金额" in found.text
    (first,) = found.check.first
    assert (first.total, first.aside) == (3, 0)
    assert first.rows[0]["opened_at"] == "2026-04-03 00:05:00", "the house's clock is that of Shanghai"


def test_dates_that_could_be_read_either_way_are_marked(installation: Installation) -> None:
    lines = CALLS.splitlines()
    found = proposed(installation, calls(installation, "\n".join(lines[:3]) + "\n"))
    assert "dates: ['%d/%m/%Y %H:%M']  # ? day and month might be the other way round" in found.text
    assert "日与月可能相反" in proposed(installation, installation.path / "data/calls.csv", language="zh").text


def test_one_column_tells_how_the_dates_of_another_are_meant(installation: Installation) -> None:
    text = "ticket no,created at,resolved on\nT1,3/4/2026,4/13/2026\nT2,3/5/2026,4/14/2026\n"
    found = proposed(installation, installation.put("a.csv", text))
    assert found.source.dates == ("%m/%d/%Y",)
    assert "other way round" not in found.text


def test_rows_without_a_number_of_their_own_get_one_of_their_parts(installation: Installation) -> None:
    text = "unit,failure date,end time,failure mode\nM1,2026-01-01 08:00,2026-01-01 09:00,leak\n"
    text += "M1,2026-01-02 08:00,2026-01-02 09:00,leak\nM2,2026-01-01 08:00,?,leak\n"
    found = proposed(installation, installation.put("log.csv", text))
    assert found.match.entity.name == "fault"
    assert fields(found)["fault_id"] == "failure date".join(["unit || '@' || ", ""])
    assert found.source.nulls == ("?",)
    assert found.check.first[0].aside == 0


def test_records_that_come_again_are_told_apart_by_what_says_which_is_newer(installation: Installation) -> None:
    head = "Case no.,Opened at,State,Priority"
    twice = f"{head}\nC1,2026-01-01,open,P1\nC1,2026-01-01,closed,P1\nC2,2026-01-01,open,P2\n"
    found = proposed(installation, installation.put("a.csv", twice))
    assert "ticket_id: '\"Case no.\"'  # ? 1 rows repeat a key: the later one wins" in found.text
    rows = [line + f",{n}" for n, line in enumerate(twice.splitlines()[1:])]
    found = proposed(installation, installation.put("b.csv", "\n".join([f"{head},Last updated", *rows]) + "\n"))
    (mapping,) = found.source.entities["ticket"]
    assert mapping.version is not None
    assert mapping.version.expression == '"Last updated"'
    assert "repeat a key" not in found.text


def test_a_table_of_a_database_is_read_from_where_the_last_time_ended(installation: Installation) -> None:
    (installation.path / "data").mkdir(parents=True)
    with closing(sqlite3.connect(installation.path / "data/service.db")) as db:
        db.execute(
            "CREATE TABLE jobs (repair_no TEXT, ticket_no TEXT, work_started TEXT, labor_cost REAL, updated_at TEXT)"
        )
        db.execute("INSERT INTO jobs VALUES ('R1', 'T1', '2026-01-01 08:00:00', 12.5, '2026-01-02 08:00:00')")
        db.commit()
    found = proposed(installation, "sqlite:///data/service.db", table="jobs")
    assert found.match.entity.name == "repair"
    assert found.source.streams == {
        "rows": {"url": "sqlite:///data/service.db", "table": "jobs", "cursor": "updated_at"}
    }
    assert fields(found) == {
        "repair_id": "repair_no",
        "ticket_id": "ticket_no",
        "started_at": "work_started",
        "cost_labour": "labor_cost",
    }


def test_what_lacks_something_mandatory_says_what_would_become_of_its_rows(installation: Installation) -> None:
    file = installation.put(
        "a.csv", "survey,Ticket no.,rating,remark,reached\nx,T1,satisfied,good,yes\nx,T2,fair,,no\n"
    )
    found = proposed(installation, file, entity="survey")
    assert "# item:  # ? mandatory, no column found: name one" in found.text
    (first,) = found.check.first
    assert (first.total, first.aside, first.reasons) == (2, 2, [("missing", "item", 2, "")])


@settings(max_examples=8)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="()（）"), max_size=8),
        min_size=3,
        max_size=3,
    )
)
def test_whatever_a_column_is_called_the_mapping_can_be_read(brackets: list[str]) -> None:
    """What stands in brackets behind the word may be anything that YAML or SQL has a use for."""
    names = [f"{word}({more})" for word, more in zip(("工单号", "Opened at", "no"), brackets, strict=True)]
    table = io.StringIO()
    csv.writer(table).writerows([names, ["T1", "2026-01-01 08:00", "x"], ["T2", "2026-01-02 08:00", "y"]])
    with tempfile.TemporaryDirectory() as folder:
        home = Installation(Path(folder))
        found = proposed(home, home.put("a.csv", table.getvalue()), entity="ticket")
    (first,) = found.check.first
    assert (first.total, first.aside) == (2, 0)
    assert [row["ticket_id"] for row in first.rows] == ["T1", "T2"]


@pytest.mark.parametrize(
    ("where", "options", "said"),
    [
        ("none.csv", {}, "no such file or folder"),
        ("http://127.0.0.1:9/api", {}, "answers “"),
        ("postgresql://me:secret@db.example.com/service", {"table": "x"}, "holds a password"),
        ("sqlite:///data/none.db", {}, "--table"),
        ("odd.csv", {}, "called like those of no entity"),
        ("empty.csv", {}, "the file is empty"),
        ("heads.csv", {}, "holds no rows"),
        ("odd.csv", {"entity": "tickets"}, "no entity “tickets”"),
    ],
)
def test_what_cannot_be_proposed_is_told(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, where: str, options: dict[str, str], said: str
) -> None:
    installation.put("odd.csv", "alpha,beta\n1,2\n")
    installation.put("empty.csv", "")
    installation.put("heads.csv", "工单号,报修时间\n")
    monkeypatch.chdir(installation.path / "data")
    with pytest.raises(UserError) as caught:
        proposed(installation, where, **options)
    assert said in caught.value["en"]
    assert "secret" not in caught.value["en"] + caught.value["zh"]


@pytest.mark.parametrize("name", ["Calls", "../calls", "1st", "报修", ""])
def test_a_name_that_is_no_name_is_refused(installation: Installation, name: str) -> None:
    with pytest.raises(UserError, match="cannot be a source's name"):
        propose(installation.home, name, "x", table=None, entity=None, language="en")


def test_a_mapping_is_never_written_over(installation: Installation) -> None:
    found = proposed(installation, calls(installation))
    file = write(installation.home, found)
    file.write_text("mine")
    with pytest.raises(UserError, match="never written over"):
        write(installation.home, found)
    with pytest.raises(UserError, match="never written over"):
        proposed(installation, installation.path / "data/calls.csv")
    assert file.read_text() == "mine"


def test_the_command_writes_what_check_and_refresh_accept(installation: Installation) -> None:
    file = calls(installation)

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["--home", str(installation.path), *arguments], env={"FAULTLOOP_LANGUAGE": "zh"})
        return done.exit_code, done.output

    code, said = run("sources", "new", "calls", str(file), "--show")
    assert code == 0
    assert not (installation.path / "sources").exists(), "only shown"
    code, said = run("sources", "new", "calls", str(file))
    assert code == 0, said
    assert "识别为：工单（ticket）" in said
    assert "3 行中有 0 行将被隔离" in said
    assert "faultloop sources check calls" in said
    assert load(installation.path / "sources/calls.yaml").streams == {"rows": {"path": "data/calls.csv"}}
    assert run("sources", "check", "calls")[0] == 0
    with no_suites():
        assert run("refresh")[0] == 0
    assert installation.rows("SELECT ticket_id, priority, asset_id FROM core.ticket ORDER BY 1") == [
        ("B-1", "critical", "M1"),
        ("B-2", "medium", "M2"),
        ("B-3", "medium", "M2"),
    ]


@pytest.mark.matrix
def test_what_the_demo_describes_by_hand_is_proposed_by_itself(small_demo: Path) -> None:
    """Every table of its database, and the registers: at least nine of ten fields as somebody who knows them mapped them."""
    home = Installation(small_demo)
    right = total = 0
    for source in load_all(home.home.sources):
        if source.name in ("corrective_actions", "ticket_export"):
            continue  # several sheets; several tables of one form
        for entity, (mapping, *_) in source.entities.items():
            options = source.streams[mapping.stream]
            where = str(options.get("url") or sorted(home.path.glob(options["path"]))[0])
            found = proposed(home, where, table=options.get("table"))
            assert found.match.entity.name == entity
            assert found.source.streams["rows"].get("cursor") == options.get("cursor")
            known = {f: m.expression.replace('"', "") for f, m in mapping.fields.items()}
            right += sum(fields(found).get(f) == column for f, column in known.items())
            total += len(known)
            assert all(first.aside == 0 for first in found.check.first), entity
    assert total > 100
    assert right / total > 0.9, f"{right} of {total}"


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.exists(), reason="the real data sets are not there")
@pytest.mark.parametrize(
    ("file", "entity", "some"),
    [
        (
            "it_service_desk/incident_event_log.csv.gz",
            "ticket",
            {"ticket_id": "number", "opened_at": "opened_at", "sla_met": "made_sla", "customer_id": "caller_id"},
        ),
        (
            "wmata_lifts/status_events.csv.gz",
            "fault",
            {"fault_id": "unit_id || '@' || time", "occurred_at": "time", "restored_at": "end_time"},
        ),
        pytest.param(
            "wmata_lifts/units.csv",
            "asset",
            {"asset_id": "unit_id", "model": "unit_type", "site": "station_name"},
            marks=pytest.mark.matrix,
        ),
        pytest.param("car_parts/carparts.csv", "part", {"part_no": "Part"}, marks=pytest.mark.matrix),
    ],
)
def test_real_files_are_understood(installation: Installation, file: str, entity: str, some: dict[str, str]) -> None:
    path = DATA / file
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as rows:
        found = proposed(installation, installation.put(path.name.removesuffix(".gz"), "".join(islice(rows, 400))))
    assert found.match.entity.name == entity
    assert some.items() <= fields(found).items()
    assert found.check.first[0].aside == 0
    if entity == "ticket":
        assert found.source.dates == ("%d/%m/%Y %H:%M",)
        assert found.source.nulls == ("?",)
        assert (
            json.loads(found.source.model_dump_json())["entities"]["ticket"][0]["version"]["expression"]
            == '"sys_mod_count"'
        )


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([f"{month}月" for month in range(1, 13)], ["[0-9][0-9]月", "[0-9]月"]),
        ([f"2026-{month:02}" for month in range(1, 7)], ["[0-9][0-9][0-9][0-9]-[0-9][0-9]"]),
        (["Jan-98", "Feb-98", "Mar-98", "Apr-98", "May-98", "Jun-98"], ["[A-Za-z][A-Za-z][A-Za-z]-[0-9][0-9]"]),
        ([f"2026-{month:02}" for month in range(1, 6)], []),
        (["Market", "Decision", "Janitor", "Octane", "Junk", "Mayor"], []),
    ],
)
def test_months_side_by_side_are_seen_and_their_globs_match_them_alone(headers: list[str], found: list[str]) -> None:
    columns = {"备件号": ["P1", "P2"], "数量": ["1", "2"], **{h: ["3", ""] for h in headers}}
    table = Table(pl.DataFrame(columns), code_lists())
    assert globs(table, [*headers, "数量"]) == found
    if found:
        unpivot = Unpivot.model_validate({"columns": found, "names": "month", "values": "number"})
        assert [c for c in columns if unpivot.matches(c)] == headers
