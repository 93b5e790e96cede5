"""Which of all components in all regions fail more lately?"""

from __future__ import annotations

import numpy as np

from analysis.early_warning import early_warning
from docs.worked.example import Example
from docs.worked.organisation import MONTHS, SINCE, Organisation
from docs.worked.plots import BLUE, GREY, RED, axes, line, points


def example(organisation: Organisation) -> Example:
    """All cells of the demo as they are, and again with a rise put into one of them."""
    rows = organisation.columns("failures_by_month", since=SINCE, months=MONTHS)
    cell = np.char.add(np.char.add(rows["component"].astype(str), " · "), rows["region"].astype(str))
    names, first, code = np.unique(cell, return_index=True, return_inverse=True)
    shape = (names.size, MONTHS)
    count, exposure = np.zeros(shape), np.zeros(shape)
    count[code, rows["month"]], exposure[code, rows["month"]] = rows["failures"], rows["unit_months"]
    component = np.unique(rows["component"][first].astype(str), return_inverse=True)[1]
    # Cells end in a summer's autumn; asked in July, the summer part would alarm everywhere if its season were not known.
    july = MONTHS - 3
    quiet = early_warning(count[:, :july], exposure[:, :july], season_group=component, peer_group=component)
    blind = early_warning(count[:, :july], exposure[:, :july], cycle=None, peer_group=component)
    summer = np.char.startswith(names, organisation.truths.seasonal_part["component"])
    raised = count.copy()
    chosen = int(np.flatnonzero(count.sum(axis=1) == np.sort(count.sum(axis=1))[names.size // 2])[0])
    extra = np.ceil(5 * count[chosen].mean()).astype(int)
    raised[chosen, -2:] += extra
    found = early_warning(raised, exposure, season_group=component, peer_group=component)
    top = found.ranking[0]
    begun = np.datetime64("2023-11", "M") + found.since[top]
    text = f"""
{names.size} cells (component × region) over {MONTHS} months. Asked in July 2026 about the last three months, {int(quiet.signal.sum())} cells signal. Without
taking the season out, {int(blind.signal.sum())} do, {int((blind.signal & summer).sum())} of them cells of the {organisation.truths.seasonal_part["component"]},
which fails seven times as often in summer as in winter: nothing to warn of.

Nothing bad happens in the demo's last months, so we put it in: {extra} more failures in each of the last two months of
*{names[chosen]}*, which has {count[chosen].mean():.1f} a month. The strongest signal ({int(found.signal.sum())} in all) is *{names[top]}*:
{found.observed[top]:.0f} seen in three months, {found.expected[top]:.1f} expected, ratio {found.ratio.value[top]:.1f}
(95%: {found.ratio.low[top]:.1f} to {found.ratio.high[top]:.1f}), q = {found.q_value[top]:.1g}; it began in {begun}.
"""
    known = found.expected > 0
    figure = {
        "data": [
            points("cells", found.expected[known], found.observed[known], color=BLUE, size=5),
            points("signal", found.expected[found.signal], found.observed[found.signal], color=RED, size=9),
            line(
                "as expected",
                [0, found.expected[known].max()],
                [0, found.expected[known].max()],
                color=GREY,
                dotted=True,
            ),
        ],
        "layout": axes("expected in the last three months", "seen"),
    }
    return Example(
        name="early_warning",
        title="Early warning",
        title_zh="早期预警",
        question="Which of very many cells fail more lately than their own past, the season taken out?",
        question_zh="剔除季节因素后，哪些部件、型号、区域近期故障增多？",
        functions=(early_warning,),
        text=text,
        figure=figure,
    )
