"""All rows of a list, page by page: whole even where it changes while it is read, and no row twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bilingual.text import Text
from pipelines.rest.moments import Moment, written
from pipelines.rest.options import Options
from pipelines.rest.records import Record, at, column, numbered, uncollected

_MOST_PASSES, _MOST_STALE, _MOST_BACK = 5, 4, 200

_MOVES = Text(
    en="the rows move faster than they can be read; sort them by a column that stays",
    zh="行的移动比读取更快；请按不变的列排序",
)
_REPEATS = Text(
    en="the same page again and again; does the server look for {places} where the mapping says it?",
    zh="反复返回同一页；服务器是否从映射所写的位置读取 {places}？",
)
_NAMES_ITSELF = Text(
    en="the same page again and again; each names itself as the next one",
    zh="反复返回同一页；每一页都把自己指为下一页",
)
_UNSORTED = Text(
    en="rows that are not sorted by {cursor}, upwards; `seek` needs that",
    zh="各行未按 {cursor} 升序排列；`seek` 需要升序",
)

# What a request is made of: the values of `{page}`, `{offset}`, `{since}`, `{next}`.
Values = dict[str, str | int]


@dataclass(frozen=True)
class Page:
    """One page: its rows, what the server answered, and the next page's address if a `Link` header names it."""

    rows: list[Record]
    content: Any = None
    link: str | None = None


@dataclass
class Seen:
    """The rows that were read, by what they hold."""

    numbers: set[int] = field(default_factory=set)

    def has(self, row: Record) -> bool:
        """Whether a row with just these values was read."""
        return self.numbers.issuperset(numbered([row]))

    @uncollected()
    def new(self, rows: Sequence[Record]) -> Sequence[Record]:
        """Those that were not read before, which they are from now on."""
        found = numbered(rows)
        fresh = set(found) - self.numbers
        self.numbers |= fresh
        if len(fresh) == len(rows):
            return rows
        by_number = dict(zip(found, rows, strict=True))
        return [row for number, row in by_number.items() if number in fresh]


@dataclass(frozen=True)
class List:
    """A list that a server gives in pages. `fetch` asks for one, `refuse` is the error for a list that cannot be read whole."""

    options: Options
    fetch: Callable[[Values], Page]
    refuse: Callable[[Text], Exception]
    seen: Seen = field(default_factory=Seen)

    def rows(self, since: str) -> Iterator[Sequence[Record]]:
        """New rows of page after page; one that was read before is left out.

        Raises what `refuse` makes for a list that does not go on.
        """
        match self.options.paging:
            case "none":
                yield self.seen.new(self.fetch({"since": since}).rows)
            case "page":
                yield from self._by_page(since)
            case "offset":
                yield from self._by_offset(since)
            case "seek":
                yield from self._by_seek(since)
            case "next" | "link":
                yield from self._by_token(since)

    def _by_page(self, since: str) -> Iterator[Sequence[Record]]:
        """Numbered pages cannot be held against each other: they are read again until that brings nothing new."""
        first, size, most = self.options.first_page, self.options.size, 0
        for time in range(_MOST_PASSES):
            found = stale = 0
            number = first
            while not time or number <= most + 1:
                rows = self.fetch({"since": since, "page": number, "offset": (number - first) * size}).rows
                new = self.seen.new(rows)
                found += len(new)
                yield new
                stale = 0 if new else stale + 1
                if not rows or (not time and stale == _MOST_STALE):
                    break
                number += 1
            # What came in one answer is of one moment.
            if number <= first + 1 or (time and not found):
                return
            most = max(most, number)

    def _by_offset(self, since: str) -> Iterator[Sequence[Record]]:
        """Each page begins with the last row of the one before: where it does not, rows have moved, and one steps back."""
        offset = stale = back = 0
        while True:
            rows = self.fetch({"since": since, "offset": offset}).rows
            if offset and not (rows and self.seen.has(rows[0])):
                back += 1
                if back > _MOST_BACK:
                    raise self.refuse(_MOVES)
                offset = max(0, offset - self.options.size)
                continue
            new = self.seen.new(rows)
            yield new
            if len(rows) < 2:
                return
            stale = 0 if new else stale + 1
            if stale == _MOST_STALE:
                raise self.refuse(_REPEATS.format(places="`{offset}`"))
            offset += len(rows) - 1

    def _by_seek(self, since: str) -> Iterator[Sequence[Record]]:
        """Rows sorted by the cursor: each request begins at the last value that was read, so nothing can slip past."""
        number = first = self.options.first_page
        cursor = str(self.options.cursor)
        full = stale = 0
        last: Moment | None = None
        while True:
            rows = self.fetch({"since": since, "page": number, "offset": (number - first) * self.options.size}).rows
            new = self.seen.new(rows)
            full = max(full, len(rows))
            if new:
                stale = 0
                texts = [text for text in (column(row, cursor) for row in new) if text]
                # Instants of one shape are sorted as texts; what is not is looked at again as what it says.
                if not texts or (texts != sorted(texts) and (read := list(map(Moment, texts))) != sorted(read)):
                    raise self.refuse(_UNSORTED.format(cursor=cursor))
                yield new
                last = max(last, Moment(texts[-1])) if last else Moment(texts[-1])
                reached = written(last, self.options)
                number = number + 1 if reached == since else first
                since = reached
                continue
            if len(rows) < full or not rows:
                return
            # A full page without anything new: the server repeats itself, or more rows have one value than a page holds.
            stale += 1
            if stale == _MOST_STALE:
                if len(rows) < self.options.size:
                    return
                raise self.refuse(_REPEATS.format(places="`{since}`, `{page}`"))
            number += stale > 1

    def _by_token(self, since: str) -> Iterator[Sequence[Record]]:
        """Pages that name the next one. Addresses mostly say its number, so they are followed again, as numbered pages are."""
        for time in range(_MOST_PASSES if self.options.names_next else 1):
            pages = found = 0
            for page in self._chain(since):
                new = self.seen.new(page.rows)
                pages, found = pages + 1, found + len(new)
                yield new
            if pages <= 1 or (time and not found):
                return

    def _chain(self, since: str) -> Iterator[Page]:
        """The pages from the first one on. One that names itself was repeated, and is asked for again."""
        token: str | None = None
        asked: set[str] = set()
        stale = 0
        while True:
            page = self.fetch({"since": since, "next": token} if token else {"since": since})
            yield page
            following = page.link if self.options.paging == "link" else at(page.content, self.options.next)
            if not following:
                return
            if str(following) in asked:
                stale += 1
                if stale == _MOST_STALE:
                    raise self.refuse(_NAMES_ITSELF)
                continue
            stale = 0
            token = str(following)
            asked.add(token)
