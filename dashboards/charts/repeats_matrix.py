"""The data behind the page's tables, for export: modes against components or models, and lots. Not drawn as figures."""

from __future__ import annotations

from dashboards.context import Context
from dashboards.page import Chart, Drawn, Table
from warehouse.failure_classes import matrix
from warehouse.suspects import FDR, THRESHOLD, lots
from warehouse.text import Text

MODES = Text(en="Which failure modes occur where?", zh="哪些故障模式出现在哪里？")
MODES_DEFINITION = Text(
    en="Failures of the period by failure mode and component; where every mode is of one component alone, by mode and model. The darker, the more; each number leads to its tickets.",
    zh="期内故障按故障模式与部件计数；若每种模式仅属一个部件，则按模式与型号计数。颜色越深次数越多；点击数字查看工单。",
)
BAD_LOTS = Text(
    en="Which lots of a part fail more than their age explains?", zh="哪些批次的故障多于其使用时间所能解释的？"
)
LOTS_DEFINITION = Text(
    en=f"Pieces with serial numbers of the form part-lot-number, of lots first installed since the records began, whatever the period and filters. Expected: what pieces of the part do at the same age (Nelson–Aalen). Found ÷ expected is shrunken (gamma-Poisson) with a 95 % interval; lots are named where it exceeds {THRESHOLD:g} with a false-discovery level of {FDR:.0%}.",
    zh=f"序列号形如“件号-批次-流水号”、且记录开始后才装机的批次，不受时段与筛选影响。预期值为同一备件同龄件的更换数（Nelson–Aalen）。实际÷预期经收缩（gamma-Poisson），附 95% 区间；以误报率 {FDR:.0%} 点名超过 {THRESHOLD:g} 倍的批次。",
)


def _matrix(c: Context) -> Drawn:
    def table() -> Table:
        found = matrix(c.reading, c.filters, 10_000, 10_000)
        if found is None:
            return Table()
        rows = [[mode, *counts] for mode, counts in zip(found.modes, found.counts, strict=True)]
        return Table(("failure_mode", *found.columns), rows)

    return Drawn(None, c.say(MODES_DEFINITION), table)


def _lots(c: Context) -> Drawn:
    def table() -> Table:
        found = lots(c.reading, 100_000)
        columns = ("part_no", "lot", "replaced", "years", "ratio", "low", "high", "probability", "named")
        rows = [
            [
                s.group,
                s.name,
                s.failures,
                s.years,
                *(v / s.peers for v in (s.rate, s.low, s.high)),
                s.probability,
                s.is_named,
            ]
            for s in (found.worst if found else ())
        ]
        return Table(columns, rows)

    return Drawn(None, c.say(LOTS_DEFINITION), table)


MATRIX = Chart(MODES, MODES_DEFINITION, _matrix)
LOTS = Chart(BAD_LOTS, LOTS_DEFINITION, _lots)
