"""Look at the published snapshot again with today's eyes: have the sources gone silent since?"""

from __future__ import annotations

from datetime import UTC, datetime

from bilingual.errors import UserError
from expectations.check import Context
from expectations.run import Checker, Outcome
from warehouse import results
from warehouse.publish import current
from warehouse.settings import Home


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
    context = Context(
        now=datetime.now(UTC).replace(tzinfo=None),
        volume_drop_critical=home.settings.volume_drop_critical,
        quarantine_share_critical=home.settings.quarantine_share_critical,
        previous_rows=results.row_counts(snapshot.file),
    )
    with Checker() as checker:
        return sorted(checker.check(snapshot.file, context), key=lambda outcome: outcome.passed)
