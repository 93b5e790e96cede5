"""Kind `mailbox` against a real Dovecot server: who is known, which mail wins, what is tried again, cut off, renumbered or killed."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import dovecot
import polars as pl
import pytest
from dovecot import mail
from installation import Installation, tickets_csv
from killing import landed

from pipelines.dryrun import check_source
from pipelines.landing import LandedStream
from pipelines.sources import Delivery, Stream
from pipelines.sources.mailbox import deliveries
from warehouse.mapping import load

ANNA, BELA, EVE = "anna@branch.example.com", "bela@other.example.com", "eve@elsewhere.example.net"
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
NOTES = "landing/mails/calls/notes"


@pytest.fixture(scope="module")
def server() -> Iterator[dovecot.Server]:
    with dovecot.server() as found:
        yield found


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", dovecot.PASSWORD)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user whose mailbox is this test's own."""
    return f"u{abs(hash(request.node.nodeid))}"


def stream(server: dovecot.Server, user: str, options: str = "", url: str | None = None) -> str:
    senders = f'["@branch.example.com", {BELA}]'
    return f'{{url: "{url or server.url(user)}", senders: {senders}, ca: {server.ca}{options}}}'


def mapped(at: Installation, *streams: str) -> Installation:
    """A source of tickets from one stream, `calls`, or of several."""
    names = ["calls", *(f"calls{n}" for n in range(2, len(streams) + 1))]
    listed = "".join(f"  {name}: {one}\n" for name, one in zip(names, streams, strict=True))
    fields = "fields: {ticket_id: nr, opened_at: opened, closed_at: closed, priority: priority, description: note}"
    fed = "".join(f"    - from: {name}\n      {fields}\n" for name in names)
    at.mapping(
        "mails",
        f"title: {{en: Mails, zh: 邮件}}\nkind: mailbox\nstreams:\n{listed}entities:\n  ticket:\n{fed}",
    )
    return at


def files(at: Installation) -> set[str]:
    """What landed, by its name in the lineage."""
    return {
        f for one in (at.path / "landing").rglob("*.parquet") for f in pl.read_parquet(one)["_file"].unique().to_list()
    }


def names(at: Installation) -> set[str]:
    return {file.partition("/")[2] for file in files(at)}


def told(at: Installation) -> list[str]:
    return [rejected.en for rejected in at.extract().rejected]


def test_files_of_known_senders_land_and_the_folder_stays_as_it_was(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    server.put(
        user,
        mail(
            f"安娜 <{ANNA.upper()}>", {"a.csv": tickets_csv([1]), "logo.png": b"\x89PNG", "smime.p7s": b"x"}, id="<1@x>"
        ),
        mail(BELA, {"b.csv": tickets_csv([2])}, id="<2@x>"),
        mail(EVE, {"e.csv": tickets_csv([3])}, id="<3@x>"),
        mail(f"{ANNA} <{EVE}>", {"f.csv": tickets_csv([4])}, id="<4@x>"),
        mail("x@sub.branch.example.com", {"s.csv": tickets_csv([5])}, id="<5@x>"),
        mail(ANNA, id="<6@x>"),
        at=NOON,
    )
    mapped(installation, stream(server, user))
    first = installation.extract()
    assert files(installation) == {"2026-03-02T12:00:00Z 1@x/a.csv", "2026-03-02T12:01:00Z 2@x/b.csv"}
    assert (first.batches, first.rows) == (2, 2)
    # Those with old mails are told of no more: they were not sent lately.
    assert first.rejected == ()
    assert installation.extract().batches == 0
    with server.client(user) as client:
        client.select_folder("INBOX")
        assert client.search("ALL") == [1, 2, 3, 4, 5, 6]
        assert client.search("SEEN") == []


def test_who_else_sends_files_is_told_in_one_sentence_for_a_week(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    server.put(user, mail(EVE, {"e.csv": "x"}), mail(EVE, {"e.csv": "x"}), mail("spam@example.net"))
    mapped(installation, stream(server, user))
    for _ in range(2):
        (sentence,) = told(installation)
        assert sentence.startswith(f"Files came by mail from senders that are not on the list ({EVE});")
    note = installation.path / NOTES / "strangers.json"
    long_ago = (dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=8)).isoformat()
    note.write_text(json.dumps({EVE: {"why": "unknown", "at": long_ago}}), encoding="utf-8")
    assert told(installation) == []
    assert json.loads(note.read_text(encoding="utf-8")) == {}


def test_who_is_not_confirmed_by_the_houses_server_is_not_believed(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    server.put(
        user,
        mail(
            ANNA,
            {"a.csv": tickets_csv([1])},
            Authentication_Results="mx.house; dmarc=pass header.from=branch.example.com",
        ),
        mail(
            ANNA,
            {"b.csv": tickets_csv([2])},
            Authentication_Results="mx.house; dmarc=fail header.from=branch.example.com",
        ),
        mail(ANNA, {"c.csv": tickets_csv([3])}),
    )
    mapped(installation, stream(server, user, ", authenticated_by: mx.house"))
    (sentence,) = told(installation)
    assert f"in the name of known senders ({ANNA})" in sentence
    assert names(installation) == {"a.csv"}


def test_of_two_mails_with_one_key_that_which_arrived_later_wins(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    server.put(user, mail(ANNA, {"a.csv": tickets_csv([1], note="later")}, id="<1@x>"), at=NOON)
    server.put(
        user, mail(BELA, {"z.csv": tickets_csv([1], note="sooner")}, id="<9@x>"), at=NOON - dt.timedelta(days=30)
    )
    mapped(installation, stream(server, user))
    installation.refresh(checked=False)
    assert installation.rows("SELECT description, _file FROM core.ticket") == [
        ("later", "2026-03-02T12:00:00Z 1@x/a.csv")
    ]


def test_a_folder_with_a_chinese_name_by_starttls_with_mails_chosen_by_day_and_subject(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    with server.client(user) as client:
        client.create_folder("报修附件")
    server.put(
        user,
        mail(ANNA, {"a.csv": tickets_csv([1])}, subject="Old 报修"),
        at=NOON - dt.timedelta(days=3),
        folder="报修附件",
    )
    server.put(
        user, mail(ANNA, {"b.csv": tickets_csv([2])}, subject="十一月报修登记"), mail(ANNA, {"c.csv": "x"}, subject="Lunch"),
        at=NOON, folder="报修附件",
    )  # fmt: skip
    url = server.url(user, "报修附件", server.plain).replace("imaps", "imap")
    mapped(installation, stream(server, user, ', since: 2026-03-01, subject: "*报修*"', url))
    assert told(installation) == []
    assert names(installation) == {"b.csv"}


def test_streams_share_a_folder_by_the_names_of_files(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("十月/Calls_2.CSV", tickets_csv([2]))
        archive.writestr("stock.csv", tickets_csv([3]))
    server.put(
        user, mail(ANNA, {"calls_1.csv": tickets_csv([1]), "stock.csv": tickets_csv([4]), "all.zip": packed.getvalue()})
    )
    mapped(
        installation, stream(server, user, ', attachments: "calls*"'), stream(server, user, ", attachments: [stock*]")
    )
    assert told(installation) == []
    found = {f.parent.name: set() for f in (installation.path / "landing").rglob("*.parquet")}
    for file in (installation.path / "landing").rglob("*.parquet"):
        found[file.parent.name] |= {f.partition("/")[2] for f in pl.read_parquet(file)["_file"]}
    assert found == {"calls": {"calls_1.csv", "all.zip/十月/Calls_2.CSV"}, "calls2": {"stock.csv", "all.zip/stock.csv"}}


def test_a_file_that_cannot_be_read_is_told_until_its_sender_mails_one_that_can(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    mapped(installation, stream(server, user))
    server.put(
        user, mail(ANNA, {"a.csv": "only,these\n1,2\n"}), mail(ANNA, {"b.rar": b"Rar!"}), mail(BELA, {"a.csv": "n\n"})
    )
    for _ in range(2):
        first, second, third = told(installation)
        assert "a.csv: the columns" in first
        assert "b.rar: an archive of this kind is not opened" in second
        assert "a.csv: the columns" in third
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    server.put(user, mail(ANNA, {"a.csv": tickets_csv([1])}), at=later)
    told(installation)
    # Anna’s came again; the others are told of on.
    assert len(told(installation)) == 2
    for note in (installation.path / NOTES).glob("mail-*.json"):
        kept = json.loads(note.read_text(encoding="utf-8"))
        kept["handled_at"] = (dt.datetime.fromisoformat(kept["handled_at"]) - dt.timedelta(days=8)).isoformat()
        note.write_text(json.dumps(kept), encoding="utf-8")
    assert told(installation) == []


def raw(*parts: bytes, sender: str = ANNA) -> bytes:
    """A mail as some program writes it, with parts that each have their own headers."""
    head = b"From: " + sender.encode() + b"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def test_names_of_files_however_programs_write_them(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    rows = tickets_csv([1]).encode()
    disposed = {
        "报修.csv": b'attachment; filename="=?GBK?B?sajQ3i5jc3Y=?="',
        "登记.csv": b"attachment; filename*=UTF-8''%E7%99%BB%E8%AE%B0.csv",
        "长名字.csv": b"attachment; filename*0*=gb2312''%B3%A4; filename*1*=%C3%FB%D7%D6.csv",
        "保修单.csv": 'attachment; filename="保修单.csv"'.encode("gbk"),
        "passwd.csv": b'attachment; filename="../../etc/passwd.csv"',
        "c.csv": rb'attachment; filename="D:\\data\\c.csv"',
        "a_bc.csv": b'attachment; filename="a#b\x07\xe2\x80\xaec.csv"',
        "same.csv": b'attachment; filename="same.csv"',
        "same (2).csv": b'attachment; filename="same.csv"',
        "typed.csv": b"inline",
    }
    parts = [
        b"Content-Disposition: " + value + (b'\r\nContent-Type: text/csv; name="typed.csv"' if name == "typed.csv" else b"")
        + b"\r\n\r\n" + rows + name.encode()
        for name, value in disposed.items()
    ]  # fmt: skip
    server.put(user, raw(*parts, b"Content-Type: text/plain\r\n\r\nhello"))
    mapped(installation, stream(server, user))
    installation.extract()
    assert names(installation) == set(disposed)
    assert all(file[:4] == "2026" and " no-id-" in file for file in files(installation))


def nested(depth: int) -> bytes:
    head = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return b"From: " + ANNA.encode() + b"\r\nMessage-ID: <deep@x>\r\n" + head


def test_mails_that_are_too_much_are_refused_with_a_sentence(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    part = b"Content-Disposition: attachment; filename=%d.csv\r\n\r\nx"
    server.put(
        user,
        nested(5_000),
        nested(150),
        raw(*(part % n for n in range(101))),
        mail(ANNA, {"large.csv": b"x" * 600_000}, id="<large@x>"),
        mail(ANNA, {"fine.csv": tickets_csv([1])}, id="<" + "a/b #" * 100 + "@x>"),
    )
    mapped(installation, stream(server, user, ", largest_mb: 0.5"))
    began = time.monotonic()
    sentences = told(installation)
    assert time.monotonic() - began < 10
    assert [s.partition(" ")[0] for s in sentences] == ["The"] * 3
    assert [next(w for w in ("more than 200", "more than 100", "larger than 0.5 MB") if w in s) for s in sentences] == [
        "more than 200",
        "more than 100",
        "larger than 0.5 MB",
    ]
    assert names(installation) == {"fine.csv"}


def test_a_mail_within_a_mail_is_left_shut(installation: Installation, server: dovecot.Server, user: str) -> None:
    forwarded = mail(BELA, {"own.csv": tickets_csv([1])})
    forwarded.add_attachment(mail(EVE, {"foreign.csv": tickets_csv([2])}))
    server.put(user, forwarded)
    mapped(installation, stream(server, user))
    assert told(installation) == []
    assert names(installation) == {"own.csv"}


def test_a_folder_that_is_numbered_anew_brings_nothing_twice(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    with server.client(user) as client:
        client.create_folder("f")
    mails = [mail(ANNA, {"a.csv": tickets_csv([n])}, id=f"<{n}@x>") for n in range(3)]
    server.put(user, *mails, at=NOON, folder="f")
    mapped(installation, stream(server, user, url=server.url(user, "f")))
    assert installation.extract().batches == 3
    with server.client(user) as client:
        client.delete_folder("f")
        client.create_folder("f")
    server.put(user, *mails, mail(ANNA, {"a.csv": tickets_csv([9])}), at=NOON, folder="f")
    seen = json.loads((installation.path / NOTES / "seen.json").read_text(encoding="utf-8"))
    assert installation.extract().batches == 1
    assert (
        json.loads((installation.path / NOTES / "seen.json").read_text(encoding="utf-8"))["validity"]
        != seen["validity"]
    )
    # Nor does anybody who takes the notes away.
    shutil.rmtree(installation.path / NOTES)
    assert installation.extract().batches == 0


def test_a_mail_that_goes_while_it_is_read_is_no_mistake(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    server.put(user, *(mail(ANNA, {"a.csv": tickets_csv([n])}) for n in range(4)))
    options = {"url": server.url(user), "senders": [ANNA], "ca": str(server.ca)}
    of = Stream("mails", "calls", options, frozenset({"nr"}), installation.path)
    offered = deliveries(of, LandedStream(installation.path / "landing"))
    assert isinstance(next(offered), Delivery)
    with server.client(user) as client:
        client.select_folder("INBOX")
        client.delete_messages([2, 4])
        client.expunge()
    assert len(list(offered)) == 1


def whole(at: Installation) -> set[str]:
    return {f"{n}.csv" for n in range(12)} - names(at)


def test_a_line_that_is_cut_within_a_mail_costs_nothing_but_time(
    installation: Installation, server: dovecot.Server, user: str
) -> None:
    server.put(user, *(mail(ANNA, {f"{n}.csv": tickets_csv([n], note="x" * 20_000)}) for n in range(12)))
    sent = 0

    def cut(data: bytes) -> bytes | None:
        nonlocal sent
        sent += len(data)
        return data if sent < 120_000 else data[: len(data) // 2] and None

    with dovecot.between(server, cut) as port:
        mapped(installation, stream(server, user, url=server.url(user, port=port)))
        (sentence,) = told(installation)
        assert "localhost" in sentence
        assert 0 < len(names(installation)) < 12
    mapped(installation, stream(server, user, url=server.url(user, port=server.tls)))
    assert told(installation) == []
    assert whole(installation) == set()
    assert installation.extract().batches == 0


@pytest.mark.parametrize("answer", [b"NO [UNAVAILABLE] not now", b"BAD what"])
def test_a_server_that_refuses_is_told_and_asked_again(
    installation: Installation, server: dovecot.Server, user: str, answer: bytes
) -> None:
    server.put(user, *(mail(ANNA, {f"{n}.csv": tickets_csv([n])}) for n in range(3)))
    fetched = 0

    def refuse(data: bytes) -> bytes:
        nonlocal fetched
        if b" OK Fetch completed" in data:
            fetched += 1
            if fetched == 3:
                tag = data.rpartition(b" OK Fetch")[0].rpartition(b"\r\n")[2]
                return tag + b" " + answer + b"\r\n"
        return data

    with dovecot.between(server, refuse) as port:
        mapped(installation, stream(server, user, url=server.url(user, port=port)))
        (sentence,) = told(installation)
        assert answer.decode().split(" ", 1)[1] in sentence
        assert names(installation) == {"0.csv"}
        assert told(installation) == []
    assert names(installation) == {"0.csv", "1.csv", "2.csv"}


@pytest.mark.parametrize(
    ("was", "now", "en", "zh"),
    [
        ("${MAIL_PASSWORD}", "${WRONG}", "does not let", "拒绝"),
        ("${MAIL_PASSWORD}", "${ABSENT}", "variable ABSENT is not set", "ABSENT"),
        ("${MAIL_PASSWORD}", "secret", "`url` holds a password", "写有密码"),
        ("INBOX", "没有", "has no folder “没有” (it has INBOX)", "没有文件夹"),
        ("localhost", "127.0.0.1", "certificate", "证书"),
        ("localhost:{tls}", "localhost:1", "cannot be reached", "无法连接"),
        ("imaps://", "http://", "no address of a mailbox", "不是有效的邮箱地址"),
        ("@branch.example.com", "branch", "“branch” is no address", "不是有效地址"),
        (", ca: {ca}", "", "name your own authority’s as `ca`", "`ca`"),
        ("ca: {ca}", "ca: no.pem", "no.pem cannot be read", "无法读取"),
    ],
)
def test_what_is_set_up_wrongly_is_one_sentence(
    installation: Installation, server: dovecot.Server, user: str, monkeypatch: pytest.MonkeyPatch, was: str, now: str, en: str, zh: str
) -> None:  # fmt: skip
    monkeypatch.setenv("WRONG", "wrong")
    before = stream(server, user)
    was = was.replace("{tls}", str(server.tls)).replace("{ca}", str(server.ca))
    assert was in before
    mapped(installation, before.replace(was, now))
    (rejected,) = installation.extract().rejected
    assert en in rejected.en
    assert zh in rejected.zh
    assert dovecot.PASSWORD not in rejected.en + rejected.zh


def test_a_check_reads_and_keeps_nothing(installation: Installation, server: dovecot.Server, user: str) -> None:
    server.put(user, mail(ANNA, {"a.csv": tickets_csv([1, 2])}), mail(EVE, {"e.csv": "x"}), mail(ANNA, {"b.csv": "x"}))
    mapped(installation, stream(server, user))
    found = check_source(installation.home, load(installation.path / "sources" / "mails.yaml"), 100)
    assert found.rows == {"calls": 2}
    assert [e.text.en.partition(" ")[0] for e in found.errors][-1] == "Files"
    assert len(found.errors) == 2
    assert not (installation.path / "landing").exists()


_RANDOM = random.Random(20261122)
MOMENTS = [_RANDOM.random() for _ in range(20)]
_EXTRACT = """
import sys
from pathlib import Path
import pipelines.sources.mailbox
from pipelines.landing import extract
from warehouse.mapping import load
from warehouse.settings import Home
home = Home(Path(sys.argv[1]))
source = load(home.sources / "mails.yaml")
print("begun", flush=True)
extract(home, source)
"""


def extracting(home: Path) -> subprocess.Popen[str]:
    tests = Path(dovecot.__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-c", _EXTRACT, str(home)], stdout=subprocess.PIPE, text=True, cwd=tests.parent,
        env={"PYTHONPATH": f"{tests}:{tests.parent}", "MAIL_PASSWORD": dovecot.PASSWORD, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "begun\n"
    return process


@pytest.fixture(scope="module")
def many(
    server: dovecot.Server, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, list[tuple[object, ...]]], float]:
    """A home from which nothing landed yet, what lands when nobody kills it, and how long that takes."""
    mails: list[EmailMessage | bytes] = []
    for n in range(25):
        mails.append(
            mail(ANNA, {f"a{n}.csv": tickets_csv(range(n, n + 40)), f"b{n}.csv": tickets_csv([n])}, id=f"<{n}@x>")
        )
        mails.append(mail(EVE if n % 3 else ANNA, {"x.csv": "n\n"}, id=f"<other{n}@x>"))
    server.put("many", *mails, at=NOON)
    at = mapped(Installation(tmp_path_factory.mktemp("many") / "home"), stream(server, "many"))
    never = Installation(at.path.with_name("never killed"))
    shutil.copytree(at.path, never.path)
    process, began = extracting(never.path), time.monotonic()
    assert process.wait(60) == 0
    seconds = time.monotonic() - began
    found = landed(never.path)
    assert len(found) == 50
    return at.path, found, seconds


@pytest.mark.parametrize("share", [*MOMENTS[:2], *(pytest.param(m, marks=pytest.mark.matrix) for m in MOMENTS[2:])])
def test_what_is_killed_lands_whole_and_once(
    many: tuple[Path, dict[str, list[tuple[object, ...]]], float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:  # fmt: skip
    home, expected, seconds = many
    at = Installation(tmp_path / "home")
    shutil.copytree(home, at.path)
    process = extracting(at.path)
    time.sleep(share * seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    at.extract()
    assert landed(at.path) == expected
    assert at.leftovers() == []
    assert at.extract().batches == 0
