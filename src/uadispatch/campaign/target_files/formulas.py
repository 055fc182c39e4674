"""Cells that a spreadsheet would take for formulas, and the apostrophe that keeps it from that.

It knows single cells, and nothing of what they mean.
"""

from __future__ import annotations

import re

__all__ = ["FORMULA", "guarded", "unguarded"]

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take the wide ones too
"""A cell that begins so is run by a spreadsheet, or hides one that is."""

_SIGNS = f"[{''.join(map(re.escape, FORMULA))}]"
_RISKY = re.compile(f"'*{_SIGNS}")
_GUARDED = re.compile(f"'+{_SIGNS}")


def guarded(cell: str) -> str:
    """`cell` so that a spreadsheet shows it and no more; `unguarded` gives the same cell again."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unguarded(cell: str) -> str:
    """`cell` without the apostrophe that stands before the sign of a formula, if it has one."""
    return cell[1:] if _GUARDED.match(cell) else cell
