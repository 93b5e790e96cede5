"""Old .xls files: whether what one says of its parts can be, since the reader makes room for whatever is said."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from pipelines.formats.sheetxml import DamagedError

# Places in the file's head: the size of a sector, numbers of sectors of three kinds, and where the directory begins.
_SECTOR_SHIFT, _SECTORS, _DIRECTORY = 0x1E, (0x2C, 0x40, 0x48), 0x30
# A part's size in its entry of the directory.
_ENTRY = "<120xI4x"
# What a sheet says of its size: rows and columns, each from and up to, and two bytes of nothing.
_SIZE = re.compile(rb"\x00\x02\x0e\x00(.{12})\x00\x00", re.DOTALL)
_MOST_CELLS = 65_536 * 256


def check_old(path: Path) -> None:
    """DamagedError where the parts of the file are said to be larger than the file, or a sheet than a sheet can be."""
    content = path.read_bytes()
    try:
        sector = 1 << struct.unpack_from("<H", content, _SECTOR_SHIFT)[0] % 32
        said = [struct.unpack_from("<I", content, at)[0] * sector for at in _SECTORS]
        place = (struct.unpack_from("<I", content, _DIRECTORY)[0] + 1) * sector
        entries = content[place : place + sector]
        said += [size for (size,) in struct.iter_unpack(_ENTRY, entries[: len(entries) // 128 * 128])]
    except struct.error as error:
        raise DamagedError(str(error)) from None
    if any(size > len(content) for size in said):
        raise DamagedError("its parts are said to be larger than the file")
    for found in _SIZE.finditer(content):
        top, bottom, left, right = struct.unpack("<IIHH", found[1])
        if (bottom - top) * (right - left) > _MOST_CELLS:
            raise DamagedError("a sheet is said to be larger than a sheet can be")
