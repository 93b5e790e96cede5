"""One check as data: what is expected, how bad it is when not, and the expectation itself.

Great Expectations is named here but not imported: it takes seconds to load, and only the runner needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bilingual.text import Text
from warehouse.database import literal, quote
from warehouse.entities import entities

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Context:
    """What a check may know beside the snapshot: the time, the rows of the last published one, what the house has set.

    By `suite.check`: `limits` in force, `severities` that are not the check's own (`muted`: not asked at all). mapped: by
    `entity.field` the sources whose mapping names it. told: what sources say they hold, see warehouse.told.
    """

    now: datetime
    previous_rows: Mapping[str, int]
    limits: Mapping[str, float] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=dict)
    mapped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    told: Sequence[Mapping[str, Any]] = ()


# The keyword arguments of an expectation under a limit, or None where the check does not apply (no earlier snapshot, say).
Arguments = Callable[[Context, float], dict[str, Any] | None]


@dataclass(frozen=True)
class Check:
    """One expectation. A failed one of severity critical blocks publishing; `quarantine` sends rows away beforehand.

    limit: its threshold where it has one, `{limit}` in its text; that of `setting` takes its place.
    """

    name: str
    text: Text
    severity: Severity
    expectation: str
    arguments: Arguments
    field: str = ""
    quarantine: str | None = None
    limit: float | None = None
    setting: str = ""


@dataclass(frozen=True)
class Suite:
    """The checks of one table; `name` is the entity or the table's short name.

    In the SQL of a check `{batch}` stands for the table, `{limit}` for the threshold, `{mappers}` for the sources that map
    the check's field.
    """

    name: str
    table: str
    checks: tuple[Check, ...]

    def asked(self, check: Check, context: Context) -> dict[str, Any] | None:
        """The arguments of a check's expectation; None where it does not apply or is muted."""
        if self.severity(check, context) == "muted":
            return None
        limit = self.limit(check, context) or 0.0
        found = check.arguments(context, limit)
        mappers = map(literal, context.mapped.get(f"{self.name}.{check.field}", ["none"]))
        places = {"{batch}": self.table, "{limit}": repr(limit), "{mappers}": f"({', '.join(mappers)})"}
        return found and {key: _filled(value, places) for key, value in found.items()}

    def limit(self, check: Check, context: Context) -> float | None:
        """The threshold in force; None for a check that has none."""
        return context.limits.get(f"{self.name}.{check.name}", check.limit)

    def severity(self, check: Check, context: Context) -> str:
        """How bad a failure is, as the house has it."""
        return context.severities.get(f"{self.name}.{check.name}", check.severity)

    def said(self, check: Check, context: Context) -> Text:
        """The check in words, with the threshold in force."""
        return check.text.format(limit=self.limit(check, context))


def _filled(value: Any, places: Mapping[str, str]) -> Any:
    for place, meant in places.items() if isinstance(value, str) else ():
        value = value.replace(place, meant)
    return value


# The expectations of this house, in `expectations.counting`: no row of the table is so, a query finds none.
OURS = _NO_ROWS_WHERE, _NO_ROWS = "ExpectNoRowsWhere", "ExpectNoRows"


def _always(**arguments: Any) -> Arguments:
    return lambda context, limit: arguments


def delivered(name: str) -> str:
    """SQL: the row's source maps the field, or fills it in some of its rows; of others nothing can be said about it."""
    filled = f"SELECT s._source FROM {{batch}} AS s WHERE s.{quote(name)} IS NOT NULL"
    return f"(_source IN {{mappers}} OR _source IN ({filled}))"


_TWICE = Text(
    en="No number is used twice, also not by two sources; give one of them a prefix in its mapping.",
    zh="编号不重复，不同来源之间也不重复；如重复请在映射中为其一加前缀。",
)


def unique(name: str) -> Check:
    """No two rows share the value of the field."""
    arguments = _always(column=name)
    return Check(f"unique_{name}", _TWICE, "critical", "ExpectColumnValuesToBeUnique", arguments, name)


def unique_across_sources(*fields: str) -> Check:
    """No two sources tell of the same values of the fields; within a source its mapping may know a better key."""
    mine, theirs = (", ".join(before + quote(name) for name in fields) for before in ("", "s."))
    where = (
        f"({mine}) IN (SELECT ({theirs}) FROM {{batch}} AS s GROUP BY {theirs} HAVING count(DISTINCT s._source) > 1)"
    )
    text = Text(en="No two sources tell of the same thing.", zh="不同来源不应重复记录同一事项。")
    return rows(f"unique_{'_'.join(fields)}", where, fields[0], text)


def required(name: str) -> Check:
    """The field is filled in every row that is shown."""
    return Check(
        name=f"filled_{name}",
        text=Text(en="The mandatory field is filled in every row.", zh="必填字段在每一行都有值。"),
        severity="critical",
        expectation="ExpectColumnValuesToNotBeNull",
        arguments=_always(column=name),
        field=name,
    )


def filled_share(name: str, at_least: float, *, of: str = "TRUE") -> Check:
    """At least a share (0 to 1) of each source's rows has the field filled, where it maps it at all.

    of: the condition of the rows that should have it.
    """
    return Check(
        name=f"mostly_filled_{name}",
        text=Text(
            en="At least {limit:.0%} of the rows have a value, of each source that delivers the field.",
            zh="提供该字段的各来源中，至少 {limit:.0%} 的行有值。",
        ),
        severity="warning",
        expectation=_NO_ROWS_WHERE,
        arguments=_always(
            where=f"{quote(name)} IS NULL AND ({of}) AND _source IN (SELECT s._source FROM {{batch}} AS s WHERE {of} "
            f"GROUP BY s._source HAVING count(s.{quote(name)}) < {{limit}} * count(*) "
            f"AND (count(s.{quote(name)}) > 0 OR s._source IN {{mappers}}))"
        ),
        field=name,
        limit=at_least,
    )


def at_least(name: str, low: float, text: Text) -> Check:
    """No value is below a bound."""
    return rows(f"range_{name}", f"{quote(name)} < {{limit}}", name, text, limit=low)


def at_most(name: str, high: float, text: Text) -> Check:
    """No value is above a bound."""
    return rows(f"range_{name}", f"{quote(name)} > {{limit}}", name, text, limit=high)


def not_negative(*fields: str) -> tuple[Check, ...]:
    """None of the fields is below zero."""
    text = Text(en="No value is below zero.", zh="不应有小于零的值。")
    return tuple(rows(f"negative_{name}", f"{quote(name)} < 0", name, text) for name in fields)


def in_order(*instants: str) -> tuple[Check, ...]:
    """The instants follow each other as they are named; each is compared with all before it, as some may be missing."""
    return tuple(
        rows(
            f"order_{name}",
            f"{quote(name)} < greatest({', '.join(map(quote, instants[:i]))})",
            name,
            Text(en="Nothing happens before what comes before it.", zh="各时刻应按先后顺序发生。"),
        )
        for i, name in enumerate(instants)
        if i
    )


def not_ahead(*instants: str) -> tuple[Check, ...]:
    """What happened lies before the day on which its row was read is over, wherever that day was."""
    return tuple(
        rows(
            f"ahead_{name}",
            f"{quote(name)} > _extracted_at + INTERVAL 1 DAY",
            name,
            Text(en="Nothing happened after the day on which its row was read.", zh="发生时间不应晚于读取该行的日期。"),
        )
        for name in instants
    )


def rows(
    name: str, where: str, about: str, text: Text, *, severity: Severity = "warning", limit: float | None = None
) -> Check:
    """No row satisfies an SQL condition over its own columns; rows that do are shown as they are, and the check fails."""
    return Check(name, text, severity, _NO_ROWS_WHERE, _always(where=where), about, limit=limit)


def quarantined(name: str, where: str, about: str, text: Text) -> Check:
    """Rows that satisfy an SQL condition are sent to quarantine while building; none may be left afterwards."""
    return Check(name, text, "critical", _NO_ROWS_WHERE, _always(where=where), about, quarantine=where)


def query(
    name: str,
    sql: str | Callable[[Context], str | None],
    text: Text,
    *,
    about: str = "",
    severity: Severity = "warning",
    limit: float | None = None,
    setting: str = "",
) -> Check:
    """A query over the snapshot returns no row. Where it depends on the context it is made of it; None: not applicable."""

    def arguments(context: Context, _: float) -> dict[str, Any] | None:
        text = sql if isinstance(sql, str) else sql(context)
        return None if text is None else {"found_by": text}

    return Check(name, text, severity, _NO_ROWS, arguments, about, limit=limit, setting=setting)


def same(name: str, other: str, by: str, text: Text) -> Check:
    """A field says the same as that of another entity to which the row refers by the number `by`."""
    mine, (key, *_) = f"b.{name}", entities()[other].key
    return query(
        f"{name}_of_{other}",
        f"SELECT b.*, o.{name} AS {other}_{name} FROM {{batch}} AS b JOIN core.{other} AS o ON o.{key} = b.{by} "
        f"WHERE {mine} <> o.{name}",
        text,
        about=name,
    )


def not_before(instant: str, other: str, theirs: str, by: str, text: Text, *, slack: str = "1 minute") -> Check:
    """An instant does not lie before that of another entity to which the row refers by the number `by`."""
    (key, *_) = entities()[other].key
    return query(
        f"{instant}_before_{other}",
        f"SELECT b.*, o.{theirs} AS {other}_{theirs} FROM {{batch}} AS b JOIN core.{other} AS o ON o.{key} = b.{by} "
        f"WHERE b.{instant} < o.{theirs} - INTERVAL '{slack}'",
        text,
        about=instant,
    )


def volume(entity: str) -> Check:
    """An entity does not lose more rows against the last published snapshot than settings allow."""

    def arguments(context: Context, limit: float) -> dict[str, Any] | None:
        before = context.previous_rows.get(entity)
        return {"min_value": int(before * (1 - limit))} if before else None

    return Check(
        name="volume",
        text=Text(
            en="There are not markedly fewer rows than in the last published snapshot.",
            zh="行数没有明显少于上一次发布的快照。",
        ),
        severity="critical",
        expectation="ExpectTableRowCountToBeBetween",
        arguments=arguments,
        limit=0.2,
        setting="volume_drop_critical",
    )


def fresh(entity: str, instant: str) -> Check:
    """Each source that says how fresh it is has a record of at most that age."""

    def sql(context: Context) -> str:
        return (
            f"SELECT s.source, max(e.{instant}) AS latest FROM {{batch}} AS e JOIN meta.source AS s ON s.source = e._source "
            f"WHERE s.fresh_within_hours IS NOT NULL GROUP BY s.source, s.fresh_within_hours "
            f"HAVING max(e.{instant}) < {overdue(context)}"
        )

    return query(f"fresh_{entity}", sql, FRESH, severity="warning")


FRESH = Text(en="Each source has delivered within the time it promises.", zh="各来源均在其承诺的时间内送达数据。")


def overdue(context: Context) -> str:
    """SQL for the instant before which the newest record of a source `s` is too old."""
    return f"TIMESTAMP '{context.now:%Y-%m-%d %H:%M:%S}' - to_seconds(CAST(s.fresh_within_hours * 3600 AS BIGINT))"


def _reference(entity: str, name: str) -> Check:
    f = entities()[entity].fields[name]
    other = entities()[str(f.refers)]
    key = other.key[0]
    return rows(
        f"known_{name}",
        f"{quote(name)} IS NOT NULL"
        f" AND {quote(name)} NOT IN (SELECT r.{key} FROM core.{other.name} AS r WHERE r.{key} IS NOT NULL)"
        f" AND EXISTS (SELECT 1 FROM core.{other.name})",
        name,
        Text(
            en=f"Every {f.label.en.lower()} is on the list of {other.label.en.lower()}s.",
            zh=f"每个{f.label.zh}都在{other.label.zh}清单中。",
        ),
    )


def _code(entity: str, name: str) -> Check:
    f = entities()[entity].fields[name]
    return rows(
        f"code_{name}",
        f"{quote(name)} IS NOT NULL AND {quote(name)} NOT IN (SELECT c.code FROM core.code_list AS c WHERE c.list = {literal(str(f.codes))})",
        name,
        Text(
            en=f"Every {f.label.en.lower()} is a code of the list “{f.codes}”.",
            zh=f"每个{f.label.zh}都是代码表“{f.codes}”中的代码。",
        ),
    )


def schema_checks(entity: str) -> tuple[Check, ...]:
    """What the schema file says of an entity: keys unique, mandatory fields filled, references and codes known."""
    spec = entities()[entity]
    checks = [unique(*spec.key) if len(spec.key) == 1 else unique_across_sources(*spec.key)]
    for f in spec.fields.values():
        if f.required:
            checks.append(required(f.name))
        if f.refers:
            checks.append(_reference(entity, f.name))
        if f.codes:
            checks.append(_code(entity, f.name))
    return tuple(checks)


def of_entity(name: str, *more: Check, without: Sequence[str] = ()) -> Suite:
    """The suite of an entity: what its schema says, what there is more to say, and its volume."""
    said = tuple(check for check in schema_checks(name) if check.name not in without)
    return Suite(name, f"core.{name}", (*said, *more, volume(name)))
