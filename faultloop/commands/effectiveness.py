"""`faultloop effectiveness`: follow up closed loops once, as the scheduler does each night."""

from __future__ import annotations

from pathlib import Path

import click

from faultloop.language import say, terminal_language


@click.command(
    "effectiveness",
    help=say(
        "Judge the reports in monitoring by the published snapshot, and reopen those whose failure came back. "
        "The scheduler does so each night; a second run changes nothing.",
        "依据已发布快照评定处于效果验证的报告，并重新打开故障复发的报告。调度程序每晚自动执行；重复运行不会产生变化。",
    ),
)
@click.pass_obj
def command(home: Path | None) -> None:
    """Print what was done."""
    from faultloop.secret import load  # noqa: PLC0415
    from pipelines.effectiveness import follow_up, register_of  # noqa: PLC0415
    from warehouse.entities import code_lists  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place, language = Home.find(home), terminal_language()
    load(place)
    with register_of(place) as register:
        done = follow_up(place, register) if register else None
    if done is None or not (done.judged or done.reopened):
        click.echo(
            say(
                "Nothing to follow up: no report is in monitoring, none came back.",
                "无需跟踪：没有报告处于效果验证，也没有故障复发。",
            )
        )
        return
    words = {code.code: code.label for code in code_lists(place.codes)["effectiveness_verdict"]}
    for _, why in done.reopened:
        click.echo(f"{click.style('↺', fg='red')} {why[language]}")
    for one in done.judged:
        more = (
            say(" – can be closed", "，可以关闭")
            if one.is_proposed
            else ""
            if one.is_news
            else say(" (as before)", "（与此前相同）")
        )
        click.echo(f"{click.style('✓', fg='green')} {one.number}: {words[one.verdict][language]}{more}")
