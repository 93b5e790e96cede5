"""What people call things: the words for a field, a code, for nothing and for what is newer, as data in synonyms.yaml."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from warehouse.entities import LINEAGE, entities
from warehouse.yamlfile import read_yaml

_FILE = Path(__file__).parent / "synonyms.yaml"
_OURS = frozenset({*LINEAGE, "_defect"})


def plain(word: str) -> str:
    """A word without case, blanks, signs and what stands in brackets; “case number” is “case no.”, a 日期 a 时间."""
    narrow = unicodedata.normalize("NFKC", word).casefold()
    bare = re.sub(r"\(.*?\)|\[.*?\]|【.*?】|[\s_\-.:#]", "", narrow) or narrow
    return re.sub(r"(日期时间|日期)$", "时间", re.sub(r"(number|num|nr)$", "no", bare))


@cache
def _data() -> dict[str, Any]:
    return dict(read_yaml(_FILE))


@cache
def words(entity: str, field: str) -> frozenset[str]:
    """The words for a field, plain: its name, its labels and its synonyms."""
    spec = entities()[entity].fields[field]
    said = _data()["fields"]
    more = said.get(f"{entity}.{field}") or said.get(field) or []
    return frozenset(plain(word) for word in (field, spec.label.en, spec.label.zh, *more))


@cache
def code_words(codes: str) -> dict[str, str]:
    """What people write for the codes of a list, plain, beside the codes and their names."""
    return {plain(str(word)): code for code, said in _data()["codes"].get(codes, {}).items() for word in said}


@cache
def nulls() -> frozenset[str]:
    """Texts, in lower case, that stand for no value."""
    return frozenset(_data()["nulls"])


@cache
def versions() -> frozenset[str]:
    """Words, plain, for what tells the newer one of two rows."""
    return frozenset(plain(word) for word in _data()["versions"])


@cache
def _meanings() -> dict[str, frozenset[tuple[str, str]]]:
    found = defaultdict(set)
    for entity in entities().values():
        for field in entity.fields:
            for word in words(entity.name, field):
                found[word].add((entity.name, field))
    return {word: frozenset(meant) for word, meant in found.items()}


def renamed(needs: Iterable[str], columns: Collection[str]) -> dict[str, str]:
    """Needed columns that are there under another name: one column, and only one, has a word for the same field.

    Never one that is needed itself, nor one that could be two of them.
    """
    wanted = {need.casefold() for need in needs}
    have = {column.casefold() for column in columns}
    lacking = [need for need in needs if need.casefold() not in have and need not in _OURS]
    if not lacking:
        return {}
    meanings = _meanings()
    free = [c for c in columns if c.casefold() not in wanted and c not in _OURS and plain(c) in meanings]
    alike = {need: [c for c in free if meanings.get(plain(need), frozenset()) & meanings[plain(c)]] for need in lacking}
    claims = Counter(c for several in alike.values() for c in several)
    return {need: several[0] for need, several in alike.items() if len(several) == 1 and claims[several[0]] == 1}
