"""`faultloop alerts check`: what the rules find, in the language of the terminal; nobody is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from factories import warehouse

from bilingual.errors import UserError
from faultloop.cli import cli

TICKETS = "ticket_id | opened_at\nT1 | 2024-03-01 09:00"
ACTIONS = "action_id | due_on\n" + "\n".join(f"A{i} | 2024-01-{i:02d}" for i in range(1, 8))


def say(home: Path, *words: str, language: str = "en_GB.UTF-8") -> str:
    runner = CliRunner(env={"LC_ALL": language, "LANG": language})
    done = runner.invoke(cli, ["--home", str(home), "alerts", "check", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_it_prints_what_each_rule_finds_and_tells_nobody(tmp_path: Path) -> None:
    warehouse(tmp_path, {"as_of": "2024-01-10T12:00Z"}, ticket=TICKETS, action=ACTIONS)
    before = sorted(file.name for file in tmp_path.iterdir())
    said = say(tmp_path, "actions_overdue", "serious")
    assert "Action overdue (actions_overdue, actions_overdue): 7" in said
    assert "Action A1 of Unknown was due on 2024-01-01 and is 9 days overdue" in said
    assert "… 2 more; --all prints them" in said
    assert "Serious failure or complaint (serious, serious): 0" in said
    assert "A7" not in said
    assert "A7" in say(tmp_path, "actions_overdue", "--all")
    assert "措施逾期（" not in said
    assert "措施 A1（责任人 未知）" in say(tmp_path, "actions_overdue", language="zh_CN.UTF-8")
    assert sorted(file.name for file in tmp_path.iterdir()) == before


def test_a_rule_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="There is no rule “nonsense”, or it is switched off; the rules are actions_inef"
    ):
        say(tmp_path, "nonsense")
    with pytest.raises(UserError, match="Nothing is published in"):
        say(tmp_path, "serious")
