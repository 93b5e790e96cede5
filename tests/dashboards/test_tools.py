"""What a reader can do with every page, in a browser: dates, comparison, exports, pictures, views, paper."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import Open, Watched, filled
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
DATES = ".mantine-DateInput-input"


def settled(page: Page, title: str = "") -> None:
    """Wait until everything was answered: the console complains about requests that a next page breaks off."""
    expect(page.locator("h1")).to_contain_text(title)
    filled(page)
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-dash-is-loading=true]")).to_have_count(0, timeout=15_000)


def opened(tab: Watched, address: str) -> Page:
    tab.page.goto(address)
    settled(tab.page)
    return tab.page


def period(page: Page) -> tuple[str | None, str | None]:
    query = parse_qs(urlsplit(page.url).query)
    return query.get("from", [None])[0], query.get("to", [None])[0]


@pytest.mark.parametrize(
    ("language", "month"), [("zh", "2026年9月"), pytest.param("en", "September 2026", marks=pytest.mark.matrix)]
)
def test_a_day_is_chosen_in_a_calendar_of_the_page_s_language(
    open_tab: Open, site: str, language: str, month: str
) -> None:
    page = opened(open_tab(390), f"{site}/?lang={language}&from=2026-09-01&to=2026-09-30")
    page.locator("#fold").click()
    field = page.locator(DATES).first
    expect(field).to_have_value("2026-09-01")
    field.click()
    calendar = page.locator("[data-dates-dropdown]")
    expect(calendar).to_contain_text(month)
    expect(calendar.locator("th").first).to_have_text({"zh": "一", "en": "Mo"}[language])
    calendar.locator("td button:not([data-outside])").nth(9).click()
    page.wait_for_url(re.compile("from=2026-09-10"))
    expect(calendar).to_be_hidden()
    expect(field).to_have_value("2026-09-10")
    assert period(page) == ("2026-09-10", "2026-09-30")


def test_a_day_can_be_typed_and_nonsense_changes_nothing(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/?lang=zh&from=2026-01-01&to=2026-09-30")
    last = page.locator(DATES).nth(1)
    last.fill("2026-06-30")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("to=2026-06-30"))
    for nonsense in ("", "junk", "2", "1999-01-01"):
        last.fill(nonsense)
        page.keyboard.press("Tab")
        expect(last).to_have_value("2026-06-30")
    assert period(page) == ("2026-01-01", "2026-06-30")
    page.go_back()
    expect(last).to_have_value("2026-09-30", timeout=15_000)
    settled(page)


def test_the_comparison_is_chosen_by_keyboard_and_kept_on_the_way(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/closure?lang=en")
    page.locator(".compare summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="same period last year").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("compare=year"))
    expect(page.locator(".compare")).not_to_have_attribute("open", "")
    expect(page.locator(".compare summary")).to_contain_text("same period last year")
    expect(page.locator(".kpi-change").first).to_contain_text("vs last year")
    page.get_by_role("link", name="90 days").click()
    page.wait_for_url(re.compile("from=2026-08"))
    page.get_by_role("link", name="Repeat failures").click()
    page.wait_for_url(re.compile("/repeats.*compare=year"))
    settled(page, "Repeat failures")


def taken(page: Page, item: Locator) -> str:
    """What an item of a menu has the browser save."""
    with page.expect_download() as download:
        item.click()
    assert download.value.path().stat().st_size > 100
    return download.value.suggested_filename


def test_a_chart_is_taken_along_as_data_and_as_a_picture(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/?lang=en&compare=year")
    menu = page.locator(".chart").filter(has=page.locator(".js-plotly-plot")).first.locator(".folding")
    names = []
    for words in ("Data, CSV", "Data, Excel", "Picture, PNG", "Picture, SVG"):
        menu.locator("summary").click()
        names.append(taken(page, menu.locator(".option", has_text=words)))
        expect(menu).not_to_have_attribute("open", "")
    assert [name.rpartition(".")[2] for name in names] == ["csv", "xlsx", "png", "svg"]


def test_a_picture_says_what_it_shows_and_was_made_from(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/?lang=zh&compare=year")
    chart = page.locator(".chart").filter(has=page.locator(".js-plotly-plot")).first
    chart.locator(".folding summary").click()
    with page.expect_download() as download:
        chart.locator("[data-picture=svg]").click()
    picture = download.value.path().read_text(encoding="utf-8")
    assert chart.locator("h2").inner_text() in picture
    assert "对比：去年同期" in picture
    assert page.locator(".snapshot").inner_text() in picture


def test_a_view_is_saved_renamed_opened_and_removed(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/closure?lang=en&compare=year&priority=high")
    saved = page.locator(".saved")

    def unfold() -> None:
        saved.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(saved.get_by_label("Name of this view")).to_be_focused()

    unfold()
    expect(saved).to_contain_text("No view is saved in this browser")
    page.keyboard.type("East <b>1</b>")
    page.keyboard.press("Enter")
    expect(saved.locator("a.option")).to_have_text("East <b>1</b>")
    saved.get_by_role("button", name="Rename").click()
    page.keyboard.type("Ours")
    page.keyboard.press("Enter")
    expect(saved.locator("a.option")).to_have_text("Ours")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Overview").first.click()
    settled(page, "Overview")
    unfold()
    saved.get_by_role("link", name="Ours").click()
    page.wait_for_url(re.compile("/closure.*priority=high"))
    settled(page, "Fault closure")
    assert "compare=year" in page.url
    unfold()
    saved.get_by_role("button", name="Remove Ours").click()
    expect(saved.locator("a.option")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('faultloop.views')") == "[]"


def test_kept_views_that_were_tampered_with_lead_nowhere_else(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/?lang=en")
    kept = '[{"name":"a","href":"javascript:alert(1)"},{"name":"b","href":"//x.example"},{"name":5},null,"c"]'
    for text in (kept, "{}", "no json"):
        page.evaluate("text => localStorage.setItem('faultloop.views', text)", text)
        page.locator(".saved summary").click()
        expect(page.locator(".saved")).to_contain_text("No view is saved")
        page.keyboard.press("Escape")


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_on_paper_stand_the_page_and_what_it_was_made_from(open_tab: Open, site: str, language: str) -> None:
    page = opened(open_tab(1440, "dark"), f"{site}/?lang={language}&priority=high")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#made-from")).to_be_visible()
    for hidden in (".nav", ".rail", ".chart .tools", "#print", ".top"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for svg in page.locator(".js-plotly-plot .main-svg").all():
        box = svg.bounding_box()
        assert box is None or box["x"] + box["width"] <= 703
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".nav")).to_be_visible()


def test_the_print_button_prints(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/?lang=zh")
    page.evaluate("window.print = () => (window.printed = true)")
    page.get_by_role("button", name="打印/PDF").click()
    assert page.evaluate("window.printed") is True


@pytest.mark.parametrize(
    ("language", "words"),
    [pytest.param("zh", "服务器无响应", marks=pytest.mark.matrix), ("en", "The server does not answer")],
)
def test_a_server_that_does_not_answer_is_said_and_forgotten(
    open_tab: Open, site: str, language: str, words: str
) -> None:
    tab = open_tab()
    page = opened(tab, f"{site}/records?lang={language}")
    said = page.get_by_role("alert")
    expect(said).to_be_hidden()
    page.route("**/_dash-update-component*", lambda route: route.abort("connectionrefused"))
    page.locator(".preset").first.click()
    expect(said).to_contain_text(words)
    page.unroute("**/_dash-update-component*")
    page.locator(".preset").nth(1).click()
    expect(said).to_be_hidden()
    settled(page)
    assert tab.complaints
    tab.complaints.clear()


def test_calendars_and_axes_know_chinese_and_nothing_is_asked_of_others(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/?lang=zh")
    ticks = page.evaluate(
        """async () => {
            const place = document.createElement("div");
            document.body.append(place);
            const months = ["2026-01-01", "2026-06-01", "2026-12-01"];
            await Plotly.newPlot(place, [{ x: months, y: [1, 2, 3] }], { width: 600 }, { locale: "zh-CN" });
            const words = Array.from(place.querySelectorAll(".xtick text"), (tick) => tick.textContent);
            place.remove();
            return words;
        }"""
    )
    assert ticks
    assert all("月" in tick for tick in ticks)


def test_the_first_load_is_small(open_tab: Open, site: str) -> None:
    page = open_tab().page
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{site}/closure?lang=zh")
    filled(page)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert sum(sizes) < 2_000_000


def test_a_page_that_is_left_asks_for_nothing_more_and_no_part_is_asked_for_twice(open_tab: Open, site: str) -> None:
    page = opened(open_tab(), f"{site}/closure?lang=en")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.post_data or "") if "_dash-update-component" in r.url else None)
    page.get_by_role("link", name="Repeat failures").click()
    settled(page, "Repeat failures")
    assert asked
    # The grid of the page before may still fetch its rows on a slow machine; its parts must not ask again.
    assert not any('"type":"part"' in body and '"page":"closure"' in body for body in asked)
    asked.clear()
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("link", name="90 days")).to_have_class("preset chosen", timeout=15_000)
    settled(page, "Repeat failures")
    parts = [body for body in asked if '"type":"part"' in body]
    assert parts
    assert len(parts) == len({body.partition('"inputs"')[0] for body in parts})
