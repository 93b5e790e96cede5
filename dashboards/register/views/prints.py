"""A report on paper: `/reports/<id>/print/<form>.<kind>`, in the reader's language or in another (`?language=`)."""

from __future__ import annotations

import io
from dataclasses import replace

from flask import Response, abort, request

from bilingual.text import as_language
from dashboards.export import sent
from dashboards.register.prints.forms import forms
from dashboards.register.prints.printed import number_of, sheet_of
from dashboards.register.prints.record import record_of
from dashboards.register.prints.writers import writers
from dashboards.register.view import View, Visit


def _print(v: Visit, report_id: str, form: str, kind: str) -> Response:
    writer, found = writers().get(kind), forms().get(form)
    if writer is None or found is None:
        return abort(404)
    # `lang` would change the language of every page after this one too.
    language = as_language(request.args.get("language")) or v.language
    r = record_of(replace(v, language=language, _lists={}), report_id)
    made = writer.write(sheet_of(r, found))
    response = sent(io.BytesIO(made), f"{number_of(r).replace(' ', '-')}-{found.name}-{language}.{writer.ending}")
    response.mimetype = writer.media
    return response


VIEWS = (View("print", "/reports/<report_id>/print/<form>.<kind>", "report.read", _print),)
