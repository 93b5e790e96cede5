"""Run every suite on a closed snapshot file, in a process of its own.

Great Expectations takes seconds to load and keeps the file locked while it looks: so it is started early, loads while
the warehouse is being built, and is handed the file when that is closed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bilingual.errors import UserError
from expectations import suites
from expectations.check import OURS, Check, Context, Suite
from warehouse.database import open_for_reading

# Expectations return at most this many failing rows as samples; all of them are found again by the check's query.
_SAMPLES = 20


@dataclass(frozen=True)
class Outcome:
    """What one check found. `failed` counts rows, None where the expectation does not count rows."""

    suite: str
    name: str
    severity: str
    passed: bool
    applicable: bool = True
    failed: int | None = None
    rows: int | None = None
    observed: str | None = None
    samples: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None


class Checker:
    """The checking process: `start` it while something else is going on, then `check` one file."""

    def __init__(self) -> None:
        # A pipe that nobody writes to: it ends when this process does, however it ends, and the other with it.
        theirs, self._lifeline = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "expectations.run", str(theirs)],
            pass_fds=(theirs,),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUTF8": "1"},
            cwd=Path(__file__).parent.parent,
            text=True,
        )
        os.close(theirs)

    def check(self, file: Path, context: Context) -> list[Outcome]:
        """All outcomes on a closed snapshot file.

        Raises UserError when the checking process died (killed for memory, say): unchecked is not good.
        """
        request = json.dumps({"file": str(file), "context": {**asdict(context), "now": context.now.isoformat()}})
        out, err = self._process.communicate(request)
        if self._process.returncode != 0:
            raise UserError(
                en="The checks did not run to their end ({e}); nothing was published, run `faultloop refresh` again.",
                zh="检查未能完成（{e}）；未发布任何内容，请重新运行 `faultloop refresh`。",
                e=err.strip().splitlines()[-1] if err.strip() else f"exit {self._process.returncode}",
            )
        return [Outcome(**outcome) for outcome in json.loads(out)]

    def close(self) -> None:
        """End the process if it was not needed."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        os.close(self._lifeline)

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def validate(file: Path, context: Context) -> list[Outcome]:
    """Run every suite on the file in this process, which loads Great Expectations."""
    import great_expectations as gx  # noqa: PLC0415  # three seconds that only this process should pay

    present = _present(file)
    gx_context = gx.get_context(mode="ephemeral")
    gx_context.variables.progress_bars = {"globally": False}
    source = gx_context.data_sources.add_sql(
        "snapshot",
        connection_string=f"duckdb:///{file}",
        kwargs={
            "isolation_level": "AUTOCOMMIT",
            "skip_autocommit_rollback": True,
            "pool_reset_on_return": None,
            "connect_args": {"read_only": True},
        },
    )
    engine = source.get_execution_engine()
    outcomes = []
    for suite in suites().values():
        asked = {c.name: (c, suite.asked(c, context)) for c in suite.checks}
        # Of what nobody delivers, or ever did, there is nothing to say.
        is_empty = not present[suite.table] and not context.previous_rows.get(suite.name)
        applicable = {n: (c, a) for n, (c, a) in asked.items() if a is not None and not is_empty}
        outcomes += [
            Outcome(suite.name, n, suite.severity(c, context), True, applicable=False)
            for n, (c, _) in asked.items()
            if n not in applicable
        ]
        if not applicable:
            continue
        schema, table = suite.table.split(".")
        batch = source.add_table_asset(
            suite.name, table_name=table, schema_name=schema
        ).add_batch_definition_whole_table("all")

        def validated(form: str, chosen: dict[str, Any], batch: Any = batch, suite: Suite = suite) -> dict[str, Any]:
            wanted = gx.ExpectationSuite(name=f"{suite.name} {form}", expectations=list(chosen.values()))
            how = {"result_format": form, "partial_unexpected_count": _SAMPLES}
            results = batch.get_batch().validate(wanted, result_format=how).results if chosen else []
            return {result.expectation_config.meta["check"]: result for result in results}

        # Ours only count. Of the others: first whether, then which, for those that failed.
        ours = {n: _expectation(c, a) for n, (c, a) in applicable.items() if c.expectation in OURS}
        theirs = {n: _expectation(c, a) for n, (c, a) in applicable.items() if n not in ours}
        found = validated("BASIC", ours) | validated("BOOLEAN_ONLY", theirs)
        failed = [n for n, result in found.items() if not result.success and not _exception(result)]
        found |= validated("SUMMARY", {n: e for n, e in theirs.items() if n in failed})
        for n, (check, arguments) in applicable.items():
            samples = _samples(engine, suite, arguments) if n in failed and n in ours else []
            outcomes.append(_outcome(suite, check, context, found[n], samples))
    return outcomes


def _present(file: Path) -> dict[str, bool]:
    """The tables of the suites: whether there is any row. A snapshot of before may lack some."""
    tables = {suite.table for suite in suites().values()}
    with open_for_reading(file) as con:
        there = con.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
        known = sorted(tables & {name for (name,) in there})
        found = con.execute(" UNION ALL ".join(f"SELECT '{t}', EXISTS (FROM {t})" for t in known)).fetchall()
    return dict.fromkeys(tables, False) | dict(found)


def _expectation(check: Check, arguments: dict[str, Any]) -> Any:
    """The expectation of a check, of this house or of Great Expectations."""
    import great_expectations.expectations as gxe  # noqa: PLC0415

    from expectations import counting  # noqa: PLC0415

    made = getattr(counting if check.expectation in OURS else gxe, check.expectation)
    return made(**arguments, meta={"check": check.name})


def _samples(engine: Any, suite: Suite, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Some of the rows that failed."""
    found = arguments.get("found_by") or f"FROM {suite.table} WHERE {arguments['where']}"
    # Text for the driver itself: a colon in it is no parameter.
    with engine.get_connection() as connection:
        cursor = connection.exec_driver_sql(f"SELECT * FROM ({found}) LIMIT {_SAMPLES}")
        return [dict(row) for row in cursor.mappings()]


def _outcome(suite: Suite, check: Check, context: Context, result: Any, samples: list[dict[str, Any]]) -> Outcome:
    details = result.result or {}
    observed = details.get("observed_value")
    samples = samples or [{check.field: value} for value in details.get("partial_unexpected_list") or []]
    return Outcome(
        suite=suite.name,
        name=check.name,
        severity=suite.severity(check, context),
        passed=bool(result.success),
        failed=observed if check.expectation in OURS else details.get("unexpected_count"),
        rows=details.get("element_count"),
        observed=None if observed is None else str(observed),
        samples=[_plain(sample) for sample in samples[:_SAMPLES]],
        error=_exception(result),
    )


def _exception(result: Any) -> str | None:
    info = result.exception_info
    if not info:
        return None
    if "raised_exception" in info:
        return str(info.get("exception_message")) if info["raised_exception"] else None
    messages = [
        str(i.get("exception_message")) for i in info.values() if isinstance(i, dict) and i.get("raised_exception")
    ]
    return messages[0] if messages else None


def _plain(sample: Any) -> dict[str, Any]:
    row = sample if isinstance(sample, dict) else {"value": sample}
    return {str(k): v if isinstance(v, int | float | bool | None) else str(v) for k, v in row.items()}


def _end_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)


def _main() -> None:
    threading.Thread(target=_end_with_parent, args=(int(sys.argv[1]),), daemon=True).start()
    import great_expectations  # noqa: F401, PLC0415  # load while the builder is still busy

    request = json.load(sys.stdin)
    context = Context(**{**request["context"], "now": datetime.fromisoformat(request["context"]["now"])})
    # Only outcomes go to the answer: libraries print, and DuckDB draws a progress bar on the descriptor itself once a
    # query takes two seconds.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)
        json.dump([asdict(o) for o in validate(Path(request["file"]), context)], answer)


if __name__ == "__main__":
    _main()
