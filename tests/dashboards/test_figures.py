"""Figures from tiny inputs: what is drawn is what was given."""

from __future__ import annotations

import datetime as dt
from urllib.parse import unquote

from dashboards.figures import bars
from dashboards.figures.flow import Names, flow
from dashboards.figures.look import CONFIG
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
