"""Files in a folder, in an archive and in object storage, killed while they are extracted: run again, all of it has landed."""

from __future__ import annotations

import io
import random
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import s3_server
from installation import Installation, tickets_csv
from killing import kill_after, landed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_RANDOM = random.Random(20240307)
MOMENTS = [_RANDOM.random() for _ in range(20)]
FILES = 8
STREAMS = """\
title: {{en: Desk, zh: 服务台}}
kind: files
streams:
  near: {{path: data}}
  far: {{path: "s3://inbox/*", storage: {{anon: true, endpoint_url: "{url}"}}}}
entities:
  ticket:
    - {{from: near, fields: {{ticket_id: nr, opened_at: opened}}}}
    - {{from: far, fields: {{ticket_id: nr, opened_at: opened}}}}
"""


@dataclass(frozen=True)
class Waiting:
    """A home from which nothing landed yet; what lands, and how long that takes."""

    home: Path
    whole: dict[str, list[tuple[Any, ...]]]
    seconds: float


def packed(first: int) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(first, first + FILES):
            archive.writestr(f"三月/{n}.csv", tickets_csv(range(n * 1000, n * 1000 + 500)))
    return to.getvalue()


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting]:
    made = Installation(tmp_path_factory.mktemp("killed") / "home")
    with s3_server.server() as (url, _):
        bucket = s3_server.bucket(url, "inbox")
        for n in range(FILES):
            made.put(f"{n}.csv", tickets_csv(range(n * 1000, n * 1000 + 500)))
            bucket.put(f"{n}.csv", tickets_csv(range(n * 1000, n * 1000 + 500)).encode())
        made.put("a.zip", packed(FILES))
        bucket.put("z.zip", packed(FILES))
        made.mapping("desk", STREAMS.format(url=url))
        whole = made.path.with_name("whole")
        shutil.copytree(made.path, whole)
        began = time.monotonic()
        Installation(whole).extract()
        taken = time.monotonic() - began
        found = landed(whole)
        assert len(found) == 4 * FILES
        yield Waiting(made.path, found, taken)


@pytest.mark.parametrize(
    "moment", [MOMENTS[2], *(pytest.param(m, marks=pytest.mark.matrix) for m in (*MOMENTS[:2], *MOMENTS[3:]))]
)
def test_after_a_kill_all_lands_as_without_one(waiting: Waiting, tmp_path: Path, moment: float) -> None:
    home = Installation(tmp_path / "home")
    shutil.copytree(waiting.home, home.path)
    kill_after(home.path, "files", moment * waiting.seconds)
    assert landed(home.path).items() <= waiting.whole.items()
    assert home.extract().rejected == ()
    assert landed(home.path) == waiting.whole
    assert home.leftovers() == []
    assert home.extract().batches == 0
