"""Which file system a folder lies on, by what Linux says of its mounts."""

from __future__ import annotations

import random
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casekit import Case, write_home
from uadispatch.dispatch.journal import Journal, JournalError
from uadispatch.dispatch.journal.on_file import disks
from uadispatch.dispatch.journal.on_file.disks import Mount, mount_of
from uadispatch.dispatch.journal.whereabouts import FileUrl
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOUNTS = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard
31 27 0:40 / /home rw,relatime shared:7 - nfs4 server:/export/home rw,vers=4.2
32 31 254:1 / /home/ann/Local\040disk rw - ext4 /dev/vdb rw
33 27 0:41 / /mnt/back\134slash\011tab rw - cifs //server/share rw
34 27 0:42 /sub /srv rw - btrfs /dev/vdc rw
35 27 0:43 / /data rw - nfs server:/old rw
36 35 254:2 / /data rw - xfs /dev/vdd rw
37 27 0:44 / /media/usb rw - nfs server:/usb rw
38 27 254:3 / /media rw - ext4 /dev/vde rw
39 38 0:45 / /media/cloud rw - fuse.rclone remote:dir rw
40 27 254:1 /shared /opt/bound rw - ext4 /dev/vdb rw
""".lstrip()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/etc/x", "ext4"),
        ("/home", "nfs4"),
        ("/home/ann/.uadispatch/journal.db", "nfs4"),
        ("/home/ann/Local disk/journal.db", "ext4"),
        ("/home/ann/Local", "nfs4"),
        ("/homes/ann", "ext4"),
        ("/mnt/back\\slash\ttab/j.db", "cifs"),
        ("/srv/j.db", "btrfs"),
        ("/data/j.db", "xfs"),  # mounted over another
        ("/media/usb/j.db", "ext4"),  # what was mounted there is hidden by /media
        ("/media/cloud/j.db", "fuse.rclone"),
        ("/opt/bound/j.db", "ext4"),
        ("/proc/self", "proc"),
    ],
)
def test_the_mount_is_found(path: str, kind: str) -> None:
    found = mount_of(path, MOUNTS)
    assert found is not None
    assert found.kind == kind


def test_its_place_is_told() -> None:
    found = mount_of("/home/ann/Local disk/j.db", MOUNTS)
    assert found == Mount("/home/ann/Local disk", "ext4", "/dev/vdb")


@pytest.mark.parametrize(
    "text",
    ["", "\n", "nonsense", "1 2 3:4 / / rw", "1 2 3:4 / / rw -", "x y 3:4 / / rw - ext4 a b"],
)
def test_what_is_not_told_is_not_known(text: str) -> None:
    assert mount_of("/home", text) is None


def test_a_root_without_a_mount_of_its_own_hides_no_other() -> None:
    """So it looks inside a chroot."""
    text = "31 9 0:40 / /home rw - nfs4 server:/home rw\n"
    assert mount_of("/etc", text) is None
    assert mount_of("/home/ann", text) == Mount("/home", "nfs4", "server:/home")


def test_mounts_that_stand_on_one_another_end() -> None:
    text = "1 2 0:1 / / rw - ext4 a rw\n2 1 0:2 / / rw - xfs b rw\n3 3 0:3 / /x rw - nfs c rw\n"
    assert mount_of("/x/y", text) == Mount("/x", "nfs", "c")


NAMES = st.sampled_from(["a", "b", "A b", "tab\tin", "line\nend", "back\\slash", "ünï", "#", "-"])
POINTS = st.lists(NAMES, max_size=3).map(lambda parts: "/" + "/".join(parts))


def written(point: str) -> str:
    """As the kernel writes it."""
    return "".join(f"\\{ord(char):03o}" if char in " \t\n\\#" else char for char in point)


@given(points=st.lists(POINTS, max_size=8), path=POINTS, seed=st.integers())
def test_the_last_that_was_mounted_over_a_path_wins(
    points: Sequence[str], path: str, seed: int
) -> None:
    """Mounted one after the other, told in any order: each stands on what was seen at its place."""

    def seen(place: str) -> int:
        """The number of the last mount over `place`; 1 is the root's."""
        over = [
            number
            for number, point in enumerate(points[:until], 2)
            if f"{place}/".startswith(f"{point}/".replace("//", "/"))
        ]
        return max(over, default=1)

    lines = ["1 0 0:1 / / rw - ext4 n1 rw"]
    for until, point in enumerate(points):
        lines.append(
            f"{until + 2} {seen(point)} 0:9 / {written(point)} rw a:1 - ext4 n{until + 2} rw"
        )
    until = len(points)
    random.Random(seed).shuffle(lines)  # noqa: S311 - only an order
    found = mount_of(path, "\n".join(lines))
    assert found is not None
    assert found.source == f"n{seen(path)}"


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    mount_of("/home/ann", text)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        *(
            (kind, "server:/x")
            for kind in (
                "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "ceph", "glusterfs",
                "lustre", "beegfs", "gpfs", "davfs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone",
                "fuse.glusterfs", "fuse.davfs2", "fuse.gcsfuse", "fuse.gvfsd-fuse",
            )
        ),
        ("fuse", "https://example.org/dav"),
        ("fuse", "mountpoint-s3"),
        ("fuse", "blobfuse2"),
    ],
)  # fmt: skip
def test_a_network_file_system_is_known(kind: str, source: str) -> None:
    assert Mount("/x", kind, source).remote


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        *(
            (kind, "/dev/sda1")
            for kind in (
                "ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "vfat", "exfat", "fuseblk",
                "fuse.ntfs-3g", "fuse.gocryptfs", "ecryptfs", "f2fs", "apfs",
            )
        ),
        ("fuse", "/dev/sda1"),
    ],
)  # fmt: skip
def test_a_local_one_is_none(kind: str, source: str) -> None:
    assert not Mount("/x", kind, source).remote


def mounted(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it look as if `tmp_path` were a mount of this kind."""
    text = tmp_path.parent / f"{tmp_path.name}.mountinfo"
    text.write_text(
        "1 0 0:1 / / rw - ext4 /dev/vda rw\n"
        f"2 1 0:2 / {written(str(tmp_path))} rw - {kind} server:/x rw\n"
    )
    monkeypatch.setattr(disks, "_MOUNTINFO", text)


def test_a_new_journal_is_refused_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(tmp_path, "nfs4", monkeypatch)
    url = FileUrl(str(tmp_path / "a" / "j.db"))
    with pytest.raises(JournalError) as caught:
        Journal(url, write=True)
    assert f"a network file system (nfs4, mounted at {tmp_path})" in str(caught.value)
    assert "keep the journal on a local disk of this machine, and name it with" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_there_is_to_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one beside it would know nothing of what was sent."""
    case = Case(write_home(tmp_path))
    case.run()
    mounted(tmp_path, "fuse.sshfs", monkeypatch)
    before = {path: path.read_bytes() for path in (tmp_path / ".uadispatch").rglob("*.db*")}
    with pytest.raises(ConfigError, match=r"move the journal .* to a local disk"):
        case.run()
    assert {path: path.read_bytes() for path in (tmp_path / ".uadispatch").rglob("*.db*")} == before
    assert case.states()


def test_a_link_to_a_network_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (tmp_path / "here").symlink_to(away)
    mounted(away, "cifs", monkeypatch)
    with pytest.raises(JournalError, match="cifs"):
        Journal(FileUrl(str(tmp_path / "here/j.db")), write=True)


def test_a_reader_shares_no_memory_over_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = FileUrl(str(tmp_path / "j.db"))
    with Journal(url, write=True):
        mounted(tmp_path, "nfs", monkeypatch)
        with pytest.raises(JournalError, match="network file system"):
            Journal(url, write=False)
    # Nobody writes any more: there is nothing to share.
    Journal(url, write=False).close()


def test_where_the_system_tells_of_no_mounts_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "_MOUNTINFO", tmp_path / "nothing")
    assert disks.mount_below(tmp_path) is None
    assert disks.name_of_disk(tmp_path / "j.db") == f"the disk of {tmp_path}"
    Journal(FileUrl(str(tmp_path / "j.db")), write=True).close()


def test_a_disk_without_shared_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says nothing, and keeps the mode in which the file is."""

    class Stubborn(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:
            other = "PRAGMA journal_mode = DELETE" if "journal_mode = WAL" in sql else sql
            return super().execute(other, *arguments)  # type: ignore[arg-type]

    url = FileUrl(str(tmp_path / "j.db"))
    Journal(url, write=True).close()
    real = sqlite3.connect
    monkeypatch.setattr(
        "uadispatch.dispatch.journal.on_file.opening.sqlite3.connect",
        lambda *words, **named: real(*words, factory=Stubborn, **named),
    )
    with pytest.raises(JournalError, match="no locks or no shared memory"):
        Journal(url, write=True)
