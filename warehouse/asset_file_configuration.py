"""What serial sat at each position of an asset, and from when: from the register of assets and from parts replaced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from warehouse.asset_file import Happening, asset_file
from warehouse.reading import Reading, remembered


@dataclass(frozen=True, eq=False)
class Fitted:
    """A piece at a position: since when (UTC, naive; None where nobody knows), and the replacement that put it there."""

    serial_no: str
    since: dt.datetime | None = None
    replacement: Happening | None = None


@dataclass(frozen=True, eq=False)
class Slot:
    """A position for a part, and all pieces that are known to have sat there, oldest first. asset_id: of the piece there now."""

    position: str
    part_no: str
    pieces: tuple[Fitted, ...]
    asset_id: str | None = None

    def on(self, end_of_day: dt.datetime) -> tuple[Fitted | None, Fitted | None]:
        """What sat there at an instant (the first piece, where nobody knows since when, from the beginning), and what before."""
        here = [i for i, piece in enumerate(self.pieces) if (piece.since is None and i == 0) or _by(piece, end_of_day)]
        if not here:
            return None, None
        return self.pieces[here[-1]], self.pieces[here[-1] - 1] if here[-1] else None


@dataclass(frozen=True, eq=False)
class Configuration:
    """Positions with serialised parts in order; `unserialised` replacements told no serial number at all."""

    slots: tuple[Slot, ...]
    unserialised: int


def _by(piece: Fitted, instant: dt.datetime) -> bool:
    return piece.since is not None and piece.since <= instant


@remembered
def configuration(reading: Reading, asset_id: str) -> Configuration | None:
    """The positions of an asset; None where there is no such asset."""
    found = asset_file(reading, asset_id)
    if found is None:
        return None
    slots: dict[tuple[str, str], list[Fitted]] = {}
    uses = [h for h in reversed(found.of("part_use")) if h.entity == "part_use"]
    serialised = [h for h in uses if h.row["old_serial"] or h.row["new_serial"]]
    for use in serialised:
        _replace(slots.setdefault((use.row["position"] or "", use.row["part_no"]), []), use)
    slotted = {key: Slot(*key, tuple(pieces)) for key, pieces in slots.items()}
    for part in found.below:
        if part.depth == 1 and part.serial_no:
            installed = next(
                (h.at for h in found.life if h.entity == "asset" and h.row["asset_id"] == part.asset_id), None
            )
            key = _key_of(slotted.values(), part.position, part.serial_no) or (part.position, part.model)
            slot = slotted.get(key, Slot(*key, ()))
            slotted[key] = replace(slot, pieces=_with(slot.pieces, part.serial_no, installed), asset_id=part.asset_id)
    return Configuration(
        tuple(sorted(slotted.values(), key=lambda s: (s.position, s.part_no))), len(uses) - len(serialised)
    )


def _replace(pieces: list[Fitted], use: Happening) -> None:
    """One replacement: what was taken out had been there, what was put in is there from then on."""
    old, new = use.row["old_serial"] or "", use.row["new_serial"] or ""
    if old and (not pieces or pieces[-1].serial_no != old):
        pieces.append(Fitted(old))
    pieces.append(Fitted(new, use.at, use))


def _key_of(slots: Iterable[Slot], position: str, serial_no: str) -> tuple[str, str] | None:
    """The position that already knows a piece, whatever the register calls the part."""
    for slot in slots:
        if slot.position == position and any(piece.serial_no == serial_no for piece in slot.pieces):
            return slot.position, slot.part_no
    return None


def _with(pieces: tuple[Fitted, ...], serial_no: str, installed: dt.datetime | None) -> tuple[Fitted, ...]:
    """The pieces with what the register says is there now."""
    if any(piece.serial_no == serial_no for piece in pieces):
        return tuple(
            replace(p, since=p.since or installed) if p.serial_no == serial_no else p for p in pieces
        )  # fmt: skip
    return tuple(sorted([*pieces, Fitted(serial_no, installed)], key=lambda p: p.since or dt.datetime.min))
