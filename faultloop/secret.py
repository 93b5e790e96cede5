"""What an installation keeps secret: from the environment, or from the file `.env` in its folder, which `up` makes once."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dashboards.house import House
from fracas.keys import ENVIRONMENT, secret_of_environment
from warehouse.settings import Home

FILE = ".env"
_OURS = "FAULTLOOP_"


def load(home: Home, *, make: bool = False) -> None:
    """Put what `.env` names (`FAULTLOOP_…=`) into the environment, where that has none; with `make` a file that is missing is made.

    The file is for its owner's eyes only; whoever copies the folder elsewhere takes it along, or the journal cannot be
    proven and everybody logs in anew.
    """
    file = home.path / FILE
    if make and not file.exists() and not os.environ.get(ENVIRONMENT):
        _make(file)
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            if name.strip().startswith(_OURS) and not os.environ.get(name.strip()):
                os.environ[name.strip()] = value.strip()


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as made:
        made.write(f"{ENVIRONMENT}={secrets.token_urlsafe(48)}\n")
        made.flush()
        os.fsync(made.fileno())


def house(path: Path | None) -> House:
    """The installation with its register. UserError where there is no secret."""
    home = Home.find(path)
    load(home)
    return House(home, secret_of_environment())
