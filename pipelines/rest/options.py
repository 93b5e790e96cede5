"""The options of a REST stream, checked; secrets stand in the environment and are only named here."""

from __future__ import annotations

import os
import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bilingual.errors import UserError
from pipelines.sources import Stream

_WORD = 3
# A key in a header or a parameter is longer than a setting there.
_LONG = 12
_REFERENCE = re.compile(r"\$\{(\w+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Auth(_Strict):
    """Who asks. `token`: in `header` as `scheme token`; `basic`; `oauth2`: client credentials asked of `url`;
    `session`: `url` answers with a token, under the name `field`, for `header`, and `logout` ends it."""

    kind: Literal["none", "token", "basic", "oauth2", "session"] = "none"
    token: str = ""
    header: str = "Authorization"
    scheme: str = "Bearer"
    user: str = ""
    password: str = ""
    url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""
    field: str = "session_token"
    logout: str = ""

    @model_validator(mode="before")
    @classmethod
    def _only_references(cls, value: Any) -> Any:
        for name in ("token", "password", "client_secret"):
            if isinstance(value, dict) and value.get(name) and not _REFERENCE.search(str(value[name])):
                raise ValueError(f"{name}: a secret is not written here; name a variable of the environment, ${{NAME}}")
        return value


class Parent(_Strict):
    """Rows that belong to rows of another stream: in a `list` of theirs, or asked for one by one at `path`.

    keys: columns of the child that hold columns of the parent, `{ticket_id: id}`; `path` names them, `/tickets/{ticket_id}`.
    """

    stream: str
    keys: dict[str, str]
    list: str | None = None


class Options(_Strict):
    """One stream. In `path`, `params` and `body` stand `{since}`, `{page}`, `{offset}`, `{end}`, `{limit}` and `{next}`."""

    url: str = ""
    path: str = ""
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str | int | float | bool] = Field(default_factory=dict)
    body: dict[str, Any] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    auth: Auth = Field(default_factory=Auth)
    ca: str | None = None
    records: str = ""
    names: str | None = None
    explode: str | None = None
    depth: int = Field(default=1, ge=0, le=5)
    paging: Literal["none", "page", "offset", "seek", "next", "link"] = "none"
    first_page: int = 1
    next: str = "next"
    size: int = Field(default=100, ge=1, le=100_000)
    ends_with: str | None = None
    cursor: str | None = None
    start: str = "1970-01-01T00:00:00+00:00"
    since: str | None = None
    since_zone: str = "UTC"
    overlap: float = Field(default=300, ge=0)
    key: str | list[str] | None = None
    reconcile_hours: float = Field(default=24, ge=0)
    of: Parent | None = None
    rate: float | None = Field(default=None, gt=0)
    timeout: float = Field(default=60, gt=0)
    attempts: int = Field(default=6, ge=1)
    patience: float = Field(default=900, ge=0)

    @field_validator("params", mode="before")
    @classmethod
    def _present(cls, value: Any) -> Any:
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _fits(self) -> Options:
        if not (self.of and self.of.list) and urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError("url: write the address of the server, such as https://desk.example.com")
        if urlsplit(self.url).password:
            raise ValueError("url: a password does not stand in an address; use `auth` of the kind basic")
        if self.paging == "seek" and not self.cursor:
            raise ValueError("paging: seek goes on from the last value of a column; name it as `cursor`")
        return self

    @property
    def keys(self) -> list[str]:
        """The columns that tell a row from others."""
        return [self.key] if isinstance(self.key, str) else self.key or []

    @property
    def names_next(self) -> bool:
        """Whether the answer says the next page's address, and not a word that is put in place of `{next}`."""
        return self.paging == "link" or "{next}" not in f"{self.path} {self.params} {self.body}"

    @property
    def secrets(self) -> list[str]:
        """What no sentence may say: as it is sent, and as it stands behind a word of the protocol."""
        auth = self.auth
        named = [value for value in (*self.headers.values(), *map(str, self.params.values())) if len(value) > _LONG]
        sent = [secret for secret in (auth.token, auth.password, auth.client_secret, *named) if secret]
        return [*sent, *(secret.partition("=")[2] for secret in sent if len(secret.partition("=")[2]) > _WORD)]


def options_of(stream: Stream) -> Options:
    """The stream's options with the environment's values in place. UserError for what is wrong or not set."""
    try:
        # What is written is checked first: a secret is seen before a reference is replaced by one.
        _Written.model_validate({"auth": stream.option("auth", {})})
        return _Resolved.model_validate(_filled(stream, stream.options))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise UserError(
            en="Source “{source}”, stream “{stream}”: {what}; correct the mapping, see docs/sources-rest.md.",
            zh="来源“{source}”的流“{stream}”：{what}；请更正映射，参见 docs/sources-rest.md。",
            source=stream.source,
            stream=stream.name,
            what=f"{where}: {what}" if where and not what.startswith(where) else what,
        ) from None


class _Written(BaseModel):
    auth: Auth


class _ResolvedAuth(Auth):
    @model_validator(mode="before")
    @classmethod
    def _only_references(cls, value: Any) -> Any:
        return value


class _Resolved(Options):
    auth: _ResolvedAuth = Field(default_factory=_ResolvedAuth)


def _filled(stream: Stream, value: Any) -> Any:
    """The value with every `${NAME}` replaced by what the environment says."""
    if isinstance(value, dict):
        return {key: _filled(stream, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(stream, item) for item in value]
    if not isinstance(value, str):
        return value

    def said(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise UserError(
                en="Source “{source}”, stream “{stream}”: the environment variable {name} is not set; the mapping needs it.",
                zh="来源“{source}”的流“{stream}”：未设置映射所需的环境变量 {name}。",
                source=stream.source,
                stream=stream.name,
                name=match[1],
            )
        return found

    return _REFERENCE.sub(said, value)
