"""Sources in words: kinds, how one stands, what a column looks like."""

from __future__ import annotations

from bilingual.text import Text
from warehouse.source_states import Condition

KINDS: dict[str, Text] = {
    "files": Text(en="files", zh="文件"),
    "sql": Text(en="database", zh="数据库"),
    "rest": Text(en="web interface", zh="网络接口"),
    "mailbox": Text(en="mailbox", zh="邮箱"),
    "templates": Text(en="filled forms", zh="填报表单"),
    "register": Text(en="the register", zh="故障登记库"),
}
CONDITIONS: dict[Condition, Text] = {
    Condition.BROKEN: Text(en="mapping wrong", zh="映射有误"),
    Condition.REFUSED: Text(en="deliveries rejected", zh="有交付被拒收"),
    Condition.GONE: Text(en="stands still: columns are gone", zh="停滞：缺少列"),
    Condition.LATE: Text(en="older than promised", zh="数据过旧"),
    Condition.EMPTY: Text(en="nothing landed yet", zh="尚未落地"),
    Condition.CHANGED: Text(en="columns changed", zh="列有变化"),
    Condition.GOOD: Text(en="in order", zh="正常"),
}
# Signs beside the words: nobody has to tell colours apart.
SIGNS: dict[Condition, str] = {
    Condition.BROKEN: "▲", Condition.REFUSED: "▲", Condition.GONE: "▲", Condition.LATE: "◆", Condition.CHANGED: "◆",
    Condition.EMPTY: "○", Condition.GOOD: "●",
}  # fmt: skip
TYPES: dict[str, Text] = {
    "": Text(en="nothing in it", zh="无内容"),
    "text": Text(en="text", zh="文本"),
    "code": Text(en="code", zh="代码"),
    "instant": Text(en="date and time", zh="日期时间"),
    "day": Text(en="date", zh="日期"),
    "number": Text(en="number", zh="数字"),
    "integer": Text(en="whole number", zh="整数"),
    "boolean": Text(en="yes or no", zh="是/否"),
    "time": Text(en="time of day", zh="时刻"),
}


def kind(name: str | None) -> Text:
    """What a kind of source is called."""
    return KINDS.get(name or "", Text(en=name or "—", zh=name or "—"))
