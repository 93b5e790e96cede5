"""One check as data: what is expected, how bad it is when not, and the expectation itself.

Great Expectations is named here but not imported: it takes seconds to load, and only the runner needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bilingual.text import Text
from warehouse.entities import entities

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Context:
    """What a check may know beside the snapshot: the time, the thresholds, and the rows of the last published one."""

    now: datetime
    volume_drop_critical: float
    quarantine_share_critical: float
    previous_rows: Mapping[str, int]


# The keyword arguments of an expectation, or None where the check does not apply (no earlier snapshot, say).
Arguments = Callable[[Context], dict[str, Any] | None]


@dataclass(frozen=True)
class Check:
    """One expectation. A failed one of severity critical blocks publishing; `quarantine` sends rows away beforehand."""

    name: str
    text: Text
    severity: Severity
    expectation: str
    arguments: Arguments
    field: str = ""
    quarantine: str | None = None


@dataclass(frozen=True)
class Suite:
    """The checks of one table; `name` is the entity or the table's short name."""

    name: str
    table: str
    checks: tuple[Check, ...]


def _always(**arguments: Any) -> Arguments:
    return lambda context: arguments


def unique(*fields: str, severity: Severity = "critical") -> Check:
    """No two rows share the value (or the values) of the fields."""
    if len(fields) == 1:
        how, arguments = "ExpectColumnValuesToBeUnique", _always(column=fields[0])
    else:
        how, arguments = "ExpectCompoundColumnsToBeUnique", _always(column_list=list(fields))
    return Check(
        name=f"unique_{'_'.join(fields)}",
        text=Text(
            en="No number is used twice, also not by two sources; give one of them a prefix in its mapping.",
            zh="编号不重复，不同来源之间也不重复；如重复请在映射中为其一加前缀。",
        ),
        severity=severity,
        expectation=how,
        arguments=arguments,
        field=fields[0],
    )


def required(field: str) -> Check:
    """The field is filled in every row that is shown."""
    return Check(
        name=f"filled_{field}",
        text=Text(en="The mandatory field is filled in every row.", zh="必填字段在每一行都有值。"),
        severity="critical",
        expectation="ExpectColumnValuesToNotBeNull",
        arguments=_always(column=field),
        field=field,
    )


def filled_share(field: str, at_least: float) -> Check:
    """At least a share (0 to 1) of the rows has the field filled."""
    return Check(
        name=f"mostly_filled_{field}",
        text=Text(en=f"At least {at_least:.0%} of the rows have a value.", zh=f"至少 {at_least:.0%} 的行有值。"),
        severity="warning",
        expectation="ExpectColumnValuesToNotBeNull",
        arguments=_always(column=field, mostly=at_least),
        field=field,
    )


def between(field: str, low: float | None, high: float | None, text: Text) -> Check:
    """Values lie in a range; either bound may be open."""
    return Check(
        name=f"range_{field}",
        text=text,
        severity="warning",
        expectation="ExpectColumnValuesToBeBetween",
        arguments=_always(column=field, min_value=low, max_value=high),
        field=field,
    )


def rows(name: str, where: str, field: str, text: Text, *, severity: Severity = "warning") -> Check:
    """No row satisfies an SQL condition; rows that do are shown as they are, and the check fails."""
    return Check(
        name=name,
        text=text,
        severity=severity,
        expectation="UnexpectedRowsExpectation",
        arguments=_always(unexpected_rows_query=f"SELECT * FROM {{batch}} WHERE {where}"),
        field=field,
    )


def quarantined(name: str, where: str, field: str, text: Text) -> Check:
    """Rows that satisfy an SQL condition are sent to quarantine while building; none may be left afterwards."""
    return Check(
        name=name,
        text=text,
        severity="critical",
        expectation="UnexpectedRowsExpectation",
        arguments=_always(unexpected_rows_query=f"SELECT * FROM {{batch}} WHERE {where}"),
        field=field,
        quarantine=where,
    )


def query(name: str, sql: Callable[[Context], str | None], text: Text, *, severity: Severity) -> Check:
    """A query over the snapshot returns no row; the query may depend on the context, None means not applicable."""

    def arguments(context: Context) -> dict[str, Any] | None:
        text = sql(context)
        return None if text is None else {"unexpected_rows_query": text}

    return Check(name, text, severity, "UnexpectedRowsExpectation", arguments)


def volume(entity: str) -> Check:
    """An entity does not lose more rows against the last published snapshot than settings allow."""

    def arguments(context: Context) -> dict[str, Any] | None:
        before = context.previous_rows.get(entity)
        return {"min_value": int(before * (1 - context.volume_drop_critical))} if before else None

    return Check(
        name="volume",
        text=Text(
            en="There are not markedly fewer rows than in the last published snapshot.",
            zh="行数没有明显少于上一次发布的快照。",
        ),
        severity="critical",
        expectation="ExpectTableRowCountToBeBetween",
        arguments=arguments,
    )


def fresh(entity: str, instant: str) -> Check:
    """Each source that says how fresh it is has a record of at most that age."""

    def sql(context: Context) -> str:
        return (
            f"SELECT s.source, max(e.{instant}) AS latest FROM {{batch}} AS e JOIN meta.source AS s ON s.source = e._source "
            f"WHERE s.fresh_within_hours IS NOT NULL GROUP BY s.source, s.fresh_within_hours "
            f"HAVING max(e.{instant}) < TIMESTAMP '{context.now:%Y-%m-%d %H:%M:%S}' "
            "- to_seconds(CAST(s.fresh_within_hours * 3600 AS BIGINT))"
        )

    return query(
        f"fresh_{entity}",
        sql,
        Text(en="Each source has delivered within the time it promises.", zh="各来源均在其承诺的时间内送达数据。"),
        severity="warning",
    )


def schema_checks(entity: str) -> tuple[Check, ...]:
    """What the schema file says of an entity: keys unique, mandatory fields filled, references and codes known."""
    spec = entities()[entity]
    checks = [unique(*spec.key)]
    for f in spec.fields.values():
        if f.required:
            checks.append(required(f.name))
        if f.refers:
            key = entities()[f.refers].key[0]
            checks.append(
                rows(
                    f"known_{f.name}",
                    f"{f.name} IS NOT NULL AND {f.name} NOT IN (SELECT r.{key} FROM core.{f.refers} AS r)"
                    f" AND EXISTS (SELECT 1 FROM core.{f.refers})",
                    f.name,
                    Text(
                        en=f"Every {f.label.en.lower()} is on the list of {entities()[f.refers].label.en.lower()}s.",
                        zh=f"每个{f.label.zh}都在{entities()[f.refers].label.zh}清单中。",
                    ),
                )
            )
        if f.codes:
            checks.append(
                rows(
                    f"code_{f.name}",
                    f"{f.name} IS NOT NULL AND {f.name} NOT IN"
                    f" (SELECT c.code FROM core.code_list AS c WHERE c.list = '{f.codes}')",
                    f.name,
                    Text(
                        en=f"Every {f.label.en.lower()} is a code of the list “{f.codes}”.",
                        zh=f"每个{f.label.zh}都是代码表“{f.codes}”中的代码。",
                    ),
                )
            )
    return tuple(checks)
