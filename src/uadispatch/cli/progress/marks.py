"""Which messages were told of, and as what: for a million of them, in a few megabytes.

It knows no message: a mark is a text, of which only 64 bits are kept.
"""

from __future__ import annotations

from array import array

__all__ = ["Marks"]

FIRST = 64
"""Places at the beginning; there are always at least twice as many as marks."""


class Marks:
    """A small number for each mark, in a table of its own: a dict takes six times the room."""

    def __init__(self) -> None:
        """Begin with none."""
        self._marks = array("Q", bytes(8 * FIRST))
        self._numbers = bytearray(FIRST)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def get(self, mark: str) -> int:
        """The number of `mark`; 0 if it has none."""
        return self._numbers[self._place(_bits(mark))]

    def put(self, mark: str, number: int) -> None:
        """Give `mark` the number, from 0 to 255."""
        bits = _bits(mark)
        place = self._place(bits)
        if not self._marks[place]:
            if 2 * self._used >= len(self._marks):
                self._grow()
                place = self._place(bits)
            self._marks[place] = bits
            self._used += 1
        self._numbers[place] = number

    def _place(self, bits: int) -> int:
        """Where it stands, or the free place where it would."""
        marks = self._marks
        last = len(marks) - 1  # a power of two, less one
        place = bits & last
        while (there := marks[place]) and there != bits:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        marks, numbers = self._marks, self._numbers
        size = 2 * len(marks)
        self._marks, self._numbers = array("Q", bytes(8 * size)), bytearray(size)
        for bits, number in zip(marks, numbers, strict=True):
            if bits:
                place = self._place(bits)
                self._marks[place], self._numbers[place] = bits, number


def _bits(mark: str) -> int:
    """64 bits of it, which are not all 0."""
    return hash(mark) & 0xFFFF_FFFF_FFFF_FFFF or 1
