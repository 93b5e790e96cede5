"""`faultloop up`: everything on this machine, in one command."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from faultloop.language import say, terminal_language
from faultloop.listening import listening

if TYPE_CHECKING:
    from warehouse.settings import Home

_WEB_UP_WITHIN_SECONDS = 60.0


@click.command(
    "up",
    help=say(
        "Run FaultLoop on this machine: make the demo organisation if there is no configuration, bring the warehouse up to "
        "date, start the web application, the scheduler and the courier, and print the address. Ctrl-C stops all of it.",
        "在本机运行 FaultLoop：没有配置时生成演示企业，更新数据仓库，启动网页应用、调度器与投递进程，并打印访问地址。按 Ctrl-C 全部停止。",
    ),
)
@listening
@click.option(
    "--tickets",
    default=20_000,
    show_default=True,
    type=click.IntRange(1000),
    help=say("Tickets of the demo.", "演示工单数量。"),
)
@click.option(
    "--no-schedule", is_flag=True, help=say("Do not start the scheduler and the courier.", "不启动调度器与投递进程。")
)
@click.pass_obj
def command(home: Path | None, host: str, port: int, workers: int, tickets: int, no_schedule: bool) -> None:
    """Bring everything up and stay until stopped."""
    from bilingual.errors import UserError  # noqa: PLC0415
    from faultloop.commands.refresh import report, run_refresh  # noqa: PLC0415
    from faultloop.processes import Child, Children, Stopped, answers, is_free  # noqa: PLC0415
    from faultloop.secret import load  # noqa: PLC0415
    from warehouse.publish import current  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    if not is_free(host, port):
        raise UserError(
            en=f"Port {port} of {host} is in use; FaultLoop may be running already: open http://{host}:{port}, or choose another --port.",
            zh=f"{host} 的端口 {port} 已被占用；FaultLoop 可能已在运行：请打开 http://{host}:{port}，或用 --port 换一个端口。",
        )
    is_demo = not place.exists
    if is_demo:
        from demo.generate import generate  # noqa: PLC0415

        click.echo(
            say(
                f"No configuration in {place.path}: making the demo organisation.",
                f"{place.path} 没有配置：正在生成演示企业。",
            ),
            err=True,
        )
        generate(place.path, tickets=tickets, progress=lambda text: click.echo(f"  {text}", err=True))
    try:
        report(run_refresh(place))
    except UserError as error:
        # A mapping that does not fit must not take the dashboards of yesterday away.
        if current(place) is None:
            raise
        click.echo(error[terminal_language()], err=True)
        click.echo(
            click.style(say("Refresh failed; showing the last snapshot.", "刷新失败；展示上一个快照。"), fg="yellow"),
            err=True,
        )

    load(place, make=True)
    if is_demo:
        _write_reports(place)
    first = _first_administrator(place)
    run = [sys.executable, "-m"]
    environment = {**os.environ, "FAULTLOOP_HOME": str(place.path)}
    with Children() as children:
        try:
            children.add(
                Child(
                    "web",
                    [*run, "faultloop", "web", "--host", host, "--port", str(port), "--workers", str(workers)],
                    environment,
                )
            )
            deadline = time.monotonic() + _WEB_UP_WITHIN_SECONDS
            while not answers(host, port) and time.monotonic() < deadline and not children.children[0].died():
                time.sleep(0.1)
            if not no_schedule:
                schedule = [*run, "pipelines.schedule", "--home", str(place.path)]
                children.add(Child("scheduler", schedule, environment))
                children.add(Child("courier", [*run, "faultloop", "courier"], environment))
            shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host  # noqa: S104  # compared, not bound
            click.echo(
                say(
                    f"FaultLoop is at http://{shown}:{port}  (Ctrl-C stops it)",
                    f"FaultLoop 已启动：http://{shown}:{port}（按 Ctrl-C 停止）",
                )
            )
            if first:
                click.echo(
                    say(
                        f"Log in as admin with the password {first} (told this once; change it with `faultloop people password admin`).",
                        f"请以 admin 登录，密码 {first}（仅显示这一次；可用 `faultloop people password admin` 更改）。",
                    )
                )
            lost = children.watch(
                lambda child: click.echo(
                    say(f"{child.name} ended; starting it again.", f"{child.name} 已退出；正在重新启动。"), err=True
                )
            )
            raise UserError(
                en=f"The {lost.name} process ends at once whenever it is started; `faultloop doctor` may tell why.",
                zh=f"{lost.name} 进程一启动就退出；请运行 `faultloop doctor` 查找原因。",
            )
        except Stopped:
            click.echo(say("\nStopping …", "\n正在停止……"), err=True)


def _write_reports(home: Home) -> None:
    """Begin the register of a new demo organisation with a few reports, so that its pages have something to show."""
    from dashboards.house import House  # noqa: PLC0415
    from demo import reports  # noqa: PLC0415
    from fracas.keys import secret_of_environment  # noqa: PLC0415
    from warehouse.reading import Reader  # noqa: PLC0415

    reading = Reader(home).current()
    if reading is not None:
        house = House(home, secret_of_environment())
        try:
            reports.write(house.engine, house.journal_key, home.settings, reading)
        finally:
            house.engine.dispose()


def _first_administrator(home: Home) -> str | None:
    """Where nobody looks after the register, make somebody who may do everything, and return their password; else None."""
    from dashboards.house import House  # noqa: PLC0415
    from fracas.database import reading  # noqa: PLC0415
    from fracas.keys import secret_of_environment  # noqa: PLC0415
    from fracas.model import Person  # noqa: PLC0415
    from fracas.people import hashed, is_looked_after  # noqa: PLC0415
    from fracas.permissions import Function, Role  # noqa: PLC0415

    house = House(home, secret_of_environment())
    try:
        with reading(house.engine) as session:
            if is_looked_after(session):
                return None
        password = secrets.token_urlsafe(12)
        person = Person(login="admin", name="Admin", password=hashed(password), roles=[*Role], functions=[*Function])
        house.staff.enrol(None, person)
        return password
    finally:
        house.engine.dispose()
