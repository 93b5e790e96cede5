"""axe-core finds no violation on any page, and no serious one in what folds out: both languages, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Open, filled, fills_and_fits
from playwright.sync_api import Page, expect

from dashboards.address import thing
from dashboards.context import Context
from dashboards.pages import pages

pytestmark = pytest.mark.browser


def violations(page: Page, impacts: tuple[str, ...] = ("serious", "critical")) -> list[str]:
    """Those of some impacts, each with the first elements that show it."""
    found: list[dict[str, Any]] = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{v['id']} ({v['impact']}): {[node['html'][:200] for node in v['nodes'][:3]]}"
        for v in found
        if v["impact"] in impacts
    ]


@pytest.fixture(scope="module")
def addresses(context: Callable[..., Context]) -> dict[str, str]:
    """Where each page has something to show: some are about one thing."""
    reading = context().reading
    ticket = reading.rows("SELECT ticket_id FROM core.ticket ORDER BY 1 LIMIT 1")[0][0]
    asset = reading.rows("SELECT asset_id FROM core.ticket WHERE asset_id IS NOT NULL ORDER BY 1 LIMIT 1")[0][0]
    return {"/record": thing("/record", ticket=ticket), "/asset": thing("/asset", look=asset)}


@pytest.mark.parametrize(
    ("path", "language", "scheme"),
    [
        # In the check by turns, in the matrix the other way round.
        pytest.param(path, language, scheme, marks=() if (i + j) % 2 else pytest.mark.matrix)
        for i, path in enumerate(pages())
        for j, (language, scheme) in enumerate((("zh", "dark"), ("en", "light")))
    ],
)
def test_no_page_has_a_violation(
    open_tab: Open,
    site: str,
    addresses: dict[str, str],
    path: str,
    language: str,
    scheme: str,
) -> None:
    tab = open_tab(1440, scheme)
    address = addresses.get(path, path)
    tab.page.goto(f"{site}{address}{'&' if '?' in address else '?'}lang={language}")
    fills_and_fits(tab, path, language, 1440)
    assert violations(tab.page, ("minor", "moderate", "serious", "critical")) == []


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.matrix)])
def test_what_folds_out_has_none_either(open_tab: Open, site: str, scheme: str) -> None:
    page = open_tab(1440, scheme).page
    page.goto(f"{site}/closure?lang=en&look=open&compare=year&open=yes")
    filled(page)
    for name in ("From", "Region"):
        page.get_by_label(name, exact=True).first.click()
        page.wait_for_timeout(300)
        assert violations(page) == []
        page.keyboard.press("Escape")
    for words in ("Compare with", "Views", "Export"):
        page.locator("summary", has_text=words).first.click()
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.locator(".info").first.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_without_a_snapshot_and_without_a_page_there_is_none(open_tab: Open, empty_site: str, language: str) -> None:
    page = open_tab(390).page
    for path in ("/", "/nowhere"):
        page.goto(f"{empty_site}{path}?lang={language}")
        expect(page.locator("#content .message")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert violations(page) == []


def test_the_keyboard_skips_to_the_content_and_reaches_the_marks_of_a_chart(open_tab: Open, site: str) -> None:
    page = open_tab().page
    page.goto(f"{site}/closure?lang=en&look=open")
    filled(page)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    chart = page.locator(".marks:has([id*=ageing])")
    expect(chart.locator(".barlayer .point path").last).to_be_visible()
    chart.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(chart.locator("[aria-live]")).to_have_text(re.compile(r"^8–30 d: \d+$"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/records.*age=1"))
    expect(page.locator("h1")).to_have_text("Records")
    filled(page)
    page.wait_for_load_state("networkidle")
