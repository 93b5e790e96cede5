"""Fault descriptions in Chinese, English or both: similar ones of the past, and reports that were filed twice.

A text is seen as its character n-grams: characters and pairs of characters where words are not set apart (Chinese), whole
words and their runs of three letters otherwise, so that a typing mistake costs little. Each counts by how rare
it is (tf-idf, cosine). Half-width and full-width forms, upper and lower case are one (Unicode NFKC); punctuation parts
words and counts for nothing. Codes (E-1042, 故障码 3F21, part BR-1001) are matched exactly and before all similarity.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from analysis.result import Bools, Floats, Ints, Reason, Result

Codepoints = NDArray[np.uint32]
Keys = NDArray[np.uint64]

_SEPARATOR = "\x00"
_OTHER, _LETTER, _HAN = 0, 1, 2
# The kinds of n-grams: character, pair of characters, three letters, word, number.
_CHARACTER, _PAIR, _THREE, _WORD, _NUMBER = (np.uint64(kind) for kind in range(5))
# What a number counts for beside a word as rare: it says which car, floor or order rather than which fault.
_NUMBERS_IN_SEARCH = 0.3
# Scripts that do not set words apart: Han with its extensions, kana, hangul.
_UNSPACED = (
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
# Above all letters and digits of scripts with words; so a run of three fits into 64 bits with its kind.
_LETTERS_END = 0x3000

# Each alternative begins with letters of its own and never with a run of blanks: so the search stays linear.
# Introduced as a code (故障码, 代码, error code), any word with a digit in it is one; else letters before digits (E-1042, BR-1001, C7) or digits on
# both sides of letters (3F21). Digits before letters alone are a quantity (24V, 30min) or an ordinal.
_INTRODUCED = (
    r"(?<![密维证])码(?:[\s:#]|为|是)*"
    r"|(?<![a-z])(?:error|err|alarm|fault)?code(?:\s+no\b)?[\s:.#]*|(?:error|err|alarm|fault)\s+no\b[\s.:]*"
    r"|(?<![a-z])err(?:or)?[\s:]+(?=[a-z0-9]{2})|#\s*"
)
# A code goes on behind a joint; behind a slash another one may begin (E1042/E1043).
_MORE = r"(?:[-_.][a-z0-9]+|/(?![a-z]{1,5}[-_]?[0-9]{2})[a-z0-9]+)*"
_CODE = re.compile(
    rf"(?:{_INTRODUCED})(?P<told>[a-z0-9]*[0-9][a-z0-9]*{_MORE})"
    rf"|(?<![a-z0-9])(?P<seen>[a-z]{{1,5}}(?:[-_/][a-z]{{1,4}})?[-_/]?[0-9][a-z0-9]*{_MORE}"
    rf"|[0-9]+[a-z]+[0-9][a-z0-9]*{_MORE})(?![a-z0-9])"
)
# Apart, they may be a code (E 1042) or not (car 12): they count where the other text has them as a code.
_APART = re.compile(r"(?<![a-z0-9])([a-z]{1,5} [0-9]{2,}[a-z0-9]*)(?![a-z0-9])")
_JOINTS = re.compile(r"[^a-z0-9]+")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))

# Pairs of texts are compared so many at a time.
_PAIRS = 200_000
# Into how many groups n-grams fall when most pairs are ruled out, and up to how many texts hold a rare one.
_GROUPS = 64
_RARE = 64


def _kinds() -> NDArray[np.uint8]:
    """What each code point is, as one table."""
    kinds = np.zeros(0x110000, dtype=np.uint8)
    kinds[:_LETTERS_END] = [_LETTER if chr(c).isalnum() else _OTHER for c in range(_LETTERS_END)]
    for first, last in _UNSPACED:
        kinds[first : last + 1] = _HAN
    return kinds


_KIND = _kinds()


@dataclass(frozen=True, eq=False, kw_only=True)
class Similar(Result):
    """Texts like the one asked about, the most alike first.

    index: their places among the texts of the index; score: cosine, from 0 (nothing in common) to 1 (the same n-grams);
    codes: which codes each shares with the text asked about: those that share any come first, whatever their score.
    n: how many texts were searched. reason: no_data where nothing was asked or indexed, no_peers where nothing is alike.
    """

    index: Ints
    score: Floats
    codes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Duplicates(Result):
    """Reports that say the same. n: how many texts.

    cluster: by text, the place of the first text of its cluster; texts alone have their own. pairs: shape (m, 2), places
    of two texts, the earlier one first, with their `score`. Of texts with equal n-grams only the first is compared with
    others, and each further one makes a pair with it (score 1): a thousand copies make 999 pairs, not half a million.
    """

    cluster: Ints
    pairs: Ints
    score: Floats


def find_codes(text: str) -> tuple[str, ...]:
    """The fault codes and part numbers in a text, as compared: upper case without joints (E-1042 and e1042 are E1042)."""
    return tuple(dict.fromkeys(_canonical(code) for _, code in _codes_in(_normal(text), _CODE)))


@dataclass(frozen=True, eq=False)
class TextIndex:
    """An index of texts, made by `build`; does not change. Holds some 12 bytes per distinct n-gram of each text."""

    size: int
    vocabulary: Keys
    rarity: Floats
    postings: csr_array
    of_code: Mapping[str, Ints]
    of_apart: Mapping[str, Ints]

    @classmethod
    def build(cls, texts: Sequence[str | None], codes: Sequence[str | None] | None = None) -> Self:
        """Index texts (None where there is none); codes: one per text, as in a column of fault codes (None or "" likewise).

        Codes in the texts are found as well. O(total length · log): some seconds for 100,000 descriptions. Raises
        ValueError where codes are not as many as texts.
        """
        if codes is not None and len(codes) != len(texts):
            raise ValueError(f"codes must be as many as texts ({len(texts)}), not {len(codes)}")
        joined = _joined(texts)
        document, key = _grams(joined)
        vocabulary, term = np.unique(key, return_inverse=True)
        weights = _weighted(document, term, len(texts), vocabulary, _NUMBERS_IN_SEARCH)
        return cls(
            len(texts),
            vocabulary,
            weights.rarity,
            weights.matrix.T.tocsr(),
            _by_code([*_codes_in(joined, _CODE), *_given(codes)]),
            _by_code(_codes_in(joined, _APART)),
        )

    def similar(self, text: str, *, k: int = 10, least: float = 0.0, codes: Iterable[str] = ()) -> Similar:
        """The k texts most like this one: those that share a code first, then by score; ties by place.

        A code with a blank in it (E 1042) is one where the other text has it as a code; car 12 and car 12 share none.
        least: the score from which on a text counts as similar (texts that share a code always do); codes: of the text
        asked about, beside those in it. Work grows with how many texts share its n-grams. Raises ValueError for k below 1
        or least outside [0, 1].
        """
        if k < 1 or not 0 <= least <= 1:
            raise ValueError(f"k must be at least 1 and least between 0 and 1, not {k} and {least:g}")
        score = self._scores(text)
        if isinstance(codes, str):
            raise ValueError("codes must be a sequence of codes, not one code")
        asked = [*find_codes(text), *map(_canonical, codes)]
        shared = self._sharing(asked, _APART.findall(_normal(text)))
        coded = np.fromiter(shared, dtype=np.int64, count=len(shared))
        alike = np.flatnonzero((score >= least) & (score > 0)) if score.size else coded[:0]
        if alike.size > k:
            # All that tie with the k-th stay, so that the place decides and not how numbers were partitioned.
            alike = alike[score[alike] >= np.partition(score[alike], alike.size - k)[alike.size - k]]
        found = np.union1d(alike, coded)
        count = np.array([len(shared.get(int(i), ())) for i in found], dtype=np.int64)
        found = found[np.lexsort((found, -score[found], -count))][:k]
        nothing = Reason.NO_DATA if not self.size or not (text.strip() or asked) else Reason.NO_PEERS
        return Similar(
            n=self.size,
            method="exact codes, then tf-idf cosine of character n-grams",
            reason=Reason.NONE if found.size else nothing,
            index=found,
            score=score[found],
            codes=tuple(shared.get(int(i), ()) for i in found),
        )

    def _scores(self, text: str) -> Floats:
        """The cosine of a text with every text of the index."""
        key, count = np.unique(_grams(_joined([text]))[1], return_counts=True)
        if not key.size or not self.size:
            return np.zeros(self.size)
        at = np.searchsorted(self.vocabulary, key)
        known = at < self.vocabulary.size
        known[known] = self.vocabulary[at[known]] == key[known]
        # What was never seen is as rare as can be: it belongs to the length of the text, and nothing matches it.
        rarity = _rarity(key, np.zeros(key.size), self.size, _NUMBERS_IN_SEARCH)
        rarity[known] = self.rarity[at[known]]
        weight = (1 + np.log(count)) * rarity
        rows = self.postings[at[known]]
        each = np.repeat(weight[known] / np.sqrt((weight**2).sum()), np.diff(rows.indptr))
        score = np.bincount(rows.indices, weights=rows.data * each, minlength=self.size)
        return np.minimum(score, 1.0)

    def _sharing(self, codes: Iterable[str], apart: Iterable[str]) -> dict[int, tuple[str, ...]]:
        """The codes that each text shares with these, by place; only texts that share any."""
        shared: dict[int, dict[str, None]] = {}
        asked = [(code, by_code) for code in codes for by_code in (self.of_code, self.of_apart)]
        asked += [(_canonical(code), self.of_code) for code in apart]
        for code, by_code in asked:
            for place in by_code.get(code, ()):
                shared.setdefault(int(place), {})[code] = None
        return {place: tuple(codes) for place, codes in shared.items()}


def near_duplicates(texts: Sequence[str | None], *, threshold: float = 0.9) -> Duplicates:
    """Which of these texts say the same: all pairs with a cosine of at least `threshold`, and the clusters they form.

    Exact, not sampled: two texts can only be so alike if they share one of their rarest n-grams, those without which
    the rest of a text is shorter than the threshold (prefix filter; Bayardo, Ma and Srikant 2007), and only such pairs are
    compared. Seconds for 100,000 texts; more where thousands of texts differ in a word only, as the pairs grow with the
    square. Texts without letters or digits, and None, are like nothing. Raises ValueError for a threshold outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must lie above 0 and be at most 1, not {threshold:g}")
    n = len(texts)
    document, key = _grams(_joined(texts))
    first = _first_equal(document, key, n)
    alone = first[document] == document
    vocabulary, term = np.unique(key[alone], return_inverse=True)
    weights = _weighted(document[alone], term, n, vocabulary, 1.0)
    pairs, score = _alike(_rarest_first(weights), threshold)
    copies = np.flatnonzero(first != np.arange(n))
    pairs = np.concatenate((pairs, np.column_stack((first[copies], copies))))
    score = np.concatenate((score, np.ones(copies.size)))
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    links = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    label = connected_components(links, directed=False)[1] if n else np.zeros(0, dtype=np.int64)
    cluster = np.unique(label, return_index=True)[1][label] if n else label
    return Duplicates(
        n=n,
        method="tf-idf cosine of character n-grams, all pairs",
        reason=Reason.NONE if n else Reason.NO_DATA,
        cluster=cluster.astype(np.int64),
        pairs=pairs[order],
        score=score[order],
    )


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_DASHES)


def _joined(texts: Sequence[str | None]) -> str:
    """All texts in one string, normalised, with a separator after each."""
    if isinstance(texts, str):
        raise ValueError("texts must be a sequence of texts, not one text")
    known = ["" if text is None else text for text in texts]
    joined = _SEPARATOR.join([*known, ""])
    if joined.count(_SEPARATOR) != len(known):
        joined = _SEPARATOR.join([*(text.replace(_SEPARATOR, " ") for text in known), ""])
    return _normal(joined)


def _grams(joined: str) -> tuple[Ints, Keys]:
    """Every n-gram of every text: the text it stands in, and a number for what it is. The lowest bits tell its kind."""
    point = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kind, document = _KIND[point], np.cumsum(point == 0)
    wide = point.astype(np.uint64)
    han = np.flatnonzero(kind == _HAN)
    pair = han[:-1][np.diff(han) == 1]
    found = [(han, (wide[han] << 3) + _CHARACTER), (pair, ((wide[pair] << 24 | wide[pair + 1]) << 3) + _PAIR)]

    # Letters with a mark before and after each word: a run may begin or end at a mark, but has none inside.
    letter = kind == _LETTER
    marked = np.concatenate(([1], np.where(letter, point, 1), [1])).astype(np.uint64)
    middle = np.flatnonzero(letter)
    # A number is alike or not: 4711 and 4712 are as different as any two.
    digit = (point >= ord("0")) & (point <= ord("9"))
    middle = middle[~_whole_words(middle, digit[middle])]
    three = marked[middle] | marked[middle + 1] << 14 | marked[middle + 2] << 28
    found.append((middle, (three << 3) + _THREE))
    found.extend(_words(wide, np.flatnonzero(letter), digit))
    return (
        np.concatenate([document[at] for at, _ in found]).astype(np.int64),
        np.concatenate([key for _, key in found]),
    )


def _word_starts(letters: Ints) -> Ints:
    """Where words begin among the places of all letters."""
    return np.concatenate(([0], np.flatnonzero(np.diff(letters) != 1) + 1))


def _whole_words(letters: Ints, mark: Bools) -> Bools:
    """By letter: whether all letters of its word are marked."""
    if not letters.size:
        return mark
    start = _word_starts(letters)
    return np.repeat(np.logical_and.reduceat(mark, start), np.diff(np.append(start, letters.size)))


def _words(point: Keys, letters: Ints, digit: Bools) -> list[tuple[Ints, Keys]]:
    """Where each word begins, and a hash of it: its letters times powers of an odd number, modulo 2⁶⁴. Numbers apart."""
    if not letters.size:
        return []
    start = _word_starts(letters)
    length = np.diff(np.append(start, letters.size))
    place = np.arange(letters.size) - np.repeat(start, length)
    powers = np.cumprod(np.full(int(length.max()) + 1, 0x9E3779B97F4A7C15, dtype=np.uint64))
    key = np.add.reduceat(point[letters] * powers[place], start).astype(np.uint64) << np.uint64(3)
    number = np.logical_and.reduceat(digit[letters], start)
    return [(letters[start], key + np.where(number, _NUMBER, _WORD))]


@dataclass(frozen=True, eq=False)
class _Weights:
    """Texts by n-grams, each text of length 1."""

    matrix: csr_array
    rarity: Floats


def _weighted(document: Ints, term: Ints, texts: int, vocabulary: Keys, numbers: float) -> _Weights:
    """tf-idf weights, (1 + log count) · rarity, scaled to length 1."""
    matrix = csr_array((np.ones(term.size), (document, term)), shape=(texts, vocabulary.size))
    matrix.sum_duplicates()
    rarity = _rarity(vocabulary, np.bincount(matrix.indices, minlength=vocabulary.size), texts, numbers)
    matrix.data = (1 + np.log(matrix.data)) * rarity[matrix.indices]
    rows = np.repeat(np.arange(texts), np.diff(matrix.indptr))
    length = np.sqrt(np.bincount(rows, weights=matrix.data**2, minlength=texts))
    matrix.data /= length[rows]
    return _Weights(matrix, rarity)


def _rarity(key: Keys, frequency: NDArray[Any], texts: int, numbers: float) -> Floats:
    """1 + log((1 + N)/(1 + texts with it)); of numbers a share of it."""
    share = np.where((key & np.uint64(7)) == _NUMBER, numbers, 1.0)
    return np.asarray(share * (1 + np.log((1 + texts) / (1 + frequency))), dtype=np.float64)


def _first_equal(document: Ints, key: Keys, texts: int) -> Ints:
    """By text, the first one with the same n-grams as often; its own place for a text without any."""
    # Texts are equal when two independent sums of scrambled n-grams are; 2⁻¹²⁸ is never seen.
    order = np.argsort(document, kind="stable")
    held, start = np.unique(document[order], return_index=True)
    if not held.size:
        return np.arange(texts)
    one, two = (key[order] * np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F))
    sums = np.column_stack([np.add.reduceat(x ^ (x >> np.uint64(29)), start) for x in (one, two)])
    _, first, group = np.unique(sums, axis=0, return_index=True, return_inverse=True)
    result = np.arange(texts)
    result[held] = held[first[group.reshape(-1)]]
    return result


def _rarest_first(weights: _Weights) -> csr_array:
    """The same weights with n-grams numbered from the rarest on, in order within each text."""
    number = np.empty(weights.rarity.size, dtype=np.int64)
    number[np.argsort(-weights.rarity, kind="stable")] = np.arange(weights.rarity.size)
    matrix = weights.matrix
    ordered = csr_array((matrix.data, number[matrix.indices], matrix.indptr), shape=matrix.shape)
    ordered.sort_indices()
    return ordered


def _alike(matrix: csr_array, threshold: float) -> tuple[Ints, Floats]:
    """All pairs of rows (earlier, later) with a product of at least the threshold, and the product."""
    n = matrix.shape[0]
    lengths = _lengths_by_group(matrix)
    found = [one * n + other for one, other in _candidates(_prefixes(matrix, threshold), lengths, threshold - 1e-4)]
    pair = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
    product = np.zeros(pair.size)
    for begin in range(0, pair.size, _PAIRS):
        one, other = np.divmod(pair[begin : begin + _PAIRS], n)
        product[begin : begin + _PAIRS] = matrix[one].multiply(matrix[other]).sum(axis=1)
    near = product >= threshold - 1e-9
    return np.column_stack(np.divmod(pair[near], max(n, 1))), np.minimum(product[near], 1.0)


def _candidates(prefix: csr_array, lengths: NDArray[np.float32], least: float) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of rows (earlier, later) that share an n-gram of their prefixes and may be as alike as `least`.

    By the inequality of Cauchy and Schwarz in each group of n-grams, a product is at most that of their lengths: one
    multiplication of dense matrices for the holders of a frequent n-gram, pair by pair for the holders of rare ones.
    """
    holders = prefix.T.tocsr()
    frequency = np.diff(holders.indptr)
    rare = holders[frequency <= _RARE]
    rows, shared = rare.T.tocsr(), np.cumsum(np.diff(rare.indptr).astype(np.float64) @ rare)
    for block in np.split(np.arange(prefix.shape[0]), np.flatnonzero(np.diff(shared // (20 * _PAIRS))) + 1):
        product = rows[block] @ rare
        one, other = np.repeat(block, np.diff(product.indptr)), product.indices.astype(np.int64)
        later = other > one
        one, other = one[later], other[later]
        for begin in range(0, one.size, _PAIRS):
            i, j = one[begin : begin + _PAIRS], other[begin : begin + _PAIRS]
            possible = np.einsum("ij,ij->i", lengths[i], lengths[j]) >= least
            yield i[possible], j[possible]
    for term in np.flatnonzero(frequency > _RARE):
        row = np.sort(holders.indices[holders.indptr[term] : holders.indptr[term + 1]]).astype(np.int64)
        here = lengths[row]
        step = max(1, 20 * _PAIRS // row.size)
        for begin in range(0, row.size, step):
            i, j = np.nonzero(here[begin : begin + step] @ here[begin:].T >= least)
            later = j > i
            yield row[begin + i[later]], row[begin + j[later]]


def _lengths_by_group(matrix: csr_array) -> NDArray[np.float32]:
    """The length of each row within each of some groups of columns."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    place = rows * _GROUPS + matrix.indices % _GROUPS
    squares = np.bincount(place, weights=matrix.data**2, minlength=matrix.shape[0] * _GROUPS)
    return np.sqrt(squares).astype(np.float32).reshape(-1, _GROUPS)


def _prefixes(matrix: csr_array, threshold: float) -> csr_array:
    """The rarest n-grams of each row without which the rest is shorter than the threshold, as ones."""
    total = np.concatenate(([0.0], np.cumsum(matrix.data**2)))
    rest = np.repeat(total[matrix.indptr[1:]], np.diff(matrix.indptr)) - total[:-1]
    kept = rest >= (threshold - 1e-9) ** 2 - 1e-9
    begin = np.concatenate(([0], np.cumsum(kept)))[matrix.indptr]
    return csr_array((np.ones(int(kept.sum())), matrix.indices[kept], begin), shape=matrix.shape)


def _codes_in(joined: str, pattern: re.Pattern[str]) -> list[tuple[int, str]]:
    """What a pattern finds in joined texts, with the place of its text, as it is written."""
    found = [(m.start(), m[m.lastindex or 0]) for m in pattern.finditer(joined)]
    ends = np.array([m.start() for m in re.finditer(_SEPARATOR, joined)], dtype=np.int64)
    places = np.searchsorted(ends, [start for start, _ in found])
    return [(int(place), code) for place, (_, code) in zip(places, found, strict=True)]


def _given(codes: Sequence[str | None] | None) -> list[tuple[int, str]]:
    return [(place, _normal(code)) for place, code in enumerate(codes or ()) if code]


def _canonical(code: str) -> str:
    return _JOINTS.sub("", _normal(code)).upper()


def _by_code(codes: Iterable[tuple[int, str]]) -> dict[str, Ints]:
    """The texts with each code, in order."""
    places: dict[str, set[int]] = {}
    for place, code in codes:
        places.setdefault(_canonical(code), set()).add(place)
    return {code: np.array(sorted(held), dtype=np.int64) for code, held in places.items() if code}
