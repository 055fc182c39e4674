"""Puts measured figures into a page that is otherwise written by hand.

Only what stands there between ``<!-- measured: NAME -->`` and ``<!-- end -->`` is replaced.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def replace(page: str, name: str, text: str) -> str:
    """The page with the part of that name anew. Raises ValueError: it has none."""
    part = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not part.search(page):
        raise ValueError(f"the page has no part “{name}”")
    return part.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page)


def write(file: Path, figures: Mapping[str, str]) -> None:
    """Replace each part by the figure of its name. Raises ValueError: there is no such part."""
    page = file.read_text(encoding="utf-8")
    for name, figure in figures.items():
        page = replace(page, name, figure)
    file.write_text(page, encoding="utf-8")
