"""Senders of mails are told once what became of them: mails by a real Dovecot server, replies by a real SMTP server."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from contextlib import nullcontext
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import dovecot
import fastexcel
import pytest
import xlsxwriter
from dovecot import mail
from installation import Installation, no_suites, tickets_csv
from mail_server import Mailbox, smtp_server

from expectations.run import Outcome
from fracas.database import connect
from fracas.model import Person
from fracas.staff import Staff
from pipelines import answering
from pipelines.courier import Courier
from pipelines.jobs.refresh import watched
from pipelines.running import Record
from warehouse.mapping import load_all
from warehouse.settings import Home

if TYPE_CHECKING:
    from tests.pipelines.conftest import Registered

ANNA = "anna@branch.example.com"
MAPPING = """\
title: {{en: Mails, zh: 邮件}}
kind: mailbox
owner: desk@example.com
streams: {{calls: {{url: "{url}", senders: ["@branch.example.com"], ca: {ca}{options}}}}}
entities:
  ticket:
    from: calls
    where: note is distinct from 'left out'
    fields: {{ticket_id: nr, opened_at: opened, description: note}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[dovecot.Server]:
    with dovecot.server() as found:
        yield found


@pytest.fixture(autouse=True)
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    monkeypatch.setenv("MAIL_PASSWORD", dovecot.PASSWORD)
    with smtp_server() as found:
        monkeypatch.setenv("FAULTLOOP_CHANNEL_MAIL", found.url())
        yield found


@pytest.fixture
def house(registered: Registered, server: dovecot.Server, request: pytest.FixtureRequest) -> Iterator[House]:
    found = House(registered.installation, server, f"u{abs(hash(request.node.nodeid))}@house.example.com")
    yield found
    found.engine.dispose()


class House:
    """An installation whose one source is a mailbox."""

    def __init__(self, at: Installation, server: dovecot.Server, user: str) -> None:
        self.at, self.server, self.user = at, server, user
        with at.home.settings_file.open("a", encoding="utf-8") as settings:
            settings.write("organisation: Acme\nlanguage: en\noutbound_hosts: [localhost]\n")
        self.engine = connect(self.home.register_url)
        self.mapped()

    @property
    def home(self) -> Home:
        return Home(self.at.path)

    def mapped(self, options: str = "") -> None:
        url = self.server.url(self.user)
        self.at.mapping("mails", MAPPING.format(url=url, ca=self.server.ca, options=options))

    def put(self, *mails: EmailMessage, at: dt.datetime | None = None) -> None:
        self.server.put(self.user, *mails, at=at)

    def refresh(self) -> None:
        with no_suites():
            watched(self.home, Record(None, "x"))

    def answer(self) -> int:
        return answering.answer(self.home, self.engine, load_all(self.home.sources))

    def deliver(self) -> None:
        Courier(self.home, self.engine).round()


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def book(*rows: list[object]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet("报修")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


HEAD = ["nr", "opened", "note"]
LISTED = "nr,opened,note\nT7,2026-03-01 08:00,from a list\n"


def test_a_sender_is_told_row_by_row_and_sends_the_corrected_rows_back(house: House, box: Mailbox) -> None:
    rows = [
        HEAD,
        ["A1", "2026-03-01 08:00", "fine"],
        ["A2", "yesterday", '=HYPERLINK("http://x")'],
        ["", "2026-03-01 08:00", "@SUM(1)"],
        ["A4", "2026-03-01 08:00", "left out"],
        ["A1", "2026-03-01 09:00", "newer"],
    ]
    sent = mail(
        f"安娜 <{ANNA}>",
        {"报修.xlsx": book(*rows), "b.csv": "x\n"},
        subject="回复：Re: 三月",
        id="<1@x>",
        References="<0@x>",
    )
    house.put(sent, mail("eve@example.net", {"e.csv": "x"}), mail(ANNA, {"l.csv": LISTED}, List_Id="<l.x>"))
    house.refresh()
    house.deliver()
    (reply,) = box.messages
    assert box.receivers == [ANNA]
    assert reply["Subject"] == "Re: 三月"
    assert reply["In-Reply-To"] == "<1@x>"
    assert reply["Reply-To"] == house.user
    assert reply["References"] == "<0@x> <1@x>"
    assert reply["Auto-Submitted"] == "auto-replied"
    said = text(reply)
    assert "部分内容未接收" in said
    assert "工单：接收 1 行；未接收 2 行；略过 1 行：已有主键相同的更新记录；按来源规则不取 1 行" in said
    assert "b.csv 未接收：b.csv：缺少列" in said
    assert "第 3 行 · opened · “yesterday”：该值不是日期时间。" in said
    assert "第 4 行 · nr：缺少必填值。" in said
    assert "desk@example.com" in said
    (attached,) = reply.iter_attachments()
    assert attached.get_filename() == "报修 待更正.xlsx"
    content = attached.get_content()
    found = fastexcel.read_excel(content).load_sheet("报修", dtypes="string").to_polars()
    assert found.columns == ["_原因", "_原行号", *HEAD]
    assert found["note"].to_list() == ['=HYPERLINK("http://x")', "@SUM(1)"]
    # Nothing leaves twice, whatever runs again.
    house.refresh()
    assert house.answer() == 0
    house.deliver()
    assert len(box.messages) == 1

    rows = [[c if c is not None else "" for c in row] for row in [found.columns, *map(list, found.rows())]]
    rows[1][rows[0].index("opened")], rows[2][rows[0].index("nr")] = "2026-03-02 08:00", "A3"
    house.put(
        mail(ANNA, {"报修 待更正.xlsx": book(*rows)}, id="<2@x>"), at=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    )
    house.refresh()
    house.deliver()
    assert "内容全部接收" in text(box.messages[1])
    assert house.at.rows("SELECT ticket_id FROM core.ticket ORDER BY ALL") == [("A1",), ("A2",), ("A3",), ("T7",)]
    # The row without a key is all that still is where it was.
    assert house.at.rows("SELECT field FROM meta.quarantine") == [("ticket_id",)]
    assert house.at.rows("SELECT * FROM meta.drift") == []


def test_the_language_is_that_of_the_person_then_of_the_mapping_then_of_what_was_written(
    house: House, box: Mailbox
) -> None:
    staff = Staff(house.engine, b"a key of the tests")
    staff.enrol(None, Person(login="zhang", name="张", password=None, email="Zhang@branch.example.com", language="zh"))
    house.put(
        *(
            mail(who, {"a.csv": tickets_csv([n])}, id=f"<{n}@x>")
            for n, who in enumerate([ANNA, "zhang@branch.example.com"])
        )
    )
    house.put(mail(ANNA, {"报修.csv": tickets_csv([3])}, id="<3@x>"))
    house.refresh()
    house.deliver()
    languages = {m["In-Reply-To"]: "zh" if "邮件已读取" in text(m) else "en" for m in box.messages}
    assert languages == {"<0@x>": "en", "<1@x>": "zh", "<3@x>": "zh"}
    house.mapped(", language: en")
    house.put(mail(ANNA, {"报修.csv": tickets_csv([4])}, id="<4@x>"))
    house.refresh()
    house.deliver()
    # With other options all is read anew, and nobody is told twice.
    (last,) = box.messages[3:]
    assert last["In-Reply-To"] == "<4@x>"
    assert "everything in it was accepted" in text(last)


def test_rows_beyond_what_is_published_are_said_to_be_held_back(house: House, box: Mailbox) -> None:
    house.put(mail(ANNA, {"a.csv": tickets_csv(range(3)), "b.csv": "x\n"}))
    failed = Outcome(suite="ticket", name="volume", severity="critical", passed=False, failed=3)
    with patch("pipelines.refresh.Checker", nullcontext), patch("pipelines.refresh.check_built", lambda *_: [failed]):
        watched(house.home, Record(None, "x"))
    house.deliver()
    (reply,) = box.messages
    assert "Nothing new is shown at the moment" in text(reply)
    assert "a.csv 3 rows received" in text(reply)
    assert "b.csv Not accepted: b.csv: the columns" in text(reply)


def test_what_landed_before_a_kill_is_answered_at_the_next_run(house: House, box: Mailbox) -> None:
    house.put(mail(ANNA, {"a.csv": tickets_csv(range(3))}))
    house.at.extract()
    assert house.answer() == 0  # nobody knows yet what becomes of it
    house.refresh()
    house.deliver()
    assert "Ticket: 3 accepted" in text(box.messages[0])


def test_nobody_is_answered_who_wants_none_or_wrote_long_ago(house: House, box: Mailbox) -> None:
    house.put(mail(ANNA, {"a.csv": tickets_csv([1])}), at=dt.datetime.now(dt.UTC) - dt.timedelta(days=8))
    house.refresh()
    house.mapped(", reply: false")
    house.put(mail(ANNA, {"b.csv": tickets_csv([2])}))
    house.refresh()
    assert house.at.value("SELECT count(*) FROM core.ticket") == 2
    house.deliver()
    assert box.messages == []


def test_a_mail_that_one_of_two_streams_has_not_seen_waits_for_it(house: House) -> None:
    house.put(mail(ANNA, {"a.csv": tickets_csv([1])}))
    house.refresh()
    note = house.at.path / "landing/mails/calls/notes/seen.json"
    seen = json.loads(note.read_text(encoding="utf-8"))
    with house.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM message")
    note.write_text(json.dumps({**seen, "uid": 0}), encoding="utf-8")
    assert house.answer() == 0
    note.write_text(json.dumps(seen), encoding="utf-8")
    assert house.answer() == 1


def test_many_wrong_rows_are_counted_and_stand_in_the_file(house: House, box: Mailbox, tmp_path: Path) -> None:
    rows = "\n".join(["nr,opened,note", *(f"T{n},never,{'x' * 200}" for n in range(300))])
    house.mapped(", language: en")
    house.put(mail(ANNA, {"长" * 110 + "%2e.csv": rows}))
    house.refresh()
    house.deliver()
    (reply,) = box.messages
    said = text(reply)
    assert "nothing in it could be accepted" in said
    assert said.count("Row ") == 200
    assert "… and 100 more, in the attached file." in said
    (attached,) = reply.iter_attachments()
    assert fastexcel.read_excel(attached.get_content()).load_sheet(0).height == 300
