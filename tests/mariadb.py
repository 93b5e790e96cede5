"""A real MariaDB server for the tests of one process: on a socket of its own, in a folder that goes with the session."""

from __future__ import annotations

import shutil
import socket as stdlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
    assert found, f"{name} of MariaDB is not installed; `make test` installs it"
    return found


@contextmanager
def server() -> Iterator[Path]:
    """Run a server; gives its socket. No port is opened, whoever reaches the socket is `root`, and there is a database `test`."""
    # The path of a socket may not be long.
    folder = Path(tempfile.mkdtemp(prefix="my"))
    socket = folder / "s"
    own = ["--no-defaults", f"--datadir={folder / 'data'}"]
    small = [
        "--innodb-buffer-pool-size=64M",
        "--innodb-log-file-size=16M",
        "--innodb-flush-log-at-trx-commit=0",
        "--character-set-server=utf8mb4",
    ]
    try:
        # Without the tables that say who may do what, which nobody asks for here.
        (folder / "data").mkdir()
        started = [
            _program("mariadbd"),
            *own,
            *small,
            f"--socket={socket}",
            "--skip-networking",
            "--skip-grant-tables",
            "--user=root",
        ]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(started, stdout=log, stderr=log)
        try:
            for _ in range(600):
                assert process.poll() is None, (folder / "log").read_text()
                with stdlib.socket(stdlib.AF_UNIX) as knock:
                    if knock.connect_ex(str(socket)) == 0:
                        break
                time.sleep(0.05)
            with pymysql.connect(unix_socket=str(socket), user="root") as connection:
                connection.cursor().execute("CREATE DATABASE IF NOT EXISTS test")
            yield socket
        finally:
            process.kill()  # nothing of it is kept
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
