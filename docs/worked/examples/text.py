"""Has somebody described this fault before?"""

from __future__ import annotations

import numpy as np

from analysis.text import TextIndex, find_codes, near_duplicates
from docs.worked.example import Example
from docs.worked.organisation import Organisation

ASKED = ("制动阀漏风", "patient table not moving", "打印发虚有底灰")


def example(organisation: Organisation) -> Example:
    """Similar descriptions for three questions in two languages, none of them worded as in the register."""
    symptoms = organisation.columns("symptoms")["symptom"].astype(str)
    texts, times = np.unique(symptoms, return_counts=True)
    index = TextIndex.build(list(texts))
    rows, best = [], []
    for asked in ASKED:
        found = index.similar(asked, k=3)
        best.append(found)
        answers = "; ".join(
            f"{texts[i]} ({s:.2f}, {times[i]} times)" for i, s in zip(found.index, found.score, strict=True)
        )
        rows.append(f"| {asked} | {answers} |")
    duplicates = near_duplicates(list(texts), threshold=0.8)
    text = f"""
{symptoms.size:,} descriptions, {texts.size:,} of them different. Chinese is compared by characters and pairs of characters, English by
words and parts of words; what shares an exact code comes first.

| asked | most alike (cosine, how often) |
|---|---|
{chr(10).join(rows)}

{len(duplicates.pairs):,} pairs of the different descriptions are near-duplicates (cosine from 0.8).
"""
    found = index.similar(ASKED[0], k=8)
    figure = {
        "data": [{"type": "bar", "orientation": "h", "x": found.score[::-1], "y": texts[found.index][::-1]}],
        "layout": {"xaxis": {"title": {"text": f"similarity to “{ASKED[0]}”"}}, "yaxis": {"automargin": True}},
    }
    return Example(
        name="text",
        title="Fault text",
        title_zh="故障描述",
        question="Has somebody described this fault before, in either language?",
        question_zh="以前有人描述过类似故障吗（中英文均可）？",
        functions=(TextIndex.similar, near_duplicates, find_codes),
        text=text,
        figure=figure,
    )
