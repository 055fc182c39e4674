"""What staff read when the disk, its rights or another program keep the journal from being used."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from casekit import Case, write_home
from uadispatch.dispatch.journal import (
    Journal,
    JournalError,
    NoJournal,
    consult,
    exists,
    journal_url,
)
from uadispatch.dispatch.journal.on_file import logs, opening
from uadispatch.dispatch.journal.whereabouts import FileUrl

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


def url_of(path: Path) -> FileUrl:
    return FileUrl(str(path))


def says(path: Path, *, write: bool = True) -> str:
    with pytest.raises(JournalError) as caught:
        Journal(url_of(path), write=write)
    assert not isinstance(caught.value, NoJournal)
    assert len(caught.value.problems) == 1
    text = str(caught.value)
    assert "\n" not in text
    return text


@contextmanager
def somebody() -> Iterator[None]:
    """As a user whom rights stop: root is none."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that belongs to that user."""
    path = Path(os.path.realpath(tempfile.mkdtemp()))
    if not os.geteuid():
        os.chown(path, NOBODY, NOBODY)
    with somebody():
        if not os.access(path, os.W_OK, effective_ids=True):
            pytest.skip("another user cannot reach the folder for temporary files")
        yield path
    for place in (path, *path.rglob("*")):
        if place.is_dir():
            place.chmod(0o700)
    shutil.rmtree(path)


def left_by_a_killed_run(path: Path) -> None:
    """A journal with its log, as they are on the disk while a run is under way."""
    away = path.with_name("away.db")
    with Journal(url_of(away), write=True) as journal:
        with journal._deciding_everywhere() as connection:
            connection.exec_driver_sql(
                "INSERT INTO facts (kind, at, by, because) VALUES ('stopped', 0, 'Ann', '')"
            )
        shutil.copy(away, path)
        shutil.copy(logs.log_of(away), logs.log_of(path))
    away.unlink()


def facts_in(path: Path) -> int:
    def count(journal: Journal) -> int:
        with journal._reading() as connection:
            number: int = connection.exec_driver_sql("SELECT count(*) FROM facts").scalar_one()
            return number

    return consult(url_of(path), count)


# -- rights ----------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written(folder: Path) -> None:
    path = folder / "j.db"
    folder.chmod(0o500)
    assert f"this user may make no file in {folder}" in says(path)
    assert "or name another place with --journal" in says(path)
    assert f"this user may make no file in {folder}" in says(folder / "a" / "b" / "j.db")
    assert not exists(url_of(path))
    with pytest.raises(NoJournal):
        Journal(url_of(path), write=False)


def test_a_journal_in_a_folder_that_cannot_be_written_can_be_read(folder: Path) -> None:
    path = folder / "j.db"
    Journal(url_of(path), write=True).close()
    folder.chmod(0o500)
    assert facts_in(path) == 0
    text = says(path)
    assert f"this user may make no file in {folder}, where the journal and its log belong" in text
    # With another journal everything would go out again.
    assert "--journal" not in text
    assert os.listdir(folder) == ["j.db"]  # noqa: PTH208 - names are compared


@pytest.mark.parametrize("shared", [True, False])
def test_so_can_what_a_killed_run_left_in_its_log(folder: Path, shared: bool) -> None:
    path = folder / "j.db"
    left_by_a_killed_run(path)
    if shared:
        path.with_name("j.db-shm").write_bytes(bytes(32 * 1024))
    folder.chmod(0o500)
    try:
        for file in folder.iterdir():
            file.chmod(0o400)
        before = {file: file.read_bytes() for file in folder.iterdir()}
        assert facts_in(path) == 1
        assert "may not write to the journal" in says(path)
        assert {file: file.read_bytes() for file in folder.iterdir()} == before
    finally:
        folder.chmod(0o700)


def test_a_file_that_cannot_be_written(folder: Path) -> None:
    path = folder / "j.db"
    Journal(url_of(path), write=True).close()
    path.chmod(0o400)
    assert "this user may not write to the journal" in says(path)
    assert facts_in(path) == 0


@pytest.mark.parametrize("write", [True, False])
def test_a_file_that_cannot_be_read(folder: Path, write: bool) -> None:
    path = folder / "j.db"
    Journal(url_of(path), write=True).close()
    path.chmod(0o000)
    assert "this user may not read the journal" in says(path, write=write)


@pytest.mark.parametrize("write", [True, False])
def test_a_folder_that_cannot_be_entered_is_not_taken_for_an_empty_one(
    folder: Path, write: bool
) -> None:
    inner = folder / "inner"
    inner.mkdir()
    path = inner / "j.db"
    Journal(url_of(path), write=True).close()
    inner.chmod(0o600)
    text = says(path, write=write)
    assert f"this user may not look into {inner}" in text
    assert "--journal" not in text
    assert exists(url_of(path))


# -- what lies there instead -----------------------------------------------------------------


@pytest.mark.parametrize("write", [True, False])
def test_a_folder_in_its_place(tmp_path: Path, write: bool) -> None:
    assert "this is a folder; a journal is a file" in says(tmp_path, write=write)


@pytest.mark.parametrize("write", [True, False])
def test_something_else_in_its_place(tmp_path: Path, write: bool) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "this is no file" in says(path, write=write)


def test_a_file_in_the_place_of_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for path in (file / "j.db", file / "a" / "j.db"):
        assert f"{file} is no folder" in says(path)
        assert not exists(url_of(path))


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("place", ["link", "link/j.db", "link/a/j.db"])
def test_a_link_that_leads_nowhere(tmp_path: Path, place: str, write: bool) -> None:
    """A disk may be missing, and the journal with it: none is made in its stead."""
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "j.db")
    text = says(tmp_path / place, write=write)
    assert text.startswith(f"{tmp_path / 'link'}: this link leads to {tmp_path / 'disk/j.db'}")
    assert "is a disk not mounted?" in text
    assert os.listdir(tmp_path) == ["link"]  # noqa: PTH208 - names are compared


@pytest.mark.parametrize("write", [True, False])
def test_a_link_that_leads_in_a_circle(tmp_path: Path, write: bool) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "link")
    assert "leads in a circle" in says(tmp_path / "link", write=write)


def test_a_link_to_a_journal_is_the_journal(tmp_path: Path) -> None:
    Journal(url_of(tmp_path / "a" / "j.db"), write=True).close()
    (tmp_path / "link").symlink_to(tmp_path / "a" / "j.db")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for path in (tmp_path / "link", tmp_path / "b" / "j.db"):
        for write in (True, False):
            Journal(url_of(path), write=write).close()


def test_a_path_that_is_too_long(tmp_path: Path) -> None:
    assert "this path is too long" in says(tmp_path / ("x" * 300))
    assert "this path is too long" in says(tmp_path / "/".join(["x" * 100] * 5) / "j.db")
    assert "this path is too long" in says(tmp_path / "/".join(["x" * 200] * 25) / "j.db")


def test_a_path_with_a_nul(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="NUL"):
        journal_url("a\0b", tmp_path)


@pytest.mark.parametrize(
    "name", ["a b?c#d%20.db", "ünï.db", "it's.db", 'a"b;.db', "-j.db", "caf\udce9"]
)
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for write in (True, True, False):
        Journal(url_of(path), write=write).close()
    assert list(tmp_path.iterdir()) == [path]


# -- another program -------------------------------------------------------------------------


def test_one_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY", 0.05)
    path = tmp_path / "j.db"
    Journal(url_of(path), write=True).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        text = says(path)
        assert "another program holds the journal and does not let go" in text
        assert "close it, then run the same command again" in text
        Journal(url_of(path), write=False).close()
        other.execute("ROLLBACK")
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert "another program holds the journal" in says(path)
        assert "another program holds the journal" in says(path, write=False)
    Journal(url_of(path), write=True).close()


# -- no room ---------------------------------------------------------------------------------

LIMITED = """
import os, resource, sys
from uadispatch.dispatch.journal.whereabouts import FileUrl
from uadispatch.dispatch.journal import Journal, JournalError

limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    Journal(FileUrl(sys.argv[1]), write=True)
except JournalError as exc:
    os.write(1, str(exc).encode())
"""


def limited(path: Path, limit: int) -> str:
    """What is said where no file may grow above `limit`, as if the disk ended there."""
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), str(limit)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=60,
    )  # fmt: skip
    return ran.stdout


@pytest.mark.parametrize("limit", [0, 5_000, 40_000])
def test_no_half_made_journal_is_left_where_there_is_no_room(tmp_path: Path, limit: int) -> None:
    text = limited(tmp_path / "j.db", limit)
    assert f"this process may write no file above {limit:,} bytes" in text
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_the_log_of_one_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    Journal(url_of(path), write=True).close()
    before = path.read_bytes()
    assert "What was recorded is kept" in limited(path, 10_000)
    assert path.read_bytes() == before
    Journal(url_of(path), write=True).close()


IN_A_MOUNT = """
import os, sys
from pathlib import Path
from uadispatch.dispatch.journal.whereabouts import FileUrl
from uadispatch.dispatch.journal import Journal, JournalError

for write in (True, False):
    try:
        Journal(FileUrl(sys.argv[1]), write=write).close()
        print("ok")
    except JournalError as exc:
        print(exc)
"""


def in_a_mount(tmp_path: Path, steps: str) -> list[str]:
    """What is said, to write and to read, after shell `steps` in $M, a file system of 1 MB."""
    script = f'mount -t tmpfs -o size=1m tmpfs "$M" && {steps}'
    private = ["unshare", "--mount", *(["--map-root-user", "--user"] if os.geteuid() else [])]
    try:
        subprocess.run(
            [*private, "sh", "-c", 'mount -t tmpfs tmpfs "$M"'],
            env={**os.environ, "M": str(tmp_path)}, check=True, timeout=60, capture_output=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here")
    ran = subprocess.run(
        [*private, "sh", "-ec", script],
        env={**os.environ, "M": str(tmp_path), "OPEN": IN_A_MOUNT, "PYTHON": sys.executable},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return ran.stdout.splitlines()


OPEN = '"$PYTHON" -c "$OPEN" "$M/j.db"'
FILL = 'dd if=/dev/zero of="$M/fill" bs=4k 2>/dev/null || true'


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    write, read = in_a_mount(tmp_path, f"{OPEN} >/dev/null; {FILL}; {OPEN}")
    assert f"the disk at {tmp_path} has no room for the journal: 0 bytes are free" in write
    assert "What was recorded is kept" in write
    assert read == "ok"


def test_a_disk_that_is_full_before_there_is_a_journal(tmp_path: Path) -> None:
    write, read, *left = in_a_mount(tmp_path, f'{FILL}; {OPEN}; ls "$M"')
    assert f"the disk at {tmp_path} has no room for the journal" in write
    assert "there is no journal here yet" in read
    assert left == ["fill"]


def test_a_disk_with_too_little_room_for_a_journal(tmp_path: Path) -> None:
    for size in (8, 20, 100):
        write, read, *left = in_a_mount(
            tmp_path, f'mount -o remount,size={size}k "$M"; {OPEN}; ls "$M"'
        )
        assert f"the disk at {tmp_path} has no room for the journal: " in write
        assert "there is no journal here yet" in read
        assert left == []


def test_a_disk_that_is_mounted_read_only(tmp_path: Path) -> None:
    write, read = in_a_mount(tmp_path, f'{OPEN} >/dev/null; mount -o remount,ro "$M"; {OPEN}')
    assert f"the disk at {tmp_path} is mounted read-only" in write
    assert read == "ok"


# -- a whole campaign ------------------------------------------------------------------------


def test_nothing_is_sent_without_a_journal_that_can_be_used(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path))
    case.run(limit=1)
    path = tmp_path / ".uadispatch/journal.db"
    whole = path.read_bytes()
    for content in (b"", whole[:-1], whole[:4096], b"songs", whole[:68] + b"SONG" + whole[72:]):
        path.write_bytes(content)
        with pytest.raises(JournalError):
            case.run()
        with pytest.raises(JournalError):
            case.look()
        assert path.read_bytes() == content
    assert len(case.channel.sent) == 1
    path.write_bytes(whole)
    case.run()
    assert len(case.channel.sent) == 2
