"""A tab of headless Chromium that writes down what it complains about and whatever leaves the machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, expect

from dashboards.pages import pages

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watched:
    """A tab whose complaints and requests are written down."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def width(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


Open = Callable[..., Watched]


def watched(chromium: Browser, width: int = 1440, scheme: str = "light") -> Watched:
    """A new tab of its own context."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    tab = Watched(context.new_page())
    tab.page.set_default_timeout(15_000)
    tab.page.on("console", lambda m: tab.complaints.append(m.text) if m.type in ("error", "warning") else None)
    tab.page.on("pageerror", lambda e: tab.complaints.append(str(e)))
    tab.page.on("request", lambda r: None if _is_local(r.url) else tab.complaints.append(f"left the machine: {r.url}"))
    tab.page.on("response", lambda r: tab.complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    return tab


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def filled(page: Page) -> None:
    """Wait until no part of the page is a skeleton any more."""
    expect(page.locator("#content h1, #content .message").first).to_be_visible()
    # The two cores may be busy with other tests.
    expect(page.locator("#content .skeleton")).to_have_count(0, timeout=30_000)


def fills_and_fits(tab: Watched, path: str, language: str, width: int) -> None:
    """The tab shows a page: its title in a language, every part of it, and nothing beyond the width of the screen."""
    filled(tab.page)
    # Behind the title may stand what the page is about.
    title = re.compile(f"^{re.escape(pages()[path].title[language])}( |$)")
    expect(tab.page.locator("h1")).to_have_text(title)
    assert tab.page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert tab.width() <= width
