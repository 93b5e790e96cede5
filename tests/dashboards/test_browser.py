"""The application in a browser: what a reader does, in both languages, at a desk and on the phone."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import filled, fills_and_fits
from playwright.sync_api import expect
from visitors import cookies, known, logged_in

from dashboards.app import Application
from dashboards.pages import pages
from fracas.permissions import Role

pytestmark = pytest.mark.browser
WIDTHS = (1440, 390)


@pytest.mark.parametrize(
    ("path", "language", "width"),
    [
        # In the check on the phone, the language by turns; test_accessible asks each page at a desk, in the other one.
        pytest.param(path, language, width, marks=() if width == 390 and (i + j) % 2 == 0 else pytest.mark.matrix)
        for i, path in enumerate(pages())
        if pages()[path].group
        for j, language in enumerate(("zh", "en"))
        for width in WIDTHS
    ],
)
def test_every_page_fills_and_fits(open_tab, site: str, path: str, language: str, width: int) -> None:  # type: ignore[no-untyped-def]
    tab = open_tab(width, "dark" if width == 390 else "light")
    tab.page.goto(f"{site}{path}?lang={language}")
    fills_and_fits(tab, path, language, width)


def test_from_a_mark_to_the_source_row_and_back(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/closure?lang=en&look=open")
    filled(page)
    # Cards above still take their height: a click must not fall where the bar has just been.
    page.wait_for_load_state("networkidle")
    bar = page.locator("[id*=ageing] .barlayer .point path").last
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(re.compile("/records.*age="))
    filled(page)
    expect(page.locator(".chip").first).to_contain_text("open for")
    count = page.locator("#content h2").first
    expect(count).to_have_text(re.compile(r"^[1-9][\d,]* tickets$"))
    shown = count.inner_text()
    page.locator(".ag-row .ag-cell").nth(3).click()
    page.wait_for_url(re.compile("/record\\?ticket="))
    filled(page)
    page.get_by_role("link", name="Source row").first.click()
    page.wait_for_url(re.compile("/source"))
    filled(page)
    expect(page.locator("#content")).to_contain_text("Row number")
    page.go_back()
    page.wait_for_url(re.compile("/record\\?"))
    page.go_back()
    page.wait_for_url(re.compile("/records"))
    expect(page.locator("#content h2").first).to_have_text(shown)


def test_a_chosen_region_is_in_the_address_and_the_back_button_takes_it_away(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/?lang=en")
    filled(page)
    opened = page.locator(".kpi-value").first.inner_text()
    page.get_by_label("Region").first.click()
    page.get_by_role("option").first.click()
    page.wait_for_url(re.compile("region="))
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".kpi-value").first).not_to_have_text(opened)
    page.keyboard.press("Escape")
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator(".kpi-value").first).to_have_text(opened)


def test_a_chip_removes_its_filter(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/records?lang=en&open=yes")
    filled(page)
    page.locator(".chip").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert "open=" not in page.url


@pytest.mark.matrix
def test_a_preset_changes_the_period(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/?lang=en")
    filled(page)
    page.get_by_role("link", name="90 days").click()
    expect(page.locator(".preset.chosen")).to_have_text("90 days")
    assert set(parse_qs(urlsplit(page.url).query)) >= {"from", "to"}


def test_switching_the_language_keeps_page_and_filters(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/closure?lang=en&from=2026-01-01&to=2026-03-31")
    filled(page)
    page.locator("a.language").click()
    page.wait_for_url(re.compile("lang=zh"))
    filled(page)
    expect(page.locator("h1")).to_have_text("故障关闭")
    query = parse_qs(urlsplit(page.url).query)
    assert (query["from"], query["to"]) == (["2026-01-01"], ["2026-03-31"])
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_a_wrong_value_in_the_address_is_named(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/?lang=en&region=Atlantis&from=never")
    filled(page)
    expect(page.locator("div.chosen")).to_contain_text("left out of the address: from, region")


def test_light_and_dark_can_be_switched(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/?lang=en")
    filled(page)
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_label("Light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_an_installation_without_a_snapshot_says_what_to_do(open_tab, empty_site: str, language: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    for path in pages():
        page.goto(f"{empty_site}{path}?lang={language}")
        expect(page.locator("#content pre")).to_have_text("faultloop refresh")
        # The next page would break off what this one is still asking for, and the console would say so.
        page.wait_for_load_state("networkidle")


def test_what_is_withheld_for_one_reason_is_said_once(open_tab, app: Application, site: str) -> None:  # type: ignore[no-untyped-def]
    known(app, "unnumbered", Role.TECHNICIAN)
    tab = open_tab()
    tab.page.context.add_cookies(cookies(logged_in(app, "unnumbered")))
    tab.page.goto(f"{site}/technicians?lang=en")
    filled(tab.page)
    said = tab.page.locator(".withheld")
    assert said.count() > 10
    assert [each.is_visible() for each in said.all()].count(True) == 1
    expect(said.first).to_contain_text("an administrator has to enter which technician you are")


def test_a_legend_stands_above_the_marks_also_on_a_window_of_another_width(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    tab = open_tab(1440)
    tab.page.goto(f"{site}/trends?from=all&lang=zh")
    filled(tab.page)
    overlaps = """() => [...document.querySelectorAll('.js-plotly-plot:has(.legend)')].filter((plot) =>
        plot.querySelector('.legend').getBoundingClientRect().bottom
        > plot.getBoundingClientRect().top + plot._fullLayout._size.t + 1).length"""
    tab.page.set_viewport_size({"width": 1024, "height": 900})
    tab.page.wait_for_function(f"!({overlaps})()")
    # Where Plotly measures text it has the font of the page: what it leaves room for is what is drawn.
    fonts = """() => ['.js-plotly-plot .ytick text', '#js-plotly-tester text'].map((at) => {
        const text = document.querySelector(at)
            ?? document.querySelector('#js-plotly-tester').appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'text'));
        return getComputedStyle(text).fontFamily })"""
    drawn, measured = tab.page.evaluate(fonts)
    assert drawn == measured


def test_an_unknown_page_says_so(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/nowhere?lang=en")
    expect(page.locator("#content")).to_contain_text("There is no such page")
