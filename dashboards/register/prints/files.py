"""The files of a report with their hashes, and some of the photos."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import islice

from docx.image.image import Image

from bilingual.text import Text
from dashboards.register.prints.record import Record, plain
from dashboards.register.prints.sheet import Facts, Picture, Pictures, Section
from fracas.model import File

_FILES = Text(en="Files", zh="文件")
_PHOTOS = Text(en="Photos", zh="照片")
_PHOTOS_AT_MOST = 4
_BYTES_AT_MOST = 12_000_000
# A small file can claim to be a wall of dots, which whoever draws it would have to hold.
_DOTS_AT_MOST = 50_000_000
_DRAWN = {"image/jpeg": "jpg", "image/png": "png"}


def files(r: Record) -> tuple[Section, ...]:
    """The files with their hashes, and the first photos."""
    listed = r.report.files
    table = r.grid("file", listed, "name", "kind", "size", "added_by_id", "added_at")
    told = Section(r.say(_FILES), (table, Facts(tuple((plain(f.name), f.sha256) for f in listed))))
    photos = tuple(islice(_photos(r, listed), _PHOTOS_AT_MOST))
    return (told, Section(r.say(_PHOTOS), (Pictures(photos),))) if photos else (told,)


def _photos(r: Record, listed: Iterable[File]) -> Iterator[Picture]:
    """Those that can be drawn; one that is too large, gone or damaged is still named in the list of files."""
    for file in listed:
        if file.kind in _DRAWN and file.size <= _BYTES_AT_MOST and (photo := _photo(r, file)) is not None:
            yield photo


def _photo(r: Record, file: File) -> Picture | None:
    try:
        data = r.v.house.store.path(file.sha256).read_bytes()
        image = Image.from_file(io.BytesIO(data))
        width, height = image.px_width, image.px_height
    except Exception:  # whatever is wrong with its bytes, the reader of images stumbles over it in ways of its own
        return None
    return (
        Picture(plain(file.name), data, _DRAWN[file.kind], width, height)
        if 0 < width * height <= _DOTS_AT_MOST
        else None
    )
