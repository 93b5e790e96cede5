"""Why something was not done, each in one sentence; beside what database and people refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bilingual.errors import UserError
from fracas.database import ConflictError
from fracas.gates import Missing
from fracas.model import Event


class NotThereError(UserError):
    """There is no such report, or the person may not see it: the same answer to both."""


class GateError(UserError):
    """A gate is closed; `missing` says by what."""

    def __init__(self, missing: Sequence[Missing]) -> None:
        self.missing = tuple(missing)
        super().__init__(
            en=" ".join(m.text.en for m in missing).replace("{", "{{").replace("}", "}}"),
            zh="".join(m.text.zh for m in missing).replace("{", "{{").replace("}", "}}"),
        )


class MeanwhileError(ConflictError):
    """Somebody changed the report since it was looked at; `events` say what."""

    def __init__(self, events: Sequence[Event], names: Mapping[str, str]) -> None:
        self.events = tuple(events)
        who = ", ".join(dict.fromkeys(names.get(e.actor_id or "", "FaultLoop") for e in events)) or "?"
        super().__init__(
            en="{who} changed this report while you did; look at what is new and save yours again.",
            zh="{who} 同时修改了此报告；请查看新内容后再保存您的修改。",
            who=who,
        )


def not_there() -> NotThereError:
    """The answer to who asks for what is not there, or not theirs."""
    return NotThereError(en="There is no such report, or it is not yours to see.", zh="没有此报告，或您无权查看。")
