"""The channels that messages are sent through: each an Apprise address in the environment, `FAULTLOOP_CHANNEL_<NAME>`.

`mail` (a `mailto://` or `mailtos://` address of an account) reaches people by e-mail; every other one posts into the room that
its address names: 企业微信, 钉钉, 飞书, Slack, Teams, a webhook, or whatever else Apprise knows.
"""

from __future__ import annotations

import logging
import mimetypes
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.header import Header
from pathlib import Path
from typing import Any

from bilingual.errors import UserError
from fracas.watch.subscriptions import MAIL
from pipelines.outbound import only_to

PREFIX = "FAULTLOOP_CHANNEL_"
_ID_HEADER = "X-FaultLoop-Message"
_TITLE = 250


def channels(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The address of each channel by its name, in small letters."""
    found = os.environ if environment is None else environment
    return {name.removeprefix(PREFIX).lower(): url for name, url in found.items() if name.startswith(PREFIX) and url}


@dataclass(frozen=True)
class Parcel:
    """What is sent. id: by which the other side tells a second delivery; to: an e-mail address, None for a room.

    headers: of an e-mail, beside those that every one has.
    """

    id: str
    subject: str
    body: str
    html: str | None = None
    to: str | None = None
    files: Sequence[Path] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class NotSentError(Exception):
    """A message could not be sent, and why; it may be tried again."""


def send(name: str, url: str, parcel: Parcel, hosts: Sequence[str]) -> None:
    """Send a message through a channel, to hosts on the list only.

    Raises NotSentError for whatever kept it from leaving, UserError for an address that Apprise does not understand.
    """
    import apprise  # noqa: PLC0415  # takes a second that only who sends should wait for
    from apprise.plugins import url_to_dict  # noqa: PLC0415

    options: dict[str, Any] | None = url_to_dict(url, secure_logging=True)  # type: ignore[no-untyped-call]
    if not options or (name == MAIL) is not str(options.get("schema", "")).startswith("mailto"):
        raise _not_understood(name)
    is_mail = parcel.to is not None
    if is_mail:
        # Nobody else reads it, whatever the account's address says.
        options |= {"targets": [parcel.to], "cc": None, "bcc": None, "inline": True}
    options["headers"] = {**(options.get("headers") or {}), **parcel.headers, _ID_HEADER: parcel.id}
    options["overflow"] = "upstream" if is_mail else "truncate"
    plugin = apprise.Apprise.instantiate(options, suppress_exceptions=True)
    if plugin is None:
        raise _not_understood(name)
    sender = apprise.Apprise()
    sender.add(plugin)
    form = apprise.NotifyFormat.HTML if is_mail and parcel.html else apprise.NotifyFormat.TEXT
    with _Heard(logging.getLogger("apprise")) as heard, only_to(hosts) as refused:
        is_sent = sender.notify(
            title=parcel.subject[:_TITLE],
            body=parcel.html if is_mail and parcel.html else parcel.body,
            body_format=form,
            attach=[_attachment(file) for file in parcel.files] if is_mail and parcel.files else None,
            interpret_escapes=False,
        )
    if not is_sent:
        raise NotSentError(
            f"{refused[0]} is not among `outbound_hosts` of faultloop.yaml"
            if refused
            else heard.said(_secrets(options))
        )


def _attachment(file: Path) -> Any:
    """A file as Apprise takes it. It would encode a whole header for a name that is no ASCII, so that nobody could read it."""
    from apprise.attachment.file import AttachFile  # noqa: PLC0415

    name = file.name if file.name.isascii() else Header(file.name, "utf-8", maxlinelen=sys.maxsize).encode()
    return AttachFile(str(file), name=name, mimetype=mimetypes.guess_type(file.name)[0])  # type: ignore[no-untyped-call]


def _not_understood(name: str) -> UserError:
    return UserError(
        en="{variable} holds no address that can be used for this channel; see docs/alerts.md for examples.",
        zh="环境变量 {variable} 的地址无法用于该通道；示例见 docs/alerts.md。",
        variable=f"{PREFIX}{name.upper()}",
    )


def _secrets(options: Mapping[str, Any]) -> list[str]:
    """What must not stand in an error: everything that an address holds beside where it leads."""
    public = {"schema", "port", "smtp_host", "targets", "from_addr", "format", "overflow", "headers"}
    # The host of some kinds of rooms is a token.
    if str(options.get("schema", "")).startswith("mailto"):
        public |= {"host"}
    return [
        value for name, value in options.items() if name not in public and isinstance(value, str) and len(value) > 3
    ]


class _Heard(logging.Handler):
    """What Apprise says while it sends: its only way to tell why it could not."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logging.DEBUG)
        self._logger, self._level = logger, logger.level
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.levelno >= logging.WARNING or "Exception" in text:
            self._lines.append(text)

    def said(self, secrets: Sequence[str]) -> str:
        """Why, without anything secret."""
        text = " ".join(self._lines) or "no reason was given"
        for secret in secrets:
            text = text.replace(secret, "…")
        return text

    def __enter__(self) -> _Heard:
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *exc: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
