"""Files for a person's eyes alone, in a folder that others may write to."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from personkit import planned
from uadispatch import Unavailable, hand_over, write_file


def modes(*paths: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in paths}


def test_each_folder_that_is_made_is_for_this_user_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_file(tmp_path / "outbox/letter/46-30/letter.pdf", b"a letter")
    finally:
        os.umask(before)
    folder = tmp_path / "outbox"
    assert modes(folder, folder / "letter", folder / "letter/46-30") == {0o700}
    assert modes(folder / "letter/46-30/letter.pdf") == {0o600}


def test_a_folder_that_was_there_stays_as_it_was(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o770)
    write_file(shared / "46-30/letter.pdf", b"a letter")
    assert modes(shared) == {0o770}
    assert modes(shared / "46-30") == {0o700}


def test_no_file_is_written_through_a_link_of_another(tmp_path: Path) -> None:
    """A folder that an office shares: who may write there must not write as somebody else."""
    _, message = planned(tmp_path, "phone", "phone: 202 555 0123, country: US")
    victim = tmp_path / "precious"
    victim.write_text("precious")
    shared = tmp_path / "shared"
    made = shared / f"46-19/{message.target.id}-{message.key[:8]}.txt"
    made.parent.mkdir(parents=True)
    for name in (made.name, f".{made.name}", f".{made.name}.part", f"{made.name}.part"):
        made.with_name(name).symlink_to(victim)
    hand_over(shared, message, {".txt": b"a sheet"})
    assert victim.read_text() == "precious"
    assert made.read_bytes() == b"a sheet"
    assert not made.is_symlink()


def test_nobody_can_know_where_it_writes_or_have_been_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.open
    opened: list[str] = []

    def watched(path: str, flags: int, mode: int = 0o777, **more: Any) -> int:
        if flags & os.O_ACCMODE != os.O_RDONLY:
            assert flags & os.O_EXCL
            assert flags & os.O_CREAT
            assert flags & os.O_NOFOLLOW
            assert mode == 0o600
            opened.append(path)
        return really(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", watched)
    for _ in range(3):
        write_file(tmp_path / "sheet.txt", b"a sheet")
    assert len(set(opened)) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.txt"]


@pytest.mark.parametrize("fault", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_what_was_not_finished_is_removed_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def breaks(*_: object) -> None:
        raise fault

    write_file(tmp_path / "sheet.txt", b"old")
    monkeypatch.setattr(Path, "replace", breaks)
    with pytest.raises(type(fault)):
        write_file(tmp_path / "sheet.txt", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.txt"]
    assert (tmp_path / "sheet.txt").read_bytes() == b"old"


def test_a_name_of_any_length_that_a_disk_takes_is_written(tmp_path: Path) -> None:
    write_file(tmp_path / ("n" * 255), b"a sheet")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"a sheet"


@pytest.mark.parametrize("what", ["a file", "a link to nowhere"])
def test_what_is_no_folder_is_said(tmp_path: Path, what: str) -> None:
    _, message = planned(tmp_path, "phone", "phone: 202 555 0123, country: US")
    folder = tmp_path / "folder"
    if what == "a file":
        folder.write_text("no folder")
    else:
        folder.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Unavailable, match="cannot be written to"):
        hand_over(folder, message, {".txt": b"a sheet"})
