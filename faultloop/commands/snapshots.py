"""`faultloop snapshots`: what was published, and going back."""

from __future__ import annotations

from pathlib import Path

import click

from faultloop.language import say


@click.group(
    "snapshots",
    help=say("List published snapshots, or go back to an earlier one.", "列出已发布的快照，或回滚到较早的快照。"),
)
def command() -> None:
    """Snapshots of the warehouse."""


@command.command(
    "list",
    help=say(
        "Published snapshots, newest first; ● is the one people see.", "已发布的快照，最新在前；● 为当前展示的快照。"
    ),
)
@click.pass_obj
def list_snapshots(home: Path | None) -> None:
    """Print the snapshots."""
    from warehouse.publish import snapshots  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    found = snapshots(Home.find(home))
    if not found:
        click.echo(
            say("Nothing is published yet; run `faultloop refresh`.", "尚未发布任何快照；请运行 `faultloop refresh`。")
        )
    for s in found:
        size = s.file.stat().st_size / 1e6
        click.echo(f"{'●' if s.is_current else ' '} {s.id}  {s.published_at:%Y-%m-%d %H:%M:%S}Z  {size:,.1f} MB")


@command.command(
    "rollback",
    help=say(
        "Show people the snapshot before the current one, or the one named by SNAPSHOT (any unambiguous beginning of its id). "
        "The same rows are not published again until something changes.",
        "让用户看到上一个快照，或 SNAPSHOT 指定的快照（编号的任意唯一前缀）。在数据变化之前不会再次发布被回滚的内容。",
    ),
)
@click.argument("snapshot", required=False)
@click.pass_obj
def rollback_snapshot(home: Path | None, snapshot: str | None) -> None:
    """Point readers to an earlier snapshot."""
    from warehouse.publish import locked, rollback  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    with locked(place):
        now = rollback(place, snapshot)
    click.echo(say(f"People now see snapshot {now.id}.", f"现在展示的快照为 {now.id}。"))
