"""Paper, window and folds of each envelope, in millimetres; it knows measures and no letter."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ENVELOPES", "PAPERS", "SIZES", "Sheet", "Window"]

INCH = 25.4

PAPERS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"a4": (210.0, 297.0), "us-letter": (8.5 * INCH, 11 * INCH)}
)
"""Width and height."""

SIZES = (11.0, 10.5, 10.0, 9.5, 9.0)
"""Of the letters in the window, in points: the address takes the first that fits, and is refused
if none does."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the sheet that the window shows; nothing is written nearer to it than `inset`."""

    left: float
    top: float
    width: float
    height: float
    inset: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a letter lies on its paper."""

    paper: str
    window: Window
    folds: tuple[float, ...]
    """From the top edge."""


ENVELOPES: Mapping[str, Sheet] = MappingProxyType(
    {
        # DIN 5008, form B: the address field is 85 x 45 mm, 20 mm from the left and 45 mm from the
        # top, folds at 105 and 210 mm. A DL envelope is 5 mm higher than the folded sheet: what is
        # 5 mm from the field's edges shows however the sheet slips.
        "din-b": Sheet("a4", Window(20, 45, 85, 45, 5), (105, 210)),
        # A no. 10 envelope is 4 1/8 x 9 1/2 in; its standard window is 1 1/8 x 4 1/2 in, 7/8 in
        # from the left and 1/2 in from the bottom. Folded at 4 and 8 in, the sheet has 1/8 in of
        # play in height and 1 in in width; this is what shows wherever it slips: from 2 1/2 in
        # (the window's top edge, the sheet pushed up) down to 3 1/2 in (its bottom edge, the sheet
        # resting below), and from 7/8 in to 4 3/8 in.
        "us-10": Sheet(
            "us-letter",
            Window(0.875 * INCH, 2.5 * INCH, 3.5 * INCH, 1.0 * INCH, 1.0),
            (4 * INCH, 8 * INCH),
        ),
    }
)
