"""That a look finds faults at all: one at a page that has every fault there is to find."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from browser.looking import look_at
from browser.opening import Faults

if TYPE_CHECKING:
    from browser.looking import Tools

FAULTY = Path(__file__).with_name("faulty.html")
TEXTS = ("Not on paper.", "Made by a script.")
EACH = (
    "the console says: ", "a breach of its policy: ", "an error in a script: not caught",
    "it asks for https://example.org/from-elsewhere.png", "it opened a dialog: See me",
    "a picture cannot be shown: ", "color-contrast (serious)", "image-alt (critical)",
    "wider than 390 pixels: ", "wider than 320 pixels: ", "the focus cannot be seen on ",
    "the focus is outside the window: ", "comes to no. ", "Enter neither opens nor closes",
    'printed: this is missing: "Not on paper."', "with the role search are printed",
    'without-scripts): this is missing: "Made by a script."', "hidden: Hidden from all.",
    "a text was run as a script: a script",
)  # fmt: skip


def prove(tools: Tools, faults: Faults) -> None:
    """It is a fault if any of the faults of that page is not found."""
    found = Faults()
    look_at(tools, FAULTY, FAULTY.parent, "faulty", TEXTS, found)
    for each in EACH:
        known = any(each in line for line in found.found)
        faults.expect(known, "the page with every fault", f"this was not found: {each}")
