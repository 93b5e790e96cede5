"""The machine that looks for a path around a gate finds one where there is one: gates are opened here one by one.

Without this, a machine that tries nothing of use would say that all is well. Here are those that it finds in seconds; that an
analyst approves, or that a signature outlives what was signed, takes it minutes: tests/fracas/test_register.py says so step by step.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import initialize, run_state_machine_as_test
from sqlalchemy import event

from fracas import gates, permissions, register
from fracas.database import connect
from fracas.gates import Case, Missing
from fracas.permissions import Role
from fracas.states import State
from tests.fracas.test_workflow import Workflow

Patch = pytest.MonkeyPatch


def without(name: str, *fields: str | None) -> Callable[[Patch], None]:
    """A gate that overlooks what is missing in some fields; in any, where none is named."""

    def mutate(patch: Patch) -> None:
        gate = gates.GATES[name]

        def blind(case: Case) -> Iterator[Missing]:
            return (missing for missing in gate(case) if fields and missing.field not in fields)

        patch.setitem(gates.GATES, name, blind)

    return mutate


def whoever(name: str) -> Callable[[Patch], None]:
    """A gate that does not ask who passes it: two eyes are enough."""

    def mutate(patch: Patch) -> None:
        gate = gates.GATES[name]
        patch.setitem(gates.GATES, name, lambda case: gate(replace(case, actor=None)))

    return mutate


def widened(permission: str) -> Callable[[Patch], None]:
    """A permission that everybody has."""

    def mutate(patch: Patch) -> None:
        patch.setitem(permissions.MATRIX, permission, replace(permissions.MATRIX[permission], roles=frozenset(Role)))

    return mutate


def ignoring(module: Any, name: str, answer: Any) -> Callable[[Patch], None]:
    """A question that always has the same answer."""
    return lambda patch: patch.setattr(module, name, lambda *_: answer)


TRY_ALL = ("do_all_but_one_thing",)
# What is opened, where a report stands when it matters, and what the machine tries there.
MUTANTS: dict[str, tuple[State, Callable[[Patch], None], tuple[str, ...]]] = {
    "the analyst confirms": (State.ANALYSING, whoever("confirm_cause"), TRY_ALL),
    "the first of the board approves for all": (State.CAUSE_CONFIRMED, ignoring(gates, "unsigned", ()), TRY_ALL),
    "everybody closes": (State.MONITORING, widened("report.close"), TRY_ALL),
    "everybody says that it is implemented": (State.ACTION_APPROVED, widened("report.implement"), TRY_ALL),
    "no permission is asked for": (
        State.MONITORING,
        lambda patch: patch.setattr("fracas.people.Actor.may", lambda *_: True),
        TRY_ALL,
    ),
    "nobody need have implemented": (State.ACTION_APPROVED, without("implement"), TRY_ALL),
    "who had a part in it reviews": (State.MONITORING, whoever(gates.REVIEW), TRY_ALL),
    "closing asks for nothing": (State.MONITORING, without("close"), TRY_ALL),
    "from any state": (State.VERIFIED, ignoring(register, "must_stand", None), ("move",)),
}
RULES = ("move", "save", "plan", "act", "check_units", "judge", "wait", "review", "come_back", "press_on", *TRY_ALL)


class Begun(Workflow):
    """The machine with a report that is on its way already: walked there once, and then copied."""

    begun: Workflow

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.begun.folder / "register.sqlite", self.folder)
        self.engine = connect(f"sqlite:///{self.folder / 'register.sqlite'}")
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self.engine.dispose()
        self.cast, self.people, self.days = self.begun.cast, self.begun.people, 0
        self.way = replace(self.begun.way, register=replace(self.begun.way.register, engine=self.engine))


@pytest.fixture(scope="module")
def walked(empty_file: Path, password: str) -> Iterator[Callable[[State], Workflow]]:
    """A machine that has brought its report to a state, for others to begin from."""
    known: dict[State, Workflow] = {}

    def to(state: State) -> Workflow:
        if state not in known:
            known[state] = Workflow()
            known[state].empty, known[state].password = empty_file, password
            Workflow.begin(known[state], begun=state)
            known[state].engine.dispose()
        return known[state]

    yield to
    for machine in known.values():
        machine.teardown()


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_gate_that_was_opened_is_found(
    mutant: str, walked: Callable[[State], Workflow], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, mutate, rules = MUTANTS[mutant]
    machine = type("Tried", (Begun,), {"begun": walked(state), **{r: None for r in RULES if r not in rules}})
    mutate(monkeypatch)
    # The same tries each time, and no search for the shortest path: that there is one is enough.
    tries = settings(
        max_examples=100, stateful_step_count=3, deadline=None, derandomize=True, phases=[Phase.generate],
        report_multiple_bugs=False, print_blob=False, database=None, suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=tries)
