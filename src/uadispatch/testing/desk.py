"""The desk of a person, as a stand-in: a folder in which hand-overs are put."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.channels.handing_over import CARDS
from uadispatch.channels.standing_in import CannotSimulate, Failure, Received, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Desk"]


class Desk(StandIn):
    """Keeps what a channel hands over to a person with `uadispatch.hand_over`.

    The channel's settings need a field ``folder`` for it. What the recipient gets of a hand-over
    is the text of its ``.txt`` file; otherwise a channel says how it is read out of that text
    (`read`), or how the pages of the first file are drawn (`draw`).
    """

    def __init__(
        self,
        *,
        read: Callable[[str], str] = str,
        draw: Callable[[bytes], tuple[bytes, ...]] | None = None,
    ) -> None:
        """Take how to read what is put on it; `draw` makes a picture (PNG) of each page."""
        self._folder = Path()
        self._text_of = read
        self._draw = draw

    async def start(self, folder: Path) -> Mapping[str, object]:
        """Begin with an empty desk."""
        self._folder = folder
        return {"folder": folder}

    async def stop(self) -> None:
        """Nothing was opened."""

    @property
    def tries(self) -> int:
        """How many hand-overs were made."""
        return len(self.received)

    @property
    def received(self) -> Sequence[Received]:
        """What was handed over."""
        cards = [path for path in self._folder.rglob(f"{CARDS}/*.json") if path.is_file()]
        return [self._received(card) for card in sorted(cards, key=_age)]

    def misbehave(self, failure: Failure) -> None:
        """Let the folder be one that cannot be written to. Raises CannotSimulate for all else."""
        if failure is not Failure.UNREACHABLE:
            raise CannotSimulate("a person answers nothing when files are made for them")
        kept = self._folder.with_name(f"{self._folder.name}-kept")
        self._folder.rename(kept)
        self._folder.write_text("no folder any more")
        self._folder = kept

    def _received(self, card: Path) -> Received:
        kept = json.loads(card.read_text(encoding="utf-8"))
        files = [card.parents[1] / name for name in kept["files"]]
        texts = [file.read_bytes().decode() for file in files if file.suffix == ".txt"]
        first = files[0] if files else card
        return Received(
            to=kept["to"],
            reference=kept["reference"],
            file=first,
            shown="".join(map(self._text_of, texts[:1])),
            draw=tuple if self._draw is None else partial(_drawn, self._draw, first),
        )


def _age(card: Path) -> tuple[int, str]:
    return card.stat().st_mtime_ns, card.name


def _drawn(draw: Callable[[bytes], tuple[bytes, ...]], file: Path) -> tuple[bytes, ...]:
    return draw(file.read_bytes())
