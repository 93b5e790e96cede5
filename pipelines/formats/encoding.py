"""Text files as UTF-8: which encoding they are in, and streams that recode them without holding them."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bilingual.errors import UserError

BLOCK = 1 << 22
HEAD = 1 << 20
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    b"\x841\x953": "gb18030",
}
_GZIP = b"\x1f\x8b"


def is_gzip(path: Path) -> bool:
    """Whether the file's content is gzip, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def blocks(path: Path, name: str) -> Iterator[bytes]:
    """The file's bytes in blocks, unpacked when it is gzip; UserError for a gzip file that is damaged or cut off."""
    packed = is_gzip(path)
    with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) if packed else nullcontext(raw) as file:
        try:
            while block := file.read(BLOCK):
                yield block
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise UserError(
                en="{name}: the compressed file is damaged or was cut off on its way; copy it anew.",
                zh="{name}：压缩文件已损坏或传输中断；请重新复制。",
                name=name,
            ) from None


def head(path: Path, name: str) -> bytes:
    """The first block of the (unpacked) file, at most HEAD bytes."""
    return next(blocks(path, name), b"")[:HEAD]


def mark_of(start: bytes) -> tuple[str | None, int]:
    """The encoding that a byte-order mark names and the mark's length; None and 0 without one."""
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding, len(mark)
    return None, 0


def candidates(path: Path, name: str, forced: str | None = None) -> list[str]:
    """The encodings the file may be in, the likeliest first.

    A forced encoding or a byte-order mark leaves one. Text without a mark never contains NUL bytes unless it is
    UTF-16, and the side they are on tells which. Otherwise UTF-8 comes first when the whole file decodes so.
    """
    start = head(path, name)
    marked, _ = mark_of(start)
    if forced:
        encoding = _known(forced, name)
        return [(marked or "utf-16-le") if encoding == "utf-16" else encoding]
    if marked:
        return [marked]
    if b"\0" in start:
        low, high = start[0::2].count(0), start[1::2].count(0)
        # A stray NUL in other text is one in thousands; even Chinese in UTF-16 has commas, digits and line ends.
        if low + high > len(start) / 50 and max(low, high) > 8 * min(low, high):
            return ["utf-16-le"] if high > low else ["utf-16-be"]
    whole = _Utf8Check()
    for block in blocks(path, name):
        if not whole.accepts(block):
            return ["gb18030"]
    return ["utf-8", "gb18030"]


class _Utf8Check:
    """Whether blocks, one after the other, are UTF-8; an unfinished last character is no objection."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")

    def accepts(self, block: bytes) -> bool:
        if block.isascii() and not self._decoder.getstate()[0]:
            return True
        try:
            self._decoder.decode(block)
        except UnicodeDecodeError:
            return False
        return True


def _known(encoding: str, name: str) -> str:
    try:
        found = codecs.lookup(encoding).name
    except LookupError:
        raise UserError(
            en="{name}: “{encoding}” is no encoding; use one of utf-8, gb18030, utf-16 in the stream's options.",
            zh="{name}：“{encoding}”不是有效的编码；请在流的选项中使用 utf-8、gb18030 或 utf-16。",
            name=name,
            encoding=encoding,
        ) from None
    # GB18030 holds the older two, and files that call themselves so often go beyond them.
    return {"gbk": "gb18030", "gb2312": "gb18030", "utf-8-sig": "utf-8"}.get(found, found)


class NotInEncodingError(UserError):
    """A file that is not in the encoding it was tried in; `offset` is the first wrong byte, counted from 1."""

    def __init__(self, name: str, encoding: str, offset: int) -> None:
        self.offset = offset
        super().__init__(
            en="{name}: byte {offset} is not {encoding}, and the file is in no encoding known here (UTF-8, GB18030, "
            "UTF-16); save it as UTF-8 or name its encoding in the stream's options.",
            zh="{name}：第 {offset} 个字节不是 {encoding}，文件也不属于已知编码（UTF-8、GB18030、UTF-16）；"
            "请另存为 UTF-8，或在流的选项中指明编码。",
            name=name,
            offset=offset,
            encoding=encoding.upper(),
        )


@dataclass
class Utf8Text:
    """A text file as UTF-8 blocks without byte-order mark.

    After the blocks are used up, `ends_in_character` says whether the file ended inside a character (the rest
    of that character is left out) and `ends_in_newline` whether its last line is finished.
    """

    path: Path
    name: str
    encoding: str
    ends_in_character: bool = False
    ends_in_newline: bool = False

    def blocks(self) -> Iterator[bytes]:
        """The text in UTF-8; UserError naming the byte at which the file is not in its encoding."""
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        done = 0
        first = True
        for raw in blocks(self.path, self.name):
            block = raw
            if first:
                marked, length = mark_of(raw)
                if marked == self.encoding:
                    block, done = raw[length:], length
                first = False
            text = self._decoded(decoder, block, done)
            done += len(block)
            if text:
                self.ends_in_newline = text.endswith((b"\n", b"\r"))
                yield text
        self.ends_in_character = bool(decoder.getstate()[0])

    def _decoded(self, decoder: codecs.IncrementalDecoder, block: bytes, done: int) -> bytes:
        waiting = len(decoder.getstate()[0])
        if self.encoding == "utf-8" and not waiting and block.isascii():
            return block
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            raise NotInEncodingError(self.name, self.encoding, done - waiting + error.start + 1) from None
        return text.encode()

    def head(self) -> str:
        """The first HEAD bytes or so as text, ending wherever they end."""
        return next(self.blocks(), b"")[:HEAD].decode("utf-8", "ignore")


class Blocks(io.RawIOBase):
    """Blocks of bytes as a readable file, for readers that want one."""

    def __init__(self, source: Iterator[bytes]) -> None:
        super().__init__()
        self._source = source
        self._rest = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only at the end: a reader takes what one call gives for a block of its own."""
        pieces, length = [self._rest], len(self._rest)
        while (size < 0 or length < size) and (piece := next(self._source, b"")):
            pieces.append(piece)
            length += len(piece)
        whole = b"".join(pieces)
        self._rest = whole[size:] if size >= 0 else b""
        return whole[:size] if size >= 0 else whole
