"""Mappings of well-known systems, each a YAML file that is copied into an installation and is its own from then on."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from bilingual.errors import UserError
from warehouse.settings import Home

_FOLDER = Path(__file__).parent.parent / "presets"


def presets() -> list[str]:
    """The systems there are presets of."""
    return sorted(file.stem for file in _FOLDER.glob("*.yaml"))


def write(home: Home, name: str, source: str) -> Path:
    """Copy a preset to `sources/<source>.yaml`; UserError for one that does not exist and for a file that does."""
    if name not in presets():
        words = name.lower()
        close = [p for p in presets() if words in p] or get_close_matches(words, presets(), n=1)
        raise UserError(
            en="There is no preset “{name}”; use one of {known}{hint}.",
            zh="没有名为“{name}”的预设；可用：{known}。",
            name=name,
            known=", ".join(presets()),
            hint=f" (did you mean “{close[0]}”?)" if close else "",
        )
    file = home.sources / f"{source}.yaml"
    if not re.fullmatch(r"\w[\w-]*", source):
        raise UserError(
            en="“{name}” is no name of a source; use letters, digits and “_”.",
            zh="“{name}”不能用作来源名称；请使用字母、数字和“_”。",
            name=source,
        )
    home.sources.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    except FileExistsError:
        raise UserError(
            en="{file} is there already; name another source with --as, or remove that file.",
            zh="{file} 已存在；请用 --as 指定其他来源名称，或删除该文件。",
            file=str(file),
        ) from None
    return file


def variables(file: Path) -> list[str]:
    """The variables of the environment that a mapping names, in its order."""
    return list(dict.fromkeys(re.findall(r"\$\{(\w+)\}", file.read_text(encoding="utf-8"))))
