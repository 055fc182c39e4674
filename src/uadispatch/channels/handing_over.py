"""The files of a hand-over to a person: where they are put, and how they are named."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.channels.message import Handover
from uadispatch.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uadispatch.channels.message import Message

__all__ = ["CARDS", "hand_over", "write_file"]

CARDS = ".cards"
"""Below the folder: for each hand-over, whom it is for and which files it has."""


def hand_over(
    folder: Path,
    message: Message,
    files: Mapping[str, bytes],
    *,
    links: Sequence[str] = (),
    says: str = "",
) -> Handover:
    """Write what a person needs for `message` into `folder`; to do it again changes nothing.

    `files` are contents by ending (``.pdf``): each becomes ``46-19/TARGET-KEY.pdf``, whole or not
    at all, for the eyes of this user alone.

    Raises:
        Unavailable: the folder cannot be written to.
    """
    stem = f"{message.target.id}-{message.key[:8]}"
    place = folder / message.campaign.replace("/", "-")
    paths = [place / f"{stem}{ending}" for ending in files]
    card = {
        "to": message.to.value,
        "reference": message.reference,
        "files": [path.name for path in paths],
    }
    try:
        for path, content in zip(paths, files.values(), strict=True):
            write_file(path, content)
        write_file(place / CARDS / f"{stem}.json", json.dumps(card).encode())
    except OSError as exc:
        reason = f"the folder {folder} cannot be written to: {exc.strerror}"
        raise Unavailable(reason) from exc
    return Handover(files=tuple(paths), links=tuple(links), says=says)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for the eyes of this user alone; raises OSError.

    So are the folders that it makes. Others may write to the folder: whatever they put there, no
    file but `path` is changed, and a link of that name is replaced, not followed.
    """
    folder = path.parent
    for above in reversed([folder, *folder.parents]):
        if not os.path.lexists(above):
            # One by one: `parents=True` would let others into all but the last.
            above.mkdir(mode=0o700, exist_ok=True)
    number, name = tempfile.mkstemp(dir=folder, prefix=".uadispatch-", suffix=".part")
    unfinished = Path(name)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(content)
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
