"""The application in a browser: what a reader does, in both languages, at a desk and on the phone."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import filled
from playwright.sync_api import expect

from dashboards.pages import pages

pytestmark = pytest.mark.browser
WIDTHS = (1440, 390)
# The others are those of the matrix.
CHECKED = {("en", 1440), ("zh", 390)}


@pytest.mark.parametrize(
    ("language", "width"),
    [
        pytest.param(language, width, marks=() if (language, width) in CHECKED else pytest.mark.matrix)
        for language in ("zh", "en")
        for width in WIDTHS
    ],
)
@pytest.mark.parametrize("path", [p.path for p in pages().values() if p.group])
def test_every_page_fills_and_fits(open_tab, site: str, path: str, language: str, width: int) -> None:  # type: ignore[no-untyped-def]
    tab = open_tab(width, "dark" if width == 390 else "light")
    tab.page.goto(f"{site}{path}?lang={language}")
    filled(tab.page)
    title = next(p.title for p in pages().values() if p.path == path)
    expect(tab.page.locator("h1")).to_have_text(title[language])
    assert tab.page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert tab.width() <= width


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


def test_an_unknown_page_says_so(open_tab, site: str) -> None:  # type: ignore[no-untyped-def]
    page = open_tab().page
    page.goto(f"{site}/nowhere?lang=en")
    expect(page.locator("#content")).to_contain_text("There is no such page")
