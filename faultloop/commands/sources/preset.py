"""`faultloop sources preset`: the mapping of a well-known system, written into the installation."""

from __future__ import annotations

from pathlib import Path

import click

from faultloop.language import say


@click.command(
    "preset",
    help=say(
        "Write the mapping of a well-known system into sources/: zammad, glpi, jira_service_management, servicenow, odoo, erpnext. "
        "Its address and its key are taken from the environment; which variables, it says then.",
        "将常用系统的映射写入 sources/：zammad、glpi、jira_service_management、servicenow、odoo、erpnext。"
        "地址与密钥取自环境变量，命令会列出所需变量。",
    ),
)
@click.argument("name")
@click.option("--as", "as_", help=say("Name of the source (default: NAME).", "来源名称（默认：NAME）。"))
@click.pass_obj
def command(home: Path | None, name: str, as_: str | None) -> None:
    """Write one mapping; one that is there is never written over."""
    from pipelines.rest.presets import variables, write  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    file = write(Home.find(home), name, as_ or name)
    click.echo(say(f"Written: {file}", f"已写入：{file}"))
    click.echo(say("Set these in the environment:", "请设置以下环境变量："))
    for variable in variables(file):
        click.echo(f"  {variable}")
    click.echo(say(f"Then: faultloop sources check {file.stem}", f"然后运行：faultloop sources check {file.stem}"))
