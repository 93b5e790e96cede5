"""`faultloop sources template`: an Excel form to fill, which is read back without a mapping."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from bilingual.text import Language
from faultloop.language import say, terminal_language


@click.command(
    "template",
    help=say(
        "Write the Excel form of ENTITY (ticket, repair, fault, …): headers, lists to choose from, notes, an example. "
        "Filled forms are put into data/templates of the installation and read without any mapping.",
        "生成实体 ENTITY（ticket、repair、fault 等）的 Excel 表单：表头、下拉列表、填写说明与示例。"
        "填好后放入安装目录的 data/templates，无需映射即可读取。",
    ),
)
@click.argument("entity")
@click.option(
    "--lang",
    type=click.Choice(get_args(Language)),
    default=terminal_language,
    help=say("Language of the form (default: the terminal's).", "表单语言（默认：终端语言）。"),
)
@click.option(
    "--into",
    type=click.Path(dir_okay=False, path_type=Path),
    help=say(
        "File to write (default: <entity>_<language>.xlsx here).", "输出文件（默认：当前目录的 <实体>_<语言>.xlsx）。"
    ),
)
@click.pass_obj
def command(home: Path | None, entity: str, lang: Language, into: Path | None) -> None:
    """Write one form; a file that is there is never written over."""
    from difflib import get_close_matches  # noqa: PLC0415

    from bilingual.errors import UserError  # noqa: PLC0415
    from pipelines.sources.templates import FOLDER  # noqa: PLC0415
    from pipelines.templates.form import write_form  # noqa: PLC0415
    from warehouse.entities import code_lists, entities  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    known = entities()
    if entity not in known:
        near = get_close_matches(entity, known, n=3) or sorted(known)
        raise UserError(
            en="There is no entity “{entity}”; name one of {known}.",
            zh="没有实体“{entity}”；请使用：{known}。",
            entity=entity,
            known=", ".join(near),
        )
    place = Home.find(home)
    file = into or Path(f"{entity}_{lang}.xlsx")
    if file.exists():
        raise UserError(
            en="{file} is there already and may be filled; give another name with --into.",
            zh="{file} 已存在且可能已填写；请用 --into 指定其他文件名。",
            file=file,
        )
    if not file.parent.is_dir():
        raise UserError(
            en="There is no folder {folder}; make it, or give another file with --into.",
            zh="目录 {folder} 不存在；请先建立，或用 --into 指定其他文件。",
            folder=file.parent,
        )
    write_form(file, known[entity], code_lists(place.codes), lang)
    click.echo(
        say(
            f"Written: {file}. Fill it and put it into {place.path / FOLDER}; `faultloop refresh` reads it.",
            f"已生成：{file}。填写后放入 {place.path / FOLDER}，由 `faultloop refresh` 读取。",
        )
    )
