"""`faultloop alerts`: what the house's rules find now, without telling anybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from faultloop.language import say, terminal_language

if TYPE_CHECKING:
    from fracas.watch.alerts import Problem

_SHOWN = 5
_SIGNS = {"critical": ("✗", "red"), "warning": ("!", "yellow"), "note": ("·", "cyan")}


@click.group(
    "alerts",
    help=say(
        "What the rules of the house warn of: those that ship, and those in the folder alerts/ of the installation.",
        "企业的告警规则：随附规则及安装目录 alerts/ 中的规则。",
    ),
)
def command() -> None:
    """Rules and what they find."""


@command.command(
    "check",
    help=say(
        "Judge the published snapshot by every rule, or by those named, and print what they find. Nobody is told.",
        "按全部或指定规则检查已发布的快照并列出结果；不发送任何通知。",
    ),
)
@click.argument("names", nargs=-1)
@click.option("--all", "show_all", is_flag=True, help=say("Print every problem.", "列出全部问题。"))
@click.pass_obj
def check(home: Path | None, names: tuple[str, ...], show_all: bool) -> None:
    """Print what each rule finds."""
    from bilingual.errors import UserError  # noqa: PLC0415
    from pipelines.rules import found_by, rules  # noqa: PLC0415
    from warehouse.reading import Reader  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    place, language = Home.find(home), terminal_language()
    known = {rule.name: rule for rule in rules(place)}
    if unknown := set(names) - known.keys():
        raise UserError(
            en=f"There is no rule “{min(unknown)}”, or it is switched off; the rules are {', '.join(known)}.",
            zh=f"没有规则“{min(unknown)}”，或其已停用；现有规则：{', '.join(known)}。",
        )
    reading = Reader(place).current()
    if reading is None:
        raise UserError(
            en=f"Nothing is published in {place.path} yet; run `faultloop refresh` first.",
            zh=f"{place.path} 尚未发布快照；请先运行 `faultloop refresh`。",
        )
    for rule in (known[name] for name in names or known):
        found = list(found_by(rule, reading, place.settings))
        click.echo(f"{click.style(rule.title[language], bold=True)} ({rule.name}, {rule.kind}): {len(found)}")
        for problem in found if show_all else found[:_SHOWN]:
            _say(problem)
        if len(found) > _SHOWN and not show_all:
            click.echo(
                say(
                    f"    … {len(found) - _SHOWN} more; --all prints them",
                    f"    … 另有 {len(found) - _SHOWN} 项；--all 列出全部",
                )
            )


def _say(problem: Problem) -> None:
    mark, colour = _SIGNS[problem.severity]
    where = f"  {problem.address}" if problem.address else ""
    click.echo(f"  {click.style(mark, fg=colour)} {problem.text[terminal_language()]}{click.style(where, dim=True)}")
