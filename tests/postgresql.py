"""A real PostgreSQL server for the tests of one process: on a socket of its own, in a folder that goes with the session."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    assert found, f"{name} of PostgreSQL is not installed; `make test` installs it"
    return found


@contextmanager
def server() -> Iterator[str]:
    """Run a server; gives the part of its URLs behind the database's name. No port is opened: it listens on a socket."""
    # The path of a socket may not be long, and PostgreSQL does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user = "postgres" if os.getuid() == 0 else getpass.getuser()
    run_as = {"user": user} if os.getuid() == 0 else {}
    if run_as:
        shutil.chown(folder, user)
    data = folder / "data"
    try:
        subprocess.run(
            [_program("initdb"), "-D", str(data), "-U", "faultloop", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **run_as,
        )  # fmt: skip
        started = [
            _program("postgres"),
            "-D",
            str(data),
            "-k",
            str(folder),
            "-c",
            "listen_addresses=",
            "-c",
            "max_connections=200",
        ]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(started, stdout=log, stderr=log, cwd=folder, **run_as)
        try:
            ready = [_program("pg_isready"), "-h", str(folder), "-U", "faultloop", "-t", "30", "-d", "postgres"]
            for _ in range(300):
                if subprocess.run(ready, check=False, capture_output=True).returncode == 0:
                    break
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.05)
            yield f"?host={folder}&user=faultloop"
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
