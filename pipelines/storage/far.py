"""Files that a URL names: in object storage and on servers, by fsspec. They are fetched to be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fsspec import AbstractFileSystem, available_protocols
from fsspec.core import url_to_fs

from bilingual.errors import UserError
from pipelines.environment import REFERENCE, filled
from pipelines.sources import Rejection, Stream
from pipelines.storage import absent, extension, is_passed_over, is_readable, most_bytes

_WILDCARDS = frozenset("*?[")
_BLOCK = 1 << 23
# What file systems say of a file, under whatever name, that is another when its content is.
_TELLING = frozenset({
    "etag", "generation", "md5hash", "lastmodified", "last_modified", "last-modified", "modified", "modify", "mtime", "updated",
    "created", "last_write_time",
})  # fmt: skip
_PASSWORD = re.compile(r"(://[^/:@]*):([^@]+)(@)")
_SECRETS = frozenset(
    {"key", "secret", "token", "password", "passphrase", "credential", "credentials", "sas", "connection"}
)
_FILE = "file"


@dataclass(frozen=True)
class Far:
    """A file elsewhere. `info` is what was said of it when it was listed, `mentions` what no message may hold."""

    name: str
    path: str
    info: dict[str, Any]
    most: int
    system: AbstractFileSystem = field(repr=False)
    mentions: tuple[str, ...] = field(default=(), repr=False)
    is_far = True

    def state(self) -> str | None:
        """The size, the time and whatever else tells one content from another; None where there is only the size."""
        return _state(self.info)

    def near(self, room: Path) -> Path:
        """A copy, which is the whole of one state of the file."""
        copy = room / f"fetched{extension(self.name)}"
        with told(self.name, self.mentions):
            # A listing may write the same facts in another way.
            before = self._now()
            size = self._fetch(copy)
            after = self._now()
        if _state(after) != _state(before) or size != (after.get("size") or size):
            raise UserError(
                en="{file}: the file was changed while it was read; it is read again at the next run.",
                zh="{file}：读取过程中文件被修改；下次运行时将重新读取。",
                file=self.name,
            )
        return copy

    def _now(self) -> dict[str, Any]:
        self.system.invalidate_cache()
        info: dict[str, Any] = self.system.info(self.path)
        return info

    def _fetch(self, copy: Path) -> int:
        self._fits(self.info.get("size") or 0)
        copy.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with self.system.open(self.path, "rb", block_size=_BLOCK) as file, copy.open("wb") as to:
            while block := file.read(_BLOCK):
                size += len(block)
                self._fits(size)
                to.write(block)
        return size

    def _fits(self, size: int) -> None:
        if size > self.most:
            raise UserError(
                en="{file}: the file has more than {most} MB; if it is to be read, raise `max_mb` of its stream.",
                zh="{file}：文件超过 {most} MB；如需读取，请调高该流的 `max_mb`。",
                file=self.name,
                most=f"{self.most / 1_000_000:g}",
            )


def files(stream: Stream, url: str, skipped: list[str]) -> Iterator[Far | Rejection]:
    """The files that a URL names: one, those of a folder, or those of a glob; in the order of their names."""
    most = most_bytes(stream)
    shown = _shown(url)
    try:
        system, path, mentions = _opened(stream, url)
        with told(shown, mentions):
            found = _found(system, path)
    except UserError as error:
        yield Rejection(shown, error)
        return
    if found is None:
        yield Rejection(shown, absent(stream, shown))
        return
    for place, info in sorted(found.items()):
        name = _named(url, place)
        if not place.endswith("/") and not is_passed_over(name, skipped):
            yield Far(name, place, info, most, system, mentions)


def _found(system: AbstractFileSystem, path: str) -> dict[str, dict[str, Any]] | None:
    """The files at a path, by their paths; None where there is none."""
    system.invalidate_cache()
    if not _WILDCARDS.isdisjoint(path):
        return {place: info for place, info in system.glob(path, detail=True).items() if info["type"] == _FILE}
    try:
        info = system.info(path)
        if info["type"] == _FILE:
            return {path: info}
        listed = {info["name"]: info for info in system.ls(path, detail=True)}
    except FileNotFoundError:
        return None
    return {place: info for place, info in listed.items() if info["type"] == _FILE and is_readable(place)}


def _opened(stream: Stream, url: str) -> tuple[AbstractFileSystem, str, tuple[str, ...]]:
    """The file system of a URL, the path in it, and the secrets that it took."""
    options = stream.option("storage") or {}
    protocol = url.partition("://")[0]
    if protocol not in available_protocols():
        raise UserError(
            en="{file}: “{protocol}” is no storage that is known; use s3, gs, abfs, sftp, smb, ftp or another of fsspec.",
            zh="{file}：“{protocol}”不是已知的存储；请使用 s3、gs、abfs、sftp、smb、ftp 或 fsspec 支持的其他存储。",
            file=_shown(url),
            protocol=protocol,
        )
    if not isinstance(options, dict):
        raise UserError(
            en="Source “{source}”, stream “{stream}”: `storage` holds options by their names, such as `{{endpoint_url: …}}`.",
            zh="来源“{source}”的流“{stream}”：`storage` 应按名称列出选项，例如 `{{endpoint_url: …}}`。",
            source=stream.source,
            stream=stream.name,
        )
    written = [name for name, value in _secrets(options) if not REFERENCE.search(value)]
    if written or any(not REFERENCE.search(match[2]) for match in _PASSWORD.finditer(url)):
        raise UserError(
            en="Source “{source}”, stream “{stream}”: {what} holds a secret; put it into the environment and write ${{NAME}} in its place.",
            zh="来源“{source}”的流“{stream}”：{what} 中写有密钥；请将其放入环境变量，并在原处写 ${{NAME}}。",
            source=stream.source,
            stream=stream.name,
            what=f"`storage.{written[0]}`" if written else "`path`",
        )
    said = filled(stream, options)
    if password := _PASSWORD.search(url):
        # Beside the URL it may hold whatever signs it likes.
        said = {**said, "password": filled(stream, password[2])}
    mentions = tuple(value for _, value in _secrets(said))
    with told(_shown(url), mentions):
        # Instances are shared and remember what they listed: a source that runs for days has one of its own each time.
        system, path = url_to_fs(filled(stream, _PASSWORD.sub(r"\1\3", url)), skip_instance_cache=True, **said)
    return system, path, mentions


def _secrets(options: dict[str, Any], at: str = "") -> Iterator[tuple[str, str]]:
    """The options, however deep, that by their names are secrets."""
    for name, value in options.items():
        if isinstance(value, dict):
            yield from _secrets(value, f"{at}{name}.")
        elif isinstance(value, str) and not _SECRETS.isdisjoint(re.split(r"[_-]", str(name).lower())):
            yield f"{at}{name}", value


def _state(info: dict[str, Any]) -> str | None:
    telling = sorted(f"{key.lower()}={value}" for key, value in info.items() if key.lower() in _TELLING and value)
    return " ".join([f"size={info.get('size')}", *telling]) if telling else None


def _shown(url: str) -> str:
    """The URL without who asks."""
    return re.sub(r"://[^/@]*@", "://", url)


def _named(url: str, place: str) -> str:
    """The URL of a file: paths in a file system may begin with the bucket, or leave the server out."""
    host = urlsplit(_shown(url)).netloc
    rest = place.lstrip("/")
    if rest.startswith("http"):
        # What a web address is asked with may be a secret.
        return rest.partition("?")[0]
    if host and rest.partition("/")[0] != host.partition(":")[0]:
        rest = f"{host}/{rest}"
    return f"{url.partition('://')[0]}://{rest}"


@contextmanager
def told(name: str, mentions: tuple[str, ...]) -> Iterator[None]:
    """Whatever a storage or its library objects to, as a sentence without what it was told in confidence."""
    try:
        yield
    except UserError:
        raise
    except ImportError as error:
        raise UserError(
            en="{file}: this storage needs a library that is not installed ({reason}); for S3 it comes with faultloop[s3].",
            zh="{file}：缺少访问该存储所需的库（{reason}）；S3 所需的库随 faultloop[s3] 安装。",
            file=name,
            reason=str(error).partition("\n")[0],
        ) from None
    except Exception as error:  # every storage has errors of its own, and few of them in common
        reason = (str(error) or type(error).__name__).strip().partition("\n")[0][:300]
        for secret in mentions:
            reason = reason.replace(secret, "***")
        raise UserError(
            en="{file}: the storage answers “{reason}”; check `path`, `storage` and the credentials.",
            zh="{file}：存储返回“{reason}”；请检查 `path`、`storage` 以及访问凭据。",
            file=name,
            reason=reason,
        ) from None
