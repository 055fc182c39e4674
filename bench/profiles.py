"""What part of a profile belongs to what, by the files of its functions. It knows no program."""

from __future__ import annotations

import pstats
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import cProfile
    from collections.abc import Mapping

__all__ = ["shares"]


def shares(
    profile: cProfile.Profile, parts: Mapping[str, tuple[str, ...]], *, templates: str, rest: str
) -> dict[str, float]:
    """The share of each of the `parts` (name to pieces of files' paths; the first that fits).

    What C does belongs to who called it, a compiled template to `templates`, and what is of no
    part to the `rest`.
    """

    def part_of(file: str) -> str:
        if not file.startswith(("/", "<", "~")):  # a template: `email/en`
            return templates
        fits = (part for part, places in parts.items() if any(place in file for place in places))
        return next(fits, rest)

    spent: Counter[str] = Counter()
    stats: Any = pstats.Stats(profile)
    for (file, _, _), (_, _, total, _, callers) in stats.stats.items():
        if file != "~":
            spent[part_of(file)] += total
            continue
        for (caller, _, _), (_, _, its, _) in callers.items():
            spent[part_of(caller)] += its
            total -= its  # noqa: PLW2901 - what is left had no caller
        spent[rest] += max(total, 0)
    whole = spent.total()
    return {part: time / whole for part, time in spent.items()}
