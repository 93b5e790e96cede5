"""`faultloop restore`: a backup into an empty folder, with its journal proven."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from faultloop.language import say, terminal_language


@click.command(
    "restore",
    help=say(
        "Bring a backup into an empty folder (--home): the register, its files and the configuration. The bytes of files are taken "
        "from the folder `files` beside FILE. Put .env there first, or set FAULTLOOP_SECRET_KEY: then the journal is proven as well.",
        "将备份恢复到空目录（--home）：登记库、其文件与配置。文件内容取自 FILE 旁的 files 目录。"
        "请先放入 .env 或设置 FAULTLOOP_SECRET_KEY，以便同时验证日志。",
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def command(home: Path | None, file: Path) -> None:
    """Status 1 where the journal does not hold."""
    from faultloop.secret import load  # noqa: PLC0415
    from fracas.database import connect, reading  # noqa: PLC0415
    from fracas.journal import verify  # noqa: PLC0415
    from fracas.keys import ENVIRONMENT, journal_key, secret_of_environment  # noqa: PLC0415
    from pipelines.maintenance import restore  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    has_register = restore(place, file)
    click.echo(say(f"Restored into {place.path}.", f"已恢复到 {place.path}。"))
    if not has_register:
        click.echo(say("The backup holds no register.", "备份中没有登记库。"), err=True)
        return
    load(place)
    if not os.environ.get(ENVIRONMENT):
        click.echo(
            say(
                "The journal was not proven: put .env of the installation there, then run `faultloop audit verify`.",
                "尚未验证日志：请放入原安装的 .env，然后运行 `faultloop audit verify`。",
            ),
            err=True,
        )
        return
    engine = connect(Home(place.path).register_url)
    with reading(engine) as session:
        found = verify(session, journal_key(secret_of_environment()))
    engine.dispose()
    for broken in found.broken:
        click.echo(click.style(broken.text[terminal_language()], fg="red"), err=True)
    if found.broken:
        sys.exit(1)
    click.echo(
        say(f"{found.events:,} events hold, and so does every row.", f"{found.events:,} 个事件及所有数据行均相符。")
    )
