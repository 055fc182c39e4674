"""The desk of a person, as a stand-in: a folder in which hand-overs are put."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.channels.handing_over import CARDS
from uadispatch.channels.standing_in import CannotSimulate, Failure, Received, StandIn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Desk"]


class Desk(StandIn):
    """Keeps what a channel hands over to a person with `uadispatch.hand_over`.

    The channel's settings need a field ``folder`` for it.
    """

    def __init__(self) -> None:
        self._folder = Path()

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
        return [_read(card) for card in sorted(cards, key=_age)]

    def misbehave(self, failure: Failure) -> None:
        """Let the folder be one that cannot be written to. Raises CannotSimulate for all else."""
        if failure is not Failure.UNREACHABLE:
            raise CannotSimulate("a person answers nothing when files are made for them")
        kept = self._folder.with_name(f"{self._folder.name}-kept")
        self._folder.rename(kept)
        self._folder.write_text("no folder any more")
        self._folder = kept


def _age(card: Path) -> tuple[int, str]:
    return card.stat().st_mtime_ns, card.name


def _read(card: Path) -> Received:
    kept = json.loads(card.read_text(encoding="utf-8"))
    files = [card.parents[1] / name for name in kept["files"]]
    texts = [file.read_text(encoding="utf-8") for file in files if file.suffix == ".txt"]
    return Received(
        to=kept["to"],
        reference=kept["reference"],
        file=files[0] if files else card,
        shown="".join(texts[:1]),
    )
