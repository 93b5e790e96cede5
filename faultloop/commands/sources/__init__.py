"""`faultloop sources`: the sources and their mappings; each module of this folder is a command, found by itself."""

from __future__ import annotations

from faultloop.found import Found
from faultloop.language import say

command = Found(
    "sources",
    help=say("Look at the sources and their mappings, or set one up.", "查看数据来源及其映射，或设置新的来源。"),
    package=__name__,
    path=__path__,
)
