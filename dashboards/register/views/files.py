"""Photos and documents of reports: taken in with a form, given out to who may see the report.

A form with files is read by the web server's own parser, which keeps what is long in a temporary file and not in memory.
"""

from __future__ import annotations

from dataclasses import asdict

from flask import Response, request, send_file
from werkzeug.wrappers import Response as Answer

from bilingual.errors import UserError
from bilingual.text import Text
from dashboards.house import House
from dashboards.register.view import View, Visit
from fracas.database import reading
from fracas.kinds import PICTURES
from fracas.model import File
from fracas.refusals import not_there

ADD = "add_files"
# One form may bring some photos at once.
_FILES_AT_ONCE = 4
_FORM_AROUND = 1_000_000
# Whatever a file holds, a browser neither runs nor loads anything for it.
_SANDBOX = "sandbox; default-src 'none'"
_ADDED = Text(en="{n} file(s) added.", zh="已添加 {n} 个文件。")


def most_bytes(house: House) -> int:
    """Bytes that one form with files may have."""
    return _FILES_AT_ONCE * house.store.most_bytes + _FORM_AROUND


def _add(v: Visit, report_id: str) -> Answer:
    # Nobody who may not see the report fills the disk.
    v.register.look(v.actor, report_id)
    sent = [file for file in request.files.getlist("file") if file.filename]
    if not sent:
        raise UserError(en="No file was chosen.", zh="未选择文件。")
    for file in sent:
        with v.house.store.keeping(file.stream, file.filename or "") as kept:
            v.register.add_file(v.actor, report_id, **asdict(kept))
    return v.back(f"/reports/{report_id}", _ADDED.format(n=len(sent)))


def _file(v: Visit, file_id: str) -> File:
    with reading(v.house.engine) as session:
        file = session.get(File, file_id)
        if file is None:
            raise not_there()
        v.register.seen(session, v.actor, file.report_id)
        return file


def _given(v: Visit, file: File, *, is_inline: bool) -> Response:
    """The bytes. A browser asks each time whether they are still theirs to see, and is told so without them."""
    response = send_file(
        v.house.store.path(file.sha256),
        mimetype=file.kind,
        as_attachment=not is_inline,
        download_name=file.name,
        etag=file.sha256,
        max_age=0,
    )
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _download(v: Visit, file_id: str, name: str) -> Response:  # noqa: ARG001  # the name is for who reads the address
    return _given(v, _file(v, file_id), is_inline=False)


def _preview(v: Visit, file_id: str) -> Response:
    file = _file(v, file_id)
    if file.kind not in PICTURES:
        raise not_there()
    return _given(v, file, is_inline=True)


VIEWS = (
    View(ADD, "/reports/<report_id>/files", "report.create", _add, methods=("POST",), most_bytes=most_bytes),
    View("file_preview", "/files/<file_id>/preview", "report.read", _preview),
    View("file", "/files/<file_id>/<name>", "report.read", _download),
)
