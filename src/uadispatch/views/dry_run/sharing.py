"""What many texts of one page have in common is written once: runs of lines.

The first text that has a run keeps it; the others point there. It knows no markup.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Part", "share"]

WORTH = 120
"""From so many characters on it is worth pointing."""


class Part(NamedTuple):
    """A piece of a text."""

    text: str
    """"" where it only points."""
    of: int | None = None
    """The number of the run of lines that it is; None: it is this text's own."""
    first: bool = False
    """Whether it is the one that keeps the run."""
    lines: int = 0
    like: str = ""
    """Whose text keeps the run, where it points."""


class _Run(NamedTuple):
    lines: tuple[str, ...]
    common: bool

    @property
    def text(self) -> str:
        return "".join(self.lines)


def share(texts: Sequence[tuple[str, str]]) -> list[tuple[Part, ...]]:
    """Each of `texts` (whose it is, and the text) in parts, in the same order."""
    cut = [_lines(text) for _, text in texts]
    where: dict[str, int] = {}
    times: Counter[str] = Counter()
    for number, lines in enumerate(cut):
        for line in set(lines):
            times[line] += 1
            # Lines that the same texts have belong together.
            where[line] = hash((where.get(line), number))
    runs = [_runs(lines, where, times) for lines in cut]
    often = Counter(run.text for its in runs for run in its if run.common)
    kept: dict[str, tuple[int, str]] = {}
    return [
        tuple(_parts(its, whose, often, kept)) for (whose, _), its in zip(texts, runs, strict=True)
    ]


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]]


def _runs(lines: list[str], where: dict[str, int], times: Counter[str]) -> list[_Run]:
    """Neighbouring lines that the same texts have; an empty line goes with the one before."""
    marked: list[tuple[int | None, str]] = []
    before: int | None = None
    for line in lines:
        if line.strip():
            before = where[line] if times[line] > 1 else None
        marked.append((before, line))
    return [
        _Run(tuple(line for _, line in its), mark is not None)
        for mark, its in groupby(marked, key=lambda each: each[0])
    ]


def _parts(
    runs: list[_Run], whose: str, often: Counter[str], kept: dict[str, tuple[int, str]]
) -> list[Part]:
    parts: list[Part] = []
    for run in runs:
        text = run.text
        if not run.common or often[text] == 1 or len(text) < WORTH:
            if parts and parts[-1].of is None:
                parts[-1] = Part(parts[-1].text + text)
            else:
                parts.append(Part(text))
        elif text in kept:
            number, like = kept[text]
            parts.append(Part("", number, lines=len(run.lines), like=like))
        else:
            kept[text] = (len(kept) + 1, whose)
            parts.append(Part(text, kept[text][0], first=True, lines=len(run.lines)))
    return parts
