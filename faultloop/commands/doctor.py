"""`faultloop doctor`: is everything in place, and what do the settings say?"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from faultloop.language import say, terminal_language

if TYPE_CHECKING:
    from warehouse.settings import Home

_PACKAGES = ("duckdb", "polars", "great-expectations", "prefect", "dash", "plotly")
_LEAST_FREE_GB = 2.0

Finding = tuple[str, bool, str]


@click.command(
    "doctor",
    help=say(
        "Check this installation: packages, folder, settings, mappings, snapshots, disk. Changes nothing.",
        "检查本安装：软件包、目录、设置、映射、快照、磁盘。不做任何更改。",
    ),
)
@click.option(
    "--settings", is_flag=True, help=say("List every setting with its value and meaning.", "列出全部设置的取值与含义。")
)
@click.pass_obj
def command(home: Path | None, settings: bool) -> None:
    """Print findings; status 1 when something is wrong."""
    from warehouse.settings import Home, setting_rows  # noqa: PLC0415

    place = Home.find(home)
    if settings:
        for name, _, meaning in setting_rows():
            click.echo(f"{name}: {getattr(place.settings, name)!r}\n    {meaning[terminal_language()]}")
        return
    is_well = True
    for what, is_good, detail in _findings(place):
        is_well = is_well and is_good
        click.echo(f"{click.style('✓', fg='green') if is_good else click.style('✗', fg='red')} {what}: {detail}")
    sys.exit(0 if is_well else 1)


def _findings(home: Home) -> Iterator[Finding]:
    from bilingual.errors import UserError  # noqa: PLC0415
    from warehouse.mapping import load  # noqa: PLC0415
    from warehouse.publish import snapshots  # noqa: PLC0415

    language = terminal_language()
    for package in _PACKAGES:
        try:
            yield package, True, version(package)
        except PackageNotFoundError:
            yield package, False, say("not installed; run `make install`", "未安装；请运行 `make install`")
    yield (
        say("installation", "安装目录"),
        home.exists,
        str(home.path)
        if home.exists
        else say(
            f"{home.path} has no faultloop.yaml; run `faultloop demo`",
            f"{home.path} 中没有 faultloop.yaml；请运行 `faultloop demo`",
        ),
    )
    try:
        count = len(type(home.settings).model_fields)
        yield say("settings", "设置"), True, say(f"{count} settings, all in order", f"{count} 项设置，均有效")
    except UserError as error:
        yield say("settings", "设置"), False, error[language]
        return
    for file in sorted(home.sources.glob("*.yaml")):
        try:
            source = load(file)
            yield (
                say("source", "来源") + f" {file.stem}",
                True,
                f"{source.title[language]} → {', '.join(source.entities)}",
            )
        except UserError as error:
            yield say("source", "来源") + f" {file.stem}", False, error[language]
    parts = ((say("checks", "检查"), _checks), (say("rules", "规则"), _rules), (say("channels", "通道"), _channels))
    for what, listed in parts:
        try:
            yield what, True, listed(home)
        except UserError as error:
            yield what, False, error[language]
    published = snapshots(home)
    shown = next((s.id for s in published if s.is_current), None)
    yield (
        say("snapshots", "快照"),
        shown is not None,
        say(f"{len(published)} kept, {shown} shown", f"保留 {len(published)} 个，当前展示 {shown}")
        if shown
        else say("none published; run `faultloop refresh`", "尚未发布；请运行 `faultloop refresh`"),
    )
    place = home.path if home.path.exists() else home.path.parent
    free = shutil.disk_usage(place if place.exists() else Path.cwd()).free / 1e9
    yield say("disk", "磁盘"), free > _LEAST_FREE_GB, say(f"{free:,.1f} GB free", f"剩余 {free:,.1f} GB")


def _checks(home: Home) -> str:
    """The thresholds of the settings, held against the checks that there are."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from expectations import suites  # noqa: PLC0415
    from expectations.configured import context  # noqa: PLC0415

    context(home.settings, datetime.now(UTC), {})
    n = sum(len(suite.checks) for suite in suites().values())
    return say(f"{n} in {len(suites())} suites", f"{len(suites())} 组共 {n} 项")


def _rules(home: Home) -> str:
    from pipelines.rules import rules  # noqa: PLC0415

    n = len(rules(home))
    return say(f"{n} switched on, all in order", f"启用 {n} 条，均有效")


def _channels(home: Home) -> str:
    """Which channels the environment names: with none nobody is sent anything."""
    from faultloop.secret import load  # noqa: PLC0415
    from pipelines.channels import channels  # noqa: PLC0415

    load(home)
    if not channels():
        return say("none, so nothing is sent; see docs/messages.md", "未设置，不发送任何消息；见 docs/messages.md")
    hosts = ", ".join(home.settings.outbound_hosts) or "–"
    return say(f"{', '.join(sorted(channels()))}; to {hosts}", f"{', '.join(sorted(channels()))}；允许主机：{hosts}")
