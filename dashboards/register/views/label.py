"""A label for a machine: its code, read by any phone, leads to a new report of that machine."""

from __future__ import annotations

from urllib.parse import urlencode

import segno
from flask import Response, abort, request

from bilingual.text import Text
from dashboards.register.view import View, Visit
from warehouse import report_facts

_TITLE = Text(en="QR label", zh="二维码标签")


def _label(v: Visit) -> Response:
    reading = v.desk.reading()
    facts = report_facts.of_asset(reading, request.args.get("asset", "")[:200]) if reading else {}
    if not facts or not v.actor.scope.covers(facts.get("region"), facts.get("product_line")):
        return abort(404)
    # Behind a proxy the address that people use is not the one that the server sees.
    base = v.house.home.settings.public_address.rstrip("/") or request.host_url.rstrip("/")
    address = f"{base}/reports/new?{urlencode({'asset': facts['asset_id']})}"
    code = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
    return v.page("label.html", _TITLE, facts=facts, address=address, code=code)


VIEWS = (View("label", "/label", "report.create", _label),)
