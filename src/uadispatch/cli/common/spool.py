"""A list that is too long to be held: laid down in a temporary file, and gone through from there.

It knows no more of what is in it than that it can be written as JSON.
"""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

__all__ = ["Spool"]

IN_MEMORY = 1024 * 1024
"""Characters up to which no file is made."""


class Spool:
    """A list; used as a context manager, and gone after that."""

    def __init__(self) -> None:
        """Begin with an empty one."""
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by __exit__
            IN_MEMORY, mode="w+", encoding="ascii"
        )
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Any]:
        """Each item, as JSON reads it."""
        self._file.seek(0)
        return map(json.loads, self._file)

    def empty(self) -> None:
        """Take everything out."""
        self._file.seek(0)
        self._file.truncate()
        self._number = 0

    def fill(self, items: Iterable[object]) -> None:
        """Put `items` at its end."""
        for item in items:
            self._file.write(f"{json.dumps(item)}\n")
            self._number += 1
