"""`faultloop web`: the web application alone."""

from __future__ import annotations

from pathlib import Path

import click

from faultloop.language import say


@click.command(
    "web",
    help=say(
        "Serve the dashboards of the published snapshot. It never writes to the warehouse and needs no scheduler.",
        "提供已发布快照的看板网页。不写入数据仓库，也不需要调度器。",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help=say("Address to listen on.", "监听地址。"))
@click.option(
    "--port",
    default=8050,
    show_default=True,
    type=click.IntRange(1, 65535),
    help=say("Port to listen on.", "监听端口。"),
)
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1, 64), help=say("Worker processes.", "工作进程数。")
)
@click.pass_obj
def command(home: Path | None, host: str, port: int, workers: int) -> None:
    """Run the web server until it is stopped."""
    from dashboards.serve import run  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    run(Home.find(home), host=host, port=port, workers=workers)
