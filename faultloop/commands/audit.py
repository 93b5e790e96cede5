"""`faultloop audit`: prove the register's journal, and take its head elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from faultloop.language import say, terminal_language


@click.group(
    "audit",
    help=say(
        "Prove that nothing in the register was changed behind its back, and keep the head of its journal elsewhere.",
        "验证登记库未被私下改动，并将其日志链头另行留存。",
    ),
)
def command() -> None:
    """The register's journal."""


@command.command(
    "verify",
    help=say(
        "Prove every event and every row of the register. --head: a file that `audit head` wrote before; then also that "
        "nothing was cut off since. Status 1 where something does not hold.",
        "验证登记库的每个事件和每一行。--head：此前由 `audit head` 写出的文件，用于另行验证其后未被截去。不符时返回状态 1。",
    ),
)
@click.option("--head", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def verify_journal(home: Path | None, head: Path | None) -> None:
    """Print what does not hold."""
    from faultloop.secret import house  # noqa: PLC0415
    from fracas.database import reading  # noqa: PLC0415
    from fracas.journal import verify  # noqa: PLC0415

    place = house(home)
    kept = _kept(head) if head else None
    with reading(place.engine) as session:
        found = verify(session, place.journal_key, kept)
    for broken in found.broken:
        click.echo(click.style(broken.text[terminal_language()], fg="red"), err=True)
    if found.broken:
        sys.exit(1)
    words = say(f"{found.events:,} events hold, and so does every row.", f"{found.events:,} 个事件及所有数据行均相符。")
    click.echo(f"{click.style('✓', fg='green')} {words}")


@command.command(
    "head",
    help=say(
        "Print the head of the journal as JSON, to be kept where nobody who can write the register can write.",
        "以 JSON 输出日志链头，请存放在登记库维护者无法写入之处。",
    ),
)
@click.pass_obj
def print_head(home: Path | None) -> None:
    """Print the head."""
    from faultloop.secret import house  # noqa: PLC0415
    from fracas.database import reading  # noqa: PLC0415
    from fracas.journal import head  # noqa: PLC0415

    with reading(house(home).engine) as session:
        seq, mac = head(session)
    click.echo(json.dumps({"seq": seq, "mac": mac}))


def _kept(file: Path) -> tuple[int, str]:
    from bilingual.errors import UserError  # noqa: PLC0415

    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return int(kept["seq"]), str(kept["mac"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            en=f"{file} is no head of a journal; use a file that `faultloop audit head` wrote.",
            zh=f"{file} 不是日志链头；请使用 `faultloop audit head` 写出的文件。",
        ) from error
