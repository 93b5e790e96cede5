"""All files of a report in one folder, which is there whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import orjson

from bilingual.clock import at_home
from bilingual.errors import UserError
from dashboards.reports.blocks import Document, Drawn
from dashboards.reports.writers import writers
from warehouse.extent import Extent
from warehouse.reading import Reading
from warehouse.settings import Home

ABOUT = "about.json"


def about(
    document: Document, drawn: Drawn, reading: Reading, extent: Extent, made_at: dt.datetime, *, sees_team: bool
) -> dict[str, Any]:
    """What is known of a report that was made, for whoever sends and keeps it; instants are UTC."""
    return {
        "name": document.name,
        "title": document.title,
        "subject": document.subject,
        "language": document.language,
        "first": document.period.first,
        "last": document.period.last,
        "period": document.period.label,
        "snapshot": reading.id,
        "as_of": reading.as_of,
        "regions": sorted(extent.regions),
        "product_lines": sorted(extent.product_lines),
        "names": sees_team,
        "made_at": made_at,
        "pictures": [f"{name}.png" for name in drawn.files],
        "no_pictures": drawn.none,
    }


def write(into: Path, home: Home, document: Document, drawn: Drawn, said: dict[str, Any]) -> None:
    """Write the files beside the folder and rename them into it; UserError where something else is there already."""
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UserError(
            en=f"{into} is there already and not an empty folder; name another for the report.",
            zh=f"{into} 已存在且不是空文件夹；请为报表指定其他文件夹。",
        )
    made_at = at_home(said["made_at"], home.settings.time_zone).replace(tzinfo=None)
    files = {name: writer.write(document, drawn, made_at) for name, writer in writers().items()}
    files |= {f"{name}.png": data for name, data in drawn.files.items()}
    files[ABOUT] = orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    into.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        for name, data in files.items():
            (beside / name).write_bytes(data)
        # mkdtemp lets nobody else in; a folder made in the usual way follows the umask.
        mask = os.umask(0)
        os.umask(mask)
        beside.chmod(0o777 & ~mask)
        beside.rename(into)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
