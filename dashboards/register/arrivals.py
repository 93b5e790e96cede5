"""Files that were sent for a new source: kept apart until the source is saved, then they lie where sources are read."""

from __future__ import annotations

import re
import secrets
import shutil
import time
import unicodedata
from pathlib import Path

from werkzeug.datastructures import FileStorage

from bilingual.errors import UserError
from warehouse.settings import Home

# Below the home; laid out as the home is, so that a mapping of what lies here is that of what will lie there.
_FOLDER = "arrivals"
_TOKEN = re.compile(r"[\w-]{22}")
_KEPT_SECONDS = 24 * 3600.0
_BLOCK = 1 << 20
_LONGEST = 100


def kept(home: Home, source: str, file: FileStorage) -> tuple[str, str]:
    """Keep a file; returns what tells it from others, and the path that it will have below the home.

    UserError for one that is larger than the house allows. What nobody saved within a day is let go.
    """
    _forget(home)
    token, path = secrets.token_urlsafe(16), f"data/{source}/{_name(file.filename or '')}"
    target = held(home, token) / path
    target.parent.mkdir(parents=True)
    most, size = home.settings.upload_megabytes * 1_000_000, 0
    with target.open("wb") as into:
        while block := file.stream.read(_BLOCK):
            size += len(block)
            if size > most:
                break
            into.write(block)
    if size > most:
        shutil.rmtree(held(home, token))
        raise UserError(
            en="The file is larger than {n} MB; put it into data/{source} on the server and name that folder.",
            zh="文件超过 {n} MB；请在服务器上放入 data/{source}，然后填写该目录。",
            n=home.settings.upload_megabytes,
            source=source,
        )
    return token, path


def held(home: Home, token: str) -> Path:
    """The folder of what was kept. UserError for what is no longer there, or is no token of ours."""
    if not _TOKEN.fullmatch(token):
        raise UserError(en="The form is not whole; begin again.", zh="表单不完整；请重新开始。")
    return home.path / _FOLDER / token


def landed(home: Home, token: str, source: str) -> list[Path]:
    """Put what was kept where the source reads it, never over what lies there; returns the files."""
    folder = held(home, token) / "data" / source
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    if not found:
        raise UserError(
            en="The file that was sent is no longer kept; send it again.", zh="上传的文件已不再保留；请重新上传。"
        )
    targets = [home.path / "data" / source / file.name for file in found]
    for target in targets:
        if target.exists():
            raise UserError(
                en="{file} is there already; it is never written over: choose another name for the source.",
                zh="{file} 已存在，不会覆盖；请为来源换一个名称。",
                file=target.relative_to(home.path).as_posix(),
            )
        target.parent.mkdir(parents=True, exist_ok=True)
    for file, target in zip(found, targets, strict=True):
        shutil.copyfile(file, part := target.with_name(f".{target.name}.part"))
        part.replace(target)
    return targets


def let_go(home: Home, token: str) -> None:
    """Nobody needs what was kept any more."""
    shutil.rmtree(held(home, token), ignore_errors=True)


def _name(sent: str) -> str:
    """A name without folders, and without signs that mean something to a shell, a glob or a reader."""
    last = unicodedata.normalize("NFC", sent).replace("\\", "/").rpartition("/")[2]
    plain = re.sub(r"[^\w.()-]+", "_", last).lstrip("._")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:_LONGEST]}{dot}{suffix[:10]}" if stem else plain[:_LONGEST] or "file"


def _forget(home: Home) -> None:
    for folder in (home.path / _FOLDER).glob("*"):
        if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
