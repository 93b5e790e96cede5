"""Ways between records and the register, whose pages are the server's own, not Dash's."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from bilingual.text import Text
from dashboards.context import Context
from dashboards.page import Component
from dashboards.plain import dcc, html
from warehouse.mapping import REGISTER

_BEGIN = Text(en="Report this failure", zh="上报此故障")
_LABEL = Text(en="QR label", zh="二维码标签")


def begin_report(c: Context, **of: str) -> Component:
    """The way to a new report of a ticket, a fault or an asset; nothing for who may not write one."""
    if not c.viewer.may("report.create"):
        return None
    return html.A(c.say(_BEGIN), href=f"/reports/new?{urlencode(of)}", className="tool")


def label_of(c: Context, asset_id: str) -> Component:
    """The way to a label whose code leads a phone to a new report of the asset."""
    if not c.viewer.may("report.create"):
        return None
    return html.A(c.say(_LABEL), href=f"/label?{urlencode({'asset': asset_id})}", className="tool")


def report_address(source: str, report_id: str) -> str | None:
    """Where a report of the register is read and worked on; None for one that another source delivered."""
    return f"/reports/{quote(report_id, safe='')}" if source == REGISTER else None


def way(words: str, href: str) -> Component:
    """A link to any address of ours, to the register's pages too."""
    return (html.A if href.startswith("/reports/") else dcc.Link)(words, href=href)
