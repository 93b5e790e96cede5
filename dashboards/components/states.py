"""What stands where content is not, not yet, or could not be shown; and the place of a part that fills itself."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html

from bilingual.text import Language, Text
from dashboards.page import Component

EMPTY_TITLE = Text(en="No snapshot has been published yet", zh="尚未发布任何快照")
EMPTY = Text(
    en="Pages fill once the records were read and checked. Run this where FaultLoop is installed, then reload:",
    zh="读取并检查记录后，页面才会有内容。请在安装 FaultLoop 的机器上运行以下命令，然后刷新页面：",
)
ERROR_TITLE = Text(en="This part could not be shown", zh="此部分无法显示")
ERROR = Text(
    en="The fault is on our side and was logged as {id}. Reload the page; if it stays, pass that number on to whoever runs this server.",
    zh="这是程序的问题，已记入日志，编号 {id}。请刷新页面；若仍出现，请将该编号告知系统维护人员。",
)
NOT_FOUND_TITLE = Text(en="There is no such page", zh="没有此页面")
NOT_FOUND = Text(en="The address may have been cut off. Start from the overview.", zh="地址可能不完整。请从总览开始。")
FORBIDDEN_TITLE = Text(en="This page is not for your role", zh="您的角色不能查看此页面")
FORBIDDEN = Text(
    en="If you need it for your work, ask an administrator for the role.", zh="如工作需要，请联系管理员授予相应角色。"
)
UNREACHABLE = Text(
    en="The server does not answer. What is shown stands as it was; reload the page when the server is back.",
    zh="服务器无响应。当前显示为此前的内容；请待服务器恢复后刷新页面。",
)
WITHHELD_TITLE = Text(en="Not shown here", zh="此处未显示")
OVERVIEW = Text(en="Overview", zh="总览")


def part(page: str, name: str, *, height: int = 96, class_name: str = "") -> Component:
    """The place of one part of a page: a skeleton until its callback has answered."""
    skeleton = html.Div(className="skeleton", style={"height": height}, **{"aria-hidden": "true"})
    return html.Div(skeleton, id={"type": "part", "page": page, "name": name}, className=f"part {class_name}")


def message(title: str, *body: Component, kind: str = "empty") -> Component:
    """A card that says something in place of content."""
    return html.Section([html.H2(title), *body], className=f"card message {kind}", role="status")


def no_snapshot(language: Language) -> Component:
    """What every page shows before the first refresh."""
    return message(EMPTY_TITLE[language], html.P(EMPTY[language]), html.Pre("faultloop refresh"))


def error(language: Language, number: str) -> Component:
    """An unexpected error, by its number in the log."""
    return message(ERROR_TITLE[language], html.P(ERROR.format(id=number)[language]), kind="error")


def unreachable(language: Language) -> Component:
    """What `assets/app.js` shows on every page while the server does not answer."""
    return html.Div(UNREACHABLE[language], id="unreachable", hidden=True, role="alert")


def withheld(language: Language, why: Text, titles: Sequence[Text] = ()) -> Component:
    """What somebody may not see, and why."""
    named = html.Ul([html.Li(title[language]) for title in titles], className="quiet") if titles else None
    said = [html.H2(WITHHELD_TITLE[language]), html.P(why[language], className="quiet"), named]
    return html.Section(said, className="card message withheld", role="status")


def forbidden(language: Language) -> Component:
    """A page that is not for who asks."""
    return message(
        FORBIDDEN_TITLE[language], html.P(FORBIDDEN[language]), html.P(dcc.Link(OVERVIEW[language], href="/"))
    )


def not_found(language: Language) -> Component:
    """An address that no page has."""
    return message(
        NOT_FOUND_TITLE[language], html.P(NOT_FOUND[language]), html.P(dcc.Link(OVERVIEW[language], href="/"))
    )
