"""What the comparison with Vizro does with what it recorded; the measuring itself is `make bench`."""

from __future__ import annotations

import base64
import json

from benchmarks.vizro import address_swapped, called, controls_swapped, each, slowest, spread, whole

ALL = {"product_line": ["a", "b"], "region": ["north", "south"], "priority": ["high", "low"]}


def coded(values: list[str]) -> str:
    return "b64_" + base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_a_recorded_change_of_ours_is_asked_for_another_address():
    body = json.dumps(
        {"inputs": [{"value": {"path": "/closure", "search": "?from=1"}}], "state": [{"value": "?from=1"}]}
    )
    (other,) = address_swapped([body], "http://host/closure?from=1")("?from=2")
    assert json.loads(other) == {
        "inputs": [{"value": {"path": "/closure", "search": "?from=2"}}],
        "state": [{"value": "?from=2"}],
    }


def test_a_recorded_change_of_vizro_is_asked_for_other_values_and_nothing_chosen_is_all():
    days, regions = ["2024-01-01", "2024-12-31"], ["north"]
    body = json.dumps({"inputs": [{"value": regions}], "state": [{"value": days}, {"value": ALL["priority"]}]})
    shown = {"day": days, **ALL, "region": regions}
    address = "http://host/?" + "&".join(f"{name}_filter={coded(values)}" for name, values in shown.items())
    (other,) = controls_swapped([body], address, ALL)("?from=2025-01-01&to=2025-06-30&priority=high")
    assert json.loads(other) == {
        "inputs": [{"value": ["north", "south"]}],
        "state": [{"value": ["2025-01-01", "2025-06-30"]}, {"value": ["high"]}],
    }


def test_callbacks_and_changes_are_counted_apart():
    times = [[10.0, 100.0], [20.0, 300.0], [30.0, 200.0]]
    names = [{"name": "rates", "page": "closure", "type": "part"}, {"page": "closure", "type": "grid"}]
    bodies = [json.dumps({"outputs": {"id": place, "property": "children"}}) for place in names]
    assert sorted(each(times)) == [10, 20, 30, 100, 200, 300]
    assert whole(times) == [110, 320, 230]
    assert [called(body) for body in bodies] == ["rates", "grid"]
    assert slowest(times, bodies) == "200 ms (grid)"
    assert spread([float(n) for n in range(1, 101)]) == f"{(50 + 51) / 2:.0f} / 96 ms"
