"""``dry-run --json``: one JSON object, whose list of messages is written while they are planned.

It knows how an object is put together on standard output; not what a message is.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from uadispatch.dispatch.planning.drafts import Draft

__all__ = ["Listing"]


class Listing:
    """Writes the object, a line for each message; few of them are shown whole."""

    def __init__(
        self, out: TextIO, few: int, planned: Callable[[Draft, bool], Mapping[str, Any]]
    ) -> None:
        """Nothing is written before it is known whether there are more than `few` messages.

        `planned` gives a message as JSON; it is told whether they are few.
        """
        self._out = out
        self._most = few
        self._planned = planned
        self._held: list[Draft] = []
        self._numbers: Counter[str] = Counter()
        self._began = False

    def add(self, draft: Draft) -> None:
        """List a message."""
        if self._began:
            self._write(draft, few=False)
            return
        self._held.append(draft)
        if len(self._held) > self._most:
            self._begin(few=False)

    def end(self, shape: Mapping[str, Any], **lists: Iterable[Mapping[str, Any]]) -> None:
        """Write the rest of the object: `lists` item by item, the totals, and then `shape`."""
        if not self._began:
            self._begin(few=True)
        self._out.write("\n]")
        for name, items in lists.items():
            self._out.write(f',\n"{name}": [')
            for number, item in enumerate(items):
                self._out.write(f"{',' * bool(number)}\n{_line(item)}")
            self._out.write("\n]")
        for name, value in {"totals": dict(self._numbers), **shape}.items():
            self._out.write(f',\n"{name}": {_line(value)}')
        self._out.write("\n}\n")
        self._out.flush()

    def _begin(self, *, few: bool) -> None:
        self._out.write('{\n"messages": [')
        self._began = True
        held, self._held = self._held, []
        for draft in held:
            self._write(draft, few=few)

    def _write(self, draft: Draft, *, few: bool) -> None:
        item = self._planned(draft, few)
        comma = "," if self._numbers else ""
        self._numbers[str(item["state"])] += 1
        self._out.write(f"{comma}\n{_line(item)}")


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
