"""Why an analysis has no number, in words: every reason of `analysis.result.Reason` in both languages."""

from __future__ import annotations

from analysis.result import Reason
from bilingual.text import Text

REASONS: dict[Reason, Text] = {
    Reason.NONE: Text(en="", zh=""),
    Reason.NO_DATA: Text(en="nothing was observed in this selection", zh="当前筛选下没有观测数据"),
    Reason.NO_EVENTS: Text(en="it was watched, and nothing happened", zh="有观测，但未发生任何事件"),
    Reason.TOO_FEW: Text(en="too few to say", zh="数量过少，无法判断"),
    Reason.NOT_REACHED: Text(en="the records end before this share is reached", zh="记录截止时尚未达到该比例"),
    Reason.NO_EXPOSURE: Text(en="no time in service to divide by", zh="没有可作分母的运行时间"),
    Reason.NO_VARIATION: Text(en="all values are the same", zh="所有值相同，没有差异"),
    Reason.NOT_BOUNDED: Text(en="no bound on this side", zh="该侧没有界限"),
    Reason.NOT_CONVERGED: Text(en="the estimate did not settle", zh="估计未收敛"),
    Reason.TREND: Text(
        en="failures come faster or slower with age, so one number would mislead",
        zh="故障间隔随役龄变化，单一数值会误导",
    ),
    Reason.NOT_MATURE: Text(en="nothing is old enough yet for this window", zh="尚无满足该窗口期的对象"),
    Reason.NO_PEERS: Text(en="nothing to compare with", zh="没有可比对象"),
    Reason.NO_DEMAND: Text(en="there was no demand", zh="没有需求"),
    Reason.MISSING: Text(en="values in between are missing", zh="中间数值缺失"),
}


def why(reason: object) -> Text:
    """The reason in words; an empty text where there is none."""
    return REASONS[Reason(str(reason))]
