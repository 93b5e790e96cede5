"""One record on paper: each form, as PDF, Word and Excel, in both languages, says the right thing in the right place."""

from __future__ import annotations

import io
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import docx
import pypdfium2
import pytest
from argon2 import PasswordHasher
from docx.table import Table
from flask.testing import FlaskClient
from lxml import etree
from pypdfium2 import raw
from register_cast import PASSWORD, Cast, Walk, cast, walk
from visitors import client_of, known, logged_in

from dashboards.app import Application, create_app
from dashboards.register.prints.forms import forms
from dashboards.register.prints.sheet import Facts, Grid, Picture, Pictures, Section, Sheet
from dashboards.register.prints.writers import writers
from fracas.database import reading
from fracas.model import Person, ReturnedUnit, now
from fracas.people import Actor, by_login
from fracas.permissions import Function, Role
from fracas.register import Register, Rejoinder
from fracas.states import LABELS, PATH, State
from warehouse.settings import Home

HOUSE = "9 Depots & <b>Söhne</b> &P 车辆段"
# What a spreadsheet, a typesetter, a word processor or a page might take for more than words.
HOSTILE = '=HYPERLINK("http://evil","x")\n#eval("1") *a* _b_ $c$ </w:t> &amp; {{x}} @page \x07\x00 \u202egnp'
READABLE = '=HYPERLINK("http://evil","x")#eval("1")*a*_b_$c$</w:t>&amp;{{x}}@pagegnp'
LANGUAGES = ("en", "zh")
KINDS = ("pdf", "docx", "xlsx")
FORMS = ("fracas", "8d", "double-five", "capa")


def squeezed(words: str) -> str:
    """Words without what a kind of file puts between them: where lines end is its own affair."""
    return re.sub(r"[\s\u200b\u00ad\ufffe]+", "", words)


def of_pdf(made: bytes) -> str:
    paper = pypdfium2.PdfDocument(made)
    try:
        pages = []
        for page in paper:
            text = page.get_textpage()
            pages.append(text.get_text_range())
            text.close()
            page.close()
        return "\n".join(pages)
    finally:
        paper.close()


def of_docx(made: bytes) -> str:
    paper = docx.Document(io.BytesIO(made))
    lines = []
    for item in paper.iter_inner_content():
        if isinstance(item, Table):
            lines += ["\n".join(cell.text for cell in row.cells) for row in item.rows]
        else:
            lines.append(item.text)
    return "\n".join(lines)


def of_xlsx(made: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        strings = etree.fromstring(book.read("xl/sharedStrings.xml"))
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    said = ["".join(item.itertext()) for item in strings]
    assert sheet.findall(".//{*}f") == []
    cells = sheet.findall(".//{*}c")
    assert {cell.get("t") for cell in cells if cell.find("{*}v") is not None} == {"s"}
    return "\n".join(said[int(cell.findtext("{*}v"))] for cell in cells if cell.find("{*}v") is not None)


READ: dict[str, Callable[[bytes], str]] = {"pdf": of_pdf, "docx": of_docx, "xlsx": of_xlsx}


# What stands under the title of a section and the first label or head in it, in English and in Chinese.
CONFIGURATION = ("BRK-02", "P-4411", "V-991", "V-1204")
CAUSE = (
    "seal ring of the valve", "the ring hardens and cracks", "rubber of the wrong mixture", "supplier changed the mixture unannounced",
    "the ring cracked", "rubber of another mixture", "泄漏 ← 密封失效",
)  # fmt: skip
ESCAPE = "incoming inspection does not look at hardness"
CONTAINMENT, CORRECTIVE, PREVENTIVE = (
    f"{k}: replace the rings of lot L-77" for k in ("containment", "corrective", "preventive")
)
LIKE = ("all units with rings of lot L-77", "A-18", "BR-2042", "ring is soft")
FACTS_OF_IT = ("BR-2041", "A-17", "valve", "L-77", "3 号库")
Expected = dict[tuple[str, str], tuple[str | tuple[str, str], ...]]
EXPECTED: dict[str, Expected] = {
    "fracas": {
        ("Report Reporter", "报告 上报人"): ("Reporter",),
        ("What failed Asset no.", "故障对象 设备编号"): FACTS_OF_IT,
        ("its effect Time of failure", "发现与影响 故障时间"): (
            "2026-03-01 16:30", "制动缸漏风", "12 minutes late", ("Operation", "运行中"), ("Critical", "严重"),
        ),
        ("replaced parts Position", "更换部件 位置"): CONFIGURATION,
        ("Verification of the failure It is", "故障核实 确认为故障"): ("valve BV-3, serial V-991", ("yes", "是")),
        ("Analysis of the cause Analyst", "原因分析 分析人"): (*CAUSE, ESCAPE, "Analyst"),
        ("Management causes Management", "管理原因 存在管理原因"): (("no", "否"),),
        ("Actions Kind", "措施 类型"): (CONTAINMENT, CORRECTIVE, PREVENTIVE, "2026-05-01", "photos of the new rings", "none seen"),
        ("Like items Like items", "举一反三 举一反三"): LIKE,
        ("Verification of the effect Monitored", "效果验证 效果验证开始"): ("90", ("Effective", "有效")),
        ("failed item Repair no.", "故障件返修 维修单号"): ("W-17", "cracked ring"),
        ("Signatures Name", "签署 姓名"): ("Board1", "Board2", "Reviewer", ("Reliability", "可靠性"), ("Independent review", "独立审查")),
        ("Files File", "文件 文件"): ("阀体 photo.png", "image/png", "{sha256}"),
        ("History Time", "历史记录 时间"): (("Monitoring → Closed", "效果验证 → 归零关闭"), ("Confirm the cause", "确认原因")),
    },
    "8d": {
        ("D0 Symptom", "D0 故障现象"): ("制动缸漏风", "12 minutes late", "2026-03-01 16:30"),
        ("D1 Team", "D1 小组"): ("Engineer", "Analyst", "Reporter", "Owner", "Board2", "Reviewer"),
        ("D2 Description", "D2 问题描述"): (*FACTS_OF_IT, "valve BV-3, serial V-991"),
        ("D3 Interim", "D3 临时遏制措施"): (CONTAINMENT, *CONFIGURATION),
        ("D4 Root cause", "D4 根本原因"): (*CAUSE, ESCAPE),
        ("D5 Chosen", "D5 选定的永久纠正措施"): (CORRECTIVE, "2026-05-01", "none seen"),
        ("D6 Implemented", "D6 实施与验证"): (CORRECTIVE, "photos of the new rings", "BR-2041", ("Effective", "有效")),
        ("D7 Prevention", "D7 预防再发生"): (PREVENTIVE, *LIKE),
        ("D8 Closure", "D8 关闭"): ("Reviewer", "Board1", ("The loop is closed", "同意归零")),
        ("Signatures Name", "签署 姓名"): ("Engineer", "Board2"),
        ("Files File", "文件 文件"): ("{sha256}",),
    },
    "double-five": {
        ("The problem", "问题概述"): (*FACTS_OF_IT[:2], "制动缸漏风"),
        ("Technical 1 Located exactly", "技术归零 1 定位准确"): ("seal ring of the valve", "valve BV-3, serial V-991", "L-77"),
        ("Technical 2 Mechanism clear", "技术归零 2 机理清楚"): (*CAUSE[1:], ESCAPE),
        ("Technical 3 Problem reproduced", "技术归零 3 问题复现"): (("yes", "是"),),
        ("Technical 4 Measures effective", "技术归零 4 措施有效"): (CONTAINMENT, CORRECTIVE, PREVENTIVE, ("Effective", "有效")),
        ("Technical 5 Like items", "技术归零 5 举一反三"): LIKE,
        ("Management: does it apply", "管理归零：是否适用"): (("Not applicable: management was no cause.", "不适用：不存在管理原因。"),),
        ("Management 1 Process clear", "管理归零 1 过程清楚"): ("—",),
        ("Management 2 Responsibility clear", "管理归零 2 责任明确"): ("—",),
        ("Management 3 Measures carried out", "管理归零 3 措施落实"): ("—",),
        ("Management 4 Dealt with seriously", "管理归零 4 严肃处理"): ("—",),
        ("Management 5 Rules completed", "管理归零 5 完善规章"): ("—",),
        ("Signatures Name", "签署 姓名"): ("Reviewer",),
    },
    "capa": {
        ("1 Identification", "1 不合格的识别"): (*FACTS_OF_IT, "制动缸漏风"),
        ("2 Investigation", "2 调查与措施需求评价"): ("12 minutes late", *LIKE, CONTAINMENT),
        ("3 Cause", "3 原因确定"): (*CAUSE, ESCAPE),
        ("4 Action plan", "4 措施计划"): (CORRECTIVE, PREVENTIVE, "2026-05-01"),
        ("5 Verification that the action has no adverse effect", "5 验证措施无不利影响"): ("none seen", "Board1", "Board2"),
        ("6 Implementation", "6 措施实施"): (CORRECTIVE, PREVENTIVE, "photos of the new rings"),
        ("7 Effectiveness", "7 措施有效性评审"): ("90", ("Effective", "有效")),
        ("Signatures Name", "签署 姓名"): ("Reviewer",),
    },
}  # fmt: skip


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, data: bytes | None = None) -> bytes:
    """A picture of one colour; `data`: what stands in its place."""
    dots = zlib.compress((b"\0" + b"\x20\x60\xa0" * width) * height) if data is None else data
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", dots) + chunk(b"IEND", b"")


@dataclass(frozen=True)
class World:
    """An application, its people, and a report that went all the way."""

    app: Application
    cast: Cast
    closed: Walk
    client: FlaskClient
    words: dict[tuple[str, str, str], str]

    @property
    def register(self) -> Register:
        return self.app.house.register

    def get(self, report_id: str, form: str, kind: str, language: str) -> Any:
        return self.client.get(f"/reports/{report_id}/print/{form}.{kind}?language={language}", buffered=True)

    def add(self, walked: Walk, content: bytes, name: str) -> str:
        with self.app.house.store.keeping(io.BytesIO(content), name) as kept:
            sha256, kind, size = kept.sha256, kept.kind, kept.size
            self.register.add_file(self.cast.engineer, walked.id, sha256=sha256, name=name, kind=kind, size=size)
        return sha256


def parts(words: str, titles: list[str]) -> list[str]:
    """The words under each title, squeezed; the titles come in this order."""
    whole, at, starts = squeezed(words), 0, []
    for title in titles:
        start = whole.index(squeezed(title), at)
        at = start + len(squeezed(title))
        starts.append(start)
    return [whole[a:b] for a, b in pairwise([*starts, len(whole)])]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    path = tmp_path_factory.mktemp("prints")
    (path / "faultloop.yaml").write_text(f"organisation: '{HOUSE}'\n", encoding="utf-8")
    app = create_app(Home(path))
    house = app.house
    password = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

    def hire(login: str, *roles: Role, functions: tuple[Function, ...] = ()) -> Actor:
        person = Person(login=login, name=login.title(), password=password, roles=[*roles], functions=[*functions])
        return house.staff.enrol(None, person)

    people = cast(hire)
    closed = walk(house.register, people)
    made = World(app, people, closed, client_of(app), {})
    closed.save(
        people.reporter, symptom=f"制动缸漏风 air leaks\n{HOSTILE}", effect="12 minutes late", handling="x" * 300, site="3 号库",
        found_during="operation", delay_minutes=12.0, is_out_of_service=True,
    )  # fmt: skip
    part = {"position": "BRK-02", "part_no": "P-4411", "old_serial": "V-991", "new_serial": "V-1204"}
    house.register.replace_parts(people.reporter, closed.id, closed.version, [part])
    closed.to(State.ANALYSING)
    closed.save(people.analyst, ishikawa={"material": "rubber of another mixture"}, fault_tree="泄漏 ← 密封失效")
    closed.to(State.CAUSE_CONFIRMED)
    closed.plan(people.analyst, "preventive")
    closed.to(State.MONITORING)
    made.add(closed, png(40, 30), "阀体 photo.png")
    with house.register.changing(people.engineer, closed.id, None, "returned_unit") as (session, report):
        unit = ReturnedUnit(
            report_id=report.id,
            repair_no="W-17",
            inspection="cracked ring",
            started_at=now(),
            started_by_id=people.engineer.id,
        )
        session.add(unit)
    closed.to(State.CLOSED)
    for form, kind, language in product(FORMS, KINDS, LANGUAGES):
        answer = made.get(closed.id, form, kind, language)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
        made.words[form, kind, language] = READ[kind](answer.data)
    return made


def test_every_form_and_kind_is_tried_here() -> None:
    assert set(forms()) == set(FORMS) == EXPECTED.keys()
    assert set(writers()) == set(KINDS) == READ.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_what_is_known_stands_in_its_section(world: World, form: str, kind: str, language: str) -> None:
    expected, other = EXPECTED[form], int(language == "zh")
    (sha256,) = (file.sha256 for file in world.closed.report.files)
    found = parts(world.words[form, kind, language], [titles[other] for titles in expected])
    for said, (titles, values) in zip(found, expected.items(), strict=True):
        for value in values:
            words = value if isinstance(value, str) else value[other]
            assert squeezed(words.replace("{sha256}", sha256)) in said, (titles, words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_every_print_says_what_it_is_and_who_signed_what(world: World, form: str, kind: str, language: str) -> None:
    report, words = world.closed.report, squeezed(world.words[form, kind, language])
    assert report.number is not None
    for said in (report.number, LABELS[State.CLOSED]["zh" if language == "zh" else "en"], HOUSE, "Everybody", "—"):
        assert squeezed(said) in words
    assert len(report.signatures) == 5
    for signature in report.signatures:
        assert signature.name in words
        assert signature.digest in words
        assert squeezed(signature.meaning_zh if language == "zh" else signature.meaning_en) in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_words_stay_words_whatever_they_look_like(world: World, form: str, kind: str, language: str) -> None:
    words = squeezed(world.words[form, kind, language])
    assert READABLE in words
    assert words.count("x") >= 300  # a word longer than its line, which a page may end within


def test_pages_are_numbered_and_every_page_names_the_house(world: World) -> None:
    paper = pypdfium2.PdfDocument(world.get(world.closed.id, "fracas", "pdf", "en").data)
    try:
        texts = [page.get_textpage().get_text_range() for page in paper]
    finally:
        paper.close()
    assert len(texts) > 2
    for i, text in enumerate(texts, 1):
        assert f"{i} / {len(texts)}" in text
        assert squeezed(HOUSE) in squeezed(text)


def test_fields_number_the_pages_of_word_and_excel(world: World) -> None:
    made = world.get(world.closed.id, "8d", "docx", "en").data
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        foot = file.read("word/footer1.xml").decode()
    assert 'w:instr="PAGE"' in foot
    assert 'w:instr="NUMPAGES"' in foot
    with zipfile.ZipFile(io.BytesIO(world.get(world.closed.id, "8d", "xlsx", "en").data)) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert (sheet.findtext(".//{*}oddFooter") or "").endswith("&R&P / &N")
    # In a header an ampersand begins a command, and figures after one are a size.
    assert sheet.findtext(".//{*}oddHeader") == f"&L{HOUSE.replace('&', '&&')}&R8D report FR-2026-00001"


def test_the_pdf_brings_its_font(world: World) -> None:
    paper = pypdfium2.PdfDocument(world.get(world.closed.id, "fracas", "pdf", "zh").data)
    try:
        fonts = {
            raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(item.raw))
            for page in paper
            for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=5)
        }
    finally:
        paper.close()
    assert fonts == {1}


def test_photos_are_shown_and_damaged_ones_named(world: World) -> None:
    walked = walk(world.register, world.cast, "photos").to(State.SUBMITTED)
    world.add(walked, png(40, 30), "good.png")
    photographed = world.get(walked.id, "fracas", "docx", "en").data
    with zipfile.ZipFile(io.BytesIO(photographed)) as file:
        assert [file.read(name) for name in file.namelist() if name.startswith("word/media/")] == [png(40, 30)]
    paper = pypdfium2.PdfDocument(world.get(walked.id, "fracas", "pdf", "en").data)
    try:
        drawn = [item for page in paper for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=5)]
        assert len(drawn) == 1
    finally:
        paper.close()
    world.add(walked, png(40, 30, b"no dots"), "damaged within.png")
    world.add(walked, b"\x89PNG\r\n\x1a\n" + bytes(200), "damaged.png")
    world.add(walked, b"\xff\xd8\xff\xe1" + bytes(200), "damaged.jpg")
    world.add(walked, png(60_000, 60_000, b"a wall"), "wall.png")
    gone = world.add(walked, png(3, 3), "gone.png")
    world.app.house.store.path(gone).unlink()
    for kind in KINDS:
        answer = world.get(walked.id, "fracas", kind, "en")
        assert answer.status_code == 200
        words = squeezed(READ[kind](answer.data))
        for name in ("good.png", "damaged within.png", "damaged.png", "damaged.jpg", "wall.png", "gone.png"):
            assert squeezed(name) in words


def test_a_report_of_every_state_prints(world: World) -> None:
    said = Rejoinder(reason="a reason", password=PASSWORD, duplicate_of=world.closed.id)
    seen = {State.DRAFT}

    def printed() -> None:
        state = State(going.report.state)
        if state in seen:
            return
        seen.add(state)
        for form, kind, language in (
            *product(FORMS, ("pdf",), ("zh",)),
            ("fracas", "docx", "en"),
            ("fracas", "xlsx", "zh"),
        ):
            answer = world.get(going.id, form, kind, language)
            assert answer.status_code == 200, (state, form, kind)
            assert squeezed(LABELS[state]["zh" if language == "zh" else "en"]) in squeezed(READ[kind](answer.data))

    going = walk(world.register, world.cast, "going")
    for state in PATH[1:]:
        going.to(state)
        printed()
    for move in ("duplicate", "not_a_failure", "no_fault_found", "accept_risk", "return"):
        going.move(world.cast.board[0], "reopen", said)
        printed()
        going.move(world.cast.board[0] if move == "accept_risk" else world.cast.engineer, move, said)
        printed()
    assert seen == set(State)


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_prints_for_its_writer_and_nobody_else(world: World, kind: str) -> None:
    known(world.app, "writer", Role.REPORTER)
    writer = logged_in(world.app, "writer")
    with reading(world.app.house.engine) as session:
        person = by_login(session, "writer")
        assert person is not None
        actor = Actor.of(person)
    draft = world.register.draft(actor, "a draft", {})
    answer = writer.get(f"/reports/{draft}/print/8d.{kind}?language=en", buffered=True)
    assert answer.status_code == 200
    assert f"Draft{draft[:8]}" in squeezed(READ[kind](answer.data))
    assert f"filename=Draft-{draft[:8]}-8d-en.{kind}" in answer.headers["Content-Disposition"]
    assert world.get(draft, "8d", kind, "en").status_code == 404


def test_where_management_was_a_cause_its_five_points_are_to_be_met(world: World) -> None:
    walked = walk(world.register, world.cast, "management").to(State.ANALYSING)
    titles = ["管理归零：是否适用", "管理归零 1 过程清楚", "管理归零 5 完善规章", "签署 姓名"]

    def told() -> list[str]:
        return parts(of_pdf(world.get(walked.id, "double-five", "pdf", "zh").data), titles)

    assert "尚未判定。" in told()[0]
    walked.save(
        world.cast.analyst,
        is_management_cause=True,
        management_process="检验流程缺失",
        management_rules="修订入厂检验规程",
    )
    applies, process, rules, _ = told()
    assert "须完成管理归零五条。" in applies
    assert "检验流程缺失" in process
    assert "修订入厂检验规程" in rules


def test_a_withdrawn_action_is_in_the_whole_report_alone(world: World) -> None:
    walked = walk(world.register, world.cast, "withdrawn").to(State.ANALYSING)
    planned = walked.plan(world.cast.analyst, "preventive")
    world.register.withdraw(world.cast.analyst, planned, 1, "not needed")
    assert squeezed(PREVENTIVE) in squeezed(of_pdf(world.get(walked.id, "fracas", "pdf", "en").data))
    assert "Withdrawn" in of_pdf(world.get(walked.id, "fracas", "pdf", "en").data)
    for form in FORMS[1:]:
        assert squeezed(PREVENTIVE) not in squeezed(of_pdf(world.get(walked.id, form, "pdf", "en").data))


def test_a_print_in_another_language_leaves_that_of_the_pages(world: World) -> None:
    answer = world.get(world.closed.id, "capa", "pdf", "en")
    assert "Set-Cookie" not in answer.headers or "lang" not in answer.headers["Set-Cookie"]
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=FR-2026-00001-capa-en.pdf".replace(
        "FR-2026-00001", world.closed.report.number or ""
    )


def test_what_is_not_there_or_not_theirs_is_not_found(world: World) -> None:
    known(world.app, "western", Role.QUALITY_ENGINEER, regions=["West"])
    western = logged_in(world.app, "western")
    assert western.get(f"/reports/{world.closed.id}/print/8d.pdf").status_code == 404
    for address in ("nobody/print/8d.pdf", f"{world.closed.id}/print/9d.pdf", f"{world.closed.id}/print/8d.exe"):
        assert world.client.get(f"/reports/{address}").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_report_is_printed_within_two_seconds(kind: str) -> None:
    long = Grid(
        ("What", "Who", "When"),
        (("a finding of some length 较长的发现 " * 4, "somebody", "2026-03-01"),) * 400,
        (6, 3, 3),
    )
    words = Facts((("Symptom", "气" * 70_000), ("Empty", "—")))
    sheet = Sheet("zh", "house", "title", "FR-1", Facts((("No.", "FR-1"),)), (Section("all", (words, long)),), "foot")
    writers()[kind].write(sheet)
    began = time.process_time()
    made = writers()[kind].write(sheet)
    assert time.process_time() - began < 2
    read = squeezed(READ[kind](made))
    assert read.count("气") == 70_000
    assert read.count("somebody") == 400


def test_a_photo_is_never_larger_than_its_place() -> None:
    tall = Picture("tall", png(10, 2_000), "png", 10, 2_000)
    sheet = Sheet("en", "house", "title", "FR-1", Facts(()), (Section("photos", (Pictures((tall,)),)),), "foot")
    paper = docx.Document(io.BytesIO(writers()["docx"].write(sheet)))
    (shape,) = paper.inline_shapes
    assert shape.height.mm == pytest.approx(90, abs=0.1)
    assert shape.width.mm == pytest.approx(0.45, abs=0.01)
