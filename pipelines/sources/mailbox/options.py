"""The options of a mailbox stream, checked; the password stands in the environment and is only named here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bilingual.errors import UserError
from bilingual.text import Language, Text
from pipelines.environment import REFERENCE, filled
from pipelines.sources import Stream

# The user may be an address with an @ of its own.
_URL = re.compile(
    r"(?P<scheme>imaps?)://(?P<user>[^/]+?):(?P<password>[^/:@]*)@(?P<host>[^/:@]+)(?::(?P<port>\d+))?(?:/(?P<folder>.*))?"
)
_PORTS = {"imaps": 993, "imap": 143}


_NO_URL = Text(
    en="`url` is no address of a mailbox; write imaps://user:${PASSWORD}@imap.example.com/INBOX",
    zh="`url` 不是有效的邮箱地址，应写成 imaps://user:${PASSWORD}@imap.example.com/INBOX",
)
_PASSWORD = Text(
    en="`url` holds a password; put it into the environment and write ${NAME} in its place",
    zh="`url` 中写有密码，请将其放入环境变量，并在原处写 ${NAME}",
)
_NO_ADDRESS = Text(
    en="`senders`: “{sender}” is no address; write anna@example.com, or @example.com for all of a domain",
    zh="`senders` 中的“{sender}”不是有效地址，应写成 anna@example.com，或以 @example.com 表示整个域",
)


class _WrongError(ValueError):
    """What is wrong with an option, in both languages."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class Options(BaseModel):
    """One stream; how its files are read stands beside these, as in the kind `files`.

    senders: addresses, or `@domain` for all of one. authenticated_by: the name under which the house's own mail server
    says whether a sender is who he claims to be. largest_mb: a mail that is larger is not fetched.
    """

    model_config = ConfigDict(frozen=True)

    url: str
    senders: tuple[str, ...] = Field(min_length=1)
    subject: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    since: date | None = None
    authenticated_by: str | None = None
    ca: str | None = None
    largest_mb: float = Field(default=30, gt=0)
    timeout: float = Field(default=60, gt=0)
    reply: bool = True
    language: Language | None = None

    @field_validator("senders", "subject", "attachments", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("senders")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for sender in value:
            if not re.fullmatch(r"[^@\s*?]*@[^@\s*?]+", sender):
                raise _WrongError(_NO_ADDRESS.format(sender=sender))
        return tuple(sender.lower() for sender in value)

    @property
    def account(self) -> Account:
        """Where `url` leads. _WrongError for one that cannot be read."""
        found = _URL.fullmatch(self.url)
        if found is None:
            raise _WrongError(_NO_URL)
        if not REFERENCE.search(found["password"]):
            raise _WrongError(_PASSWORD)
        return Account(
            found["host"],
            int(found["port"] or _PORTS[found["scheme"]]),
            unquote(found["user"]),
            found["password"],
            unquote(found["folder"] or "") or "INBOX",
            found["scheme"] == "imaps",
        )

    def is_known(self, sender: str) -> bool:
        """Whether attachments of an address are taken."""
        return sender in self.senders or f"@{sender.rpartition('@')[2]}" in self.senders


@dataclass(frozen=True)
class Account:
    """Where a folder is and who opens it. is_tls: from the first byte on; else the connection is upgraded at once."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    is_tls: bool


def matches(text: str, patterns: tuple[str, ...]) -> bool:
    """Whether a text is like one of the globs, whatever its case; any text is like none at all."""
    return not patterns or any(fnmatchcase(text.casefold(), pattern.casefold()) for pattern in patterns)


def options_of(stream: Stream) -> tuple[Options, Account]:
    """The stream's options, and its account with the environment's password. UserError for what is wrong or not set."""
    try:
        options = Options.model_validate(stream.options)
        account = options.account
    except ValueError as error:  # pydantic's is one too
        what = _what(error)
        raise UserError(
            en="Source “{source}”, stream “{stream}”: {what}; correct the mapping, see docs/sources-mailbox.md.",
            zh="来源“{source}”的流“{stream}”：{what}；请更正映射，参见 docs/sources-mailbox.md。",
            source=stream.source,
            stream=stream.name,
            what=what,
        ) from None
    return options, replace(account, user=filled(stream, account.user), password=filled(stream, account.password))


def _what(error: ValueError) -> Text:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False)[0]
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, _WrongError):
            return cause.text
        said = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        return Text(en=said, zh=said)
    return error.text if isinstance(error, _WrongError) else Text(en=str(error), zh=str(error))
