"""Requests to one server, and to no other: with its key, at its pace, and again where an answer did not come whole."""

from __future__ import annotations

import random
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from bilingual.errors import UserError
from bilingual.text import Text
from pipelines.outbound import only_to
from pipelines.rest.options import Options
from pipelines.rest.records import parsed
from pipelines.sources import Stream

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_BACK_OFF_SECONDS, _BACK_OFF_MOST = 0.5, 60.0
_MOST_BYTES = 256 * 1024 * 1024
_ELSEWHERE = Text(
    en="the address is on another server than `url`; nothing is asked of it",
    zh="该地址与 `url` 不在同一服务器；不会向其发送请求",
)
_TOO_LARGE = Text(
    en="more than {mb} MB; ask for smaller pages with `size`", zh="超过 {mb} MB；请用 `size` 请求更小的页"
)
_TOO_SLOW = Text(en="not whole after {seconds} s", zh="{seconds} 秒后仍未收全")
_NO_JSON = Text(
    en="not whole JSON but {kind}, {bytes} bytes: {error}", zh="不是完整的 JSON，而是 {kind}，{bytes} 字节：{error}"
)
_NO_TOKEN = Text(en="no {name}", zh="没有 {name}")


@dataclass(frozen=True)
class Answer:
    """What a server answered: JSON, and the address of the next page if a `Link` header names one."""

    content: Any
    link: str | None = None


class _AgainError(Exception):
    """An answer that may be sound next time; `wait` is what the server asks for, in seconds."""

    def __init__(self, reason: str | Text, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class MissingError(Exception):
    """The server has nothing at this address (404 or 410)."""


class EndError(Exception):
    """The server says that there are no more rows, in the words of the option `ends_with`."""


@dataclass
class Client:
    """Asks one server. `sleep` and `clock` are the machine's own."""

    stream: Stream
    options: Options
    http: httpx.Client
    sleep: Callable[[float], None] = time.sleep
    slept: float = 0.0
    last: float = field(default=0.0)
    token: str | None = None

    def ask(self, path: str, params: dict[str, str], body: Any = None) -> Answer:
        """The answer to one request, asked again as often and as long as the options allow.

        Raises UserError for one that does not come, MissingError for an address without anything, EndError after the last row.
        """
        url = self.address(path)
        for attempt in range(1, self.options.attempts + 1):
            try:
                return self._once(url, params, body)
            except httpx.InvalidURL as error:
                raise self.refused(url, str(error)) from None
            except (_AgainError, httpx.RequestError) as error:
                wait = getattr(error, "wait", None)
                if wait is None:
                    # Spread, so that many who were refused together do not come back together.
                    step = min(_BACK_OFF_SECONDS * 2 ** (attempt - 1), _BACK_OFF_MOST)
                    wait = step * (0.5 + random.random() / 2)  # noqa: S311  # no secret
                if attempt == self.options.attempts or self.slept + wait > self.options.patience:
                    raise self.refused(url, getattr(error, "reason", str(error)) or type(error).__name__) from None
                self.slept += wait
                self.sleep(wait)
        raise AssertionError

    def address(self, path: str) -> str:
        """The whole address of a path; UserError for one on another server."""
        base = self.options.url
        url = path if urlsplit(path).scheme else base.rstrip("/") + "/" + path.lstrip("/") if path else base
        if urlsplit(url)[:2] != urlsplit(base)[:2]:
            raise self.refused(url, _ELSEWHERE)
        return url

    def refused(self, url: str, reason: str | Text) -> UserError:
        """The sentence for an answer that cannot be used; `reason` in the words of the server, or in ours."""
        said = reason if isinstance(reason, Text) else Text(en=reason, zh=reason)
        for secret in [*self.options.secrets, *([self.token] if self.token else [])]:
            said = Text(en=said.en.replace(secret, "***"), zh=said.zh.replace(secret, "***"))
        return UserError(
            en="Source “{source}”, stream “{stream}”: {url} answers “{reason}”; what landed before stays, check the server and "
            "`url`, `path` and `auth`.",
            zh="来源“{source}”的流“{stream}”：{url} 返回“{reason}”；已落地的数据不受影响，请检查服务器以及 `url`、`path` 和 `auth`。",
            source=self.stream.source,
            stream=self.stream.name,
            url=urlsplit(url)._replace(query="", fragment="").geturl(),
            reason=said,
        )

    def _once(self, url: str, params: dict[str, str], body: Any) -> Answer:
        self._keep_pace()
        headers = {**self.options.headers, **self._authorised()}
        response, content = self._sent(self.options.method, url, params=params or None, json=body, headers=headers)
        if response.status_code == 401 and self.options.auth.kind in ("oauth2", "session") and self.token:
            self.token = None
            raise _AgainError("401 Unauthorized", 0.0)
        self._judge(url, response, content)
        try:
            found = parsed(content)
        except (ValueError, RecursionError) as error:
            kind = response.headers.get("content-type", "?").partition(";")[0]
            raise _AgainError(_NO_JSON.format(kind=kind, bytes=len(content), error=str(error)[:120])) from None
        link = response.links.get("next", {}).get("url")
        return Answer(found, urljoin(url, link) if link else None)

    def _judge(self, url: str, response: httpx.Response, content: bytes) -> None:
        status = response.status_code
        if response.is_success:
            return
        said = f"{status} {response.reason_phrase} {content[:200].decode('utf-8', 'replace').strip()}".strip()
        if status in _AGAIN:
            raise _AgainError(said, _retry_after(response))
        if self.options.ends_with and self.options.ends_with in content.decode("utf-8", "replace"):
            raise EndError
        if status in (404, 410):
            raise MissingError(said)
        raise self.refused(url, said)

    def _sent(self, method: str, url: str, **request: Any) -> tuple[httpx.Response, bytes]:
        """The response and its body, within the time-out as a whole, not only between two of its bytes."""
        end = time.monotonic() + self.options.timeout
        host = urlsplit(url).hostname or ""
        with only_to([host]), self.http.stream(method, url, **request) as response:
            blocks, size = [], 0
            for block in response.iter_bytes():
                blocks.append(block)
                size += len(block)
                if time.monotonic() > end:
                    raise _AgainError(_TOO_SLOW.format(seconds=f"{self.options.timeout:g}"))
                if size > _MOST_BYTES:
                    raise self.refused(url, _TOO_LARGE.format(mb=_MOST_BYTES // 2**20))
        return response, b"".join(blocks)

    def _keep_pace(self) -> None:
        if self.options.rate:
            wait = self.last + 1 / self.options.rate - time.monotonic()
            if wait > 0:
                self.sleep(wait)
            self.last = time.monotonic()

    def _authorised(self) -> dict[str, str]:
        auth = self.options.auth
        match auth.kind:
            case "token":
                return {auth.header: f"{auth.scheme} {auth.token}".strip()}
            case "basic":
                return _basic(auth.user, auth.password)
            case "oauth2":
                self.token = self.token or self._granted()
                return {"Authorization": f"Bearer {self.token}"}
            case "session":
                self.token = self.token or self._logged_in()
                return {auth.header: self.token}
            case _:
                return {}

    def _granted(self) -> str:
        """A token for client credentials (RFC 6749, 4.4)."""
        auth = self.options.auth
        form = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
        response, content = self._sent("POST", auth.url, data=form, headers=_basic(auth.client_id, auth.client_secret))
        return self._token_in(auth.url, response, content, "access_token")

    def _logged_in(self) -> str:
        auth = self.options.auth
        url = self.address(auth.url)
        headers = {**self.options.headers, "Authorization": f"{auth.scheme} {auth.token}"}
        response, content = self._sent("GET", url, headers=headers)
        return self._token_in(url, response, content, auth.field)

    def _token_in(self, url: str, response: httpx.Response, content: bytes, name: str) -> str:
        self._judge(url, response, content)
        try:
            return str(parsed(content)[name])
        except (ValueError, KeyError, TypeError):
            raise self.refused(url, _NO_TOKEN.format(name=name)) from None

    def end(self) -> None:
        """Log out where one logged in."""
        auth = self.options.auth
        if self.token and auth.logout:
            try:
                self._sent("GET", self.address(auth.logout), headers={**self.options.headers, auth.header: self.token})
            except (httpx.HTTPError, _AgainError, UserError):
                return  # the session ends by itself


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that a server asks to wait, said as a number or as a date."""
    said = response.headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


@contextmanager
def client(stream: Stream, options: Options) -> Iterator[Client]:
    """A client of the stream's server, closed afterwards. It follows no redirect and no proxy of the environment."""
    try:
        trusted: Any = ssl.create_default_context(cafile=str(stream.home / options.ca)) if options.ca else True
    except OSError as error:
        raise UserError(
            en="Source “{source}”, stream “{stream}”: `ca` is no certificate file ({reason}).",
            zh="来源“{source}”的流“{stream}”：`ca` 不是有效的证书文件（{reason}）。",
            source=stream.source,
            stream=stream.name,
            reason=str(error),
        ) from None
    headers = {"Accept": "application/json", "User-Agent": "FaultLoop"}
    with httpx.Client(timeout=options.timeout, verify=trusted, trust_env=False, headers=headers) as http:
        made = Client(stream, options, http)
        try:
            yield made
        finally:
            made.end()
