"""Kind `rest`: a list lands whole and once, in every manner of paging, whatever the server does meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rest_server import Asked, Desk, Mishap, Said, Server, again, broken, cut, dripping, half, serving, too_many

from bilingual.errors import UserError
from pipelines.formats.reading import RESERVED
from pipelines.landing import LandedStream, with_lineage, write_batch
from pipelines.rest.client import Client
from pipelines.sources import Delivery, Rejection, Stream
from pipelines.sources.rest import deliveries

WAYS: dict[str, dict[str, Any]] = {
    "page": {"paging": "page", "params": {"page": "{page}", "limit": "{limit}"}},
    "offset": {"paging": "offset", "params": {"offset": "{offset}", "limit": "{limit}"}},
    "seek": {"paging": "seek", "params": {"since": "{since}", "page": "{page}", "limit": "{limit}", "sorted": "1"}},
    "next": {"paging": "next", "next": "meta.next", "params": {"token": "{next}", "limit": "{limit}"}},
    "link": {"paging": "link", "params": {"limit": "{limit}"}},
}


def row(number: int, minute: int | None = None, **more: Any) -> dict[str, Any]:
    at = number if minute is None else minute
    return {"id": number, "updated": f"2024-01-01T{at // 60:02}:{at % 60:02}:00Z", "title": f"票 {number}", **more}


@pytest.fixture
def desk() -> Desk:
    return Desk([row(n) for n in range(1, 26)], most=4)


@pytest.fixture
def server(desk: Desk) -> Iterator[Server]:
    with serving(desk.answer) as running:
        yield running


def stream(home: Path, server: Server, way: str = "offset", needs: tuple[str, ...] = (), **options: Any) -> Stream:
    shared = {"url": server.url, "path": "/tickets", "records": "data", "size": 4, "cursor": "updated"}
    return Stream("desk", "tickets", {**shared, **WAYS[way], **options}, frozenset(needs), home)


def take(of: Stream) -> list[str]:
    """Land what is offered, as the pipeline does; the names of the batches."""
    folder = of.home / "landing" / of.source / of.name
    names = []
    for offer in deliveries(of, LandedStream(folder)):
        assert not isinstance(offer, Rejection)
        if not (folder / f"{offer.batch}.parquet").exists():
            write_batch(folder / f"{offer.batch}.parquet", with_lineage(of, offer))
            names.append(offer.batch)
    return names


def landed(of: Stream) -> list[dict[str, Any]]:
    files = sorted((of.home / "landing" / of.source / of.name).glob("*.parquet"))
    return [r for file in files for r in pl.read_parquet(file).drop(RESERVED, strict=False).rows(named=True)]


def ids(of: Stream) -> list[int]:
    return sorted(int(r["id"]) for r in landed(of))


def refusal(of: Stream) -> UserError:
    with pytest.raises(UserError) as caught:
        take(of)
    return caught.value


@pytest.mark.parametrize("way", WAYS)
def test_a_list_lands_whole_and_a_second_time_nothing(tmp_path: Path, server: Server, way: str) -> None:
    of = stream(tmp_path, server, way)
    assert len(take(of)) == 1
    assert ids(of) == list(range(1, 26))
    assert take(of) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mishap", [too_many, broken, half, cut, again])
@pytest.mark.parametrize(
    "number", [1, pytest.param(0, marks=pytest.mark.matrix), pytest.param(6, marks=pytest.mark.matrix)]
)
def test_a_mishap_on_the_way_costs_no_row_and_brings_none_twice(
    tmp_path: Path, server: Server, way: str, mishap: Mishap, number: int
) -> None:
    server.mishaps = {number: mishap}
    of = stream(tmp_path, server, way)
    take(of)
    assert ids(of) == list(range(1, 26))


@pytest.mark.parametrize("way", ["page", "offset", "seek"])
@pytest.mark.parametrize("number", [1, 3, 6])
def test_rows_that_move_while_they_are_read_are_all_read(
    tmp_path: Path, server: Server, desk: Desk, way: str, number: int
) -> None:
    def change() -> None:
        # Those that were read before are updated: with a sorted list they go to its end, and all others move forward.
        for moved in (1, 2, 3):
            desk.rows.append(desk.rows.pop(0) | {"updated": f"2024-01-02T00:0{moved}:00Z"})

    desk.before = {number: change}
    of = stream(tmp_path, server, way)
    take(of)
    assert set(ids(of)) == set(range(1, 26))
    newest = {int(r["id"]): r["updated"] for r in sorted(landed(of), key=lambda r: r["updated"])}
    assert [newest[n] for n in (1, 2, 3)] == [f"2024-01-02T00:0{n}:00Z" for n in (1, 2, 3)]
    assert len({tuple(r.values()) for r in landed(of)}) == len(landed(of))


@pytest.mark.parametrize("way", ["page", "offset", "seek"])
def test_rows_that_are_deleted_while_others_are_read_take_none_with_them(
    tmp_path: Path, server: Server, desk: Desk, way: str
) -> None:
    desk.before = {2: lambda: desk.rows.__delitem__(slice(0, 3)), 4: lambda: desk.rows.__delitem__(slice(0, 2))}
    of = stream(tmp_path, server, way)
    take(of)
    assert set(ids(of)) >= set(range(6, 26))


def test_more_rows_of_one_moment_than_a_page_holds_are_all_read(tmp_path: Path, server: Server, desk: Desk) -> None:
    desk.rows = [row(n, minute=5 if 3 <= n <= 20 else n) for n in range(1, 26)]
    of = stream(tmp_path, server, "seek")
    take(of)
    assert ids(of) == list(range(1, 26))


def test_with_a_cursor_only_what_is_new_is_asked_for_and_lands(tmp_path: Path, server: Server, desk: Desk) -> None:
    of = stream(tmp_path, server, "seek", overlap=180)
    take(of)
    # One is new, one was written late with an older time, one was changed.
    desk.rows += [row(26), row(27, minute=23)]
    desk.rows[4] |= {"updated": "2024-01-01T00:40:00Z", "title": "anew"}
    server.asked.clear()
    (name,) = take(of)
    assert server.asked[0].params["since"] == "2024-01-01T00:22:00+00:00"
    assert "2024-01-01T00-23-00Z__2024-01-01T00-40-00Z" in name
    assert len(landed(of)) == 28
    assert {r["title"] for r in landed(of) if r["id"] == "5"} == {"票 5", "anew"}
    assert take(of) == []


def test_other_options_read_everything_anew_in_place_of_what_is_the_same(tmp_path: Path, server: Server) -> None:
    first = take(stream(tmp_path, server, "seek"))
    second = take(stream(tmp_path, server, "seek", timeout=30))
    assert first[0][:16] == second[0][:16]
    assert first != second


def test_without_a_cursor_a_list_lands_whole_when_it_changed(tmp_path: Path, server: Server, desk: Desk) -> None:
    of = stream(tmp_path, server, "offset", cursor=None)
    take(of)
    assert take(of) == []
    desk.rows[3]["title"] = "changed"
    take(of)
    assert len(landed(of)) == 50


def test_values_land_as_text_just_as_they_were_written(tmp_path: Path) -> None:
    written = (
        b'[{"id": 9007199254740993, "hours": 1.50, "cost": 1e3, "who": {"name": "\xe7\x8e\x8b", "id": 007e0, "of": {"a": 1.0}}, '
        b'"tags": [1.10, {"x": "\\"y\\""}], "open": true, "note": null, "blank": "", "none": []}]'
    ).replace(b"007e0", b"7e0")
    with serving(lambda asked: Said(written)) as running:
        of = Stream("d", "t", {"url": running.url, "path": "/x"}, frozenset({"who.team", "note"}), tmp_path)
        take(of)
        ((found),) = landed(of)
    assert found == {
        "id": "9007199254740993",
        "hours": "1.50",
        "cost": "1e3",
        "who.name": "王",
        "who.id": "7e0",
        "who.of": '{"a":1.0}',
        "tags": '[1.10,{"x":"\\"y\\""}]',
        "open": "true",
        "note": None,
        "blank": None,
        "none": "[]",
        "who.team": None,
    }


def test_a_column_that_no_row_has_is_told(tmp_path: Path, server: Server) -> None:
    assert "“titel” is missing (found “title”)" in str(refusal(stream(tmp_path, server, needs=("titel",))))
    assert landed(stream(tmp_path, server)) == []


def test_an_empty_list_lands_once_with_the_columns_that_are_needed(tmp_path: Path, server: Server, desk: Desk) -> None:
    desk.rows = []
    of = stream(tmp_path, server, "seek", needs=("id", "updated"))
    assert len(take(of)) == 1
    assert take(of) == []
    (file,) = (tmp_path / "landing/desk/tickets").glob("*")
    assert pl.read_parquet(file).drop(RESERVED, strict=False).columns == ["id", "updated"]


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_gives_the_same_page_for_ever_is_told_of(tmp_path: Path, way: str) -> None:
    page = {"data": [row(n) for n in range(4)], "meta": {"next": "t4"}}
    link = {"Link": '</tickets?token=t4>; rel="next"'}
    with serving(lambda asked: Said(page, 200, link)) as running:
        of = stream(tmp_path, running, way)
        if way == "page":
            # A page beyond the last one is the last one again at some servers.
            take(of)
            assert ids(of) == [0, 1, 2, 3]
        else:
            assert "the same page again and again" in str(refusal(of))
        assert len(running.asked) < 20


def test_rows_that_are_not_sorted_are_refused_where_that_matters(tmp_path: Path, server: Server, desk: Desk) -> None:
    desk.rows.reverse()
    unsorted = {k: v for k, v in WAYS["seek"]["params"].items() if k != "sorted"}
    assert "not sorted by updated" in str(refusal(stream(tmp_path, server, "seek", params=unsorted)))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda asked: Said({"error": "no such table"}, 400), "400 Bad Request"),
        (lambda asked: Said({}, 404), "404 Not Found"),
        (
            lambda asked: Said(b"<html>log in</html>", 200, {"Content-Type": "text/html"}),
            "not whole JSON but text/html",
        ),
        (lambda asked: Said({"data": "none"}), "no list of records in “data”"),
        (lambda asked: Said(None, 302, {"Location": "http://elsewhere.example.com/"}), "302 Found"),
        (
            lambda asked: Said({"data": []}, 200, {"Link": '<http://elsewhere.example.com/x>; rel="next"'}),
            "another server",
        ),
        (dripping, "imed out"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path, answer: Callable[[Asked], Said], said: str
) -> None:
    with serving(answer) as running:
        error = refusal(stream(tmp_path, running, "link", attempts=2, timeout=0.2, path="/tickets?key=hush"))
    assert said in str(error)
    assert "hush" not in error["en"] + error["zh"]
    assert "来源“desk”" in error["zh"]


def test_a_refusal_says_when_to_come_back_and_that_is_kept_to(tmp_path: Path, server: Server) -> None:
    server.mishaps = {0: lambda said, before: Said({}, 503, {"Retry-After": "3600"})}
    assert "503" in str(refusal(stream(tmp_path, server)))
    server.asked.clear()
    server.mishaps = {0: lambda said, before: Said({}, 503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})}
    of = stream(tmp_path, server)
    take(of)
    assert ids(of) == list(range(1, 26))


def test_a_rate_is_kept(tmp_path: Path, server: Server) -> None:
    begun = time.monotonic()
    take(stream(tmp_path, server, rate=50))
    assert time.monotonic() - begun >= (len(server.asked) - 1) / 50


def test_what_landed_before_a_server_broke_down_stays_and_the_rest_follows(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sources.rest._CHUNK", 8)
    server.mishaps = dict.fromkeys(range(4, 6), broken)
    of = stream(tmp_path, server, "seek", attempts=2)
    refusal(of)
    assert 8 <= len(ids(of)) < 25
    server.mishaps = {}
    take(of)
    assert ids(of) == list(range(1, 26))


def test_a_batch_offered_says_where_it_is_from_without_what_was_asked(tmp_path: Path, server: Server) -> None:
    (offer,) = deliveries(stream(tmp_path, server), LandedStream(tmp_path / "landing/desk/tickets"))
    assert isinstance(offer, Delivery)
    assert offer.file == "127.0.0.1/tickets"
    assert pl.concat(offer.read())["_row"].to_list() == list(range(1, 26))


# --- what was deleted at the source ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("way", "cursor"), [("seek", "updated"), ("offset", "updated"), ("offset", None)])
def test_rows_that_the_list_has_no_longer_land_as_gone_and_stand_again_when_they_are_back(
    tmp_path: Path, server: Server, desk: Desk, way: str, cursor: str | None
) -> None:
    of = stream(tmp_path, server, way, ("id", "_gone"), cursor=cursor, key="id", reconcile_hours=0)
    take(of)
    assert take(of) == []
    whole = list(desk.rows)
    del desk.rows[3:5]
    (name,) = take(of)
    (batch,) = (tmp_path / "landing/desk/tickets").glob(f"{name}.parquet")
    assert pl.read_parquet(batch).select("id", "_gone", "_row").rows() == [("4", "true", 24), ("5", "true", 25)]
    assert take(of) == []
    desk.rows = [*whole, row(26)]
    take(of)
    assert standing(of) == set(range(1, 27))
    # Gone a second time with the same values.
    del desk.rows[3:5]
    take(of)
    assert standing(of) == {1, 2, 3, *range(6, 27)}
    desk.rows = []
    # An empty list is a slip of the server: nothing is taken for gone.
    assert take(of) == []


def standing(of: Stream) -> set[int]:
    """The rows that are not gone, by the batch that says it last."""
    every = [pl.read_parquet(f) for f in (of.home / "landing" / of.source / of.name).glob("*.parquet")]
    last = pl.concat(every, how="diagonal").sort("_extracted_at", "_row").unique("id", keep="last")
    return set(map(int, last.filter(pl.col("_gone").is_null())["id"]))


def test_the_whole_list_is_compared_as_often_as_was_said(tmp_path: Path, server: Server, desk: Desk) -> None:
    of = stream(tmp_path, server, "seek", ("_gone",), key="id", overlap=0)
    take(of)
    del desk.rows[0]
    server.asked.clear()
    assert take(of) == []
    assert server.asked[0].params["since"] > "2024"
    (mark,) = (tmp_path / "landing/desk/tickets").glob("whole-*")
    a_day_ago = time.time() - 86_401
    os.utime(mark, (a_day_ago, a_day_ago))
    assert len(take(of)) == 1
    assert standing(of) == set(range(2, 26))
    assert take(of) == []


def test_without_a_key_nothing_can_be_known_to_be_gone(tmp_path: Path, server: Server) -> None:
    assert "name the columns that tell them as `key`" in str(refusal(stream(tmp_path, server, needs=("_gone",))))
    assert "“no” is missing" in str(refusal(stream(tmp_path, server, needs=("no",))))


def test_a_list_that_is_put_back_to_what_it_was_lands_again(tmp_path: Path, server: Server, desk: Desk) -> None:
    of = stream(tmp_path, server, "offset", cursor=None)
    first = list(desk.rows)
    take(of)
    desk.rows = [r | {"title": "other"} for r in first]
    take(of)
    desk.rows = first
    take(of)
    assert take(of) == []
    last = max(pl.read_parquet(f)["_extracted_at"][0] for f in (tmp_path / "landing/desk/tickets").glob("*.parquet"))
    assert {r["title"] for r in everything(of) if r["_extracted_at"] == last} == {f"票 {n}" for n in range(1, 26)}


def everything(of: Stream) -> list[dict[str, Any]]:
    files = (of.home / "landing" / of.source / of.name).glob("*.parquet")
    return [r for file in files for r in pl.read_parquet(file).rows(named=True)]


# --- addresses of pages, names of columns, odd values -------------------------------------------------------------------------


def test_a_token_that_looks_like_a_path_is_a_token_and_an_address_an_address(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        if asked.path == "/tokens":
            return Said({"data": [row(2)]} if asked.params.get("t") == "/+a=" else {"data": [row(1)], "next": "/+a="})
        if asked.params.get("page") == "2":
            return Said({"data": [row(2)]})
        return Said({"data": [row(1)], "next": "?page=2&of=x" if asked.path == "/relative" else "/whole?page=2"})

    with serving(answer) as running:
        for path, params in (("/tokens", {"t": "{next}"}), ("/relative", {}), ("/whole", {})):
            of = stream(tmp_path / path[1:], running, "next", next="next", path=path, params=params)
            take(of)
            assert ids(of) == [1, 2]


def test_pages_that_link_to_the_next_by_its_number_are_whole_though_rows_are_deleted_and_put_in_front(
    tmp_path: Path, server: Server, desk: Desk
) -> None:
    desk.before = {2: lambda: desk.rows.__delitem__(slice(0, 3)), 5: lambda: desk.rows.insert(0, row(26))}
    of = stream(tmp_path, server, "link")
    take(of)
    assert set(ids(of)) >= set(range(6, 27))
    assert len(ids(of)) == len(set(ids(of)))


@pytest.mark.parametrize("way", ["page", "offset"])
@pytest.mark.parametrize("number", [1, 3, 6])
def test_rows_that_are_put_in_front_while_others_are_read_bring_none_twice(
    tmp_path: Path, server: Server, desk: Desk, way: str, number: int
) -> None:
    desk.before = {number: lambda: desk.rows.__setitem__(slice(0, 0), [row(n) for n in (101, 102, 103, 104, 105)])}
    of = stream(tmp_path, server, way)
    take(of)
    assert sorted(set(ids(of)) - set(range(101, 106))) == list(range(1, 26))
    assert len(ids(of)) == len(set(ids(of)))


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_says_when_to_come_back_is_not_asked_before(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("pipelines.rest.client.Client", partial(Client, sleep=waited.append))
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.mishaps = {
        1: lambda said, before: Said({}, 429, {"Retry-After": "7"}),
        2: lambda said, before: Said({}, 503, {"Retry-After": later}),
    }
    of = stream(tmp_path, server, way)
    take(of)
    assert ids(of) == list(range(1, 26))
    assert waited[0] == 7
    assert 80 < waited[1] <= 90


def test_members_that_are_only_numbered_land_under_the_names_that_the_answer_says(tmp_path: Path) -> None:
    fields = {"summary": "leaks", "cf_1": {"ms": 5}, "cf_2": None, "cf_3": "B", "cf_4": "C", "16x16": "icon"}
    names = {"summary": "Zusammenfassung", "cf_1": "First response", "cf_2": "Asset", "cf_3": "Asset", "cf_4": "Asset"}
    with serving(lambda asked: Said({"data": [{"key": "T1", "fields": fields}], "names": names})) as running:
        of = stream(tmp_path, running, "page", paging="none", names="names", depth=2, cursor=None)
        take(of)
        assert landed(of) == [
            {
                "key": "T1",
                "fields.summary": "leaks",
                "fields.First response.ms": "5",
                "fields.Asset": "B",
                "fields.16x16": "icon",
            }
        ]


@pytest.mark.parametrize("odd", ["none", 7, False, None, {"a": 1}, [1, "two", None, ["x", "y"], {"a": 2}]])
def test_what_stands_where_a_list_was_expected_takes_no_other_row_with_it(tmp_path: Path, odd: Any) -> None:
    rows = [{"id": 1, "items": odd}, {"id": 2, "items": [{"a": 3}]}]
    with serving(lambda asked: Said({"data": rows})) as running:
        of = stream(tmp_path, running, "page", paging="none", explode="items", cursor=None)
        take(of)
        found = [r for r in landed(of) if r["id"] == "1"]
        expected = {"none": 1, "7": 1, "{'a': 1}": 1}.get(str(odd), 4 if isinstance(odd, list) else 0)
        assert len(found) == expected
        assert [r["items.a"] for r in landed(of) if r["id"] == "2"] == ["3"]
        # As a stream of its own the same.
        take(stream(tmp_path, running, "page", paging="none", cursor=None, depth=0))
        inside = Stream(
            "desk", "inside", {"of": {"stream": "tickets", "list": "items", "keys": {"t": "id"}}}, frozenset(), tmp_path
        )
        take(inside)
        assert any(r.get("a") == "3" and r["t"] == "2" for r in landed(inside))


def test_numbers_beyond_what_json_knows_are_kept_as_they_were_written(tmp_path: Path) -> None:
    said = b'{"data": [{"id": 1, "n": NaN, "big": 123456789012345678901234567890, "x": 1.0, "half": "a\\ud83d"}]}'
    with serving(lambda asked: Said(said)) as running:
        of = stream(tmp_path, running, "page", paging="none", cursor=None)
        take(of)
        big = "123456789012345678901234567890"
        assert landed(of) == [{"id": "1", "n": "NaN", "big": big, "x": "1.0", "half": "a?"}]
