"""A folder of an IMAP server, opened to be looked at: nothing in it is changed, no mail becomes a read one."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from bilingual.errors import UserError
from pipelines.sources import Stream
from pipelines.sources.mailbox.options import Account, Options

# What is looked at of a mail before it is fetched; nobody writes heads of more.
_HEADERS = (
    "FROM SUBJECT MESSAGE-ID REFERENCES CONTENT-TYPE AUTO-SUBMITTED PRECEDENCE LIST-ID RETURN-PATH AUTHENTICATION-RESULTS "
    "X-AUTO-RESPONSE-SUPPRESS X-FAULTLOOP-MESSAGE"
)
_HEAD = f"BODY.PEEK[HEADER.FIELDS ({_HEADERS})]<0.65536>"
_AT_A_TIME = 100
# An answer to a search is one line, which a client reads to a million characters.
_SEARCHED = 50_000
_FOLDERS_TOLD = 10


@dataclass(frozen=True)
class Head:
    """What is known of a mail before it is fetched. arrived_at: when the server took it, UTC."""

    uid: int
    size: int
    arrived_at: datetime
    headers: Message


@dataclass(frozen=True)
class Folder:
    """The opened folder. validity: as long as it stays the same, a UID is the same mail."""

    client: Any
    validity: int
    mails: int

    def uids(self, above: int, since: date | None) -> list[int]:
        """The UIDs above one, of mails that arrived since a day, in the order in which they arrived here."""
        found: set[int] = set()
        # From the end: a mail that somebody deletes meanwhile moves those behind it forward, into what is still to be asked.
        for last in range(self.mails, 0, -_SEARCHED):
            criteria = [f"{max(1, last - _SEARCHED + 1)}:{last}", "UID", f"{above + 1}:*"]
            found.update(self.client.search([*criteria, "SINCE", since] if since else criteria))
        return sorted(uid for uid in found if uid > above)  # `n:*` names the last mail even where n is above it

    def heads(self, uids: list[int]) -> Iterator[list[Head]]:
        """What is known of some mails, a hundred at a time; those that are gone are left out."""
        for start in range(0, len(uids), _AT_A_TIME):
            asked = uids[start : start + _AT_A_TIME]
            answer = self.client.fetch(asked, ["INTERNALDATE", "RFC822.SIZE", _HEAD])
            yield [_head(uid, answer[uid]) for uid in asked if uid in answer and _is_whole(answer[uid])]

    def mail(self, uid: int) -> bytes | None:
        """A mail as it is; None where it is gone."""
        answer = self.client.fetch([uid], ["BODY.PEEK[]"])
        found: bytes | None = answer.get(uid, {}).get(b"BODY[]")
        return found


def _is_whole(answer: dict[bytes, Any]) -> bool:
    # Of a mail that was just deleted some servers still say parts.
    return answer.get(b"INTERNALDATE") is not None and b"RFC822.SIZE" in answer


def _head(uid: int, answer: dict[bytes, Any]) -> Head:
    text = next((value for key, value in answer.items() if key.startswith(b"BODY[HEADER")), b"") or b""
    arrived_at = answer[b"INTERNALDATE"].astimezone(UTC).replace(tzinfo=None)
    return Head(uid, answer[b"RFC822.SIZE"], arrived_at, message_from_bytes(text))


@contextmanager
def opened(stream: Stream, options: Options, account: Account) -> Iterator[Folder]:
    """Open the stream's folder for reading. UserError for whatever the server or the way to it objects to."""
    with ExitStack() as ends, told(stream, account):
        context = _trusted(stream, options.ca)
        client = IMAPClient(
            account.host, account.port, ssl=account.is_tls, ssl_context=context, timeout=options.timeout
        )
        ends.callback(_closed, client)
        client.normalise_times = False
        if not account.is_tls:
            client.starttls(context)
        # PLAIN takes users and passwords of any signs.
        enter = client.plain_login if client.has_capability("AUTH=PLAIN") else client.login
        try:
            enter(account.user, account.password)
        except LoginError as error:
            raise _refused(stream, account, _said(error, account)) from None
        if client.has_capability("ID"):
            with suppress(IMAPClientError):
                client.id_({"name": "FaultLoop"})  # some servers open no folder to who does not say their name
        try:
            found = client.select_folder(account.folder, readonly=True)
        except IMAPClientError as error:
            raise _no_folder(stream, account, client, error) from None
        yield Folder(client, int(found.get(b"UIDVALIDITY", 0)), int(found.get(b"EXISTS", 0)))


def _trusted(stream: Stream, ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(stream.home / Path(ca)) if ca else None)
    except OSError as error:
        raise UserError(
            en="Source “{source}”, stream “{stream}”: the certificate {ca} cannot be read ({reason}); correct `ca`.",
            zh="来源“{source}”的流“{stream}”：无法读取证书 {ca}（{reason}）；请更正 `ca`。",
            source=stream.source,
            stream=stream.name,
            ca=ca,
            reason=error.strerror or type(error).__name__,
        ) from None


def _closed(client: Any) -> None:
    # What keeps a connection from ending well has been told before, or does not matter any more.
    with suppress(Exception):
        client.logout()
    with suppress(Exception):
        client.shutdown()


def _said(error: BaseException, account: Account) -> str:
    """What the other side says, in one line without the password."""
    reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip().partition("\n")[0]
    return reason.replace(account.password, "***")[:300]


def _refused(stream: Stream, account: Account, reason: str) -> UserError:
    return UserError(
        en="Source “{source}”, stream “{stream}”: {host} does not let “{user}” in ({reason}); check the user and the password that "
        "`url` names.",
        zh="来源“{source}”的流“{stream}”：{host} 拒绝“{user}”登录（{reason}）；请检查 `url` 中的用户与所引用的密码。",
        source=stream.source,
        stream=stream.name,
        host=account.host,
        user=account.user,
        reason=reason,
    )


def _no_folder(stream: Stream, account: Account, client: Any, error: IMAPClientError) -> UserError:
    with told(stream, account):
        folders = [str(name) for _, _, name in client.list_folders()]
    if account.folder in folders:
        raise error
    listed = folders[:_FOLDERS_TOLD] + (["…"] if len(folders) > _FOLDERS_TOLD else [])
    return UserError(
        en="Source “{source}”, stream “{stream}”: the mailbox has no folder “{folder}” (it has {folders}); correct `url`.",
        zh="来源“{source}”的流“{stream}”：邮箱中没有文件夹“{folder}”（现有：{folders}）；请更正 `url`。",
        source=stream.source,
        stream=stream.name,
        folder=account.folder,
        folders=", ".join(listed),
    )


@contextmanager
def told(stream: Stream, account: Account) -> Iterator[None]:
    """Whatever the server or the network objects to, as a sentence."""
    words = {"source": stream.source, "stream": stream.name, "host": account.host, "port": account.port}
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise UserError(
            en="Source “{source}”, stream “{stream}”: the certificate of {host} is not to be trusted ({reason}); name your own "
            "authority’s as `ca`, or correct `url`.",
            zh="来源“{source}”的流“{stream}”：{host} 的证书不可信（{reason}）；请用 `ca` 指定自有 CA 证书，或更正 `url`。",
            **words,
            reason=error.verify_message,
        ) from None
    except OSError as error:
        raise UserError(
            en="Source “{source}”, stream “{stream}”: the mail server {host}:{port} cannot be reached ({reason}); it is tried again at "
            "the next run.",
            zh="来源“{source}”的流“{stream}”：无法连接邮件服务器 {host}:{port}（{reason}）；下次运行时将重试。",
            **words,
            reason=_said(error, account),
        ) from None
    except IMAPClientError as error:
        raise UserError(
            en="Source “{source}”, stream “{stream}”: the mail server {host} answers “{reason}”; what landed stays, the next run goes on.",
            zh="来源“{source}”的流“{stream}”：邮件服务器 {host} 返回“{reason}”；已落地的数据保留，下次运行时继续。",
            **words,
            reason=_said(error, account),
        ) from None
