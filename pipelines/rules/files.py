"""The files of rules: those that ship, and the house's own beside them, which replace one of the same name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pydantic import ValidationError

from bilingual.errors import UserError
from pipelines.rules import kinds as folder
from pipelines.rules.rule import Rule
from warehouse.settings import Home
from warehouse.yamlfile import read_yaml

_SHIPPED = Path(__file__).parent / "defaults"


@cache
def kinds() -> dict[str, type[Rule]]:
    """Every kind of rule by name: the `KIND` of each file in `kinds/`."""
    return {m.name: import_module(f"{folder.__name__}.{m.name}").KIND for m in iter_modules(folder.__path__)}


def files(home: Home) -> dict[str, Path]:
    """The file of every rule by name: the house's own before the one that ships."""
    own = home.path / "alerts"
    found = {file.stem: file for place in (_SHIPPED, own) for file in place.glob("*.yaml")}
    return dict(sorted(found.items()))


def load(file: Path) -> Rule | None:
    """The rule of a file; None for one that is switched off. UserError says which file, which key, and what there is."""
    values = read_yaml(file)
    # YAML reads a bare `off` as the value False, also before a colon.
    raw = {"off" if key is False else key: v for key, v in values.items()} if isinstance(values, dict) else {}
    if set(raw) == {"off"} and raw["off"] is True:
        return None
    known = kinds()
    if raw.get("kind") not in known:
        raise UserError(
            en=f"{file}: kind is {raw.get('kind')!r}; use one of {', '.join(known)}, see docs/alerts.md.",
            zh=f"{file}：kind 为 {raw.get('kind')!r}；可用：{', '.join(known)}，参见 docs/alerts.md。",
        )
    model = known[raw["kind"]]
    try:
        rule = model.model_validate({**raw, "name": file.stem})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            offered = ", ".join(sorted(set(model.model_fields) - {"name"}))
            raise UserError(
                en=f"{file}: a rule of the kind {raw['kind']} has no “{where}”; it may say {offered}.",
                zh=f"{file}：{raw['kind']} 类规则没有“{where}”；可用：{offered}。",
            ) from None
        raise UserError(
            en=f"{file}{': ' + where if where else ''}: {what}; correct it, see docs/alerts.md.",
            zh=f"{file}{'：' + where if where else ''}：{what}；请更正，参见 docs/alerts.md。",
        ) from None
    return None if rule.off else rule
