"""The files of a report: what is printed in each, that nothing in them runs or asks for anything, and the command."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastexcel
import pypdfium2
import pytest
from click.testing import CliRunner

from bilingual.errors import UserError
from bilingual.text import Language
from dashboards.app import Application
from dashboards.reports import folder, pictures
from dashboards.reports.__main__ import command
from dashboards.reports.blocks import Cell, Document, Drawn, Grid, Heading, Period, Picture, Sentence
from dashboards.reports.render import named, render
from dashboards.reports.writers import writers
from warehouse.extent import Extent
from warehouse.settings import Home

MADE_AT = dt.datetime(2026, 11, 8, 7, 30)
# What a spreadsheet would run, and what a browser would.
EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://e")', "<script>alert(1)</script>", "#strong[x] $x$ \\")
PNG = b"\x89PNG\r\n\x1a\n"
FIGURE: dict[str, Any] = {"data": [{"type": "bar", "x": ["一月", "二月"], "y": [1, 3]}], "layout": {}}
HIDDEN = {"BROWSER_PATH": "/nowhere/chromium"}


def document_of(*blocks: Any, language: Language = "en") -> Document:
    about = (("House", EVIL[0]), ("Snapshot", "S-1"), ("Part", EVIL[5]))
    period = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31), "October")
    return Document(
        "r", language, EVIL[0], EVIL[1], period, EVIL[5], about, EVIL[6], blocks, "https://e.example/?a=1&b=2"
    )


def pdf_text(data: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data)]


def sheets(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = fastexcel.read_excel(data)
    return {n: book.load_sheet(n, header_row=None).to_polars().rows() for n in book.sheet_names}


def lines_sent_to(server: socket.socket) -> Iterator[str]:
    """The first line of each request that waits to be answered."""
    while True:
        try:
            connection, _ = server.accept()
        except TimeoutError:
            return
        with connection:
            yield connection.recv(200).decode(errors="replace").split("\r\n")[0]


@pytest.fixture(scope="module")
def report(app: Application, home: Home) -> Document:
    reading = app.desk.reader.current()
    assert reading is not None
    return render(home, reading, named("monthly_management"), "zh")


@pytest.fixture(scope="module")
def files(report: Document) -> dict[str, bytes]:
    """Without pictures: drawing them takes a browser."""
    return {name: writer.write(report, Drawn({}, "无图"), MADE_AT) for name, writer in writers().items()}


def test_each_file_says_what_it_was_made_from(report: Document, files: dict[str, bytes]) -> None:
    assert sorted(files) == ["mail.html", "mail.txt", "report.pdf", "report.xlsx"]
    told = {name: files[name].decode() for name in ("mail.html", "mail.txt")}
    told["report.xlsx"] = str(next(iter(sheets(files["report.xlsx"]).values())))
    pages = pdf_text(files["report.pdf"])
    told["report.pdf"] = pages[0]
    for name, text in told.items():
        for _, said in report.about:
            assert said in text, (name, said)
        assert report.title in text, name
        assert "无图" in text, name
    snapshot = dict(report.about)["快照"]
    assert all(report.house in page and snapshot in page and "9 月" in page for page in pages)
    assert "2026-11-08 07:30" in told["report.xlsx"]


def test_numbers_of_a_spreadsheet_are_numbers(report: Document, files: dict[str, bytes]) -> None:
    card = next(b for b in report.blocks if isinstance(b, Grid) and "全部指标" in b.title)
    rows = {row[0]: row for row in sheets(files["report.xlsx"])[card.title]}
    for cells in card.rows:
        if len(cells) > 1:
            assert float(rows[cells[0].words][1]) == pytest.approx(cells[1].value), cells[0].words
            assert float(rows[cells[0].words][2]) == cells[2].value


def test_a_mail_asks_for_nothing_and_is_not_cut_off(report: Document) -> None:
    drawn = Drawn({picture.name: PNG for picture in report.pictures})
    html = writers()["mail.html"].write(report, drawn, MADE_AT).decode()
    assert "<script" not in html
    assert sorted(re.findall(r'src="([^"]+)"', html)) == sorted(f"cid:{name}.png" for name in drawn.files)
    assert not re.search(r"(?:href|url\()\W*http", html)
    # From 102 KB on Gmail cuts a mail off.
    assert len(html.encode()) < 100_000


def test_words_are_words_whatever_they_look_like() -> None:
    row = tuple(Cell(words) for words in EVIL)
    blocks = (
        Heading(EVIL[0]),
        *(Sentence(words, EVIL[1]) for words in EVIL),
        Grid(EVIL[0], EVIL, (row, (Cell(EVIL[0]),)), (1,) * len(EVIL)),
        # Names of sheets may not be the same, nor have all letters.
        Grid("a/b:c" * 9, ("=x",), ((Cell("1", 1.0, "0"),),), (1,)),
        Grid("a/b:c" * 9, ("=x",), (), (1,)),
        Picture("p", EVIL[5], FIGURE, EVIL[6], 100),
    )
    made = {name: w.write(document_of(*blocks), Drawn({}, EVIL[0]), MADE_AT) for name, w in writers().items()}
    with zipfile.ZipFile(io.BytesIO(made["report.xlsx"])) as parts:
        for name in parts.namelist():
            assert "<f>" not in parts.read(name).decode(), name
            assert not name.startswith("xl/externalLinks"), name
    assert sheets(made["report.xlsx"])["=1+1"][1] == EVIL
    html = made["mail.html"].decode()
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 3
    assert all(words in made["mail.txt"].decode() for words in EVIL)
    assert "#strong[x] $x$ \\" in "".join(pdf_text(made["report.pdf"]))


def test_a_report_made_again_is_the_same_file(report: Document, files: dict[str, bytes]) -> None:
    for name, writer in writers().items():
        assert writer.write(report, Drawn({}, "无图"), MADE_AT) == files[name], name


@pytest.mark.browser
def test_pictures_are_drawn_by_one_browser_that_reaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)
        monkeypatch.setattr(pictures, "_NOWHERE", f"127.0.0.1:{proxy.getsockname()[1]}")
        made = [Picture(name, "t", FIGURE, "w", height) for name, height in (("a", 200), ("b", 300))]
        drawn = pictures.draw(made, "zh")
        asked = list(lines_sent_to(proxy))
    # A browser asks its maker for the time and for updates, and is told nothing. What it draws asks for nothing at all.
    assert not [line for line in asked if any(host in line for host in ("plot.ly", "cdn", "mathjax"))]
    assert drawn.none == ""
    assert "FONTCONFIG_FILE" not in os.environ
    for picture in made:
        data = drawn.files[picture.name]
        assert data.startswith(PNG)
        assert [int.from_bytes(data[i : i + 4], "big") for i in (16, 20)] == [1280, 2 * picture.height]
    # The same picture is the same file, and the figure of the page is left as it was.
    assert FIGURE["layout"] == {}
    files = {name: w.write(document_of(*made), drawn, MADE_AT) for name, w in writers().items() if name != "mail.txt"}
    assert len(list(pypdfium2.PdfDocument(files["report.pdf"])[0].get_objects(filter=[3]))) == 2
    with zipfile.ZipFile(io.BytesIO(files["report.xlsx"])) as parts:
        assert sum(name.startswith("xl/media/") for name in parts.namelist()) >= 1
    assert files["mail.html"].count(b"cid:") == 2


def test_without_a_browser_a_report_says_that_it_has_no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", HIDDEN["BROWSER_PATH"])
    drawn = pictures.draw([Picture("a", "t", FIGURE, "w", 200)], "zh")
    assert drawn.files == {}
    assert "没有图" in drawn.none
    assert pictures.draw([], "zh") == Drawn({})


def test_the_command_makes_a_folder_whole(home: Home, tmp_path: Path) -> None:
    into = tmp_path / "kept" / "weekly"
    arguments = [
        "weekly_ranking",
        "--home",
        str(home.path),
        "--language",
        "zh",
        "--on",
        "2026-06-03",
        "--into",
        str(into),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "dashboards.reports", *arguments],
        env={**os.environ, **HIDDEN}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(file.name for file in into.iterdir()) == ["about.json", *sorted(writers())]
    assert [file.name for file in into.parent.iterdir()] == ["weekly"]
    about = json.loads((into / "about.json").read_text())
    assert (about["name"], about["first"], about["last"]) == ("weekly_ranking", "2026-06-01", "2026-06-07")
    assert about["subject"].startswith("回访排名周报，2026 年第 23 周 – ")
    assert about["no_pictures"]
    again = CliRunner().invoke(command, arguments)
    assert again.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing", "--into", "x"], "There is no report “nothing”"),
        (["weekly_ranking", "--into", "x"], "has no snapshot to report on"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(command, [*arguments, "--home", str(tmp_path), "--language", "en"])
    assert done.exit_code == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_that_holds_something_is_left_alone(app: Application, home: Home, tmp_path: Path) -> None:
    reading = app.desk.reader.current()
    assert reading is not None
    document = document_of(Sentence("s"))
    said = folder.about(document, Drawn({}), reading, Extent(frozenset({"East"})), MADE_AT, sees_team=False)
    assert (said["regions"], said["product_lines"], said["names"]) == (["East"], [], False)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(UserError, match="not an empty folder"):
        folder.write(tmp_path / "full", home, document, Drawn({}), said)
    assert [file.name for file in tmp_path.iterdir()] == ["full"]
    # An empty one is filled; what fails leaves nothing behind.
    (tmp_path / "empty").mkdir()
    folder.write(tmp_path / "empty", home, document, Drawn({"a": PNG}), said)
    assert (tmp_path / "empty" / "a.png").read_bytes() == PNG
    with pytest.raises(TypeError):
        folder.write(tmp_path / "other", home, document, Drawn({"b": None}), said)  # type: ignore[dict-item]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty", "full"]
