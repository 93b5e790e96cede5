"""A real Dovecot server for the tests of one process, on loopback, with TLS by an authority of its own; and what stands before it."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from pipelines.schedule import free_port

PASSWORD = "p@ss:word/密"
_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = yes
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
auth_failure_delay = 0
first_valid_uid = 1
passdb {{
  driver = static
  args = password={{PLAIN}}{password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
service anvil {{
  chroot =
  # Nobody is kept waiting because somebody else had the wrong password.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Server:
    """A running server. ca: the certificate of its authority; every user has the same password."""

    tls: int
    plain: int
    ca: Path
    folder: Path

    def url(self, user: str, folder: str = "INBOX", port: int | None = None) -> str:
        """The address of a folder, as a mapping writes it."""
        return f"imaps://{user}:${{MAIL_PASSWORD}}@localhost:{port or self.tls}/{folder}"

    @contextmanager
    def client(self, user: str) -> Iterator[Any]:
        """Somebody who does what they like in a user's mailbox."""
        context = ssl.create_default_context(cafile=str(self.ca))
        with IMAPClient("localhost", self.tls, ssl_context=context) as client:
            client.plain_login(user, PASSWORD)
            yield client

    def put(
        self, user: str, *mails: bytes | EmailMessage, at: dt.datetime | None = None, folder: str = "INBOX"
    ) -> None:
        """Mails arrive, the first at an instant (now, where none is said), each of the others a minute later."""
        first = at or dt.datetime.now(dt.UTC)
        with self.client(user) as client:
            for n, mail in enumerate(mails):
                content = mail if isinstance(mail, bytes) else mail.as_bytes()
                client.append(folder, content, msg_time=first + dt.timedelta(minutes=n))


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)


def _certificates(folder: Path) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Tests", "-days", "2")
    _openssl(
        folder, "req", "-x509", *key, "-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=localhost", "-days", "2",
        "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE",
    )  # fmt: skip


@contextmanager
def server() -> Iterator[Server]:
    """Run a server; whoever knows the password is any user, with an empty mailbox."""
    # The path of a socket may not be long.
    folder = Path(tempfile.mkdtemp(prefix="im"))
    mine = pwd.getpwuid(os.getuid())
    # Mail of root is not given out.
    owner = pwd.getpwnam("nobody") if mine.pw_uid == 0 else mine
    internal, login = ("dovecot", "dovenull") if mine.pw_uid == 0 else (getpass.getuser(), getpass.getuser())
    try:
        _certificates(folder)
        (folder / "mail").mkdir()
        os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
        folder.chmod(0o755)
        found = Server(free_port(), free_port(), folder / "ca.pem", folder)
        configuration = _CONFIGURATION.format(
            folder=folder, internal=internal, internal_group=_group(internal), login=login, password=PASSWORD,
            uid=owner.pw_uid, gid=owner.pw_gid, plain=found.plain, tls=found.tls,
        )  # fmt: skip
        (folder / "conf").write_text(configuration, encoding="utf-8")
        program = shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        assert program, "Dovecot is not installed; `make test` installs it"
        process = subprocess.Popen(
            [program, "-F", "-c", str(folder / "conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            for _ in range(300):
                assert process.poll() is None, (folder / "log").read_text()
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", found.tls)) == 0:
                        break
                time.sleep(0.05)
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _group(user: str) -> str:
    import grp  # noqa: PLC0415

    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


# Told each piece that the server sends, and gives what the client is to have instead; None to cut the line.
Meddle = Callable[[bytes], bytes | None]


@contextmanager
def between(server: Server, meddle: Meddle) -> Iterator[int]:
    """A port whose connections lead to the server through somebody who reads along; with the server's own certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server.folder / "server.pem", server.folder / "server.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: ssl.SSLSocket, target: ssl.SSLSocket, change: Meddle) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                changed = change(data)
                if changed is None:
                    break
                target.sendall(changed)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def talk(client: ssl.SSLSocket) -> None:
        there = ssl.create_default_context(cafile=str(server.ca))
        with (
            suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", server.tls)) as plain,
            there.wrap_socket(plain, server_hostname="localhost") as upstream,
        ):
            back = threading.Thread(target=pump, args=(upstream, client, meddle))
            back.start()
            pump(client, upstream, lambda data: data)
            back.join()

    def serve() -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listener.accept()
                talks.append(threading.Thread(target=talk, args=(context.wrap_socket(accepted, server_side=True),)))
                talks[-1].start()

    talks: list[threading.Thread] = []
    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (serving, *talks):
            thread.join(10)


def mail(
    sender: str,
    files: dict[str, bytes | str] | None = None,
    *,
    subject: str = "Calls",
    id: str | None = None,
    **headers: str,
) -> EmailMessage:
    """A mail with files; headers by their names with _ for -."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "desk@example.com", subject
    if id is not None:
        made["Message-ID"] = id
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("See the files.")
    for name, content in (files or {}).items():
        data = content if isinstance(content, bytes) else content.encode()
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made
