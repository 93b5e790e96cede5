"""What can be chosen from a code list: the platform's own entries, and the house's, which come before them."""

from __future__ import annotations

from bilingual.text import Language, Text
from dashboards.house import House
from fracas.base import holds
from warehouse.entities import code_lists


def choices(house: House, name: str, language: Language) -> list[tuple[str, str]]:
    """Code and words of every entry of a list that holds today. The house's entry replaces the platform's of the same code."""
    known = {code.code: code.label for code in code_lists(house.home.codes).get(name, [])}
    day = house.register.today()
    for code in house.base.codes(name):
        known.pop(code.code, None)
        if holds(code, day):
            known[code.code] = Text(en=code.en, zh=code.zh)
    return [(code, words[language]) for code, words in known.items()]
