"""`faultloop web`: the web application alone."""

from __future__ import annotations

from pathlib import Path

import click

from faultloop.language import say
from faultloop.listening import listening


@click.command(
    "web",
    help=say(
        "Serve the dashboards of the published snapshot. It never writes to the warehouse and needs no scheduler.",
        "提供已发布快照的看板网页。不写入数据仓库，也不需要调度器。",
    ),
)
@listening
@click.pass_obj
def command(home: Path | None, host: str, port: int, workers: int) -> None:
    """Run the web server until it is stopped."""
    from dashboards.serve import run  # noqa: PLC0415
    from faultloop.secret import load  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    load(place)
    run(place, host=host, port=port, workers=workers)
