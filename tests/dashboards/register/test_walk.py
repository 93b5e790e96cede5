"""A report from draft to closed by six people in a browser, in both languages; and the ways that lead off it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Open, Watched
from playwright.sync_api import Page, expect
from visitors import PASSWORD, cookies, known, logged_in

from dashboards.app import Application
from fracas import platform
from fracas.database import reading
from fracas.journal import verify
from fracas.looking import find
from fracas.people import Actor, by_login
from fracas.permissions import Function, Role
from fracas.register import Register

pytestmark = pytest.mark.browser

BOARD = (Function.DESIGN, Function.PROCESS, Function.RELIABILITY), (Function.QUALITY, Function.AFTER_SALES)
PEOPLE: dict[str, tuple[tuple[Role, ...], tuple[Function, ...]]] = {
    "wang": ((Role.TECHNICIAN, Role.REPORTER), ()),
    "li": ((Role.QUALITY_ENGINEER,), ()),
    "zhao": ((Role.QUALITY_ENGINEER,), ()),
    "owner": ((Role.ACTION_OWNER,), ()),
    "board1": ((Role.REVIEW_BOARD,), BOARD[0]),
    "board2": ((Role.REVIEW_BOARD,), BOARD[1]),
    "reviewer": ((Role.MANAGER,), ()),
}
WORDS = {
    "en": {
        "next": "Next", "submit": "Submit the report", "save": "Save", "propose": "Propose", "implemented": "Implemented",
        "decide": "Decide and sign", "review": "Sign the review", "fill": "Fill in", "change": "Change", "close": "Close",
        "states": ("Submitted", "Verified", "Contained", "Analysing", "Cause confirmed", "Action approved", "Implemented", "Monitoring", "Closed"),
    },
    "zh": {
        "next": "下一步", "submit": "上报", "save": "保存", "propose": "提出", "implemented": "已实施",
        "decide": "决定并签署", "review": "签署审查", "fill": "填写", "change": "修改", "close": "归零关闭",
        "states": ("已上报", "已核实", "已控制", "分析中", "原因确认", "措施批准", "已实施", "效果验证", "归零关闭"),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def people(app: Application) -> Application:
    for login, (roles, functions) in PEOPLE.items():
        known(app, login, *roles, functions=[*functions])
    return app


@dataclass
class Stage:
    """Somebody's tab, in one language."""

    app: Application
    site: str
    language: str
    tabs: dict[str, Watched]
    make: Callable[[], Watched]

    def of(self, login: str) -> Page:
        """The tab of a person, who has logged in."""
        if login not in self.tabs:
            tab = self.make()
            tab.page.context.clear_cookies()
            tab.page.context.add_cookies(cookies(logged_in(self.app, login)))  # type: ignore[arg-type]
            tab.page.goto(f"{self.site}/tasks?lang={self.language}")
            self.tabs[login] = tab
        return self.tabs[login].page

    def words(self, name: str) -> Any:
        return WORDS[self.language][name]

    def click(self, page: Page, place: str, name: str) -> None:
        page.locator(place).get_by_role("button", name=self.words(name), exact=True).first.click()


@pytest.fixture
def stage(request: pytest.FixtureRequest, people: Application, site: str, open_tab: Open) -> Stage:
    language, width = request.param.split("-")
    return Stage(people, site, language, {}, lambda: open_tab(int(width)))


def write(stage: Stage, login: str, symptom: str) -> str:
    """Write and submit a report; returns its number."""
    page = stage.of(login)
    page.goto(f"{stage.site}/reports/new")
    serial = stage.app.desk.reader.current().rows(
        "SELECT serial_no FROM core.asset WHERE serial_no <> '' ORDER BY 1 LIMIT 1"
    )[0][0]  # type: ignore[union-attr]
    page.locator("[name=serial_no]").fill(serial)
    page.keyboard.press("Enter")
    page.locator("[name=occurred_at]").fill("2026-03-01T08:30")
    page.keyboard.press("Enter")
    page.locator("[name=symptom]").fill(symptom)
    # It keeps itself while one types.
    expect(page.locator("#kept")).to_contain_text(re.compile(r"\d\d:\d\d"))
    stage.click(page, ".buttons", "next")
    page.locator("[name=severity][value=critical]").check()
    stage.click(page, ".buttons", "next")
    stage.click(page, ".buttons", "submit")
    expect(page).to_have_url(re.compile(r"/reports/FR-\d{4}-\d{5}$"))
    return page.url.rsplit("/", 1)[1]


def state(page: Page, words: str) -> None:
    expect(page.locator(".head .state")).to_have_text(words)


def open_more(page: Page, place: str) -> None:
    """Fold out the first form of a section, unless what is next there is folded out already."""
    details = page.locator(place).locator("details.more").first
    if details.get_attribute("open") is None:
        details.locator("summary").first.click()


def to_analysing(stage: Stage, number: str) -> Page:
    states = stage.words("states")
    li = stage.of("li")
    li.goto(f"{stage.site}/reports/{number}")
    li.locator("#verification [name=is_failure]").select_option("yes")
    li.locator("#verification [name=failed_item]").fill("valve BV-3")
    li.locator("#verification [name=is_segregated]").select_option("yes")
    stage.click(li, "#verification", "save")
    li.locator("form[action$='/move/verify'] button").click()
    state(li, states[1])
    propose(stage, li, "containment", "owner", "Swap the rings at once")
    li.locator("form[action$='/move/contain'] button").click()
    state(li, states[2])
    li.locator("form[action$='/move/analyse'] button").click()
    state(li, states[3])
    return li


def propose(stage: Stage, page: Page, kind: str, owner: str, words: str) -> None:
    page.locator("#actions > details.more > summary").click()
    form = page.locator("#actions form[action$='/actions']")
    form.locator("[name=kind]").select_option(kind)
    form.locator("[name=owner_id]").select_option(label=owner.title())
    form.locator("[name=due_on]").fill((dt.date.today() + dt.timedelta(days=30)).isoformat())
    form.locator("[name=description]").fill(words)
    stage.click(page, "#actions", "propose")
    expect(page.locator("#actions")).to_contain_text(words)


def forgive(tab: Watched, status: str) -> None:
    """A refusal that was meant is no complaint."""
    tab.page.wait_for_load_state("networkidle")
    tab.complaints[:] = [c for c in tab.complaints if status not in c]


def sign(page: Page, move: str) -> None:
    form = page.locator(f"form[action$='/move/{move}']")
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("button").click()


@pytest.mark.parametrize("stage", ["en-1440", pytest.param("zh-390", marks=pytest.mark.matrix)], indirect=True)
def test_from_draft_to_closed_by_six_people(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    states = stage.words("states")
    number = write(stage, "wang", "制动缸漏风 air leaks at the brake cylinder")
    wang = stage.of("wang")
    state(wang, states[0])
    to_analysing(stage, number)

    zhao = stage.of("zhao")
    zhao.goto(f"{stage.site}/reports/{number}")
    cause = {
        "location": "seal ring",
        "mechanism": "the ring hardens",
        "cause": "wrong rubber",
        "escape_cause": "hardness is not inspected",
    }
    zhao.locator("#analysis [name=analyst_id]").select_option(label="Zhao")
    zhao.locator("#analysis [name=is_reproduced]").select_option("yes")
    for name, words in cause.items():
        zhao.locator(f"#analysis [name={name}]").fill(words)
    stage.click(zhao, "#analysis", "save")
    # Who found the cause does not confirm it.
    expect(zhao.locator("form[action$='/move/confirm_cause']")).to_have_count(0)
    li = stage.of("li")
    li.goto(f"{stage.site}/reports/{number}")
    sign(li, "confirm_cause")
    state(li, states[4])

    zhao.goto(f"{stage.site}/reports/{number}")
    propose(stage, zhao, "corrective", "owner", "Rings of the right mixture")
    zhao.locator("#assessment [name=new_risks]").fill("none seen")
    zhao.locator("#assessment [name=like_items]").fill("all rings of the lot")
    stage.click(zhao, "#assessment", "save")
    for member in ("board1", "board2"):
        sitting = stage.of(member)
        sitting.goto(f"{stage.site}/review")
        card = sitting.locator(".sitting", has_text=number)
        card.locator("input[value=approve]").check()
        sitting.locator("[name=password]").fill(PASSWORD)
        stage.click(sitting, ".signing", "decide")
        expect(sitting.locator(".said")).to_contain_text(number)
        expect(sitting.locator("#minutes")).to_contain_text(number)

    owner = stage.of("owner")
    owner.goto(f"{stage.site}/tasks")
    owner.locator("a", has_text=number).first.click()
    for place in range(2):
        deed = owner.locator("#actions .deed").nth(place)
        deed.locator("details > summary").click()
        deed.locator("[name=evidence]").fill("photos of the new rings")
        deed.locator("[name=effective_serials]").fill("BR-2041\nBR-2042")
        deed.get_by_role("button", name=stage.words("implemented"), exact=True).click()
        expect(owner.locator("#actions .deed").nth(place).locator(".badge.good")).to_be_visible()
    owner.locator("form[action$='/move/implement'] button").click()
    state(owner, states[6])
    li.goto(f"{stage.site}/reports/{number}")
    li.locator("#monitoring [name=monitored_days]").fill("30")
    stage.click(li, "#monitoring", "save")
    li.locator("form[action$='/move/monitor'] button").click()
    state(li, states[7])
    open_more(li, "#management")
    li.locator("#management [name=is_management_cause]").select_option("no")
    stage.click(li, "#management", "save")

    # A month later: the night has found the actions effective.
    register = stage.app.house.register
    today = Register.today(register)
    monkeypatch.setattr(Register, "today", lambda _self: today + dt.timedelta(days=31))
    report_id = found(stage.app, number)
    platform.judge(register, report_id, "effective", {"ratio": 0.2})
    reviewer = stage.of("reviewer")
    reviewer.goto(f"{stage.site}/reports/{number}")
    reviewer.locator("form[action$='/review'] [name=password]").fill(PASSWORD)
    stage.click(reviewer, "#next", "review")
    expect(reviewer.locator("#signatures li")).to_have_count(4)
    closer = stage.of("board1")
    closer.goto(f"{stage.site}/reports/{number}")
    sign(closer, "close")
    state(closer, states[8])
    assert closer.locator("#history .events > li").count() > 15
    assert Axe().run(closer).response["violations"] == []
    assert closer.evaluate("document.documentElement.scrollWidth") <= closer.viewport_size["width"]  # type: ignore[index]
    with reading(stage.app.house.engine) as session:
        assert verify(session, stage.app.house.journal_key).broken == ()

    # The failure came back: closed is not for ever.
    closer.locator("form[action$='/move/reopen'] [name=reason]").fill("it leaks again")
    closer.locator("form[action$='/move/reopen'] button").click()
    expect(closer.locator("#history")).to_contain_text("it leaks again")


def actor(app: Application, login: str) -> Actor:
    with reading(app.house.engine) as session:
        person = by_login(session, login)
        assert person is not None
        return Actor.of(person)


def found(app: Application, number: str) -> str:
    return find(app.house.register, actor(app, "li"), number).id


@pytest.mark.parametrize("stage", ["zh-390"], indirect=True)
def test_returned_to_its_reporter_and_taken_out_as_a_duplicate(stage: Stage) -> None:
    first, second = (
        write(stage, "wang", "门不关 the door does not close"),
        write(stage, "wang", "门又不关 the door again"),
    )
    li, wang = stage.of("li"), stage.of("wang")
    li.goto(f"{stage.site}/reports/{second}")
    open_more(li, "#next")
    back = li.locator("form[action$='/move/return']")
    back.locator("[name=reason]").fill("which door?")
    back.locator("button").click()
    wang.goto(f"{stage.site}/tasks")
    wang.locator("a", has_text=second).first.click()
    expect(wang).to_have_url(re.compile("/reports/write/"))
    wang.goto(re.sub(r"\?.*", "", wang.url) + "?step=3")
    wang.locator("[name=symptom]").fill("门又不关：左二 the second door on the left again")
    stage.click(wang, ".buttons", "next")
    stage.click(wang, ".buttons", "next")
    stage.click(wang, ".buttons", "submit")
    expect(wang).to_have_url(re.compile(second))
    li.goto(f"{stage.site}/reports/{second}")
    expect(li.locator("#history")).to_contain_text("which door?")
    open_more(li, "#next")
    form = li.locator("form[action$='/move/duplicate']")
    form.locator("[name=duplicate_of]").fill(first)
    form.locator("[name=reason]").fill("the same door")
    form.locator("button").click()
    expect(li.locator("#same")).to_contain_text(first)


@pytest.mark.parametrize("stage", ["en-1440"], indirect=True)
def test_rejected_as_no_failure_it_is_at_an_end_with_its_reason(stage: Stage) -> None:
    number = write(stage, "wang", "指示灯亮 a lamp is lit")
    li, wang = stage.of("li"), stage.of("wang")
    li.goto(f"{stage.site}/reports/{number}")
    open_more(li, "#next")
    form = li.locator("form[action$='/move/not_a_failure']")
    # Nothing is rejected without saying why.
    form.locator("button").click()
    state(li, stage.words("states")[0])
    form.locator("[name=reason]").fill("it shows that the heating is on")
    form.locator("button").click()
    expect(li.locator(".head .state.ended")).to_be_visible()
    wang.goto(f"{stage.site}/reports/{number}")
    expect(wang.locator("#history")).to_contain_text("it shows that the heating is on")
    expect(wang.locator("form[action*='/move/']")).to_have_count(0)


@pytest.mark.parametrize("stage", ["en-1440"], indirect=True)
def test_two_who_change_the_same_report_lose_nothing(stage: Stage) -> None:
    number = write(stage, "wang", "异响 a strange noise")
    li, zhao = stage.of("li"), stage.of("zhao")
    for page in (li, zhao):
        page.goto(f"{stage.site}/reports/{number}")
        open_more(page, "#facts")
    li.locator("#facts [name=component]").fill("bearing")
    stage.click(li, "#facts", "save")
    zhao.locator("#facts [name=effect]").fill("the train waited for ten minutes")
    with zhao.expect_response(lambda answer: answer.request.method == "POST") as answer:
        stage.click(zhao, "#facts", "save")
    assert answer.value.status == 409
    # It says who changed what, and keeps what was written.
    expect(zhao.locator("#content")).to_contain_text("Li")
    expect(zhao.locator("#content")).to_contain_text("bearing")
    expect(zhao.locator("#content")).to_contain_text("the train waited for ten minutes")
    li.reload()
    expect(li.locator("#facts")).to_contain_text("bearing")
    forgive(stage.tabs["zhao"], "409")


@pytest.mark.parametrize("stage", ["zh-390"], indirect=True)
def test_what_is_missing_is_said_beside_its_field(stage: Stage) -> None:
    page = stage.of("wang")
    page.goto(f"{stage.site}/reports/new")
    page.goto(re.sub(r"\?.*", "", page.url) + "?step=5")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        stage.click(page, ".buttons", "submit")
    assert answer.value.status == 400
    links = page.locator("#summary a")
    expect(links).to_have_count(4)
    assert Axe().run(page).response["violations"] == []
    links.nth(2).click()
    expect(page.locator("[name=symptom]")).to_be_visible()
    forgive(stage.tabs["wang"], "400")


@pytest.mark.parametrize(
    ("address", "stage"),
    [
        # In the check by turns, in the matrix the other way round.
        pytest.param(address, stage, marks=() if (i + j) % 2 else pytest.mark.matrix)
        for i, address in enumerate(("/tasks", "/reports", "/reports/board", "/review", "/returned", "/reports/new"))
        for j, stage in enumerate(("en-1440", "zh-390"))
    ],
    indirect=["stage"],
)
def test_every_page_is_accessible_and_fits(stage: Stage, address: str) -> None:
    page = stage.of("li")
    page.goto(f"{stage.site}{address}")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
