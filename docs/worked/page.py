"""docs/methods.md from the examples."""

from __future__ import annotations

import inspect

from docs.worked.example import Example, interval, number

HEAD = """\
# Methods 分析方法

What each function of `analysis/` is for, with an example from the demo organisation (20,000 tickets, seed 7).
Written by `python -m docs.worked` from the functions and from what they answer; not edited by hand. The demo knows
what was put into it, so each example can say whether the analysis finds it.

本页由 `python -m docs.worked` 根据函数及其计算结果生成，请勿手工修改。演示企业的“真相”已知，因此每个示例都说明分析是否找到了它。

Every answer carries the number of observations `n`, the level of its bounds, the method's name, and where the data
support no number the reason instead of one.
"""


def page(examples: list[Example]) -> str:
    """The whole page as Markdown."""
    contents = "\n".join(f"- [{e.title} · {e.title_zh}](#{e.name})" for e in examples)
    return "\n".join([HEAD, contents, "", *(_part(e) for e in examples)])


def _part(example: Example) -> str:
    lines = [
        f'<a id="{example.name}"></a>',
        f"## {example.title} · {example.title_zh}",
        "",
        f"**{example.question}** {example.question_zh}",
        "",
        example.text.strip(),
        "",
        f"![{example.title}](images/methods/{example.name}.svg)",
        "",
    ]
    if example.truths:
        lines += ["| put into the demo | value | found | within the bounds |", "|---|---|---|---|"]
        lines += [
            f"| {t.what} | {number(t.put_in)} | {interval(t.found)} | {'yes' if t.is_found else 'no'} |"
            for t in example.truths
        ]
        lines.append("")
    lines += ["| function | what it answers |", "|---|---|"]
    lines += [f"| `{f.__module__}.{f.__name__}` | {_first_sentence(f)} |" for f in example.functions]
    return "\n".join([*lines, ""])


def _first_sentence(function: object) -> str:
    text = (inspect.getdoc(function) or "").split("\n\n", 1)[0]
    return " ".join(text.split()).replace("|", "\\|")
