"""docs/images/house.svg: the rooms of the house, one above the other, and a message's way through.

``make docs`` draws it. The rooms are those that are there: one that has no place here is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FLOORS", "WAY", "picture", "rooms_of"]

PACKAGE = Path(__file__).resolve().parents[1] / "src/uadispatch"
WIDTH, HOUSE, GAP, ROW = 1000, 690, 8, 22
INK, PAPER, LINE, WALL, WAY_INK = "#1d2733", "#ffffff", "#9aa7b5", "#f2f5f8", "#b3261e"
FONT = "font-family='system-ui, sans-serif'"


@dataclass(frozen=True)
class Floor:
    """A room of the house: its sub-rooms, how many of these stand beside each other, its words."""

    name: str
    says: str
    rooms: tuple[str, ...] = ()
    beside: int = 4
    modules: str = ""


FLOORS = (
    Floor("cli", "what is typed and printed; exit codes",
          ("documents", "looking", "sending", "deciding", "books", "plugins", "progress", "log",
           "common"), 5),
    Floor("testing", "for tests, rehearsals and authors of channels", ("contract", "far_ends")),
    Floor("views", "what people and programs look at", ("dry_run", "rehearsal", "report")),
    Floor("dispatch", "from plan to outcome",
          ("distributed", "sending", "followup", "approval", "planning", "pace", "targets",
           "journal"), 4, "guards · states · snapshot · keys · news · reasons"),
    Floor("rendering", "how a message reads"),
    Floor("settings", "how the organisation has set it up"),
    Floor("channels", "how a target is reached: contract and registry"),
    Floor("observers", "who hears of what was done"),
    Floor("campaign", "what is said, to whom, until when", ("notices", "target_files")),
    Floor("errors", "clock · resources · deprecations: what everybody may use"),
)  # fmt: skip
"""From the roof down: a room imports only what stands below it."""
GROUND = ("errors", "clock", "resources", "deprecations")
WAY: tuple[tuple[str, str], ...] = (
    ("campaign", "The campaign file is read: the case, the targets, the letter."),
    ("dispatch/planning", "A message is planned for each target and channel."),
    ("rendering", "Its text is made of the letter and the organisation's template."),
    ("dispatch/guards", "The guards say whether it may go: now, and again before it leaves."),
    ("dispatch/journal", "The plan is recorded; then one process claims the message."),
    ("dispatch/sending", "It is composed once more, from what was recorded, and tried once."),
    ("channels", "A plugin hands it to its far end, and sorts what came of it."),
    ("dispatch/journal", "The outcome is recorded, with its place in the audit."),
    ("dispatch/followup", "Services are asked later, people do their tasks."),
    ("views", "What became of it is shown, and nothing that the journal cannot prove."),
)
"""Where a message is, step by step, and what happens there."""


def rooms_of(folder: Path) -> set[str]:
    """The packages right below a folder."""
    return {file.parent.name for file in folder.glob("*/__init__.py")}


def picture() -> str:
    """The drawing, as SVG."""
    _check()
    parts: list[str] = []
    places: dict[str, tuple[float, float]] = {}
    y = 16.0
    for floor in FLOORS:
        y += _draw(floor, y, parts, places) + GAP
    parts += _outside(places)
    parts += _way(places)
    y += 22
    for number, (_, says) in enumerate(WAY, 1):
        x, line = (30, number) if number <= len(WAY) // 2 else (500, number - len(WAY) // 2)
        parts += _circle(x, y + line * ROW - 5, number)
        parts.append(_text(x + 16, y + line * ROW, says, size=12))
    height = y + (len(WAY) + 1) // 2 * ROW + 16
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height:g}' {FONT} "
        f"role='img' aria-label='The rooms of uadispatch, and the way of a message through them'>"
    )
    ground = f"<rect width='100%' height='100%' fill='{PAPER}'/>"
    return "\n".join((head, ground, *parts, "</svg>", ""))


def _check() -> None:
    """Raise ValueError for a room that is there and has no place, or the other way round."""
    drawn = {floor.name for floor in FLOORS} - {"errors", "settings"}
    if drawn != rooms_of(PACKAGE):
        raise ValueError(f"docs/picture.py: rooms differ: {drawn ^ rooms_of(PACKAGE)}")
    modules = {file.stem for file in PACKAGE.glob("*.py")} - {"__init__", "__main__", "settings"}
    if modules != {*GROUND}:
        raise ValueError(f"docs/picture.py: the ground differs: {modules ^ {*GROUND}}")
    for floor in FLOORS:
        if {*floor.rooms} != (there := rooms_of(PACKAGE / floor.name)) - {"pages"}:
            raise ValueError(f"docs/picture.py: {floor.name}/ differs: {there ^ {*floor.rooms}}")


def _draw(
    floor: Floor, y: float, parts: list[str], places: dict[str, tuple[float, float]]
) -> float:
    """A floor at height `y`; returns how high it is."""
    lines = -(-len(floor.rooms) // floor.beside) if floor.rooms else 0
    height = 34 + lines * 34 + (20 if floor.modules else 0)
    parts.append(_box(16, y, HOUSE, height, WALL))
    parts.append(
        f"<text x='28' y='{y + 22:g}' font-size='15' fill='{INK}'>"
        f"<tspan font-weight='700'>{floor.name}</tspan> "
        f"<tspan font-size='12'> {escape(floor.says)}</tspan></text>"
    )
    places[floor.name] = (HOUSE - 14, y + 17)
    width = (HOUSE - 24 - (floor.beside - 1) * 6) / floor.beside
    for number, room in enumerate(floor.rooms):
        x = 28 + number % floor.beside * (width + 6)
        top = y + 32 + number // floor.beside * 34
        parts.append(_box(x, top, width, 28, PAPER))
        parts.append(_text(x + 10, top + 18, room, size=13))
        places[f"{floor.name}/{room}"] = (x + width - 14, top + 14)
    if floor.modules:
        parts.append(_text(28, y + height - 10, floor.modules, size=12))
        places[f"{floor.name}/guards"] = (352, y + height - 14)
    return height


def _outside(places: dict[str, tuple[float, float]]) -> Iterator[str]:
    """What stands beside the house: people, plugins, far ends, the journal's file."""
    x, width = HOUSE + 60, WIDTH - HOUSE - 76
    beside = (
        ("cli", "staff, cron, other programs", "type and read"),
        ("dispatch/journal", "the journal", "a file, or PostgreSQL"),
        ("channels", "plugins", "each knows one kind of far end"),
        ("observers", "plugins that listen", "told of runs, and never of names"),
        ("campaign", "campaign files, documents", "YAML, CSV, Word, PDF"),
    )
    for room, name, says in beside:
        at = places[room][1]
        yield _box(x, at - 20, width, 40, PAPER)
        yield _text(x + 10, at - 4, name, size=13, bold=True)
        yield _text(x + 10, at + 12, says, size=10.5)
        start = places[room][0] + 14 if room == "dispatch/journal" else HOUSE + 16
        yield (
            f"<line x1='{start:g}' y1='{at:g}' x2='{x:g}' y2='{at:g}' stroke='{LINE}' "
            f"stroke-width='1.5'/>"
        )


def _way(places: dict[str, tuple[float, float]]) -> Iterator[str]:
    """The numbers of the steps, in their rooms."""
    for number, (room, _) in enumerate(WAY, 1):
        x, y = places[room]
        later = sum(other == room for other, _ in WAY[number:])
        yield from _circle(x - 22 * later, y, number)


def _circle(x: float, y: float, number: int) -> tuple[str, str]:
    at = f"x='{x:g}' y='{y + 4:g}' font-size='11' text-anchor='middle' font-weight='700'"
    return (
        f"<circle cx='{x:g}' cy='{y:g}' r='9.5' fill='{WAY_INK}'/>",
        f"<text {at} fill='{PAPER}'>{number}</text>",
    )


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='5' fill='{fill}' "
        f"stroke='{LINE}'/>"
    )


def _text(x: float, y: float, text: str, *, size: float, bold: bool = False) -> str:
    weight = " font-weight='700'" if bold else ""
    return (
        f"<text x='{x:g}' y='{y:g}' font-size='{size:g}'{weight} fill='{INK}'>{escape(text)}</text>"
    )
