"""`faultloop refresh`: fetch what is new, rebuild, check, publish."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from faultloop.language import say, terminal_language

if TYPE_CHECKING:
    from pipelines.refresh import Refreshed
    from warehouse.settings import Home


def run_refresh(home: Home, *, force: bool = False) -> Refreshed:
    """One refresh with its progress at the terminal, recorded as a run where there is a register."""
    from faultloop.progress import Watched  # noqa: PLC0415
    from pipelines.jobs.refresh import told, watched  # noqa: PLC0415
    from pipelines.running import recorded  # noqa: PLC0415
    from warehouse.build import steps  # noqa: PLC0415

    with recorded(home, "refresh", trigger="terminal") as record, Watched(parts=len(steps())) as shown:
        done = watched(home, record, progress=shown, force=force)
        outcome = told(done)
        record.ended(outcome.state, outcome.text, outcome.snapshot)
        return done


def report(done: Refreshed) -> None:
    """Say how a refresh ended."""
    from pipelines.jobs.refresh import told  # noqa: PLC0415

    language = terminal_language()
    for rejected in done.extraction.rejected:
        click.echo(click.style("✗ ", fg="yellow") + (rejected.zh if language == "zh" else rejected.en), err=True)
    for change in done.drift:
        click.echo(click.style("! ", fg="yellow") + (change.zh if language == "zh" else change.en), err=True)
    if done.blocked_by and not done.is_new:
        click.echo(
            click.style(
                say(
                    "Not published; people keep the snapshot before. Critical checks failed:",
                    "未发布，用户仍看到之前的快照。以下关键检查未通过：",
                ),
                fg="red",
            ),
            err=True,
        )
        for outcome in done.blocked_by:
            click.echo(f"  {outcome.suite}.{outcome.name}: {outcome.error or outcome.samples[:1]}", err=True)
    elif done.snapshot or done.is_withdrawn:
        click.echo(told(done).text[language])


@click.command(
    "refresh",
    help=say(
        "Fetch what is new from every source, rebuild the warehouse aside, check it, and publish it. "
        "Safe to run at any time and to kill: nothing is lost, nothing is shown half.",
        "从各来源抽取新数据，另行重建数据仓库，检查后发布。可随时运行或中断：不丢数据，不会展示半成品。",
    ),
)
@click.option(
    "--force",
    is_flag=True,
    help=say("Publish in spite of failed critical checks.", "即使关键检查未通过也发布。"),
)
@click.pass_obj
def command(home: Path | None, force: bool) -> None:
    """Run one refresh; status 1 when publishing was blocked."""
    from faultloop.secret import load  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    load(place)
    done = run_refresh(place, force=force)
    report(done)
    if done.blocked_by and not done.is_new:
        sys.exit(1)
