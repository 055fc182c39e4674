"""The index that the first page searches: a few scripts, each with a row for each message.

A script only hands data over: ``dryRunIndex(number, {...})``. Whatever a name holds, it stays
inside its string.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from uadispatch.rendering.html import visible

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.views.dry_run.making import Section

__all__ = ["Index", "as_script"]

MESSAGES = 20_000
"""In one file."""
_ODD, _CHANGED, _HELD, _KEPT = 1, 2, 4, 8
_ESCAPES = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def as_script(value: object) -> str:
    """`value` as JSON that neither ends a script nor breaks a line of it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


class Index:
    """Writes the index into a folder, file by file."""

    def __init__(self, folder: Path) -> None:
        """Nothing is written yet."""
        self._folder = folder
        self._targets: list[Any] = []
        self._rows = 0
        self._words: dict[str, int] = {}
        self.files = 0
        """How many files there are, once it is closed."""

    def add(self, page: int, section: Section) -> None:
        """The messages of a target, which stand on `page`."""
        rows = [
            [
                card.key,
                self._word(card.channel),
                self._word(card.language),
                self._word(card.state),
                _ODD * card.stands_out
                + _CHANGED * (card.change is not None)
                + _HELD * card.held
                + _KEPT * card.kept,
                visible(card.to),
            ]
            for card in section.cards
        ]
        texts = map(visible, (section.id, section.name, section.role, section.country))
        self._targets.append([page, *texts, rows])
        self._rows += len(rows)
        if self._rows >= MESSAGES:
            self._write()

    def close(self) -> int:
        """Write what is left; returns how many files there are."""
        if self._targets:
            self._write()
        return self.files

    def _word(self, text: str) -> int:
        return self._words.setdefault(text, len(self._words))

    def _write(self) -> None:
        self.files += 1
        self._folder.mkdir(exist_ok=True)
        shape = as_script({"words": list(self._words), "targets": self._targets})
        (self._folder / f"{self.files:04}.js").write_text(
            f"dryRunIndex({self.files},{shape});\n", encoding="utf-8"
        )
        self._targets, self._rows, self._words = [], 0, {}
