"""Who signed what, when and as what, and the hashes of what they signed."""

from __future__ import annotations

from collections.abc import Iterable

from bilingual.text import Text
from dashboards.register.prints.record import Record, grid, plain
from dashboards.register.prints.sheet import Facts, Grid, Section
from fracas.columns import TABLES
from fracas.gates import REVIEW
from fracas.model import Signature
from fracas.permissions import FUNCTIONS, Function
from fracas.states import MOVES

_SIGNATURES = Text(en="Signatures", zh="签署")
_MEANING = Text(en="Meaning", zh="含义")
_REVIEW = Text(en="Independent review", zh="独立审查")
_HASH = Text(en="Hash of what was signed ({acts})", zh="签署内容的哈希（{acts}）")


def _act(r: Record, signature: Signature) -> str:
    return r.say(MOVES[signature.act].label if signature.act != REVIEW else _REVIEW)


def signature_blocks(r: Record, signatures: Iterable[Signature]) -> tuple[Grid, Facts]:
    """Who signed what, when, as what; and the hashes of what they signed, each once."""
    of, given = TABLES["signature"][1], list(signatures)

    def functions(signature: Signature) -> str:
        return plain("\n".join(r.say(FUNCTIONS[Function(name)]) for name in signature.functions))

    def meaning(signature: Signature) -> str:
        said = Text(en=signature.meaning_en, zh=signature.meaning_zh)
        return plain(f"{_act(r, signature)}\n{r.say(said)}")

    heads = (
        r.say(of["name"].label), r.say(of["functions"].label), r.say(_MEANING), r.say(of["signed_at"].label), r.say(of["remark"].label),
    )  # fmt: skip
    rows = (
        (
            plain(s.name),
            functions(s),
            meaning(s),
            r.words(of["signed_at"], s.signed_at),
            r.words(of["remark"], s.remark),
        )
        for s in given
    )
    acts: dict[str, dict[str, None]] = {}
    for s in given:
        acts.setdefault(s.digest, {})[_act(r, s)] = None
    hashes = tuple((r.say(_HASH.format(acts=", ".join(of_it))), digest) for digest, of_it in acts.items())
    return grid(heads, rows, (2, 2, 5, 2, 3)), Facts(hashes)


def signatures(r: Record) -> Section:
    """Every signature of the report, also those on what it said before."""
    return Section(r.say(_SIGNATURES), signature_blocks(r, r.report.signatures))
