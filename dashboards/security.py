"""What every answer carries and what no request may do: headers, callback bodies that make no sense, caching."""

from __future__ import annotations

import gzip
import logging
import re
import secrets
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException

_CALLBACK = "/_dash-update-component"
_MOST_BYTES = 1_000_000
_YEAR = "public, max-age=31536000, immutable"
_VERSION = re.compile(r"^/_dash-component-suites/.*\.v[\w-]+m\d+\.")
_COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg")
log = logging.getLogger("faultloop.web")


def headers(script_hashes: Iterable[str]) -> dict[str, str]:
    """Headers of every answer. Styles are inline in Dash and Mantine; scripts are ours or known by their hash."""
    policy = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *script_hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _makes_sense(body: Any) -> bool:
    """Whether a callback body has the shape that Dash's own front end sends."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        return False
    groups = [body.get("inputs"), body.get("state", []), body.get("changedPropIds", [])]
    return all(isinstance(g, list) for g in groups) and "outputs" in body


@lru_cache(maxsize=64)
def _packed(bundle: bytes) -> bytes:
    """A bundle as small as gzip can make it: that takes time, so once per worker; they never change."""
    return gzip.compress(bundle, 9)


def _small_answers(response: Response, *, is_bundle: bool) -> None:
    """Compress what is text and long enough, where the visitor takes it; streams that are no bundle are left alone."""
    if is_bundle:
        # Files are handed to the server as they lie there; then nothing could be done to them.
        response.direct_passthrough = False
    if (
        (response.is_streamed and not is_bundle)
        or response.status_code != 200
        or "Content-Encoding" in response.headers
        or "gzip" not in request.headers.get("Accept-Encoding", "")
        or not (response.mimetype or "").startswith(_COMPRESSED)
    ):
        return
    data = response.get_data()
    if len(data) > 1_000:
        response.set_data(_packed(data) if is_bundle else gzip.compress(data, 5))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")


def protect(server: Flask, always: Mapping[str, str]) -> None:
    """Put the headers on every answer, and answer 400 to callback bodies that Dash would stumble over."""

    def check() -> None:
        if request.path != _CALLBACK or request.method != "POST":
            return
        if (request.content_length or 0) > _MOST_BYTES:
            abort(413)
        if not _makes_sense(request.get_json(silent=True)):
            abort(400)

    def stumbled(error: Exception) -> tuple[str, int] | HTTPException:
        if isinstance(error, HTTPException):
            return error
        number = secrets.token_hex(4)
        # Our own callbacks answer with an error card; what still gets here from Dash's dispatcher is a body it cannot read.
        malformed = request.path == _CALLBACK
        log.log(logging.WARNING if malformed else logging.ERROR, "error %s at %s", number, request.path, exc_info=error)
        return (f"malformed request ({number})", 400) if malformed else (f"internal error ({number})", 500)

    def finish(response: Response) -> Response:
        for name, value in always.items():
            response.headers.setdefault(name, value)
        is_bundle = request.path.startswith("/_dash-component-suites/")
        is_asset = request.path.startswith("/assets/")
        # What carries a version or a time in its address never changes; Dash gives other bundles an ETag.
        if response.status_code == 200 and (_VERSION.search(request.path) or (is_asset and "m" in request.args)):
            response.headers["Cache-Control"] = _YEAR
        elif not (is_bundle or is_asset):
            response.headers.setdefault("Cache-Control", "no-store")
        _small_answers(response, is_bundle=is_bundle or is_asset)
        return response

    server.before_request(check)
    server.register_error_handler(Exception, stumbled)
    server.after_request(finish)
