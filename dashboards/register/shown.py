"""What a column holds, as people read it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from bilingual.text import Text
from fracas.columns import BONES, Column

if TYPE_CHECKING:
    from dashboards.register.view import Visit

_YES = Text(en="yes", zh="是")
_NO = Text(en="no", zh="否")
_UNSEEN = Text(en="a report that is not yours to see", zh="您无权查看的报告")


def shown(v: Visit, column: Column, value: Any) -> str:
    """A value, from the register or from its journal, in words; an empty text where nobody said."""
    if value is None or value in ("", [], {}):
        return ""
    match column.kind:
        case "instant":
            return v.local(dt.datetime.fromisoformat(value) if isinstance(value, str) else value)
        case "yes_no":
            return v.say(_YES if value else _NO)
        case "person":
            return v.person(value) or str(value)
        case "report":
            return v.number_of(value) or v.say(_UNSEEN)
        case "code":
            return v.coded(column.codes or "", value)
        case "number":
            return f"{value:,.6g}"
        case "lines":
            return "\n".join(str(line) for line in value)
        case "bones":
            return "\n".join(f"{v.say(label)}: {value[bone]}" for bone, label in BONES.items() if value.get(bone))
    return str(value)
