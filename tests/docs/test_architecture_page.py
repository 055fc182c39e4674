"""docs/architecture.md tells the house as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import picture
import pytest

from test_architecture import FLOORS, OURS, SRC, WITHIN, imports, module_of

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = SRC / "uadispatch"


def page(root: Path) -> str:
    return (root / "docs/architecture.md").read_text(encoding="utf-8")


def rows(text: str, head: str) -> list[list[str]]:
    """The cells of the table that begins with `head`."""
    table = text[text.index(f"| {head} |") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def imported_by(room: str) -> list[str]:
    """The other rooms that the modules of a room import, from the ground up."""
    used = {
        module.split(".")[1]
        for path in OURS
        if module_of(path, SRC).split(".")[1:2] == [room]
        for module in imports(path)
        if module.startswith("uadispatch.")
    }
    return [floor for floor in FLOORS if floor in used - {room}]


def test_each_room_is_told_with_what_it_imports(root: Path) -> None:
    told = rows(page(root), "room | what it knows | what it may never know | imports")
    assert [row[0] for row in told] == [f"`{room}`" for room in FLOORS]
    for row, room in zip(told, FLOORS, strict=True):
        assert all(row), f"{room}: a cell is empty"
        assert re.findall(r"`(\w+)`", row[3]) == imported_by(room), room


@pytest.mark.parametrize(
    ("room", "head"),
    [
        ("dispatch", "room in `dispatch` | what it knows | what it may never know"),
        ("cli", "room in `cli` | its commands"),
    ],
)
def test_each_room_within_is_told_in_its_order(room: str, head: str, root: Path) -> None:
    told = [row[0].strip("`") for row in rows(page(root), head)]
    assert set(told) == picture.rooms_of(PACKAGE / room)
    assert told == [name for name in WITHIN[room] if name in told]


def test_each_command_is_told_in_its_room(root: Path) -> None:
    from uadispatch.cli.app import COMMANDS

    told = {row[0].strip("`"): row[1] for row in rows(page(root), "room in `cli` | its commands")}
    for command, where in COMMANDS.items():
        if "." in where.removesuffix(where.rpartition(".")[2]).rstrip("."):
            name = "journal ..." if command.startswith("journal ") else command
            assert f"`{name}`" in told[where.partition(".")[0]], command


def test_each_file_that_it_names_is_there(root: Path) -> None:
    way = page(root).split("## The rooms")[0].split("## The way of a message")[1]
    steps = re.split(r"^\d+\. ", way, flags=re.MULTILINE)[1:]
    assert len(steps) == len(picture.WAY)
    for step, (room, _) in zip(steps, picture.WAY, strict=True):
        first, *others = re.findall(r"`([a-z_/]+(?:\.py|/))`", step)
        assert first.startswith(room), f"the picture has step {room} elsewhere"
        folders = [PACKAGE, PACKAGE / room, PACKAGE / "dispatch", PACKAGE / "dispatch/journal"]
        for name in (first, *others):
            assert any((folder / name).exists() for folder in folders), name


def test_a_room_without_a_place_in_the_picture_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "attic").mkdir()
    (tmp_path / "attic/__init__.py").touch()
    monkeypatch.setattr(picture, "PACKAGE", tmp_path)
    with pytest.raises(ValueError, match="attic"):
        picture.picture()
