"""`faultloop backup`: the register, its files and the configuration, as the scheduler keeps them each night."""

from __future__ import annotations

from pathlib import Path

import click

from faultloop.language import say, terminal_language


@click.command(
    "backup",
    help=say(
        "Back up the register, its files and the configuration into the folder `backups`, while people go on working. "
        "The secret in .env is not in it: keep that elsewhere, without it the journal cannot be proven.",
        "将登记库、其文件与配置备份到 backups 目录，不影响使用。备份不含 .env 中的密钥：请另行保管，缺少它将无法验证日志。",
    ),
)
@click.pass_obj
def command(home: Path | None) -> None:
    """Print the file that was made."""
    from pipelines.maintenance import back_up  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    made = back_up(Home.find(home))
    if made.missing is not None:
        click.echo(click.style(made.missing[terminal_language()], fg="yellow"), err=True)
    click.echo(made.file)
