"""`faultloop sources check`: what the mappings make of the sources."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from faultloop.language import say, terminal_language

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.dryrun import SourceCheck


@click.command(
    "check",
    help=say(
        "Try mappings on the first rows of their sources: for each field how many rows cast, how many do not, and examples. "
        "Nothing is landed or published. NAME is a file of sources/ without .yaml; all are tried without it.",
        "用来源的前若干行试运行映射：每个字段成功与失败的行数及示例。不落地、不发布。NAME 为 sources/ 中的文件名（不含 .yaml），省略则检查全部。",
    ),
)
@click.argument("name", required=False)
@click.option(
    "--rows",
    default=10_000,
    show_default=True,
    type=click.IntRange(1),
    help=say("Rows to read of each stream.", "每个数据流读取的行数。"),
)
@click.pass_obj
def command(home: Path | None, name: str | None, rows: int) -> None:
    """Report on each mapped field; status 1 when something does not work."""
    from bilingual.errors import UserError  # noqa: PLC0415
    from faultloop.secret import load  # noqa: PLC0415
    from pipelines.dryrun import check_source  # noqa: PLC0415
    from pipelines.refresh import sources_of  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    load(place)
    sources = [s for s in sources_of(place) if name in (None, s.name)]
    if not sources:
        raise UserError(
            en=f"There is no mapping {name}.yaml in {place.sources}; name one of its files.",
            zh=f"{place.sources} 中没有 {name}.yaml；请指定其中的文件。",
        )
    is_sound = True
    for source in sources:
        found = check_source(place, source, rows)
        print_check(source.title[terminal_language()], source.name, found)
        is_sound = is_sound and not found.errors and not any(f.failed for f in found.fields)
    sys.exit(0 if is_sound else 1)


def wide_console() -> Console:
    """The terminal; a pipe has no width of its own: wide enough that no name is broken."""
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    return console if console.is_terminal else Console(width=180)


def print_check(title: str, name: str, found: SourceCheck) -> None:
    """Print what came of trying a source: a line for each mapped field, and what stands in the way."""
    from rich.table import Table  # noqa: PLC0415

    console = wide_console()
    rows = ", ".join(f"{stream} {n:,}" for stream, n in found.rows.items())
    table = Table(title=f"{title} ({name}) · {say('rows read', '读取行数')}: {rows}", title_justify="left")
    for heading in (
        say("field", "字段"),
        say("from", "来自"),
        say("type", "类型"),
        say("cast", "成功"),
        say("empty", "空"),
        say("failed", "失败"),
        say("not on code list", "不在代码表"),
        say("examples", "示例"),
    ):
        table.add_column(heading, overflow="fold", no_wrap=heading == say("field", "字段"))
    for f in found.fields:
        failed = f"[red]{f.failed:,}[/red] {', '.join(repr(v) for v in f.failing)}" if f.failed else "0"
        unknown = f"[yellow]{f.unknown_codes:,}[/yellow]" if f.unknown_codes else ""
        examples = " · ".join(e[:24] for e in f.examples)
        table.add_row(
            f"{f.entity}.{f.field}", f.expression, f.type, f"{f.cast:,}", f"{f.empty:,}", failed, unknown, examples
        )
    console.print(table)
    for error in found.errors:
        console.print(f"[red]✗[/red] {error[terminal_language()]}", soft_wrap=True, highlight=False)
