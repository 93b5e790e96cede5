"""Where bands and boxes of a flow lie: heights add up, nothing overlaps in a column, what goes back lies beside what goes."""

from __future__ import annotations

import pytest

from dashboards.figures.sankey import Arranged, Flow, Words, arranged, sankey

COLUMNS = {"new": 0, "work": 1, "wait": 2, "done": 3}
GO, HOLD, BACK, END = (
    Flow("new", "work", 100),
    Flow("work", "wait", 30),
    Flow("wait", "work", 25),
    Flow("work", "done", 95),
)


@pytest.fixture
def found() -> Arranged:
    return arranged(COLUMNS, [GO, HOLD, BACK, END])


def test_a_box_is_as_high_as_the_fuller_of_its_sides(found: Arranged) -> None:
    # On the right of `work` 95 + 30 leave and 25 come back, on its left 100 enter: the fullest column, of height 1.
    work = found.boxes["work"]
    assert work.bottom - work.top == pytest.approx(1)
    assert found.boxes["new"].bottom == pytest.approx(100 / 150)
    assert found.boxes["wait"].bottom - found.boxes["wait"].top == pytest.approx((30 + 25) / 150)


def test_boxes_stand_below_the_larger_flow_that_passes_over_their_column(found: Arranged) -> None:
    assert found.boxes["wait"].top > 95 / 150
    assert found.boxes["done"].top == 0


def test_bands_leave_a_box_one_below_the_other_what_goes_back_under_what_goes(found: Arranged) -> None:
    bands = {band.flow: band for band in found.bands}
    assert [bands[f].left_top for f in (END, HOLD, BACK)] == pytest.approx([0, 95 / 150, 125 / 150])
    assert [bands[f].is_back for f in (GO, HOLD, BACK, END)] == [False, False, True, False]
    top = found.boxes["wait"].top
    assert [bands[f].right_top for f in (HOLD, BACK)] == pytest.approx([top, top + 30 / 150])


def test_flows_within_a_column_are_left_for_words() -> None:
    aside = Flow("a", "b", 5)
    found = arranged({"a": 1, "b": 1}, [aside])
    assert (found.bands, found.apart) == ((), (aside,))


def test_several_boxes_of_a_column_do_not_overlap() -> None:
    flows = [Flow("a", "b", 3), Flow("a", "c", 2), Flow("a", "d", 1)]
    boxes = arranged({"a": 0, "b": 1, "c": 1, "d": 1}, flows).boxes
    assert boxes["b"].bottom < boxes["c"].top < boxes["c"].bottom < boxes["d"].top


def test_the_figure_draws_each_band_as_an_area_that_leads_somewhere(found: Arranged) -> None:
    words = {name: Words((name, "1 h"), name) for name in COLUMNS}
    hovers = {band.flow: (f"{band.flow.n}", f"/records?{band.flow.source}") for band in found.bands}
    figure = sankey(found, words, hovers, ("onward", "back"))
    areas = [trace for trace in figure["data"] if trace.get("hoveron") == "fills"]
    assert {trace["customdata"] for trace in areas} == {"/records?new", "/records?work", "/records?wait"}
    assert [trace["name"] for trace in areas if trace["showlegend"]] == ["onward", "back"]
    middles = next(trace for trace in figure["data"] if trace["mode"] == "markers+text")
    assert sorted(middles["customdata"]) == sorted(trace["customdata"] for trace in areas)
    assert {trace["type"] for trace in figure["data"]} == {"scatter"}


def test_no_name_stands_where_a_band_leaves_its_box() -> None:
    columns = {"new": 0, "again": 1, "wait": 1, "done": 2}
    flows = [Flow("new", "done", 90), Flow("new", "wait", 10), Flow("done", "again", 5), Flow("again", "done", 5)]
    found = arranged(columns, flows)
    words = {name: Words((name, "1 h"), name) for name in columns}
    figure = sankey(found, words, {band.flow: ("", "") for band in found.bands}, ("onward", "back"))
    names = {trace["textposition"]: trace for trace in figure["data"] if trace["mode"] == "text"}
    assert names["middle right"]["text"] == ["wait<br>1 h"]
    assert names["bottom right"]["text"] == ["again<br>1 h"]
    assert names["bottom right"]["y"] == [found.boxes["again"].bottom]
