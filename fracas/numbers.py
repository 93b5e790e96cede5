"""Numbers of reports by the house's pattern: without gaps, given out in the transaction of the submission."""

from __future__ import annotations

import datetime as dt
import re

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from fracas.model import Counter

DEFAULT = "FR-{year}-{number:5}"
_NUMBER = re.compile(r"\{number(?::(\d))?\}")


def checked(pattern: str) -> str:
    """The pattern, if it is one: a text with {number} or {number:5} (digits) once, and {year}, {month} where wanted."""
    rest = _NUMBER.sub("", pattern).replace("{year}", "").replace("{month}", "")
    if len(_NUMBER.findall(pattern)) != 1 or "{" in rest or "}" in rest or not 0 < len(pattern) <= 30:
        raise UserError(
            en="“{pattern}” is no pattern of report numbers; write {{number}} or {{number:5}} once, with {{year}} and {{month}} where wanted, such as {default}.",
            zh="“{pattern}”不是报告编号格式；须恰有一个 {{number}} 或 {{number:5}}，可含 {{year}}、{{month}}，例如 {default}。",
            pattern=pattern,
            default=DEFAULT,
        )
    return pattern


def next_number(session: Session, pattern: str, day: dt.date) -> str:
    """The next number of a day's series: where the pattern names the year or month, each begins with 1."""
    named = pattern.replace("{year}", f"{day:%Y}").replace("{month}", f"{day:%m}")
    series = _NUMBER.sub("", named)
    held = select(Counter).where(Counter.name == series).with_for_update()
    counter = session.scalars(held).one_or_none()
    if counter is None:
        # Two who submit the first of a series at once: one waits for the other, and counts on from there.
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        session.execute(insert(Counter).values(name=series, last=0).on_conflict_do_nothing())
        counter = session.scalars(held).one()
    counter.last += 1
    digits = _NUMBER.search(named)
    width = int(digits[1] or 1) if digits else 1
    return _NUMBER.sub(f"{counter.last:0{width}d}", named)
