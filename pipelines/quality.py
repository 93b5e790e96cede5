"""Look at the published snapshot again with today's eyes: have the sources gone silent since?"""

from __future__ import annotations

from datetime import UTC, datetime

from bilingual.errors import UserError
from expectations.configured import context
from expectations.run import Checker, Outcome
from warehouse import results
from warehouse.mapping import load_all
from warehouse.publish import current
from warehouse.settings import Home
from warehouse.told import told


def recheck(home: Home) -> list[Outcome]:
    """Run every suite on the published snapshot as of now; what has gone wrong since publishing comes first.

    Raises UserError before the first snapshot.
    """
    snapshot = current(home)
    if snapshot is None:
        raise UserError(
            en=f"Nothing is published in {home.path} yet; run `faultloop refresh` first.",
            zh=f"{home.path} 尚未发布快照；请先运行 `faultloop refresh`。",
        )
    now = datetime.now(UTC).replace(tzinfo=None)
    sources = load_all(home.sources)
    known = context(home.settings, now, results.row_counts(snapshot.file), sources, told(home.landing, sources))
    with Checker() as checker:
        return sorted(checker.check(snapshot.file, known), key=lambda outcome: outcome.passed)
