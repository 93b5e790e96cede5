"""Who sent a mail, as far as its head tells: an address, whether the house's server believes it, and whether it is a program's."""

from __future__ import annotations

import re
from email.header import Header, decode_header
from email.message import Message

_ADDRESS = re.compile(r"[^\s<>,;:\"()\\]+@[^\s<>,;:\"()\\]+")
_IN_BRACKETS = re.compile(rf"<\s*{_ADDRESS.pattern}\s*>")
# Mails that programs send say so in one of these; whoever answers them starts a conversation of programs.
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_NOBODY = re.compile(r"(no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?)([+.-].*)?@.*", re.IGNORECASE)
_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_LONGEST_SUBJECT = 200


def raw(headers: Message, name: str) -> list[str]:
    """The values of a header as text of one line each, the uppermost first; what is no ASCII is read as UTF-8, else as Chinese."""
    return ["".join(_decoded(value).splitlines()) for key, value in headers.raw_items() if key.lower() == name.lower()]


def _decoded(value: str | Header) -> str:
    found = str(value).encode("utf-8", "surrogateescape")
    try:
        return found.decode("utf-8")
    except UnicodeDecodeError:
        return found.decode("gb18030", "replace")


def words(value: str) -> str:
    """A header's text with its encoded words decoded, without anything that is no character."""
    said = []
    try:
        for part, charset in decode_header(value):
            said.append(part if isinstance(part, str) else _in(part, charset))
    except Exception:  # what is no encoding is read as it stands
        said = [value]
    return "".join(c for c in " ".join("".join(said).split()) if c.isprintable())


def _in(part: bytes, charset: str | None) -> str:
    # Programs say gb2312 and mean the larger set.
    name = "gb18030" if charset and charset.lower() in ("gb2312", "gbk") else charset
    try:
        return part.decode(name or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return part.decode("gb18030", "replace")


def subject(headers: Message) -> str:
    """The subject; empty where there is none."""
    return next((words(value)[:_LONGEST_SUBJECT] for value in raw(headers, "Subject")), "")


def message_id(headers: Message) -> str | None:
    """The mail's id with its brackets; None where it has none that can be used."""
    return next((v.strip() for v in raw(headers, "Message-ID") if _ID.fullmatch(v.strip())), None)


def references(headers: Message) -> list[str]:
    """The mails that a mail answers, the first and the last few."""
    found = [ref for value in raw(headers, "References") for ref in _ID.findall(value)]
    return found if len(found) <= 10 else [found[0], *found[-9:]]


def sender(headers: Message) -> str | None:
    """The one address that a mail is from, in small letters; None where it names none, or more than one.

    Of `anna@here <eve@there>` some programs read the first and some the second: such a mail is from nobody.
    """
    values = raw(headers, "From")
    if len(values) != 1:
        return None
    bare = _unquoted(values[0]).lower()
    found = set(_ADDRESS.findall(bare))
    if len(found) != 1 or ("<" in bare and not _IN_BRACKETS.search(bare)):
        return None
    (address,) = found
    return str(address)


def is_authentic(headers: Message, server: str, address: str) -> bool:
    """Whether the house's own server says that a mail is of the domain of its sender (RFC 8601).

    Only what that server wrote last counts, which is on top; it takes away what others wrote in its name.
    """
    domain = address.rpartition("@")[2]
    for value in raw(headers, "Authentication-Results"):
        author, *results = [part.split() for part in _unquoted(value).split(";")]
        if not author or author[0].lower() != server.lower():
            continue
        for method, *properties in (result for result in results if result):
            named = dict(p.lower().partition("=")[::2] for p in properties)
            match method.lower():
                case "dmarc=pass" if named.get("header.from", domain) == domain:
                    return True
                case "dkim=pass" if _is_of(named.get("header.d") or named.get("header.i", ""), domain):
                    return True
                case "spf=pass" if _is_of(named.get("smtp.mailfrom", ""), domain):
                    return True
        return False
    return False


def _is_of(said: str, domain: str) -> bool:
    return said.rpartition("@")[2] == domain


def _unquoted(value: str) -> str:
    """The text without quoted strings and comments, in which a sender's own words may stand."""
    kept, depth, is_quoted, is_escaped = [], 0, False, False
    for c in value:
        if is_escaped:
            is_escaped = False
        elif c == "\\" and (is_quoted or depth):
            is_escaped = True
        elif c == '"' and not depth:
            is_quoted = not is_quoted
        elif is_quoted:
            pass
        elif c == "(":
            depth += 1
        elif c == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(c)
    return "".join(kept)


def is_of_a_program(headers: Message, address: str) -> bool:
    """Whether a mail was sent by a program, or is one of ours that came back: nobody waits for an answer to it."""

    def said(name: str) -> str:
        return next((value.strip().lower() for value in raw(headers, name)), "")

    return (
        said("Auto-Submitted").partition(";")[0].strip() not in ("", "no")
        or said("Precedence") in _BULK
        or said("Return-Path") == "<>"
        or said("X-Auto-Response-Suppress") not in ("", "none")
        or bool(said("List-Id") or said("X-FaultLoop-Message"))
        or bool(_NOBODY.fullmatch(address))
    )
