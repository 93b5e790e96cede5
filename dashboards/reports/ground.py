"""What a section of a report stands on: the questions of its period, and of the courses over time that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bilingual.text import Text
from dashboards.context import Context
from dashboards.reports.blocks import Block
from dashboards.viewer import Viewer
from warehouse.extent import WHOLE, Extent


@dataclass(frozen=True)
class Recipient(Viewer):
    """For whom a report is made: it tells of a part of the house, and people's names only to who may see the team.

    Where a page asks who looks at it, it is this one.
    """

    part: Extent = WHOLE
    sees_team: bool = False

    def may(self, permission: str) -> bool:
        return permission != "team.read" or self.sees_team

    @property
    def extent(self) -> Extent:
        return self.part


@dataclass(frozen=True)
class Ground:
    """c: asks of the period, compared as the report compares; course: the same of several periods up to this one, which
    `course_words` names."""

    c: Context
    course: Context
    course_words: Text

    def say(self, text: Text) -> str:
        """In the language of the report."""
        return self.c.say(text)

    @property
    def sees_names(self) -> bool:
        """Whether people may be named."""
        return self.c.viewer.may("team.read")

    @property
    def is_of_the_house(self) -> bool:
        """Whether the report is of the whole house, so that what cannot be divided may be told."""
        return self.c.viewer.extent.is_whole


Section = Callable[[Ground], Iterable[Block]]
