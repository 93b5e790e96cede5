"""A list of a web interface that nobody described: asked once, where its records are in the answer, and how it goes on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bilingual.errors import UserError
from pipelines.environment import REFERENCE
from pipelines.proposing.sparing import sparing
from pipelines.rest.client import Answer, MissingError, client
from pipelines.rest.options import options_of
from pipelines.sources import Stream

# Parameters by which interfaces are asked for a page, in the words that are usual.
_PAGE, _OFFSET = (
    frozenset({"page", "p", "page_no", "pageno", "pagenum"}),
    frozenset({"offset", "skip", "start", "startat"}),
)
_SIZE = frozenset(
    {"per_page", "perpage", "page_size", "pagesize", "limit", "size", "max_results", "maxresults", "rows"}
)
_NEXT = re.compile(r"next([_-]?(page|url|link|href|cursor|token|page[_-]?token))?|@odata\.nextlink", re.IGNORECASE)
_SECRET = re.compile(r"(^|[_-])(token|key|apikey|secret|password|passwd|pwd|sig|signature)$", re.IGNORECASE)
# An answer is looked through so deep.
_DEPTH = 5


def options_for(home: Path, source: str, stream: str, url: str, token: str | None) -> dict[str, Any]:
    """The options of a stream that reads the list at an address. token: `${NAME}`, sent as a bearer; None for none.

    Raises UserError for a secret that is written down, and for an answer without a list of records.
    """
    parts = urlsplit(url)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    written = [name for name, value in params.items() if _SECRET.search(name) and not REFERENCE.search(value)]
    if written or parts.password or (token and not REFERENCE.search(token)):
        raise UserError(
            en="A secret is written down here, and would be in the mapping; put it into the environment and write ${NAME} in its place.",
            zh="此处直接写有密钥，会被写入映射文件；请将其放入环境变量，并在原处写 ${NAME}。",
        )
    options: dict[str, Any] = {"url": f"{parts.scheme}://{parts.netloc}", "path": parts.path or "/"}
    if token:
        options["auth"] = {"kind": "token", "token": token}
    params, paging = _paged(params)
    if params:
        options["params"] = params
    options |= paging
    answer = _asked(Stream(source, stream, sparing("rest", options), frozenset(), home))
    where = records_in(answer.content)
    if where is None:
        raise UserError(
            en="{url} answers without a list of records; name the address of a list.",
            zh="{url} 的返回中没有记录列表；请指定列表的地址。",
            url=parts._replace(query="", fragment="").geturl(),
        )
    if where:
        options["records"] = where
    if "paging" not in options:
        options |= _goes_on(answer)
    return options


def records_in(answer: Any) -> str | None:
    """The dotted path of the longest list of objects in an answer; an empty one for the answer itself, None for none."""
    found = dict(_lists(answer, "", _DEPTH))
    return max(found, key=lambda path: found[path]) if found else None


def _lists(value: Any, path: str, depth: int) -> list[tuple[str, int]]:
    if isinstance(value, list):
        return [(path, len(value))] if value and all(isinstance(item, dict) for item in value) else []
    if not isinstance(value, dict) or not depth:
        return []
    members = ((f"{path}.{name}" if path else name, part) for name, part in value.items() if "." not in name)
    return [found for name, part in members for found in _lists(part, name, depth - 1)]


def _asked(stream: Stream) -> Answer:
    options = options_of(stream)
    with client(stream, options) as asked:
        try:
            params = {name: str(value) for name, value in options.params.items()}
            return asked.ask(options.path, params)
        except MissingError as error:
            raise asked.refused(asked.address(options.path), str(error)) from None


def _paged(params: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters with the marks of a page in them, and the paging that they say; none where they name no page."""
    by = {name: name.casefold() for name in params}
    page = next((name for name, word in by.items() if word in _PAGE and params[name].isdecimal()), None)
    offset = next((name for name, word in by.items() if word in _OFFSET and params[name].isdecimal()), None)
    size = next((name for name, word in by.items() if word in _SIZE and params[name].isdecimal()), None)
    if page is None and offset is None:
        return dict(params), {}
    marked: dict[str, Any] = dict(params)
    paging: dict[str, Any] = {"paging": "page" if page else "offset"}
    if page:
        marked[page] = "{page}"
        if int(params[page]) != 1:
            paging["first_page"] = int(params[page])
    elif offset:
        marked[offset] = "{offset}"
    if size:
        marked[size] = "{limit}"
        paging["size"] = max(1, int(params[size]))
    return marked, paging


def _goes_on(answer: Answer) -> dict[str, Any]:
    """How an answer says that there is more: in a header, or as the whole address of the next page."""
    if answer.link:
        return {"paging": "link"}
    if isinstance(answer.content, dict):
        for name, value in answer.content.items():
            if _NEXT.fullmatch(name) and isinstance(value, str) and value.startswith(("http://", "https://", "/")):
                return {"paging": "next", "next": name}
    return {}
