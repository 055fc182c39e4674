"""A document as lines of clean text, each of which remembers where it came from.

Whatever the file was (.docx, .pdf, .html, .txt), it is the same from here on: a line is a
paragraph, or one line of an address; what was wrapped only for want of room is one line again.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Document", "Line", "Link"]


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere."""

    text: str
    """The words that are linked, as they stand in the line."""
    to: str
    """Where they lead."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; never empty."""

    number: int
    """Counted from 1: of a .txt file its line there, of any other its line in `as_text`."""
    text: str
    """Clean: one kind of space, no control characters, no bookmarks, nothing to strip."""
    where: str = ""
    """Where it stands beside its number: ``page 2``, ``table 1, cell 2``; "" where that is all."""
    begins: bool = False
    """Whether something parts it from the line before: an empty line, a gap, another cell."""
    cell: int | None = None
    """Lines of one cell of a table, or of one column, share a number; others have none."""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What was read of one file."""

    name: str
    """The file's name, without its folder."""
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    """What a person should know of the reading itself, such as pictures that hold no text."""

    def as_text(self) -> str:
        """The lines as text; line N of it is the line whose number is N.

        Columns of a .txt that stood side by side there do so again.
        """
        found: list[str] = []
        for line in self.lines:
            found += [""] * (line.number - len(found))
            here = found[line.number - 1]
            found[line.number - 1] = f"{here}    {line.text}" if here else line.text
        return "\n".join(found) + "\n" * bool(found)
