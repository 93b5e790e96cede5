"""Build one snapshot aside, in full, from what landed: staging, core, marts, and the account of every row.

Cost grows linearly with the landed rows; only keys that occur more than once are sorted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from bilingual.errors import UserError
from warehouse import drift, landed
from warehouse.calendar import write_calendar
from warehouse.database import Connection, insert, literal, open_for_building, open_in_memory, quote
from warehouse.entities import LINEAGE, Code, Entity, code_lists, entities
from warehouse.mapping import EntityMapping, Source
from warehouse.settings import Home, Settings
from warehouse.stage import (
    CAST_REASONS,
    PROBLEM_END,
    PROBLEM_PART,
    Rule,
    columns_of,
    define_macros,
    explain_failure,
    local_to_utc,
    staging_select,
    stream_columns,
)

_SQL = Path(__file__).parent
_LINEAGE_DDL = "source_key VARCHAR, _source VARCHAR, _stream VARCHAR, _batch VARCHAR, _file VARCHAR, _row BIGINT, _extracted_at TIMESTAMP"


@dataclass(frozen=True)
class Rejected:
    """A delivery that could not be landed, with the sentence that says why."""

    source: str
    stream: str
    file: str
    en: str
    zh: str


@dataclass
class Build:
    """What a build needs to know. `rules` are row-level rules by entity; `step` is told the name of each step.

    `before` is the snapshot that people see: an entity keeps its rows of a source whose columns are gone.
    """

    home: Home
    sources: Sequence[Source]
    rules: Mapping[str, Sequence[Rule]] = field(default_factory=dict)
    rejected: Sequence[Rejected] = ()
    step: Callable[[str], None] = lambda name: None
    before: Path | None = None


def relations(folder: str) -> dict[str, str]:
    """The .sql files of `core` or `marts` by the name of the relation each makes, in the order of their reading."""
    found = {f.name.split(".")[0]: f for f in sorted((_SQL / folder).glob("*.sql")) if f.stem != "macros"}
    texts = {name: f.read_text(encoding="utf-8") for name, f in found.items()}
    reads = {name: set(re.findall(rf"\b{folder}\.(\w+)", text)) & set(texts) - {name} for name, text in texts.items()}
    ordered = TopologicalSorter(reads).static_order()
    kind = {name: "VIEW" if f.name.endswith(".view.sql") else "TABLE" for name, f in found.items()}
    return {name: f"CREATE {kind[name]} {folder}.{name} AS\n{texts[name]}" for name in ordered}


def steps() -> list[str]:
    """The names of all steps that a build tells of, in order."""
    return [
        *entities(),
        "calendar",
        *(f"{folder}.{name}" for folder in ("core", "marts") for name in relations(folder)),
    ]


def build(job: Build, file: Path) -> None:
    """Write a complete snapshot to `file`, which must not exist yet.

    Raises UserError for a mapping that does not fit what landed, or when disk or memory does not suffice.
    """
    settings = job.home.settings
    streams = _landed_streams(job)
    lost = _lost(job, streams)
    con = open_for_building(
        file,
        job.home.landing,
        memory_limit=settings.memory_limit,
        threads=settings.threads,
        before=job.before if lost else None,
    )
    try:
        _prepare(con, job)
        changes = _open_streams(con, streams)
        codes = code_lists(job.home.codes)
        for name, entity in entities().items():
            job.step(name)
            changes += _build_entity(con, job, entity, codes, streams, lost)
        drift.write(con, changes)
        job.step("calendar")
        _write_code_lists(con, codes)
        first, last = _write_as_of(con, settings)
        write_calendar(con, settings, first, last)
        for folder in ("core", "marts"):
            for name, statement in relations(folder).items():
                job.step(f"{folder}.{name}")
                con.execute(statement)
        con.execute("CHECKPOINT")
    except duckdb.OutOfMemoryException as error:
        raise UserError(
            en=f"The snapshot does not fit into {settings.memory_limit} of memory ({error}); raise memory_limit in faultloop.yaml.",
            zh=f"构建快照所需内存超过 {settings.memory_limit}（{error}）；请在 faultloop.yaml 中调高 memory_limit。",
        ) from error
    finally:
        con.close()


def _prepare(con: Connection, job: Build) -> None:
    define_macros(con)
    con.execute((_SQL / "core" / "macros.sql").read_text(encoding="utf-8"))
    day = local_to_utc("t", job.home.settings.time_zone)
    # local_to_utc run backwards: swap the sign, or ask the zone.
    shown = (
        day.replace(" - INTERVAL", " + INTERVAL")
        if "timezone" not in day
        else (f"timezone({literal(job.home.settings.time_zone)}, timezone('UTC', t))")
    )
    con.execute(f"CREATE OR REPLACE TEMP MACRO local_day(t) AS CAST({shown} AS DATE)")
    for schema in ("core", "marts", "meta"):
        con.execute(f"CREATE SCHEMA {schema}")
    _write_rules(con, job.home.settings)
    con.execute((_SQL / "meta.sql").read_text(encoding="utf-8"))
    for source in job.sources:
        con.execute(
            "INSERT INTO meta.source VALUES ($1, $2, $3, $4, $5)",
            [source.name, source.title.en, source.title.zh, source.owner, source.fresh_within_hours],
        )
    reasons = {**CAST_REASONS, **{rule.name: rule.text for rules in job.rules.values() for rule in rules}}
    insert(con, "meta.rule", [[name, text.en, text.zh] for name, text in reasons.items()])
    for r in job.rejected:
        con.execute("INSERT INTO meta.rejected VALUES ($1, $2, $3, $4, $5)", [r.source, r.stream, r.file, r.en, r.zh])


@dataclass(frozen=True)
class _Landed:
    """A stream that something landed of: the files that count, and the columns that its mappings read."""

    source: Source
    name: str
    files: list[Path]
    needs: frozenset[str]

    @property
    def view(self) -> str:
        return f"landing {self.source.name} {self.name}"

    @property
    def columns(self) -> set[str]:
        """The columns of its view."""
        return landed.columns(self.files, drift.forgiven(self.source, self.needs))

    def relation(self, mapping: EntityMapping) -> str:
        """What a mapping selects from."""
        return landed.relation_sql(self.view, self.columns, mapping.unpivot, self.source.nulls)


def _landed_streams(job: Build) -> dict[tuple[str, str], _Landed]:
    """What landed, by source and stream; UserError for a mapping that is no SQL."""
    found = {}
    with open_in_memory(job.home.landing) as con:
        for source in job.sources:
            for name, options in source.streams.items():
                if files := landed.batches(job.home.landing, source.name, name, options):
                    found[source.name, name] = _Landed(source, name, files, stream_columns(con, source, name))
    return found


# An entity and the source and stream that feed it.
_Feed = tuple[str, str, str]


def _lost(job: Build, streams: Mapping[tuple[str, str], _Landed]) -> dict[_Feed, UserError]:
    """The feeds with a mapping whose columns no delivery has, with the sentence that names them."""
    lost: dict[_Feed, UserError] = {}
    with open_in_memory(job.home.landing) as con:
        for source in job.sources:
            for name, mappings in source.entities.items():
                for mapping in mappings:
                    if stream := streams.get((source.name, mapping.stream)):
                        try:
                            require_columns(con, source, entities()[name], mapping, stream.columns)
                        except UserError as error:
                            lost.setdefault((name, source.name, mapping.stream), error)
    return lost


def _open_streams(con: Connection, streams: Mapping[tuple[str, str], _Landed]) -> list[drift.Change]:
    """Make a view of each stream that landed, and tell what changed in its columns."""
    changes: list[drift.Change] = []
    for stream in streams.values():
        con.execute(landed.view_sql(stream.view, stream.files, drift.forgiven(stream.source, stream.needs)))
        changes += drift.found(con, stream.source, stream.name, stream.view, stream.files, stream.needs)
    return changes


def _kept_select(con: Connection, entity: Entity, source: str, stream: str) -> str | None:
    """The SELECT that stages anew what the snapshot before has of a stream; None where there is none."""
    listed = con.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_catalog = 'before' AND table_schema = 'core' AND table_name = $1",
        [entity.name],
    )
    had = {name for (name,) in listed.fetchall()}
    if not had:
        return None
    fields = ", ".join(
        f"{quote(f.name) if f.name in had else 'NULL'}::{f.sql_type} AS {quote(f.name)}" for f in entity.fields.values()
    )
    return f"""
SELECT {fields}, source_key, NULL::VARCHAR AS _version, NULL::TIMESTAMP AS _version_at, FALSE AS _is_gone,
    {", ".join(LINEAGE)}, '' AS _problem
FROM before.core.{entity.name} WHERE _source = {literal(source)} AND _stream = {literal(stream)}"""


def _build_entity(
    con: Connection,
    job: Build,
    entity: Entity,
    codes: Mapping[str, list[Code]],
    streams: Mapping[tuple[str, str], _Landed],
    lost: Mapping[_Feed, UserError],
) -> list[drift.Change]:
    """Fill an entity's table, and tell which of its mappings have lost their columns."""
    columns = ", ".join(f"{quote(f.name)} {f.sql_type}" for f in entity.fields.values())
    con.execute(f"CREATE TABLE core.{entity.name} ({columns}, {_LINEAGE_DDL})")
    selects, kept = [], {}
    for source in job.sources:
        for mapping in source.entities.get(entity.name, ()):
            stream = streams.get((source.name, mapping.stream))
            if not stream:
                continue
            if why := lost.get((entity.name, source.name, mapping.stream)):
                kept[source.name, mapping.stream] = drift.gone(source, entity, mapping.stream, why)
                continue
            relation = stream.relation(mapping)
            select = staging_select(source, entity, mapping, relation, codes, job.rules.get(entity.name, ()))
            selects.append((source, mapping, relation, select))
    keeping = [again for feed in kept if (again := _kept_select(con, entity, *feed))]
    _fill(con, job, entity, selects, keeping)
    return list(kept.values())


def _fill(
    con: Connection,
    job: Build,
    entity: Entity,
    selects: list[tuple[Source, EntityMapping, str, str]],
    keeping: list[str],
) -> None:
    """Stage rows, share them out, and account for them. `selects` stage what landed, `keeping` what is kept."""
    if not selects and not keeping:
        return
    try:
        con.execute(
            "CREATE TEMP TABLE staged AS " + " UNION ALL ".join([*(select for *_, select in selects), *keeping])
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        for source, mapping, relation, _ in selects:
            sentence = explain_failure(con, source, entity, mapping, relation)
            if sentence:
                raise sentence from error
        raise
    _settle(con, entity, [source.name for source in job.sources if source.is_of_files])
    counted = [*sorted({relation for _, _, relation, _ in selects}), *(f"({k})" for k in keeping)]
    landed_rows = " + ".join(f"(SELECT count(*) FROM {rows})" for rows in counted)
    con.execute(
        f"""
        INSERT INTO meta.account SELECT $1, {landed_rows}, (SELECT count(*) FROM staged),
            (SELECT count(*) FROM core.{entity.name}),
            (SELECT count(*) FROM staged WHERE _problem <> '' AND rowid NOT IN (SELECT r FROM superseded)),
            (SELECT count(DISTINCT r) FROM superseded)
        """,
        [entity.name],
    )
    for source, mapping, relation, _ in selects:
        left_out = (
            f"count(*) FILTER (NOT coalesce(CAST(({mapping.where}) AS BOOLEAN), false))" if mapping.where else "0"
        )
        con.execute(
            f"""
            INSERT INTO meta.mapped SELECT $1, $2, $3, count(*), {left_out},
                (SELECT count(*) FROM staged WHERE _source = $2 AND _stream = $3)
            FROM {relation} AS landed
            """,
            [entity.name, source.name, mapping.stream],
        )
    con.execute("DROP TABLE superseded")
    con.execute("DROP TABLE staged")


def require_columns(con: Connection, source: Source, entity: Entity, mapping: EntityMapping, found: set[str]) -> None:
    """Raise a UserError that names the columns a mapping reads and its stream does not have."""
    found = found | (mapping.unpivot.made(found) if mapping.unpivot else set())
    for place, expression in mapping.expressions().items():
        missing = columns_of(con, expression) - found
        if missing:
            raise UserError(
                en="{f}.yaml, {e}: column “{c}” is not in stream “{s}” (it has {has}); correct the mapping.",
                zh="{f}.yaml 的 {e}：数据流“{s}”中没有列“{c}”（现有：{has}）；请更正映射。",
                f=source.name,
                e=f"{entity.name}.{place}",
                c="”, “".join(sorted(missing)),
                s=mapping.stream,
                has=", ".join(sorted(c for c in found if not c.startswith("_"))),
            )


# Which of several rows with one key is the newest: the version the mapping names; else the file's name, so that the
# order of arrival changes nothing; then a later delivery of the same file, and the later row in it.
_NEWEST_FIRST = """
    version_number(_version) DESC NULLS LAST, _version_at DESC NULLS LAST, _version DESC NULLS LAST,
    _file DESC, _extracted_at DESC, _batch DESC, _row DESC"""


def _settle(con: Connection, entity: Entity, whole_files: list[str]) -> None:
    """Share the staged rows out: the newest sound row per key to core, unsound rows to quarantine, the rest is superseded."""
    con.execute(f"""
        CREATE TEMP TABLE repeated AS
        SELECT r, _problem, _source, source_key,
            row_number() OVER (PARTITION BY _source, source_key ORDER BY {_NEWEST_FIRST}) AS age
        FROM (
            SELECT rowid AS r, * FROM staged
            WHERE source_key IS NOT NULL AND (_source, source_key) IN (
                SELECT (_source, source_key) FROM staged GROUP BY _source, source_key HAVING count(*) > 1)
        )
    """)
    con.execute("""
        CREATE TEMP TABLE sound AS
        SELECT _source, source_key, min(age) AS age FROM repeated WHERE _problem = '' GROUP BY _source, source_key
    """)
    # A sound row older than the newest sound one, or an unsound row that was corrected by a newer sound one.
    con.execute("""
        CREATE TEMP TABLE superseded AS
        SELECT p.r FROM repeated AS p JOIN sound AS s USING (_source, source_key) WHERE p.age > s.age
    """)
    # A file that was delivered again under its name replaces the complaints about its earlier content, keyless rows too.
    con.execute(
        """
        INSERT INTO superseded
        SELECT q.rowid FROM staged AS q
        JOIN (
            SELECT _source, _stream, split_part(_file, '#', 1) AS file, max(_extracted_at) AS last_at
            FROM staged GROUP BY ALL
        ) AS d ON d._source = q._source AND d._stream = q._stream AND d.file = split_part(q._file, '#', 1)
        WHERE q._problem <> '' AND q._extracted_at < d.last_at AND list_contains($1, q._source)
        """,
        [whole_files],
    )
    # What says that something is gone is no row of it; older rows with its key were superseded above.
    con.execute("INSERT INTO superseded SELECT rowid FROM staged WHERE _is_gone AND _problem = ''")
    kept = "rowid NOT IN (SELECT r FROM superseded)"
    fields = ", ".join(quote(f) for f in entity.fields)
    con.execute(f"""
        INSERT INTO core.{entity.name}
        SELECT {fields}, source_key, _source, _stream, _batch, _file, _row, _extracted_at
        FROM staged WHERE _problem = '' AND {kept}
    """)
    con.execute(f"""
        INSERT INTO meta.quarantine
        SELECT {literal(entity.name)}, _source, _stream, _batch, _file, _row, source_key,
            split_part(p, chr({ord(PROBLEM_PART)}), 1), split_part(p, chr({ord(PROBLEM_PART)}), 2),
            split_part(p, chr({ord(PROBLEM_PART)}), 3)
        FROM (
            SELECT *, unnest(string_split(_problem, chr({ord(PROBLEM_END)}))) AS p
            FROM staged WHERE _problem <> '' AND {kept}
        )
    """)
    for table in ("repeated", "sound"):
        con.execute(f"DROP TABLE {table}")


def _write_code_lists(con: Connection, codes: Mapping[str, list[Code]]) -> None:
    rows = [
        (c.list, c.code, c.parent, c.label.en, c.label.zh, f"{c.list}|{c.code}", "shipped")
        for cs in codes.values()
        for c in cs
    ]
    insert(con, "core.code_list (list, code, parent, en, zh, source_key, _source)", rows)


def _write_rules(con: Connection, settings: Settings) -> None:
    """The rules of the house that measures depend on, as rows for the marts."""
    con.execute("CREATE TABLE core.rule (name VARCHAR, value DOUBLE)")
    con.execute("INSERT INTO core.rule VALUES ('repeat_window_days', $1)", [settings.repeat_window_days])
    con.execute("CREATE TABLE core.rating_scale (grade VARCHAR, score DOUBLE)")
    con.executemany("INSERT INTO core.rating_scale VALUES (?, ?)", list(settings.rating_scale.items()))


def _write_as_of(con: Connection, settings: Settings) -> tuple[dt.date, dt.date]:
    """Fill core.as_of and return the days of the earliest and the latest record.

    The records tell until the latest instant in them, so the same landed rows always give the same figures; an
    instant beyond its own extraction (a planned date, a slip) does not count.
    """
    instants = [
        (entity.name, f.name)
        for entity in entities().values()
        for f in entity.fields.values()
        if f.type == "instant" and entity.name in ("ticket", "ticket_event", "visit", "repair", "fault")
    ]
    spans = " UNION ALL ".join(
        f"SELECT min({quote(f)}) AS lo, max({quote(f)}) FILTER ({quote(f)} <= _extracted_at) AS hi FROM core.{e}"
        for e, f in instants
    )
    row = con.execute(f"SELECT min(lo), max(hi) FROM ({spans})").fetchone()
    lo, hi = row if row else (None, None)
    setting = str(settings.as_of)
    if setting != "latest_record":
        try:
            said = dt.datetime.fromisoformat(setting)
            hi = (said if said.tzinfo else said.replace(tzinfo=ZoneInfo(settings.time_zone))).astimezone(dt.UTC)
            hi = hi.replace(tzinfo=None)
        except ValueError:
            raise UserError(
                en=f"faultloop.yaml, as_of: “{setting}” is no instant; write latest_record or 2015-02-17T00:00Z.",
                zh=f"faultloop.yaml 的 as_of：“{setting}”不是有效时刻；请写 latest_record 或 2015-02-17T00:00Z。",
            ) from None
    con.execute(
        "CREATE TABLE core.as_of AS SELECT t AS as_of, local_day(t) AS as_of_on FROM (SELECT CAST($1 AS TIMESTAMP) AS t)",
        [hi],
    )
    epoch = dt.datetime(2000, 1, 1)
    lo, hi = lo or hi or epoch, hi or lo or epoch
    return min(lo, hi).date(), max(lo, hi).date()
