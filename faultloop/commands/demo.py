"""`faultloop demo`: a believable service organisation to look at."""

from __future__ import annotations

from pathlib import Path

import click

from faultloop.language import say


@click.command(
    "demo",
    help=say(
        "Make the demo organisation: three years of tickets, repairs and faults in both languages, delivered as Excel, "
        "CSV, SQLite and JSON the way a company would have them, with mappings that read them.",
        "生成演示企业：三年的中英文工单、维修与故障数据，以 Excel、CSV、SQLite、JSON 交付，并附带映射文件。",
    ),
)
@click.option(
    "--tickets",
    default=20_000,
    show_default=True,
    type=click.IntRange(1000),
    help=say("Number of tickets.", "工单数量。"),
)
@click.option(
    "--seed", default=7, show_default=True, help=say("The same seed gives the same data.", "相同种子生成相同数据。")
)
@click.pass_obj
def command(home: Path | None, tickets: int, seed: int) -> None:
    """Write the demo organisation's data and mappings into a folder that has no configuration yet."""
    from bilingual.errors import UserError  # noqa: PLC0415
    from demo.generate import generate  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place = Home.find(home)
    if place.exists:
        raise UserError(
            en=f"{place.path} is an installation already; the demo does not overwrite it, name another folder with --home.",
            zh=f"{place.path} 已有配置；演示不会覆盖它，请用 --home 指定其他目录。",
        )
    generate(place.path, tickets=tickets, seed=seed, progress=lambda text: click.echo(text, err=True))
    click.echo(
        say(
            f"The demo organisation is in {place.path}; `faultloop up` shows it.",
            f"演示企业已生成于 {place.path}；运行 `faultloop up` 查看。",
        )
    )
