"""The menu of what can be taken along of a chart or a table: its data as files, a chart also as a picture."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import to_search
from dashboards.components.menu import menu
from dashboards.context import Context
from dashboards.page import Component
from dashboards.plain import html

EXPORT = Text(en="Export", zh="导出")
_FILES = (("csv", Text(en="Data, CSV", zh="数据 CSV")), ("xlsx", Text(en="Data, Excel", zh="数据 Excel")))
_PICTURES = (("png", Text(en="Picture, PNG", zh="图片 PNG")), ("svg", Text(en="Picture, SVG", zh="图片 SVG")))


def exports(c: Context, page: str, name: str, *, has_picture: bool = False) -> Component:
    """The menu for a chart or a table of a page; the pictures are made by `assets/picture.js`."""
    search = to_search(c.query)
    items: list[Component] = [
        html.A(c.say(words), href=f"/export/{page}/{name}.{kind}{search}", className="option", download="")
        for kind, words in _FILES
    ]
    if has_picture:
        items += [
            html.Button(c.say(words), type="button", className="option", **{"data-picture": kind})
            for kind, words in _PICTURES
        ]
    return menu(c.say(EXPORT), items)
