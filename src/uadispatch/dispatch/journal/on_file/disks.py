"""The disk below the journal: its file system, its room, and who may write there.

It asks the system only, and changes nothing; what follows from the answers is for others to say.
"""

from __future__ import annotations

import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "Mount", "free_bytes", "is_read_only", "largest_file", "may_enter", "may_read", "may_write",
    "mount_below", "mount_of", "name_of_disk",
]  # fmt: skip

_MOUNTINFO = Path("/proc/self/mountinfo")

_REMOTE = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfarm", "glusterfs", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs4", "orangefs", "pvfs2", "smb3", "smbfs", "vboxsf", "vmhgfs",
})  # fmt: skip

_REMOTE_FUSE = frozenset({
    "acd_cli", "blobfuse", "blobfuse2", "ceph-fuse", "curlftpfs", "davfs2", "gcsfuse", "geesefs",
    "google-drive-ocamlfuse", "goofys", "gvfsd-fuse", "hdfs", "juicefs", "kio-fuse", "mfs",
    "moosefs", "mountpoint-s3", "ossfs", "rclone", "s3fs", "s3ql", "seaweedfs", "smbnetfs",
    "sshfs", "vmhgfs-fuse",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a file system is mounted, its kind (``ext4``, ``fuse.sshfs``) and what is mounted."""

    point: str
    kind: str
    source: str

    @property
    def remote(self) -> bool:
        """Whether other machines may write to it: locks and shared memory do not hold there."""
        kind, _, name = self.kind.partition(".")
        if kind != "fuse":
            return self.kind in _REMOTE
        # Some helpers give no name of their own; then what is mounted tells: a URL, or their name.
        name = name or self.source
        return name in _REMOTE | _REMOTE_FUSE or "://" in name


def mount_of(path: str, mountinfo: str) -> Mount | None:
    """The mount on which `path`, absolute and without links, lies; None if that is not told.

    `mountinfo` has the form of Linux's ``/proc/self/mountinfo``; other lines are passed over.
    """
    mounts: dict[int, tuple[int, Mount]] = {}
    for line in mountinfo.split("\n"):
        fields = line.split(" ")
        try:
            end = fields.index("-", 6)
            number, parent = int(fields[0]), int(fields[1])
            kind, source = fields[end + 1], fields[end + 2]
        except (ValueError, IndexError):
            continue
        mounts[number] = parent, Mount(_plain(fields[4]), _plain(kind), _plain(source))
    # A mount is found from the one it stands on, so that one which another hides is not found.
    standing: dict[tuple[int | None, str], int] = {}
    for number, (parent, mount) in mounts.items():
        below = parent if parent in mounts and parent != number else None
        standing[below, mount.point] = number
    here: int | None = None
    for folder in [*reversed(Path(path).parents), Path(path)]:
        while (above := standing.pop((here, str(folder)), None)) is not None:
            here = above
    return None if here is None else mounts[here][1]


def mount_below(path: Path) -> Mount | None:
    """The mount on which `path` lies, which need not exist; None where the system does not say.

    Only Linux does: elsewhere a network file system is not known for one.
    """
    try:
        # As bytes that came through: a mount point may have any letters, and lines end in \n only.
        text = os.fsdecode(_MOUNTINFO.read_bytes())
    except OSError:
        return None
    return mount_of(os.path.realpath(path), text)


def _plain(field: str) -> str:
    """A field of mountinfo, where blanks, tabs, line ends and backslashes stand in octal."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def name_of_disk(path: Path) -> str:
    """How to speak of the disk on which `path` lies."""
    mount = mount_below(path)
    return f"the disk of {path.parent}" if mount is None else f"the disk at {mount.point}"


def free_bytes(path: Path) -> int | None:
    """How much room there is for `path`: 0 where no file can be made either; None: not told."""
    told = _told_of(path)
    if told is None:
        return None
    # Some file systems count no files: then there is none free, of none.
    none_left = told.f_files and not told.f_favail
    return 0 if none_left else told.f_bavail * told.f_frsize


def is_read_only(path: Path) -> bool:
    """Whether the disk of `path` is mounted so that nobody may write."""
    told = _told_of(path)
    return told is not None and bool(told.f_flag & os.ST_RDONLY)


def may_enter(folder: Path) -> bool:
    """Whether this user may reach what lies in `folder`."""
    return _may(folder, os.X_OK)


def may_read(path: Path) -> bool:
    """Whether this user may read `path`, a file or a folder that is there."""
    return _may(path, os.R_OK)


def may_write(path: Path) -> bool:
    """Whether this user may write to the file `path`, or make files in the folder."""
    return _may(path, os.W_OK | os.X_OK if path.is_dir() else os.W_OK)


def largest_file() -> int | None:
    """How large a file this process may write (``ulimit -f``), if that is limited."""
    soft, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return None if soft == resource.RLIM_INFINITY else soft


def _told_of(path: Path) -> os.statvfs_result | None:
    """What the system says of the disk of `path`, or of the folder in which that would lie."""
    for place in (path, *path.parents):
        try:
            return os.statvfs(place)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            break
    return None


def _may(path: Path, how: int) -> bool:
    return os.access(path, how, effective_ids=os.access in os.supports_effective_ids)
