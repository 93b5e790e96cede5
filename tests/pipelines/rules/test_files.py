"""Rules are files: those that ship, the house's own in their place, and a sentence for each slip."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import opened, warehouse

from bilingual.errors import UserError
from fracas.watch.alerts import Severity
from pipelines.rules import problems, rules
from pipelines.rules.files import kinds, load
from pipelines.rules.rule import Rule
from warehouse.settings import Home

TICKETS = """
ticket_id | opened_at
T1        | 2024-03-01 09:00
"""
ACTIONS = "action_id | due_on\n" + "\n".join(f"A{i} | 2024-01-{i:02d}" for i in range(1, 8))
OVERDUE = "title: {en: Late, zh: 逾期}\nkind: actions_overdue\ntopic: actions\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "alerts").mkdir()
    return Home(tmp_path)


def says(home: Home, name: str, text: str) -> Path:
    file = home.path / "alerts" / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_rule_that_ships_is_one_of_every_kind_and_says_what_it_is_in_both_languages(tmp_path: Path) -> None:
    shipped = rules(Home(tmp_path))
    assert {rule.kind for rule in shipped} == set(kinds())
    assert all(rule.title.en.strip() and rule.title.zh.strip() and rule.title.en != rule.title.zh for rule in shipped)
    urgent = {rule.name for rule in shipped if rule.urgent}
    assert urgent == {rule.name for rule in shipped if rule.severity is Severity.CRITICAL} == {"serious"}


def test_the_documentation_names_every_kind_every_key_and_every_rule_that_ships(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
    keys = {key for kind in kinds().values() for key in kind.model_fields.keys() - Rule.model_fields.keys()}
    named = {*kinds(), *keys, *(rule.name for rule in rules(Home(tmp_path)))}
    assert {name for name in named if f"`{name}`" not in text} == set()


def test_a_file_of_the_house_takes_the_place_of_the_one_that_ships_and_switches_it_off(home: Home) -> None:
    before = {rule.name: rule for rule in rules(home)}
    says(home, "response_due", OVERDUE)
    says(home, "serious", "off: true")
    says(home, "own", OVERDUE + "off: false\nseverity: note\n")
    now = {rule.name: rule for rule in rules(home)}
    assert now.keys() == before.keys() - {"serious"} | {"own"}
    assert (before["response_due"].kind, now["response_due"].kind) == ("response_due", "actions_overdue")
    assert now["own"].severity is Severity.NOTE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: nonsense", "kind is 'nonsense'; use one of actions_ineffective, actions_overdue"),
        ("- 1", "kind is None; use one of"),
        (OVERDUE + "dayz: 3", "has no “dayz”; it may say days, kind, most, off, severity, title, topic, urgent, when"),
        (OVERDUE + "days: 0", "days: Input should be greater than or equal to 1"),
        (OVERDUE.replace(", zh: 逾期", ""), "title: a title needs both languages"),
        (OVERDUE.replace("topic: actions", "topic: gossip"), "topic: there is no topic “gossip” (known: serious"),
        (OVERDUE + "severity: mild", "severity: Input should be 'critical', 'warning' or 'note'"),
        ("title: {en: x", "line 1: this is not YAML"),
    ],
)
def test_a_slip_is_told_with_its_file_its_key_and_what_there_is(home: Home, text: str, said: str) -> None:
    file = says(home, "slip", text)
    with pytest.raises(UserError) as caught:
        load(file)
    assert str(caught.value).startswith(str(file))
    assert said in str(caught.value)
    assert caught.value["zh"].startswith(str(file))


def test_a_rule_that_is_wrong_or_fails_is_a_problem_of_the_platform_and_stops_no_other(tmp_path: Path) -> None:
    warehouse(tmp_path, {"as_of": "2024-01-10T12:00Z"}, ticket=TICKETS, action=ACTIONS)
    home = Home(tmp_path)
    (tmp_path / "alerts").mkdir()
    says(home, "slip", "kind: nonsense")
    # No day is so long ago.
    says(home, "broken", "title: {en: B, zh: 坏}\nkind: contracts\ntopic: contracts\n")
    (tmp_path / "faultloop.yaml").write_text("time_zone: UTC\ncontract_list_months: 999999\n", encoding="utf-8")
    names = {"slip", "broken", "actions_overdue"}
    found = {p.key: p for p in problems(Home(tmp_path), opened(home), names=names)}
    assert {key.split("/")[0] for key in found} == {"rule", "actions_overdue"}
    slip, broken = found["rule/slip"], found["rule/broken"]
    assert slip.topic == broken.topic == "platform"
    assert "use one of" in slip.text.en
    assert "The rule “B” (broken) cannot be judged: ValueError" in broken.text.en
    assert broken.text.zh.startswith("规则“坏”")
    # Both looks say what they find, and both what cannot be read: neither takes what that rule told before for over.
    looks = {when: problems(Home(tmp_path), opened(home), when=when, names=names) for when in ("refresh", "nightly")}
    assert {p.key for p in looks["refresh"]} == set(found)
    assert [p.key for p in looks["nightly"]] == ["rule/slip"]


def test_so_many_are_told_one_by_one_and_the_rest_as_one(tmp_path: Path) -> None:
    warehouse(tmp_path, {"as_of": "2024-01-10T12:00Z"}, ticket=TICKETS, action=ACTIONS)
    home = Home(tmp_path)
    (tmp_path / "alerts").mkdir()
    says(home, "late", OVERDUE + "most: 5")
    found = problems(home, opened(home), names={"late"})
    assert [p.key for p in found] == [*(f"late/A{i}" for i in range(1, 6)), "late/*"]
    assert found[-1].size == 7 - 5
    assert found[-1].text.en == "Late: 2 more, beside the 5 that are told one by one."
    assert found == problems(home, opened(home), names={"late"}), "the same again at every look"


def test_a_key_fits_its_column_and_stays_apart(home: Home) -> None:
    rule = load(says(home, "long", OVERDUE))
    assert rule is not None
    one, other = (rule.problem("x" * 500 + end, rule.title, address="/") for end in "ab")
    assert len(one.key) == len(other.key) == 400
    assert one.key != other.key
