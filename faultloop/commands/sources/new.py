"""`faultloop sources new`: a mapping proposed from what a file or table holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from faultloop.language import say, terminal_language

if TYPE_CHECKING:
    from pipelines.proposing.proposal import Proposal
    from warehouse.fieldcheck import FirstRows


@click.command(
    "new",
    help=say(
        "Look at a file, folder, database table or list of a web interface (WHERE) and propose how it is read: entity, key, types, "
        "dates, codes. Shows the first rows as they would land and writes sources/NAME.yaml, never over one that is there.",
        "查看文件、目录、数据库表或网络接口的列表（WHERE）并建议读取方式：实体、键、类型、日期与代码。显示前几行的落地效果，"
        "并写入 sources/NAME.yaml（绝不覆盖已有文件）。",
    ),
)
@click.argument("name")
@click.argument("where")
@click.option("--table", help=say("Table to read of a database.", "要读取的数据库表。"))
@click.option(
    "--token",
    help=say(
        "Key of a web interface, as a reference: '${DESK_TOKEN}' (in quotes).",
        "网络接口的密钥，写成引用：'${DESK_TOKEN}'（加引号）。",
    ),
)
@click.option(
    "--entity",
    help=say(
        "What the rows are, where the columns do not tell: ticket, repair, …",
        "列名无法判断时指明实体：ticket、repair 等。",
    ),
)
@click.option("--show", is_flag=True, help=say("Only show the proposal, write nothing.", "仅显示建议，不写入文件。"))
@click.pass_obj
def command(
    home: Path | None, name: str, where: str, table: str | None, token: str | None, entity: str | None, show: bool
) -> None:
    """Propose, try, show, write."""
    from faultloop.secret import load  # noqa: PLC0415
    from pipelines.proposing.proposal import propose, write  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    load(place)
    proposal = propose(place, name, where, table=table, entity=entity, language=terminal_language(), token=token)
    _print(proposal)
    if show:
        click.echo(proposal.text)
        return
    file = write(place, proposal)
    click.echo(
        say(
            f"Written: {file}\nNext: look at the lines marked “# ?”, try it with `faultloop sources check {name}`, then run "
            "`faultloop refresh`.",
            f"已写入：{file}\n下一步：核对标有“# ?”的行，用 `faultloop sources check {name}` 试运行，然后执行 `faultloop refresh`。",
        )
    )


def _print(proposal: Proposal) -> None:
    from faultloop.commands.sources.check import print_check  # noqa: PLC0415

    language = terminal_language()
    label = proposal.match.entity.label[language]
    click.echo(
        say(
            f"The rows look like: {label} ({proposal.match.entity.name}).",
            f"识别为：{label}（{proposal.match.entity.name}）。",
        )
    )
    if proposal.others:
        names = ", ".join(f"{m.entity.label[language]} (--entity {m.entity.name})" for m in proposal.others)
        click.echo(say(f"Also possible: {names}.", f"也可能是：{names}。"))
    print_check(proposal.source.title[language], proposal.name, proposal.check)
    for first in proposal.check.first:
        _print_rows(first)


def _print_rows(first: FirstRows) -> None:
    from rich.table import Table  # noqa: PLC0415

    from faultloop.commands.sources.check import wide_console  # noqa: PLC0415
    from warehouse.stage import CAST_REASONS  # noqa: PLC0415

    language = terminal_language()
    click.echo(say("The first rows as they would land:", "前几行的落地效果："))
    shown = Table()
    fields = [f for f in (first.rows[0] if first.rows else {}) if any(row[f] is not None for row in first.rows)]
    for field in fields:
        shown.add_column(field, overflow="ellipsis", max_width=24)
    for row in first.rows:
        shown.add_row(*((row[f] or "").replace("[", "\\[") for f in fields))
    if fields:
        wide_console().print(shown)
    click.echo(
        say(
            f"Of {first.total:,} rows {first.aside:,} would be set aside.",
            f"{first.total:,} 行中有 {first.aside:,} 行将被隔离。",
        )
    )
    for rule, field, count, value in first.reasons:
        click.echo(f"  {field}: {CAST_REASONS[rule][language]} ({count:,}){f' “{value}”' if value else ''}")
