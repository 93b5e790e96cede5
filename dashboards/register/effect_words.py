"""The figures behind a verdict on an effect, by the names under which the nightly run writes them down."""

from __future__ import annotations

from bilingual.text import Text

# In the order in which they are read; what is not named here is for programs.
WORDS: dict[str, Text] = {
    "failures_before": Text(en="Failures before", zh="实施前故障数"),
    "exposure_before": Text(en="Days in service before", zh="实施前在用天数"),
    "before_from": Text(en="Before: from", zh="实施前：起"),
    "before_to": Text(en="Before: to", zh="实施前：止"),
    "failures_after": Text(en="Failures after", zh="实施后故障数"),
    "exposure_after": Text(en="Days in service after", zh="实施后在用天数"),
    "after_from": Text(en="After: from", zh="实施后：起"),
    "after_to": Text(en="After: to", zh="实施后：止"),
    "ratio": Text(en="Rate after ÷ before", zh="故障率比（后 ÷ 前）"),
    "low": Text(en="At least", zh="下限"),
    "high": Text(en="At most", zh="上限"),
    "missing_days": Text(en="Days still to come", zh="尚缺天数"),
}
