"""The desk of a person, as a stand-in: a folder in which hand-overs are put."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from uadispatch.channels.handing_over import CARDS
from uadispatch.channels.standing_in import Received
from uadispatch.testing.far_ends.folder import FolderStandIn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Desk"]


class Desk(FolderStandIn):
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
        contact: str | None = None,
    ) -> None:
        """Take how to read what is put on it; `draw` makes a picture (PNG) of each page."""
        super().__init__(pattern=f"{CARDS}/*.json", read=self._of_card, contact=contact)
        self._text_of = read
        self._draw = draw

    def _of_card(self, card: Path) -> Received:
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


def _drawn(draw: Callable[[bytes], tuple[bytes, ...]], file: Path) -> tuple[bytes, ...]:
    return draw(file.read_bytes())
