"""From a record to a report of its failure: one click, its facts filled in."""

from __future__ import annotations

from urllib.parse import urlencode

from bilingual.text import Text
from dashboards.context import Context
from dashboards.page import Component
from dashboards.plain import html

_BEGIN = Text(en="Report this failure", zh="上报此故障")
_LABEL = Text(en="QR label", zh="二维码标签")


def begin_report(c: Context, **of: str) -> Component:
    """The way to a new report of a ticket, a fault or an asset; nothing for who may not write one."""
    if not c.viewer.may("report.create"):
        return None
    # The register's pages are the server's own, not Dash's.
    return html.A(c.say(_BEGIN), href=f"/reports/new?{urlencode(of)}", className="tool")


def label_of(c: Context, asset_id: str) -> Component:
    """The way to a label whose code leads a phone to a new report of the asset."""
    if not c.viewer.may("report.create"):
        return None
    return html.A(c.say(_LABEL), href=f"/label?{urlencode({'asset': asset_id})}", className="tool")
