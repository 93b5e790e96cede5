"""Files in object storage, of a real server that speaks S3, and in other file systems that fsspec knows."""

from __future__ import annotations

import io
import os
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pytest
import s3_server
from installation import Installation, tickets_csv
from s3_server import KEYS, Bucket

from bilingual.errors import UserError
from pipelines.landing import LandedStream
from pipelines.sources import Delivery, Rejection, Stream, files
from pipelines.storage import far

MAPPING = """\
title: {{en: Desk, zh: 服务台}}
kind: files
streams: {{tickets: {{path: {path}{options}}}}}
entities:
  ticket:
    from: tickets
    fields: {{ticket_id: nr, opened_at: opened, closed_at: closed, priority: priority, description: note}}
"""


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    with s3_server.server() as (url, _):
        yield url


@pytest.fixture
def bucket(storage: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Bucket:
    """A bucket of its own for each test; the environment says who asks, and where."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": storage}.items():
        monkeypatch.setenv(name, value)
    return s3_server.bucket(storage, f"b{abs(hash(request.node.name))}")


def desk(home: Installation, path: str, options: str = "") -> Installation:
    home.mapping("desk", MAPPING.format(path=path, options=options))
    return home


def landed(home: Installation) -> dict[str, str]:
    """The keys that landed, each with the file it is from."""
    found = [pl.read_parquet(file) for file in (home.home.landing / "desk" / "tickets").glob("*.parquet")]
    return dict(pl.concat(found, how="diagonal").select("nr", "_file").rows()) if found else {}


def newest(home: Installation, key: str) -> str:
    """The note of the row that landed last."""
    found = [pl.read_parquet(file) for file in (home.home.landing / "desk" / "tickets").glob("*.parquet")]
    rows = pl.concat(found, how="diagonal").filter(pl.col("nr") == key)
    return rows.sort("_extracted_at")["note"][-1]  # type: ignore[no-any-return]


def rejections(home: Installation) -> dict[str, str]:
    found = home.extract().rejected
    assert all("\n" not in r.en + r.zh and r.en != r.zh and KEYS["AWS_SECRET_ACCESS_KEY"] not in r.en for r in found)
    return {r.file: r.en for r in found}


def packed(**members: str) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return to.getvalue()


def test_objects_land_as_files_do(bucket: Bucket, installation: Installation) -> None:
    for key in ("in/a.csv", "in/三月 报修#1.csv", "in/sub/b.csv", "in/~$c.csv", "in/d.pdf", "in/old_e.csv"):
        bucket.put(key, tickets_csv([len(key)]).encode())
    bucket.put("in/f.zip", packed(x=tickets_csv([77])))
    at = f"s3://{bucket.name}/in"
    home = desk(installation, f'["{at}", "{at}/**/*.csv", "data/*.csv"]', ', skip: "old_*"')
    home.put("near.csv", tickets_csv([88]))
    assert rejections(home) == {}
    assert landed(home) == {
        "T8": f"{at}/a.csv", "T14": f"{at}/三月 报修#1.csv", "T12": f"{at}/sub/b.csv", "T77": f"{at}/f.zip/x.csv", "T88": "data/near.csv",
    }  # fmt: skip
    assert home.extract().batches == 0
    assert home.leftovers() == []


def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are fetched from now on."""
    names: list[str] = []
    real = far.Far.near
    monkeypatch.setattr(
        far.Far, "near", lambda self, room: (names.append(self.name.rpartition("/")[2]), real(self, room))[1]
    )
    return names


def test_what_landed_is_fetched_again_only_when_it_changed(
    bucket: Bucket, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = desk(installation, f"s3://{bucket.name}/*")
    a, b = tickets_csv([1], note="a").encode(), tickets_csv([1], note="b").encode()
    bucket.put("x.csv", a)
    bucket.put("y.csv", tickets_csv([2]).encode())
    bucket.put("z.zip", packed(x=tickets_csv([3]), bad=""))
    names = fetched(monkeypatch)
    assert list(rejections(home)) == [f"s3://{bucket.name}/z.zip/bad.csv"]
    assert names == ["x.csv", "y.csv", "z.zip"]
    names.clear()
    # What could not be read is tried again.
    assert len(rejections(home)) == 1
    assert names == ["z.zip"]
    bucket.put("z.zip", packed(x=tickets_csv([3])))
    for content, expected in ((b, "b"), (a, "a"), (b, "b")):
        names.clear()
        bucket.put("x.csv", content)
        assert rejections(home) == {}
        assert "x.csv" in names
        assert "y.csv" not in names
        assert newest(home, "T1") == expected
    # Without its marks all is fetched, and lands no second time.
    for mark in home.home.landing.rglob("seen-*"):
        mark.unlink()
    names.clear()
    assert home.extract().batches == 0
    assert names == ["x.csv", "y.csv", "z.zip"]


def offers(path: str, home: Path, **options: Any) -> Iterator[Delivery | Rejection]:
    stream = Stream("desk", "tickets", {"path": path, **options}, frozenset({"nr"}), home)
    return files.deliveries(stream, LandedStream(home / "landing"))


def test_an_object_that_changes_while_it_is_read_lands_nothing(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("x.csv", tickets_csv([1]).encode())
    (file,) = far.files(Stream("desk", "t", {}, frozenset(), tmp_path), f"s3://{bucket.name}/x.csv", [])
    assert isinstance(file, far.Far)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(far.Far, "_fits", lambda self, size: bucket.put("x.csv", tickets_csv([2, size]).encode()))
        with pytest.raises(UserError, match=r"was changed while it was read|storage answers"):
            file.near(tmp_path)
    assert file.near(tmp_path).read_bytes() == bucket.client.get_object(Bucket=bucket.name, Key="x.csv")["Body"].read()
    bucket.remove("x.csv")
    with pytest.raises(UserError, match="storage answers"):
        file.near(tmp_path)


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("s3://nobody-has-this/x.csv", {}, "there is no such file"),
        ("s3://{bucket}/absent.csv", {}, "there is no such file"),
        ("s3://{bucket}/x.csv", {"max_mb": 1e-05}, "more than 1e-05 MB"),
        ("s3://{bucket}/x.csv", {"storage": {"secret": "written down"}}, "`storage.secret` holds a secret"),
        ("s3://{bucket}/x.csv", {"storage": {"client_kwargs": {"aws_session_token": "x"}}}, "holds a secret"),
        ("s3://{bucket}/x.csv", {"storage": {"secret": "${NOT_SET}"}}, "NOT_SET is not set"),
        ("s3://{bucket}/x.csv", {"storage": "anon"}, "holds options by their names"),
        ("s3://{bucket}/x.csv", {"storage": {"nonsense": 1}}, "storage answers"),
        ("sftp://me:secret@example.com/x.csv", {}, "`path` holds a secret"),
        ("sftp://me:${WORD}@example.com/x.csv", {}, "library that is not installed"),
        ("nonsense://x.csv", {}, "“nonsense” is no storage"),
        ("simplecache::s3://{bucket}/x.csv", {}, "is no storage"),
    ],
)
def test_what_cannot_be_had_is_told_in_one_sentence(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, options: dict[str, Any], said: str
) -> None:
    monkeypatch.setenv("WORD", "pass")
    bucket.put("x.csv", tickets_csv([1]).encode())
    (told,) = offers(path.replace("{bucket}", bucket.name), tmp_path, **options)
    assert isinstance(told, Rejection)
    assert said in told.error["en"]
    assert "\n" not in told.error["en"] + told.error["zh"]
    assert "secret@" not in told.error["en"] + told.file
    assert "pass" not in told.file + told.error["en"]


def test_credentials_by_reference_and_a_path_that_fails_holds_up_no_other(
    bucket: Bucket, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*KEYS, "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("STORE_KEY", KEYS["AWS_ACCESS_KEY_ID"])
    monkeypatch.setenv("STORE_SECRET", KEYS["AWS_SECRET_ACCESS_KEY"])
    bucket.put("x.csv", tickets_csv([1]).encode())
    home = desk(
        installation,
        f'["s3://{bucket.name}/x.csv", "s3://{bucket.name}/y.csv", "data/*.csv"]',
        f', storage: {{key: "${{STORE_KEY}}", secret: "${{STORE_SECRET}}", endpoint_url: "{bucket.url}"}}',
    )
    home.put("near.csv", tickets_csv([2]))
    assert list(rejections(home)) == [f"s3://{bucket.name}/y.csv"]
    assert sorted(landed(home)) == ["T1", "T2"]


@pytest.mark.matrix
def test_a_download_that_is_cut_off_lands_nothing_and_the_next_run_all(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = tickets_csv(range(100_000), note="x" * 60).encode()
    with s3_server.server() as (url, process):
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "1"}.items():
            monkeypatch.setenv(name, value)
        s3_server.bucket(url, "large").put("x.csv", content)
        home = desk(installation, "s3://large/*", ", storage: {default_block_size: 1000000}")
        real = far.Far._fits

        def cut(self: far.Far, size: int) -> None:
            if size > 1 << 23:
                os.kill(process, signal.SIGKILL)
            real(self, size)

        monkeypatch.setattr(far.Far, "_fits", cut)
        monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
        assert "storage answers" in rejections(home)["s3://large/x.csv"]
        assert landed(home) == {}
        assert home.leftovers() == []
        monkeypatch.setattr(far.Far, "_fits", real)
    with s3_server.server() as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        s3_server.bucket(url, "large").put("x.csv", content)
        assert rejections(home) == {}
        assert len(landed(home)) == 100_000


def test_any_file_system_of_fsspec_will_do(installation: Installation) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/inbox/a.csv", tickets_csv([1]).encode())
    home = desk(installation, f'["memory://inbox/*.csv", "file://{installation.path}/data/b.csv"]')
    home.put("b.csv", tickets_csv([2]))
    assert rejections(home) == {}
    assert landed(home) == {"T1": "memory://inbox/a.csv", "T2": "data/b.csv"}
    assert home.extract().batches == 0
    memory.pipe("/inbox/a.csv", tickets_csv([3]).encode())
    assert home.extract().batches == 1
    memory.rm("/inbox", recursive=True)
