"""Looking after an installation at night: old records go, the database stays in shape, a backup is made; and brought back.

A backup is one archive in `backups/`: the register, the configuration, and the list of the register's files, whose bytes lie beside
it under their hash, each once for all backups. It holds no secret: `.env` is kept elsewhere by whoever looks after the house.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bilingual.errors import UserError
from bilingual.text import Text
from fracas import backup
from fracas.database import connect, writing
from fracas.model import now
from fracas.outflow import is_begun
from fracas.watch.keeping import forget as forget_rows
from warehouse.settings import FILE, Home

FOLDER = "backups"
_PREFIX, _SUFFIX = "faultloop-", ".tar.gz"
_MANIFEST = "manifest.json"
# What people write for an installation. Not `.env`, nor what was delivered: sources deliver it again.
_CONFIGURATION = ("*.yaml", "sources/**/*.yaml", "codes/**/*.csv", "alerts/**/*.yaml", "rules/**/*.yaml")


@dataclass(frozen=True)
class Backup:
    """A backup that was made. missing: why the register is not in it, where it is not."""

    file: Path
    missing: Text | None = None


def forget(home: Home, at: dt.datetime | None = None) -> int:
    """Let go of records older than the house keeps, and of the folders of reports that went; returns how many rows."""
    if not is_begun(home.register_url):
        return 0
    before = (at or now()) - dt.timedelta(days=home.settings.keep_days)
    engine = connect(home.register_url)
    try:
        with writing(engine) as session:
            gone = forget_rows(session, before)
    finally:
        engine.dispose()
    for folder in gone.folders:
        place = (home.path / folder).resolve()
        # A folder that is named is below the home, and never the home itself.
        if home.path in place.parents:
            shutil.rmtree(place, ignore_errors=True)
    return gone.rows


def vacuum(home: Home) -> bool:
    """Keep the register's database in shape; True where its file was rewritten."""
    return is_begun(home.register_url) and backup.vacuum(home.register_url)


def backups(home: Home) -> list[Path]:
    """The backups that there are, newest first."""
    return sorted((home.path / FOLDER).glob(f"{_PREFIX}*{_SUFFIX}"), reverse=True)


def back_up(home: Home) -> Backup:
    """Make a backup, there whole or not at all, and let the oldest beyond `backups` go."""
    folder = home.path / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for leftover in folder.glob(".making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    missing: Text | None = None
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as name:
        work = Path(name)
        register = None
        if is_begun(home.register_url):
            register = backup.dump(home.register_url, work)
            missing = None if register else backup.NO_PROGRAM.format(program="pg_dump")
        # After the database: what its rows name lies there already.
        files = sorted(_keep_files(home.path / "files", folder / "files"))
        part = work / "whole"
        about = {"made_at": f"{now().isoformat(timespec='seconds')}Z", "files": files}
        _pack(home, register, about, part)
        made = folder / f"{_PREFIX}{now():%Y%m%dT%H%M%S%fZ}{_SUFFIX}"
        part.replace(made)
        _sync(folder)
    _let_go(home)
    return Backup(made, missing)


def _pack(home: Home, register: Path | None, about: Mapping[str, object], into: Path) -> None:
    descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz") as archive:
            if register is not None:
                archive.add(register, register.name)
            for file in _configuration(home):
                archive.add(file, f"home/{file.relative_to(home.path)}")
            text = json.dumps(about, ensure_ascii=False).encode()
            entry = tarfile.TarInfo(_MANIFEST)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
        raw.flush()
        os.fsync(raw.fileno())


def _configuration(home: Home) -> Iterator[Path]:
    found = {file for pattern in _CONFIGURATION for file in home.path.glob(pattern)}
    yield from sorted(file for file in found if file.is_file())


def _stored(folder: Path) -> Iterator[Path]:
    """The files of the register's store, each under its hash; what is just being taken in is none yet."""
    yield from (f for f in folder.rglob("*") if f.is_file() and not f.name.startswith("."))


def _keep_files(store: Path, kept: Path) -> Iterator[str]:
    """Copy what is not kept yet: a file never changes under its hash."""
    for file in _stored(store):
        name = file.relative_to(store)
        target = kept / name
        if not target.exists():
            _copy(file, target)
        yield str(name)


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(file, part)
    _sync(part)
    part.replace(target)


def _let_go(home: Home) -> None:
    """Keep the newest backups, and the bytes that any of them names."""
    for old in backups(home)[home.settings.backups :]:
        old.unlink()
    named = {name for file in backups(home) for name in _about(file)["files"]}
    kept = home.path / FOLDER / "files"
    for file in list(_stored(kept)):
        if str(file.relative_to(kept)) not in named:
            file.unlink()


def _about(file: Path) -> dict[str, list[str]]:
    with tarfile.open(file) as archive:
        member = archive.extractfile(_MANIFEST)
        if member is None:
            raise KeyError(_MANIFEST)
        about: dict[str, list[str]] = json.loads(member.read())
        return about


def restore(home: Home, file: Path) -> bool:
    """Bring a backup into a folder that holds no installation yet; True where it has the register.

    The bytes of files are taken from the folder `files` beside the archive. UserError where something is there already, or
    the file is no backup.
    """
    if home.exists or (home.path / backup.SQLITE).exists() or (home.path / "files").exists():
        raise UserError(
            en=f"{home.path} holds an installation already; restore into an empty folder, and move that there.",
            zh=f"{home.path} 已有安装内容；请恢复到空目录，再移至此处。",
        )
    home.path.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=home.path) as name:
        work = Path(name)
        try:
            about = _about(file)
            if any(".." in PurePosixPath(stored).parts or stored.startswith("/") for stored in about["files"]):
                raise ValueError("names of files lead elsewhere")
            with tarfile.open(file) as archive:
                archive.extractall(work, filter="data")
        except (tarfile.TarError, KeyError, ValueError, EOFError, OSError) as error:
            raise UserError(
                en=f"{file} is no backup of FaultLoop, or is damaged ({error}).",
                zh=f"{file} 不是 FaultLoop 备份或已损坏（{error}）。",
            ) from error
        files = {home.path / "files" / stored: file.parent / "files" / stored for stored in about["files"]}
        _all_there(files.values())
        register = next((work / n for n in (backup.SQLITE, backup.DUMP) if (work / n).exists()), None)
        if register is not None:
            # Where the register goes is what the restored configuration says.
            backup.restore(_settled(work, home), register)
        for target, kept in files.items():
            _copy(kept, target)
        if (work / "home").exists():
            for one in sorted((work / "home").iterdir(), key=lambda f: f.name == FILE):
                shutil.move(one, home.path / one.name)  # the settings last: with them the installation is there
    return register is not None


def _settled(work: Path, home: Home) -> str:
    settings = Home(work / "home").settings
    return settings.register_database or home.register_url


def _all_there(files: Iterable[Path]) -> None:
    for kept in files:
        if not kept.exists():
            raise UserError(
                en=f"{kept} is missing: a file of the register has its bytes there; bring the folder “files” that lay beside the backup.",
                zh=f"缺少 {kept}：登记库某文件的内容存于此处；请同时提供备份旁的“files”目录。",
            )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
