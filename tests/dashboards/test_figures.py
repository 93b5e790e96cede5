"""Figures from tiny inputs: what is drawn is what was given."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import unquote

from dashboards.figures import bars, stacks
from dashboards.figures.flow import Names, flow
from dashboards.figures.look import CONFIG, height, layout
from dashboards.figures.spans import MISSING, Span, spanned
from dashboards.figures.sparkline import sparkline
from dashboards.figures.survival import Marked, survival


def test_flow_draws_two_bars_and_a_line_and_each_bar_leads_somewhere() -> None:
    days = [dt.date(2026, 1, 1), dt.date(2026, 2, 1)]
    figure = flow(days, [3, 4], [1, 2], [2, 4], "month", Names("in", "out", "left"), (["/a", "/b"], ["/c", "/d"]))
    opened, closed, backlog = figure["data"]
    assert (opened["x"], opened["y"], opened["customdata"]) == (["2026-01", "2026-02"], [3, 4], ["/a", "/b"])
    assert closed["customdata"] == ["/c", "/d"]
    assert (backlog["y"], backlog["yaxis"]) == ([2, 4], "y2")


def test_count_axes_start_at_zero() -> None:
    figure = flow([dt.date(2026, 1, 1)], [3], [1], [2], "day", Names("in", "out", "left"), (["/a"], ["/b"]))
    assert figure["layout"]["yaxis"]["rangemode"] == figure["layout"]["yaxis2"]["rangemode"] == "tozero"
    assert bars.counts(["0–7 d"], [5], ["/a"])["layout"]["yaxis"]["range"][0] == 0


def test_survival_begins_with_everything_open_and_marks_what_is_named() -> None:
    figure = survival(
        [1.0, 2.0], [0.5, 0.1], [0.4, 0.05], [0.6, 0.2], [Marked("median", 1.0, 0.5)], "h", ("open", "band")
    )
    curve = next(t for t in figure["data"] if t.get("name") == "open")
    assert (curve["x"], curve["y"]) == ([0.0, 1.0, 2.0], [1.0, 0.5, 0.1])
    assert figure["data"][-1]["text"] == ["median"]


def test_shares_add_up_to_one() -> None:
    figure = bars.shares(["Urban"], [0.8], [0.2], ("kept", "missed"), ["80 %"], (["/a"], ["/b"]))
    assert [trace["x"] for trace in figure["data"]] == [[0.8], [0.2]]


def test_a_sparkline_leaves_gaps_and_needs_two_points() -> None:
    assert sparkline([]) is None
    assert sparkline([1.0, None]) is None
    picture = unquote(sparkline([1.0, None, 2.0, 3.0]) or "")
    assert picture.count("M") == 2
    assert "L" in picture


def test_no_figure_offers_to_send_its_data_away() -> None:
    assert CONFIG["showSendToCloud"] is False
    assert CONFIG["displaylogo"] is False


def empty(kind: str) -> dict[str, Any]:
    return {"data": [], "layout": {"xaxis": {"type": kind}, "shapes": [{"type": "line"}]}}


def test_a_span_lies_where_its_days_are_on_an_axis_of_months() -> None:
    months = [dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 1)]
    span = Span(dt.date(2026, 1, 11), dt.date(2026, 2, 14), "ten days of January are left")
    layout = spanned(empty("category"), [span], "no data", MISSING, months)["layout"]
    _, band = layout["shapes"]
    # A category reaches from half before its number to half behind it: 10 of 31 days of January, 14 of 28 of February.
    assert (band["x0"], band["x1"]) == (-0.5 + 10 / 31, 0.5 + 14 / 28)
    (words,) = layout["annotations"]
    assert (words["text"], words["x"]) == ("no data", (band["x0"] + band["x1"]) / 2)
    assert "textangle" not in words


def test_a_narrow_span_has_upright_words_and_a_hair_has_none() -> None:
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=i) for i in range(100)]
    three = Span(days[10], days[12], "")
    assert spanned(empty("category"), [three], "holiday", MISSING, days)["layout"]["annotations"][0]["textangle"] == -90
    # Chinese is written sign below sign instead.
    assert spanned(empty("category"), [three], "假日", MISSING, days)["layout"]["annotations"][0]["text"] == "假<br>日"
    one = Span(days[10], days[10], "")
    assert spanned(empty("category"), [one], "holiday", MISSING, days)["layout"]["annotations"] == []
    assert spanned(empty("category"), [], "holiday", MISSING, days) == empty("category")


def test_a_span_on_an_axis_of_dates_has_dates() -> None:
    days = [dt.date(2026, 1, 1), dt.date(2026, 1, 31)]
    span = Span(dt.date(2026, 1, 5), dt.date(2026, 1, 8), "")
    band = spanned(empty("date"), [span], "no data", MISSING, days)["layout"]["shapes"][1]
    assert (band["x0"], band["x1"]) == ("2026-01-05", "2026-01-09")


def test_a_stack_has_the_interval_of_its_whole_where_that_is_known() -> None:
    figure = stacks.standing(["a", "b"], ["x", "y"], ["X", "Y"], [[1, 2], [3, 4]], [["/"] * 2] * 2, 0, "cost")
    assert stacks.with_intervals(figure, ["a", "b"], [4.0, 6.0], [None, (5.0, 8.0)], "95 %") is figure
    whole = figure["data"][-1]
    assert (whole["x"], whole["y"]) == (["b"], [6.0])
    assert (whole["error_y"]["arrayminus"], whole["error_y"]["array"]) == ([1.0], [2.0])
    assert len(stacks.with_intervals(figure, ["a"], [None], [None], "95 %")["data"]) == 3


def test_titles_of_axes_are_as_large_as_all_other_text() -> None:
    drawn = layout(xaxis={"title": {"text": "days"}}, yaxis2={"title": {"text": "n", "font": {"size": 9}}})
    assert drawn["xaxis"]["title"] == {"text": "days", "font": {"size": 12}}
    assert drawn["yaxis2"]["title"] == {"text": "n", "font": {"size": 9}}


def test_a_chart_of_few_named_lines_is_lower_and_any_other_as_high_as_it_may_be() -> None:
    def named(*lines: str) -> dict[str, Any]:
        data = [{"y": list(lines)}, {"y": list(lines[:1])}, {"y": None}, {}]
        return {"data": data, "layout": layout(yaxis={"type": "category"})}

    assert height(named("a", "b"), 520) == 210
    assert height(named("a", "b", "c"), 520) == 250
    assert height(named(*"abcdefghijkl"), 520) == 520
    assert height({"data": [{"y": [1, 2]}], "layout": layout()}, 520) == 520
