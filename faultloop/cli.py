"""`faultloop`: one file per command in `commands/`, imported when it is needed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bilingual.errors import UserError
from faultloop import commands
from faultloop.found import Found
from faultloop.language import say, terminal_language


@click.group(
    cls=Found,
    package=commands.__name__,
    path=commands.__path__,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say(
        "FaultLoop: after-sales service data into a closed failure loop. `faultloop up` runs everything on this machine.",
        "FaultLoop：让售后服务数据形成故障闭环。`faultloop up` 在本机运行全部功能。",
    ),
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="FAULTLOOP_HOME",
    help=say(
        "Folder of the installation (default: FAULTLOOP_HOME, else ./instance).",
        "安装目录（默认：环境变量 FAULTLOOP_HOME，否则 ./instance）。",
    ),
)
@click.version_option(package_name="faultloop", message="faultloop %(version)s")
@click.pass_context
def cli(ctx: click.Context, home: Path | None) -> None:
    """Find the installation's folder for the commands."""
    ctx.obj = home


def main() -> None:
    """Entry point: a user's mistake ends with one sentence and status 2, a bug with its traceback."""
    try:
        cli(prog_name="faultloop")
    except UserError as error:
        click.echo(click.style(error[terminal_language()], fg="red"), err=True)
        sys.exit(2)
