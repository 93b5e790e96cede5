"""`faultloop courier`: send what waits, and notice when nothing is refreshed any more."""

from __future__ import annotations

from pathlib import Path

import click

from faultloop.language import say


@click.command(
    "courier",
    help=say(
        "Send the alerts, notices and reports that wait in the outbox, and warn when no refresh succeeds any more. `faultloop up` "
        "runs one; where a Prefect server schedules the flows, run it as a service of its own. Channels stand in the environment.",
        "发送待发的告警、通知与报告，并在刷新长时间未成功时告警。`faultloop up` 会自动运行；由 Prefect 服务器调度时请单独作为服务运行。通道由环境变量给出。",
    ),
)
@click.option(
    "--once", is_flag=True, help=say("Make one round and end, as for a timer.", "执行一轮后结束，供定时器调用。")
)
@click.pass_obj
def command(home: Path | None, once: bool) -> None:
    """Make rounds until stopped."""
    from faultloop.secret import load  # noqa: PLC0415
    from pipelines.courier import run  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    load(place)
    run(place, lambda text: click.echo(text, err=True), once=once)
