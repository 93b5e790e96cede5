"""Base data of the register: code lists and bills of materials, looked after by administrators, each change in the journal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Engine, select

from fracas.database import reading
from fracas.model import BomItem, Code


@dataclass(frozen=True)
class BaseData:
    """The base data of a register. key: that of the journal."""

    engine: Engine
    key: bytes

    def codes(self, name: str) -> tuple[Code, ...]:
        """All entries of a list, those that no longer hold too, in the order of their codes."""
        with reading(self.engine) as session:
            return tuple(session.scalars(select(Code).where(Code.list == name).order_by(Code.code)))

    def bom(self, model: str) -> tuple[BomItem, ...]:
        """The positions of a model's bill of materials, in their order."""
        with reading(self.engine) as session:
            return tuple(session.scalars(select(BomItem).where(BomItem.model == model).order_by(BomItem.position)))


def holds(code: Code, day: dt.date) -> bool:
    """Whether an entry holds on a day."""
    return (code.valid_from is None or code.valid_from <= day) and (code.valid_to is None or day <= code.valid_to)
