"""Who sent a mail, as far as its head tells, and what is made to look otherwise."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message

import pytest

from pipelines.sources.mailbox.trust import is_authentic, is_of_a_program, message_id, references, sender, subject

ANNA = "anna@branch.example.com"


def head(*lines: str | bytes) -> Message:
    return message_from_bytes(
        b"\r\n".join(one if isinstance(one, bytes) else one.encode() for one in lines) + b"\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (ANNA, ANNA),
        (f"Anna <{ANNA.upper()}>", ANNA),
        (f'"{ANNA}" <{ANNA}>', ANNA),
        (f'"=?GB2312?B?sajQ3g==?=" <{ANNA}>', ANNA),
        (f'"eve@there.example.net" <{ANNA}>', ANNA),
        (f"{ANNA} (eve@there.example.net)", ANNA),
        (f"报修 <{ANNA}>".encode("gb18030"), ANNA),
        (f"Anna\r\n <{ANNA}>", ANNA),
        # What one program reads as Anna’s and another as Eve’s is nobody’s.
        (f"{ANNA} <eve@there.example.net>", None),
        (f"{ANNA}, eve@there.example.net", None),
        (f'"{ANNA} <eve@there.example.net>', None),
        (f"{ANNA} <>", None),
        (f"<eve@there.example.net> <{ANNA}>", None),
        ("Anna", None),
        ("", None),
    ],
)
def test_the_sender_is_one_address_or_nobody(line: str | bytes, expected: str | None) -> None:
    written = line if isinstance(line, bytes) else line.encode()
    assert sender(head(b"From: " + written)) == expected


def test_a_head_without_or_with_two_senders_is_nobodys() -> None:
    assert sender(head("Subject: x")) is None
    assert sender(head(f"From: {ANNA}", f"From: {ANNA}")) is None


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (["mx.house; dmarc=pass header.from=branch.example.com"], True),
        (["MX.House 1; spf=fail; dkim=pass (2048 bit) header.d=branch.example.com"], True),
        (["mx.house; spf=pass smtp.mailfrom=x@branch.example.com"], True),
        (["mx.house; dkim=pass header.i=@branch.example.com"], True),
        (["mx.house; none"], False),
        (["mx.house; dkim=pass header.d=elsewhere.example.net"], False),
        (["mx.house; dkim=pass header.d=example.com"], False),
        (["mx.house; dmarc=pass header.from=elsewhere.example.net"], False),
        (["mx.house; spf=pass smtp.mailfrom=bounce@elsewhere.example.net; dmarc=fail"], False),
        (["mx.other; dmarc=pass"], False),
        ([], False),
        # Only what the server wrote last counts: the uppermost.
        (["mx.house; dmarc=fail", "mx.house; dmarc=pass"], False),
        (["mx.other; x=y", "mx.house; dmarc=pass"], True),
        # Words of the sender's within what the server wrote.
        (['mx.house; spf=fail smtp.mailfrom="; dmarc=pass ;"@elsewhere.example.net'], False),
        (["mx.house; spf=fail (; dmarc=pass ;) smtp.mailfrom=x"], False),
        ([r"mx.house; spf=fail (\); dmarc=pass) smtp.mailfrom=x"], False),
    ],
)
def test_what_the_houses_own_server_says_of_a_sender(results: list[str], expected: bool) -> None:
    headers = head(*(f"Authentication-Results: {one}" for one in results))
    assert is_authentic(headers, "mx.house", ANNA) is expected


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; x=y",
        "Precedence: Bulk",
        "List-Id: <all.example.com>",
        "Return-Path: <>",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "X-FaultLoop-Message: 1",
    ],
)
def test_mails_of_programs_are_known(line: str) -> None:
    assert is_of_a_program(head(line), ANNA)


@pytest.mark.parametrize("address", ["noreply@x.com", "no-reply+7@x.com", "MAILER-DAEMON@x.com", "do-not-reply@x.com"])
def test_nobody_reads_some_addresses(address: str) -> None:
    assert is_of_a_program(head(), address)


def test_people_are_people() -> None:
    headers = head("Auto-Submitted: no", f"Return-Path: <{ANNA}>", "Precedence: first-class")
    assert not is_of_a_program(headers, ANNA)
    assert not is_of_a_program(headers, "noreplyson@x.com")


def test_ids_lead_back_and_nothing_else() -> None:
    many = " ".join(f"<{n}@x>" for n in range(100))
    assert message_id(head("Message-ID: <a@x>")) == "<a@x>"
    assert message_id(head("Message-ID: <a@x>\r\n X: y")) is None
    assert message_id(head("Message-ID: <" + "a" * 300 + "@x>")) is None
    assert references(head(f"References: {many}")) == ["<0@x>", *(f"<{n}@x>" for n in range(91, 100))]
    assert subject(head("Subject: =?GBK?B?sajQ3g==?=\r\n =?utf-8?q?=0D=0ABcc=3A?= x")) == "报修 Bcc: x"
    assert subject(head("Subject: =?nonsense?b?sajQ3g==?=")) == "报修"
