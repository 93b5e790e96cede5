"""`faultloop`: one file per command in `commands/`, imported when it is needed."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from bilingual.errors import UserError
from faultloop.language import say, terminal_language

_COMMANDS = Path(__file__).parent / "commands"


class _Commands(click.Group):
    """A group whose commands are the modules of a folder; each module has one click command named `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return sorted(file.stem for file in _COMMANDS.glob("*.py") if not file.stem.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return import_module(f"faultloop.commands.{cmd_name}").command  # type: ignore[no-any-return]


@click.group(
    cls=_Commands,
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
