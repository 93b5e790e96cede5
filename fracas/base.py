"""Base data of the register: code lists and bills of materials, looked after by administrators, each change in the journal.

A code is never deleted, because reports name it: it no longer holds from a day on. A position of a bill of materials can be
taken out; the journal keeps what it was. Rows are checked all together, and all of them are written, or none.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from bilingual.text import Text
from fracas import journal
from fracas.database import ConflictError, reading, writing
from fracas.journal import Told
from fracas.model import BomItem, Code, Event, Head
from fracas.people import Actor

# The platform's rules are written with the codes of these lists: they are not the house's to change.
FIXED = frozenset(
    {"fracas_state", "action_kind", "severity", "effectiveness_verdict", "unit_verdict", "review_verdict", "usage_unit"}
)
MOST_ROWS = 20_000
_LONGEST = {"code": 100, "position": 200, "parent": 200}
_LONG = 500
# Of the mistakes of a table so many are told at once.
_TOLD = 10
# What the subject of an event has room for.
_SUBJECT = 60


@dataclass(frozen=True)
class Kind:
    """A kind of base data. name: that of its events; group: the column that says to which list or model a row belongs; key: what
    a row is known by in it; columns: what is written into a row."""

    name: str
    table: type[Code] | type[BomItem]
    group: str
    key: str
    columns: Mapping[str, Text]


_PARENT, _EN, _ZH = Text(en="Parent", zh="上级"), Text(en="English", zh="英文"), Text(en="Chinese", zh="中文")
CODES = Kind(
    "code",
    Code,
    "list",
    "code",
    {
        "code": Text(en="Code", zh="代码"),
        "parent": _PARENT,
        "en": _EN,
        "zh": _ZH,
        "valid_from": Text(en="Holds from", zh="生效日"),
        "valid_to": Text(en="Holds until", zh="失效日"),
    },
)
BOM = Kind(
    "bom",
    BomItem,
    "model",
    "position",
    {
        "position": Text(en="Position", zh="位置"),
        "parent": _PARENT,
        "part_no": Text(en="Part no.", zh="备件号"),
        "en": _EN,
        "zh": _ZH,
    },
)
_NEEDED = ("en", "zh")
_DAYS = ("valid_from", "valid_to")


@dataclass(frozen=True)
class Row:
    """What is to be written into one row, by column; a column that is not named stays. at: its line in a table that was sent."""

    said: Mapping[str, str]
    at: int | None = None


@dataclass(frozen=True)
class Written:
    """How many rows were added, changed, and ended or taken out."""

    added: int
    changed: int
    ended: int


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
            found = session.scalars(select(BomItem).where(BomItem.model == model))
            return tuple(sorted(found, key=lambda item: _natural(item.position)))

    def groups(self, kind: Kind) -> dict[str, int]:
        """The lists or models that have rows, each with how many."""
        group: Any = getattr(kind.table, kind.group)
        with reading(self.engine) as session:
            query = select(group, func.count()).group_by(group).order_by(group)
            return {row[0]: row[1] for row in session.execute(query)}

    def version(self, kind: Kind, group: str) -> int:
        """What a form says that it was made from: the number of the last event of a list or model, 0 before the first."""
        with reading(self.engine) as session:
            return _version(session, subject(kind, group))

    def history(self, kind: Kind, group: str) -> tuple[Event, ...]:
        """The events of a list or model, the first first."""
        with reading(self.engine) as session:
            of_it = select(Event).where(Event.subject == subject(kind, group)).order_by(Event.seq)
            return tuple(session.scalars(of_it))

    def write(
        self,
        actor: Actor,
        kind: Kind,
        group: str,
        version: int,
        rows: Sequence[Row],
        *,
        known: Collection[str] = (),
        whole_on: dt.date | None = None,
        is_new: bool = False,
    ) -> Written:
        """Add and change rows of a list or model. known: keys beside its own that may be a parent.

        whole_on: the rows are all there is from that day on: codes that are not named end the day before, positions are taken
        out. is_new: none of the rows may be there already. Raises UserError with every mistake, by line and column.
        """
        actor.must("base.edit")
        _may_be_written(kind, group, rows)
        with writing(self.engine) as session:
            there = self._alone(session, kind, group, version)
            before = {key: _said(kind, row) for key, row in there.items()}
            mistakes = list(_mistakes(kind, rows, there if is_new else ()))
            if not mistakes:
                for row in rows:
                    _put(session, kind, group, there, row)
                if whole_on is not None:
                    _end_others(session, there, {row.said[kind.key] for row in rows}, whole_on)
                mistakes = list(_misplaced(kind, rows, there, known))
            if mistakes:
                raise _told(mistakes)
            journal.append(session, self.key, Told(kind.name, subject(kind, group), actor.id))
            after = {key: _said(kind, row) for key, row in there.items()}
        named = {row.said[kind.key] for row in rows}
        differing = {key for key in after.keys() & before.keys() if after[key] != before[key]}
        return Written(
            added=len(after.keys() - before.keys()),
            changed=len(differing & named),
            ended=len(differing - named) + len(before.keys() - after.keys()),
        )

    def take_out(self, actor: Actor, model: str, version: int, position: str) -> None:
        """Take a position out of a bill of materials. UserError where others lie below it."""
        actor.must("base.edit")
        with writing(self.engine) as session:
            there = self._alone(session, BOM, model, version)
            if position not in there:
                raise UserError(en="There is no position “{p}”.", zh="没有位置“{p}”。", p=position)
            if below := next((key for key, row in there.items() if row.parent == position), None):
                raise UserError(
                    en="Position “{below}” lies below “{p}”; take it out first, or move it.",
                    zh="位置“{below}”位于“{p}”之下；请先删除或移动它。",
                    below=below,
                    p=position,
                )
            session.delete(there[position])
            journal.append(session, self.key, Told(BOM.name, subject(BOM, model), actor.id))

    def _alone(self, session: Session, kind: Kind, group: str, version: int) -> dict[str, Any]:
        """The rows of a list or model by their keys, while nobody else writes any. ConflictError where somebody did since."""
        session.scalars(select(Head).where(Head.id == 1).with_for_update()).one()
        if _version(session, subject(kind, group)) != version:
            raise ConflictError(
                en="Somebody else changed this list while you did; look at it again and repeat what is still to be done.",
                zh="他人已同时修改了此列表；请重新查看后再继续操作。",
            )
        found = session.scalars(select(kind.table).where(getattr(kind.table, kind.group) == group))
        return {getattr(row, kind.key): row for row in found}


def holds(code: Code, day: dt.date) -> bool:
    """Whether an entry holds on a day."""
    return (code.valid_from is None or code.valid_from <= day) and (code.valid_to is None or day <= code.valid_to)


def subject(kind: Kind, group: str) -> str:
    """What the events of a list or model are about; a name that is too long for it is told by its hash."""
    whole = f"{kind.name}:{group}"
    return whole if len(whole) <= _SUBJECT else f"{kind.name}:{hashlib.sha256(group.encode()).hexdigest()[:40]}"


def tree(kind: Kind, rows: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Rows in the order of a tree, each with how deep it lies; what is below nothing that is there is at the top."""
    below: dict[str | None, list[Any]] = {}
    keys = {getattr(row, kind.key) for row in rows}
    for row in sorted(rows, key=lambda row: _natural(getattr(row, kind.key)), reverse=True):
        below.setdefault(row.parent if row.parent in keys else None, []).append(row)
    todo = [(0, row) for row in below.get(None, [])]
    while todo:
        depth, row = todo.pop()
        yield depth, row
        todo += [(depth + 1, child) for child in below.get(getattr(row, kind.key), [])]


def _natural(key: str) -> list[tuple[bool, int, str]]:
    """Keys in the order that people give them: 1.2 before 1.10."""
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", key)]


def _version(session: Session, about: str) -> int:
    return session.scalar(select(func.max(Event.seq)).where(Event.subject == about)) or 0


def _may_be_written(kind: Kind, group: str, rows: Sequence[Row]) -> None:
    if kind is CODES and group in FIXED:
        raise UserError(
            en="The platform’s rules are written with the codes of this list; it is not changed.",
            zh="平台规则使用此列表的代码；不可修改。",
        )
    if not group.strip() or len(group) > _LONGEST["position"]:
        raise UserError(en="A model needs a name of 200 characters at most.", zh="型号须有名称，不超过 200 个字符。")
    if not rows:
        raise UserError(en="There is no row to write.", zh="没有可写入的行。")
    if len(rows) > MOST_ROWS:
        raise UserError(
            en="There are {n} rows, and {most} at most are taken at once; send it in parts.",
            zh="共 {n} 行，一次最多 {most} 行；请分批导入。",
            n=len(rows),
            most=MOST_ROWS,
        )


_BLANK = Text(en="“{column}” is empty and has to be filled in.", zh="“{column}”为空，必须填写。")
_TOO_LONG = Text(en="“{column}” is longer than {most} characters.", zh="“{column}”超过 {most} 个字符。")
_NO_DAY = Text(
    en="“{column}” is “{value}”, which is no date; write it as 2026-03-01.",
    zh="“{column}”为“{value}”，不是日期；请写作 2026-03-01。",
)
_BACKWARDS = Text(en="it ends before it begins.", zh="失效日早于生效日。")
_TWICE = Text(en="“{key}” is in the table twice.", zh="“{key}”在表中出现两次。")
_THERE = Text(en="“{key}” is there already; change that one.", zh="“{key}”已存在；请直接修改。")
_NO_PARENT = Text(en="“{column}” is “{value}”, which is not in the list.", zh="“{column}”为“{value}”，列表中没有。")
_CIRCLE = Text(en="“{key}” lies below itself.", zh="“{key}”成为自身的下级。")
_LINE = Text(en="Row {at}: {said}", zh="第 {at} 行：{said}")
_MORE = Text(en="And {n} more.", zh="另有 {n} 处。")


def _line(row: Row, said: Text) -> Text:
    return said if row.at is None else _LINE.format(at=row.at, said=said)


def _told(mistakes: Sequence[Text]) -> UserError:
    """All of them as one refusal; so many in words."""
    more = [_MORE.format(n=len(mistakes) - _TOLD)] if len(mistakes) > _TOLD else []
    told = [*mistakes[:_TOLD], *more]
    said = Text(en=" ".join(t.en for t in told), zh="".join(t.zh for t in told))
    return UserError(en="{said}", zh="{said}", said=said)


def _mistakes(kind: Kind, rows: Sequence[Row], taken: Collection[str]) -> Iterator[Text]:
    """What is wrong with rows by themselves."""
    seen: set[str] = set()
    for row in rows:
        key = row.said.get(kind.key, "")
        if key in seen:
            yield _line(row, _TWICE.format(key=key))
        if key in taken:
            yield _line(row, _THERE.format(key=key))
        seen.add(key)
        for name, column in kind.columns.items():
            value, most = row.said.get(name, ""), _LONGEST.get(name, _LONG)
            if not value and name in (kind.key, *_NEEDED):
                yield _line(row, _BLANK.format(column=column))
            if len(value) > most:
                yield _line(row, _TOO_LONG.format(column=column, most=most))
            if name in _DAYS and value and _day(value) is None:
                yield _line(row, _NO_DAY.format(column=column, value=value[:_SUBJECT]))


def _misplaced(kind: Kind, rows: Sequence[Row], there: Mapping[str, Any], known: Collection[str]) -> Iterator[Text]:
    """What is wrong with rows among all others, once they are written."""
    for row in rows:
        key = row.said[kind.key]
        written = there[key]
        if written.parent is not None and written.parent not in there and written.parent not in known:
            yield _line(row, _NO_PARENT.format(column=kind.columns["parent"], value=written.parent))
        elif _is_circle(key, there):
            yield _line(row, _CIRCLE.format(key=key))
        if (
            isinstance(written, Code)
            and written.valid_from
            and written.valid_to
            and written.valid_to < written.valid_from
        ):
            yield _line(row, _BACKWARDS)


def _is_circle(key: str, there: Mapping[str, Any]) -> bool:
    passed, at = {key}, there[key].parent
    while at in there and at not in passed:
        passed.add(at)
        at = there[at].parent
    return bool(at == key)


def _day(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


def _said(kind: Kind, row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in kind.columns}


def _put(session: Session, kind: Kind, group: str, there: dict[str, Any], row: Row) -> None:
    values = {
        name: _day(text) if name in _DAYS else text or None for name, text in row.said.items() if name in kind.columns
    }
    written = there.get(row.said[kind.key])
    if written is None:
        written = there[row.said[kind.key]] = kind.table(**{kind.group: group, **values})
        session.add(written)
    for name, value in values.items():
        setattr(written, name, value)


def _end_others(session: Session, there: dict[str, Any], named: set[str], day: dt.date) -> None:
    """What the rows do not name: a code held until the day before at the longest, a position is taken out."""
    last = day - dt.timedelta(days=1)
    for key in there.keys() - named:
        row = there[key]
        if not isinstance(row, Code):
            session.delete(row)
            del there[key]
        elif row.valid_to is None or row.valid_to > last:
            row.valid_to = last
            row.valid_from = min(row.valid_from, last) if row.valid_from else None
