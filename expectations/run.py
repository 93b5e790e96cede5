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
from expectations.check import Check, Context, Suite

# Expectations return at most this many failing rows as samples; all of them are found again by the check's query.
_SAMPLES = 20
_QUERY = "UnexpectedRowsExpectation"


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
    import great_expectations.expectations as gxe  # noqa: PLC0415

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
    outcomes = []
    for suite in suites().values():
        schema, table = suite.table.split(".")
        batch = source.add_table_asset(
            suite.name, table_name=table, schema_name=schema
        ).add_batch_definition_whole_table("all")
        applicable = [(check, check.arguments(context)) for check in suite.checks]
        outcomes += [
            Outcome(suite.name, c.name, c.severity, True, applicable=False) for c, a in applicable if a is None
        ]
        wanted = {
            c.name: (c, getattr(gxe, c.expectation)(**a, meta={"check": c.name}))
            for c, a in applicable
            if a is not None
        }
        # Failing rows of a query come with the complete format only (200 at most); for the others that would be all of
        # them, however many.
        for is_query, form in ((True, "COMPLETE"), (False, "SUMMARY")):
            chosen = [e for c, e in wanted.values() if (c.expectation == _QUERY) is is_query]
            gx_suite = gx.ExpectationSuite(name=f"{suite.name}_{form}", expectations=chosen)
            result_format = {"result_format": form, "partial_unexpected_count": _SAMPLES}
            results = batch.get_batch().validate(gx_suite, result_format=result_format)
            for result in results.results:
                check, _ = wanted[result.expectation_config.meta["check"]]
                outcomes.append(_outcome(suite, check, result))
    return outcomes


def _outcome(suite: Suite, check: Check, result: Any) -> Outcome:
    exception = _exception(result.exception_info)
    details = result.result or {}
    observed = details.get("observed_value")
    samples = (details.get("details") or {}).get("unexpected_rows") or [
        {check.field: value} for value in details.get("partial_unexpected_list") or []
    ]
    failed = details.get("unexpected_count")
    if check.expectation == _QUERY and isinstance(observed, int):
        failed = observed
    return Outcome(
        suite=suite.name,
        name=check.name,
        severity=check.severity,
        passed=bool(result.success),
        failed=failed,
        rows=details.get("element_count"),
        observed=None if observed is None else str(observed),
        samples=[_plain(sample) for sample in samples[:_SAMPLES]],
        error=exception,
    )


def _exception(info: Any) -> str | None:
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
