"""A new journal is made whole or not at all: whoever is killed, comes second or has no links."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from uadispatch.dispatch.journal import Journal, JournalError
from uadispatch.dispatch.journal.on_file import making
from uadispatch.dispatch.journal.tables.migrations import VERSION
from uadispatch.dispatch.journal.tables.schema import metadata
from uadispatch.dispatch.journal.whereabouts import FileUrl


def url_of(path: Path) -> FileUrl:
    return FileUrl(str(path))


def no_links(*_: Any, **__: Any) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def run(script: str, *arguments: object) -> Any:
    """What `script` prints as JSON; it runs in a process of its own, since it forks."""
    ran = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_it_is_complete_as_soon_as_it_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "j.db"
    making.make(path)
    assert os.listdir(path.parent) == ["j.db"]  # noqa: PTH208 - names are compared
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    header = path.read_bytes()[:100]
    assert header[18:20] == b"\2\2", "it begins in WAL mode"
    assert header[68:72] == b"UAds"
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        version = connection.execute("SELECT value FROM meta").fetchall()
    assert {name for (name,) in names} == set(metadata.tables)
    assert version == [(str(VERSION),)]


KILLED = """
import json, os, signal, sys
from pathlib import Path
from uadispatch.dispatch.journal.whereabouts import FileUrl
from uadispatch.dispatch.journal import Journal
from uadispatch.dispatch.journal.on_file import making

folder, links = Path(sys.argv[1]), sys.argv[2] == "links"
if not links:
    def no_links(*_, **__):
        raise PermissionError(1, "no links here")
    os.link = no_links

def killed_at(line):
    seen = 0
    def trace(frame, kind, _):
        nonlocal seen
        if frame.f_code.co_filename != making.__file__:
            return None
        seen += kind == "line"
        if seen == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    return trace

found = []
for line in range(1, 1000):
    path = folder / str(line) / "j.db"
    path.parent.mkdir(parents=True)
    child = os.fork()
    if not child:
        sys.settrace(killed_at(line))
        making.make(path)
        sys.settrace(None)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    there, left = path.exists(), sorted(os.listdir(path.parent))
    # Twice: the second one finds a journal, and still what was left beside it.
    for _ in range(2):
        Journal(FileUrl(str(path)), write=True).close()
    found.append([there, left, os.listdir(path.parent)])
    if not status:
        break
print(json.dumps(found))
"""


@pytest.mark.parametrize("links", ["links", "no links"])
def test_a_maker_that_is_killed_leaves_nothing_that_disturbs(tmp_path: Path, links: str) -> None:
    found = run(KILLED, tmp_path, links)
    assert len(found) > 20
    assert {there for there, _, _ in found} == {False, True}
    # Opening fails of a journal that is not whole, so each that was there was.
    assert any(len(left) > 1 for _, left, _ in found)
    assert all(after == ["j.db"] for _, _, after in found)


AT_ONCE = """
import json, os, sys
from pathlib import Path
from uadispatch.dispatch.journal.whereabouts import FileUrl
from uadispatch.dispatch.journal import Journal, JournalError

folder, links = Path(sys.argv[1]), sys.argv[2] == "links"
if not links:
    def no_links(*_, **__):
        raise PermissionError(1, "no links here")
    os.link = no_links
found = []
for turn in range(15):
    path = folder / str(turn) / "j.db"
    ready, go = os.pipe()
    children = []
    for number in range(6):
        child = os.fork()
        if not child:
            os.close(go)
            os.read(ready, 1)
            try:
                Journal(FileUrl(str(path)), write=True).close()
                os._exit(0)
            except JournalError as exc:
                print(exc, file=sys.stderr)
                os._exit(7)
        children.append(child)
    os.close(ready)
    os.close(go)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    names = os.listdir(path.parent)
    Journal(FileUrl(str(path)), write=True).close()
    found.append([codes, names, os.listdir(path.parent)])
print(json.dumps(found))
"""


@pytest.mark.parametrize("links", ["links", "no links"])
def test_processes_that_make_it_at_once_all_get_the_same(tmp_path: Path, links: str) -> None:
    for codes, names, after in run(AT_ONCE, tmp_path, links):
        # Without links a second maker may be told to run again: nothing has been sent by it.
        assert set(codes) <= ({0} if links == "links" else {0, 7})
        assert 0 in codes
        # Of two that close at once, SQLite takes neither for the last: the next one tidies up.
        assert set(names) <= {"j.db", "j.db-wal", "j.db-shm"}
        assert after == ["j.db"]


@pytest.mark.parametrize("links", [True, False])
def test_one_that_is_there_is_never_replaced(
    tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j.db"
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    path.write_bytes(b"what another process has made meanwhile")
    making.make(path)
    assert path.read_bytes() == b"what another process has made meanwhile"
    assert list(tmp_path.iterdir()) == [path]


def test_it_can_be_made_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "j.db"
    Journal(url_of(path), write=True).close()
    assert list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_maker_without_links_leaves_it_to_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)
    first = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(JournalError, match="another program holds the journal"):
            Journal(url_of(tmp_path / "j.db"), write=True)
    finally:
        os.close(first)
    assert list(tmp_path.iterdir()) == []


def test_only_what_makers_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    left = [f"j.db.0123456789abcdef.new{side}" for side in ("", "-wal", "-shm", "-journal")]
    others = [
        "j.db.new", "j.db.0123456789abcdef.old", "k.db.0123456789abcdef.new", "j.db.notes.new",
        "jxdb.0123456789abcdef.new", "j.db.0123456789abcdef.new.txt",
    ]  # fmt: skip
    for name in (*left, *others):
        (tmp_path / name).write_bytes(b"x")
    Journal(url_of(path), write=True).close()
    assert {file.name for file in tmp_path.iterdir()} == {"j.db", *others}


@pytest.mark.parametrize("broken", ["open", "fsync", "link"])
def test_an_error_on_the_way_leaves_nothing(
    tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "j.db"
    monkeypatch.setattr(os, broken, full)
    # Without links it would be renamed.
    monkeypatch.setattr(type(path), "rename", full)
    with pytest.raises(JournalError, match="has no room for the journal"):
        Journal(url_of(path), write=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_synced_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def files_only(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(handle)

    monkeypatch.setattr(os, "fsync", files_only)
    Journal(url_of(tmp_path / "a" / "j.db"), write=True).close()


def test_the_names_on_the_way_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handles = Path("/proc/self/fd")
    if not handles.is_dir():
        pytest.skip("the system does not tell the name of an open file")
    synced: list[str] = []
    sync = os.fsync

    def noting(handle: int) -> None:
        synced.append(str((handles / str(handle)).readlink()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    making.make(tmp_path / "a" / "b" / "j.db")
    assert [str(tmp_path), str(tmp_path / "a")] == synced[:2]
    assert synced[2].endswith(".new")
    assert synced[3] == str(tmp_path / "a" / "b")
