"""The steps as Prefect flows: a run is green when people can see what was delivered, and red when they cannot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from inspect import signature

import pytest
from installation import Installation, no_suites, tickets_csv

from fracas.database import connect, reading
from fracas.watch import runs

pytestmark = pytest.mark.slow
_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
}


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    """One Prefect server for all flows of the session."""
    before = {name: os.environ.get(name) for name in _QUIET}
    os.environ.update(_QUIET)
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415

    with (
        prefect_test_harness(server_startup_timeout=180),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def desk(installation: Installation, prefect: None) -> Installation:
    installation.tickets("desk", "data/*.csv")
    return installation


def test_a_run_publishes_and_the_next_one_finds_nothing_new(desk: Installation) -> None:
    from pipelines.flows.refresh import refresh  # noqa: PLC0415

    desk.put("a.csv", tickets_csv(range(1, 11)))
    desk.put("b.csv", "")
    first = refresh(home=str(desk.path))
    assert (first["is_new"], first["batches"], first["rows"]) == (True, 1, 10)
    assert [r["file"] for r in first["rejected"]] == ["data/b.csv"]
    assert desk.value("SELECT count(*) FROM core.ticket") == 10
    second = refresh(home=str(desk.path))
    assert (second["is_new"], second["batches"], second["snapshot"]) == (False, 0, first["snapshot"])


def test_what_is_wrong_fails_the_run_and_the_daily_look(desk: Installation) -> None:
    from pipelines.flows.quality import quality  # noqa: PLC0415
    from pipelines.flows.refresh import refresh  # noqa: PLC0415

    state = quality(home=str(desk.path), return_state=True)
    assert state.is_failed()
    assert "faultloop refresh" in (state.message or ""), "nothing is published yet"

    desk.put("a.csv", tickets_csv(range(1, 4)) + "T8,?,,,\nT9,?,,,\n")
    state = refresh(home=str(desk.path), return_state=True)
    assert state.is_failed()
    assert state.message == "Not published: critical checks failed (account.quarantine_share)."
    assert desk.last_refresh()["blocked_by"][0]["name"] == "quarantine_share"
    forced = refresh(home=str(desk.path), force=True)
    assert forced["is_new"]

    # Beside the quarantine: the tickets of this desk name no asset, a warning.
    state = quality(home=str(desk.path), return_state=True)
    failing = desk.value("SELECT count(*) FROM meta.check_result WHERE status = 'failed'")
    assert failing
    assert state.is_failed()
    assert state.message == f"{failing} checks fail on the published snapshot."


def test_a_run_without_a_mapping_fails_with_the_sentence(installation: Installation, prefect: None) -> None:
    from pipelines.flows.refresh import refresh  # noqa: PLC0415

    state = refresh(home=str(installation.path), return_state=True)
    assert state.is_failed()
    assert "faultloop demo" in (state.message or "")


def test_fetching_is_tried_again_after_a_passing_fault(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.flows import refresh as flows  # noqa: PLC0415
    from pipelines.sources import files  # noqa: PLC0415

    # Five seconds of waiting prove nothing more than none.
    monkeypatch.setitem(flows._RETRIED["extract"], "retry_delay_seconds", [0, 0, 0])
    calls = []
    real = files.deliveries

    def away_at_first(*arguments: object) -> Iterator[object]:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the share is away")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "deliveries", away_at_first)
    desk.put("a.csv", tickets_csv(range(1, 4)))
    engine = connect(desk.home.register_url)
    with no_suites():
        done = flows.refresh(home=str(desk.path))
    assert len(calls) == 2
    assert (done["is_new"], done["rows"]) == (True, 3)
    with reading(engine) as session:
        (run,), _ = runs.earlier(session, 0, 9)
    engine.dispose()
    assert "WARNING extract desk: OSError: the share is away" in run.log


def test_a_run_that_meets_another_is_skipped_and_not_red(desk: Installation) -> None:
    from pipelines.flows.refresh import refresh  # noqa: PLC0415
    from warehouse.publish import locked  # noqa: PLC0415

    with locked(desk.home):
        state = refresh(home=str(desk.path), return_state=True)
    assert state.is_completed()
    assert state.name == "Skipped"
    assert "Another refresh was at it" in (state.message or "")


def test_building_is_not_tried_again() -> None:
    from pipelines.flows import refresh as flows  # noqa: PLC0415

    assert set(flows._RETRIED) == {"extract"}


def test_every_job_is_a_flow_and_every_flow_a_job(installation: Installation, prefect: None) -> None:
    from importlib import import_module  # noqa: PLC0415

    from pipelines.jobs import jobs  # noqa: PLC0415

    for name in jobs():
        flow = getattr(import_module(f"pipelines.flows.{name}"), name)
        # Whatever a job can be asked for on a page is handed on by Prefect.
        asked = set(signature(import_module(f"pipelines.jobs.{name}").job).parameters) - {"place"}
        assert asked | {"home", "wish"} - {"run"} == set(signature(flow.fn).parameters), name
        assert flow.name == name
        assert {"home", "wish"} <= set(flow.parameters.properties)
    from pipelines.flows.maintenance import maintenance  # noqa: PLC0415

    assert maintenance(home=str(installation.path))["forgotten"] == 0


def test_following_up_is_green_with_and_without_a_register(
    installation: Installation, prefect: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fracas.database import connect  # noqa: PLC0415
    from pipelines.flows.effectiveness import effectiveness  # noqa: PLC0415

    nothing = {"judged": 0, "proposed": 0, "reopened": 0}
    assert effectiveness(home=str(installation.path)) == nothing
    connect(installation.home.register_url).dispose()
    monkeypatch.delenv("FAULTLOOP_SECRET_KEY", raising=False)
    state = effectiveness(home=str(installation.path), return_state=True)
    assert state.is_failed()
    assert "FAULTLOOP_SECRET_KEY" in (state.message or "")
    monkeypatch.setenv("FAULTLOOP_SECRET_KEY", "the secret of the tests, which is no secret at all")
    assert effectiveness(home=str(installation.path)) == nothing
