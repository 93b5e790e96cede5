"""Requests made from a mapping's templates, and their answers as pages of rows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin

from bilingual.text import Text
from pipelines.rest.client import Client, EndError
from pipelines.rest.options import Options
from pipelines.rest.paging import Page, Values
from pipelines.rest.records import Record, at, exploded, named, objects


@dataclass
class Asking:
    """Asks for the pages of one list. `keys` are the columns of the row it belongs to, added to each of its own."""

    client: Client
    options: Options
    keys: Record = field(default_factory=dict)

    def page(self, values: Values) -> Page:
        """One page. UserError for an answer that holds no records where `records` says."""
        options = self.options
        following = str(values.get("next", ""))
        known = {**self.keys, **values, "limit": options.size, "end": int(values.get("offset", 0)) + options.size - 1}
        if following and options.names_next:
            # The whole address, or as much of it as differs from that of the first page.
            path, params = urljoin(self.client.address(self._path(known)), following), {}
        else:
            path = self._path(known)
            params = {
                name: _filled(_text(value), known) for name, value in options.params.items() if _can(value, known)
            }
        try:
            answer = self.client.ask(path, params, _body(options.body, known))
        except EndError:
            return Page([])
        found = objects(answer.content, options.records)
        if found is None:
            raise self.client.refused(self.client.address(path), _NO_LIST.format(where=options.records or _ITSELF))
        if options.names and isinstance(names := at(answer.content, options.names), dict):
            found = [named(record, names) for record in found]
        if options.explode:
            found = list(exploded(found, options.explode))
        if self.keys:
            found = [record | self.keys for record in found]
        return Page(found, answer.content, answer.link)

    def _path(self, known: dict[str, Any]) -> str:
        return _filled(self.options.path, {key: quote(str(value), safe="") for key, value in known.items()})


_NO_LIST = Text(en="no list of records in “{where}”; correct `records`", zh="“{where}”处没有记录列表；请更正 `records`")
_ITSELF = Text(en="the answer itself", zh="回答本身")
# What stands in a template: braces of JSON and of queries are left as they are.
_NAMED = re.compile(r"\{(\w+)\}")


def _filled(template: str, known: dict[str, Any]) -> str:
    return _NAMED.sub(lambda match: str(known.get(match[1], match[0])), template)


def _text(value: str | float) -> str:
    """A parameter as it is sent: `true`, not Python's `True`."""
    return value if isinstance(value, str) else json.dumps(value)


def _can(template: Any, known: dict[str, Any]) -> bool:
    """Whether a parameter is sent: one that holds the mark of the next page only where there is one."""
    return "{next}" not in str(template) or "next" in known


def _body(template: Any, known: dict[str, Any]) -> Any:
    """The body with its templates filled; one that is nothing but a number's name becomes that number."""
    if isinstance(template, dict):
        return {
            name: _body(value, known)
            for name, value in template.items()
            if _can(value, known) or isinstance(value, dict)
        }
    if isinstance(template, list):
        return [_body(value, known) for value in template]
    if not isinstance(template, str):
        return template
    alone = _NAMED.fullmatch(template)
    return known.get(alone[1], template) if alone else _filled(template, known)
