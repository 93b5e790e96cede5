"""Base data through pages: rows, whole tables as CSV or Excel, each mistake by row and column, and what the forms then offer."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import Any

import pytest
import xlsxwriter
from flask.testing import FlaskClient
from visitors import known, logged_in

from dashboards.app import Application, create_app
from dashboards.register.codes import choices
from fracas.base import BOM, CODES
from fracas.permissions import Role
from warehouse.settings import Home

SYMPTOMS, EMU = "/base/codes/symptom", "/base/bom/EMU-6"


@pytest.fixture
def house(empty_home: Home) -> Application:
    app = create_app(empty_home)
    known(app, "clerk", Role.ADMINISTRATOR)
    return app


@pytest.fixture
def clerk(house: Application) -> FlaskClient:
    return logged_in(house, "clerk")


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(f"{address}{'&' if '?' in address else '?'}lang=en")
    assert answer.status_code == status
    return unescape(answer.get_data(as_text=True))


def sent(client: FlaskClient, address: str, deed: str = "row", **said: Any) -> Any:
    """What the page's form sends, of the version that the page has."""
    version = re.search(r'name="version" value="(\d+)"', text(client, address))
    assert version is not None
    answer = client.post(f"{address}?lang=en", data={"deed": deed, "version": version[1], **said})
    # What is long is sent from a file, which the client of the tests leaves open.
    answer.request.environ["wsgi.input"].close()
    return answer


def refused(answer: Any, status: int = 400) -> str:
    assert answer.status_code == status, answer.get_data(as_text=True)
    return unescape(answer.get_data(as_text=True))


def workbook(*rows: tuple[Any, ...]) -> tuple[io.BytesIO, str]:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    file.seek(0)
    return file, "table.xlsx"


def test_a_code_is_added_changed_and_retired_and_the_entry_form_follows(house: Application, clerk: FlaskClient) -> None:
    sent(clerk, SYMPTOMS, code="LEAK", en="Leak", zh="泄漏")
    sent(clerk, SYMPTOMS, code="AIR", parent="LEAK", en="Air leak", zh="漏风")
    assert choices(house.house, "symptom", "zh") == [("AIR", "漏风"), ("LEAK", "泄漏")]
    page = text(clerk, f"{SYMPTOMS}?code=AIR")
    assert "Change “AIR”" in page
    sent(clerk, SYMPTOMS, code="AIR", was="AIR", parent="LEAK", en="Leak of air", zh="漏风", valid_to="2026-01-31")
    assert choices(house.house, "symptom", "en") == [("LEAK", "Leak")]
    page = text(clerk, SYMPTOMS)
    assert "no longer holds" in page
    assert re.search(r"<del>Air leak / 漏风 · ↑ LEAK</del> →\s*Leak of air", page)
    sent(clerk, SYMPTOMS, code="LEAK", was="LEAK", parent="", en="Leak", zh="泄漏", retire="yes")
    (_, leak) = house.house.base.codes("symptom")
    assert leak.valid_to == house.house.register.today()


def test_an_entry_of_the_platform_is_replaced_by_one_of_the_house(house: Application, clerk: FlaskClient) -> None:
    assert "Maintenance" in text(clerk, "/base/codes/found_during")
    sent(clerk, "/base/codes/found_during", code="maintenance", was="maintenance", en="In the depot", zh="库内检修")
    assert ("maintenance", "In the depot") in choices(house.house, "found_during", "en")
    sent(clerk, "/base/codes/found_during", code="wash", parent="inspection", en="Washing", zh="洗车")
    assert ("wash", "洗车") in choices(house.house, "found_during", "zh")


def test_lists_of_the_platform_are_read_only(house: Application, clerk: FlaskClient) -> None:
    page = text(clerk, "/base/codes/severity")
    assert "critical" in page
    assert "<textarea" not in page
    data = {"deed": "row", "version": "0", "code": "worse", "en": "Worse", "zh": "更糟"}
    assert clerk.post("/base/codes/severity", data=data).status_code == 404
    assert clerk.get("/base/codes/nothing").status_code == 404
    assert house.house.base.groups(CODES) == {}
    assert "Symptom code" in text(clerk, "/base/codes")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_changes_base_data(house: Application, role: Role) -> None:
    known(house, "other", role)
    other = logged_in(house, "other")
    for address in ("/base/codes", SYMPTOMS, "/base/bom", EMU):
        assert other.get(address).status_code == 403
        assert other.post(address, data={"deed": "row", "version": "0"}).status_code in (403, 405)


def test_a_row_that_is_wrong_is_refused_in_a_sentence(house: Application, clerk: FlaskClient) -> None:
    assert "“Chinese” is empty" in refused(sent(clerk, SYMPTOMS, code="LEAK", en="Leak", zh=" "))
    sent(clerk, SYMPTOMS, code="LEAK", en="Leak", zh="泄漏")
    assert "there already" in refused(sent(clerk, SYMPTOMS, code="LEAK", en="Other", zh="其他"))
    stale = {"deed": "row", "version": "0", "code": "AIR", "en": "Air", "zh": "漏风"}
    assert "漏风" in refused(clerk.post(SYMPTOMS, data=stale), 409), "what was written is not lost"
    assert [c.en for c in house.house.base.codes("symptom")] == ["Leak"]


CSV = 'code,parent,en,zh\nLEAK,,Leak,泄漏\nAIR,LEAK,"Leak, of air",漏风\n'


@pytest.mark.parametrize(
    "table",
    [
        {"table": CSV},
        {"table": CSV.replace(",", "\t").replace('"Leak\t of air"', "Leak, of air")},
        {"table": CSV.replace(",", ";").replace("Leak; of air", "Leak, of air")},
        {"table": "代码,上级,英文,中文\r\n" + CSV.split("\n", 1)[1].replace("\n", "\r\n\r\n")},
        {"file": (io.BytesIO(b"\xef\xbb\xbf" + CSV.encode()), "codes.csv")},
        {"file": (io.BytesIO(CSV.encode("gb18030")), "codes.csv")},
        {"file": workbook(("Code", "Parent", "English", "Chinese"), ("LEAK", None, "Leak", "泄漏"), (), ("AIR", "LEAK", "Leak, of air", "漏风"))},
    ],
    ids=["pasted", "tabs", "semicolons", "Chinese heads, blank lines", "UTF-8 file", "as Excel writes Chinese", "workbook"],
)  # fmt: skip
def test_a_table_is_taken_as_people_have_it(house: Application, clerk: FlaskClient, table: dict[str, Any]) -> None:
    assert sent(clerk, SYMPTOMS, "table", **table).status_code == 302
    assert "2 rows added, 0 changed, 0 ended." in text(clerk, SYMPTOMS)
    assert [(c.code, c.parent, c.en, c.zh) for c in house.house.base.codes("symptom")] == [
        ("AIR", "LEAK", "Leak, of air", "漏风"), ("LEAK", None, "Leak", "泄漏"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            {"table": CSV + "AIR,LEAK,Again,再次\nX,,,\n"},
            ["Row 4: “AIR” is in the table twice", "Row 5: “English” is empty"],
        ),
        ({"table": CSV + "X,GONE,X,某\n"}, ["Row 4: “Parent” is “GONE”"]),
        ({"table": "code,en,zh,colour\nA,a,甲,red"}, ["Row 1: “colour” is no column"]),
        ({"table": "code,en\nA,a"}, ["Row 1: the column “zh” is missing"]),
        ({"table": "code,code,en,zh\nA,A,a,甲"}, ["“code” is there twice"]),
        ({"table": "code,en,zh\nA,a, b,甲"}, ["Row 2 has more cells"]),
        ({"table": 'code,en,zh\nA,"a,甲'}, ["cannot be read"]),
        ({"table": " \n"}, ["Choose a file"]),
        ({"table": "code,en,zh\n"}, ["no row to write"]),
        ({"file": (io.BytesIO(b"PK\x03\x04 no workbook"), "x.xlsx")}, ["no workbook that can be read"]),
        ({"file": (io.BytesIO(b"\xff\xfe\x80\x81\xff"), "x.csv")}, ["This is no text"]),
        ({"file": (io.BytesIO(b"x" * 10_000_001), "x.csv")}, ["larger than 10 MB"]),
        ({"file": workbook(("code", "en", "zh"), ("A", "a", None))}, ["Row 2: “Chinese” is empty"]),
    ],
)
def test_every_mistake_of_a_table_is_told_by_row_and_nothing_is_written(
    house: Application, clerk: FlaskClient, table: dict[str, Any], said: list[str]
) -> None:
    page = refused(sent(clerk, SYMPTOMS, "table", **table))
    assert all(words in page for words in said)
    assert house.house.base.codes("symptom") == ()


def test_a_whole_table_ends_what_it_does_not_name(house: Application, clerk: FlaskClient) -> None:
    sent(clerk, SYMPTOMS, "table", table=CSV)
    sent(clerk, SYMPTOMS, "table", table="code,en,zh\nLEAK,Leak,泄漏\nNOISE,Noise,异响\n", whole="yes")
    assert [code for code, _ in choices(house.house, "symptom", "en")] == ["LEAK", "NOISE"]
    assert len(house.house.base.codes("symptom")) == 3


def test_what_is_taken_out_as_a_file_can_be_sent_back(house: Application, clerk: FlaskClient) -> None:
    sent(clerk, SYMPTOMS, code="LEAK", en="=Leak", zh="-泄漏, “大”", valid_from="2026-01-01")
    with clerk.get(f"{SYMPTOMS}?as=csv", buffered=True) as answer:
        file = io.BytesIO(answer.get_data())
    assert "'=Leak" in file.getvalue().decode()
    sent(clerk, SYMPTOMS, "table", file=(file, "symptom.csv"))
    assert "0 rows added, 0 changed, 0 ended." in text(clerk, SYMPTOMS)


def test_a_bill_of_materials_is_sent_seen_as_a_tree_found_in_and_taken_apart(
    house: Application, clerk: FlaskClient
) -> None:
    assert clerk.get("/base/bom?model=EMU-6").location == EMU
    rows = "position,parent,part_no,en,zh\n1,,,Brake,制动\n1.10,1,BV-3,Valve,阀\n1.2,1,,Pipe,管\n"
    sent(clerk, EMU, "table", table=rows)
    page = text(clerk, EMU)
    assert re.findall(r"<code>([\d.]+)</code>", page) == ["1", "1.2", "1.10"]
    assert re.findall(r"padding-left: (\d+)px", page) == ["0", "18", "18"]
    assert re.findall(r"<code>([\d.]+)</code>", text(clerk, f"{EMU}?find=bv-")) == ["1.10"]
    assert "lies below" in refused(sent(clerk, EMU, "take_out", position="1"))
    sent(clerk, EMU, "take_out", position="1.10")
    assert [item.position for item in house.house.base.bom("EMU-6")] == ["1", "1.2"]
    page = text(clerk, EMU)
    assert "“1.10” was taken out" in page
    assert "<del>Valve / 阀 · ↑ 1 · BV-3</del>" in page
    assert ">EMU-6<" in text(clerk, "/base/bom")


@pytest.mark.parametrize("model", ["A/B 1?x#y&z", "型号 “甲”", "<b>100%</b>"])
def test_a_model_of_any_name_has_a_page(house: Application, clerk: FlaskClient, model: str) -> None:
    address = clerk.get("/base/bom", query_string={"model": model}).location
    sent(clerk, address, position="1", en="One", zh="一")
    assert house.house.base.groups(BOM) == {model: 1}
    page = clerk.get(address).get_data(as_text=True)
    assert "<b>100%" not in page
    assert address in clerk.get("/base/bom").get_data(as_text=True)


def test_a_long_list_says_that_it_is_longer(house: Application, clerk: FlaskClient) -> None:
    table = "code,en,zh\n" + "".join(f"C{i},Code {i},码 {i}\n" for i in range(1_050))
    sent(clerk, SYMPTOMS, "table", table=table)
    page = text(clerk, SYMPTOMS)
    assert "1,000 of them are shown" in page
    assert "850 more rows" in page
    assert "C1049" in text(clerk, f"{SYMPTOMS}?find=Code 1049")


def test_the_models_of_the_records_are_offered(app: Application) -> None:
    known(app, "keeper", Role.ADMINISTRATOR)
    page = text(logged_in(app, "keeper"), "/base/bom")
    assert re.search(r'<datalist id="models"><option value="[^"]+">', page)


def test_a_workbook_that_would_fill_the_memory_is_refused(house: Application, clerk: FlaskClient) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 100_000_001)
    file.seek(0)
    assert len(file.getvalue()) < 1_000_000
    assert "no workbook" in refused(sent(clerk, SYMPTOMS, "table", file=(file, "bomb.xlsx")))
