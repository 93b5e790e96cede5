"""What is said to somebody who sees a part of the house, and what of a page is not for them."""

from __future__ import annotations

from collections.abc import Callable

from bilingual.text import Text
from dashboards.context import Context

OF_THE_HOUSE = Text(
    en="This belongs to the whole house and cannot be divided by region or product line; you see a part of the house.",
    zh="此内容属于整个组织，无法按区域或产品线划分；您只能查看其中一部分。",
)
SEEN = Text(en="You see: {part}", zh="您可查看：{part}")
SEEN_HINT = Text(
    en="All figures, lists and exports hold this part of the house, and what nobody placed; nothing else.",
    zh="所有数字、列表与导出仅含此部分及未标明归属的记录。",
)


def seen(c: Context) -> str | None:
    """The part of the house that the viewer sees, in words; None for all of it."""
    extent = c.viewer.extent
    if extent.is_whole:
        return None
    chosen = (("region", extent.regions), ("product_line", extent.product_lines))
    return " · ".join(", ".join(c.place(name, value) for value in sorted(values)) for name, values in chosen if values)


def of_the_house(*names: str) -> Callable[[Context, str], Text | None]:
    """For `Page.withheld`: these parts, charts and tables, or all of a page, are for those who see the whole house."""
    return lambda c, name: None if c.viewer.extent.is_whole or (names and name not in names) else OF_THE_HOUSE
