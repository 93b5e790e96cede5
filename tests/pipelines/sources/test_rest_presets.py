"""Presets: what the well-known systems answer, in the shapes that their documentation records, becomes what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from installation import Installation, answer
from rest_server import Asked, Said, Server, serving

from bilingual.errors import UserError
from faultloop.cli import cli
from pipelines.rest.presets import presets, variables, write
from warehouse.mapping import load

RECORDED = Path(__file__).parent / "recorded"


def playback(pages: dict[str, list[Any]]) -> Any:
    """A server that gives the recorded pages of each path one after the other, and empty ones when they are at their end."""
    given: dict[str, int] = {}

    def said(asked: Asked) -> Said:
        assert asked.path in pages, asked.path
        number = given.get(asked.path, 0)
        given[asked.path] = number + 1
        recorded = pages[asked.path]
        if number < len(recorded):
            page = recorded[number]
            return Said(page["content"], page["status"]) if isinstance(page, dict) and "status" in page else Said(page)
        return Said(_emptied(recorded[-1]))

    return said


def _emptied(page: Any) -> Any:
    if isinstance(page, dict) and "status" in page and "content" in page:
        page = page["content"]
    if isinstance(page, list):
        return []
    return {
        name: [] if isinstance(value, list) else value for name, value in page.items() if "next" not in name.lower()
    }


@pytest.fixture(params=sorted(file.stem for file in RECORDED.glob("*.json")))
def recorded(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A system's answers, what is asked of it, and what they become."""
    return {"name": request.param, **json.loads((RECORDED / f"{request.param}.json").read_text(encoding="utf-8"))}


@pytest.fixture
def server(recorded: dict[str, Any]) -> Iterator[Server]:
    with serving(playback(recorded["answers"])) as running:
        yield running


def test_what_a_system_answers_becomes_what_it_means(
    recorded: dict[str, Any], server: Server, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.path.mkdir(parents=True)
    file = write(installation.home, recorded["name"], "desk")
    for variable in variables(file):
        monkeypatch.setenv(variable, server.url if variable.endswith("_URL") else f"{variable.lower()}-value")
    extraction = installation.extract()
    assert [rejected.en for rejected in extraction.rejected] == []
    built = installation.build()
    assert answer(built, "SELECT entity, rule, field, value FROM meta.quarantine") == []
    for entity, rows in recorded["becomes"].items():
        names = list(rows[0])
        columns = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in names)
        found = answer(built, f"SELECT {columns} FROM core.{entity} ORDER BY ALL")
        wanted = sorted((tuple(row.values()) for row in rows), key=lambda row: [(v is None, v or "") for v in row])
        assert found == wanted, entity
    for path, asked in recorded["asked"].items():
        first = next(one for one in server.asked if one.path == path)
        for name, value in asked.items():
            assert {**first.headers, **first.params, **(first.body or {})}[name] == value
    # Nothing new: nothing lands.
    assert installation.extract().batches == 0


def test_every_preset_has_a_recording() -> None:
    assert presets() == sorted(file.stem for file in RECORDED.glob("*.json"))


@pytest.mark.parametrize("name", presets())
def test_a_preset_writes_no_secret_down_and_says_its_title_in_both_languages(name: str, tmp_path: Path) -> None:
    from warehouse.settings import Home  # noqa: PLC0415

    source = load(write(Home(tmp_path), name, name))
    assert source.kind == "rest"
    assert {"ticket", "technician"} <= set(source.entities)
    guide = (Path(__file__).parents[3] / "docs" / "sources-rest.md").read_text(encoding="utf-8")
    for variable in variables(tmp_path / "sources" / f"{name}.yaml"):
        assert variable.startswith("FAULTLOOP_")
        assert f"`{variable}`" in guide


def test_the_command_writes_a_preset_once_and_says_what_it_needs(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["--home", str(tmp_path), "sources", "preset", "zammad", "--as", "help_desk"])
    assert done.exit_code == 0
    assert "FAULTLOOP_ZAMMAD_TOKEN" in done.output
    assert (tmp_path / "sources/help_desk.yaml").exists()
    again = CliRunner().invoke(cli, ["--home", str(tmp_path), "sources", "preset", "zammad", "--as", "help_desk"])
    assert isinstance(again.exception, UserError)
    assert "is there already" in str(again.exception)
    unknown = CliRunner().invoke(cli, ["--home", str(tmp_path), "sources", "preset", "jira"])
    assert "did you mean “jira_service_management”" in str(unknown.exception)
    outside = CliRunner().invoke(cli, ["--home", str(tmp_path), "sources", "preset", "glpi", "--as", "../x"])
    assert "no name of a source" in str(outside.exception)
