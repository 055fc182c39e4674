"""Debian's packages for the pieces: where they bring a service, unpacked into the run's own folder,
so that none starts and the machine stays as it is; else installed where a program is missing.
"""

from __future__ import annotations

import os
import shutil
from threading import Lock
from typing import TYPE_CHECKING

from piece import expect

if TYPE_CHECKING:
    from pathlib import Path

    from piece import Piece

APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=60")
ONE_AT_A_TIME = Lock()
"""Not for every one of its locks does apt-get wait."""


def unpacked(piece: Piece, *packages: str) -> Path:
    """A folder like ``/`` with these packages and with whatever the machine lacks for them."""
    expect(
        os.geteuid() == 0 and shutil.which("apt-get"),
        f"skipped: only root can fetch Debian's {', '.join(packages)}",
    )
    root, archives = piece.folder / "debian", piece.folder / "archives"
    (archives / "partial").mkdir(parents=True)
    # Reinstalled: so that what the machine already has is here, too.
    how = ("--download-only", "--reinstall", "--no-install-recommends")
    with ONE_AT_A_TIME:
        piece.run(*APT, "update")
        piece.run(*APT, "-o", f"Dir::Cache::Archives={archives}", "install", *how, *packages)
    found = sorted(archives.glob("*.deb"))
    expect(found, f"apt-get fetched nothing of {', '.join(packages)}")
    for package in found:
        piece.run("dpkg-deb", "--extract", package, root)
    shutil.rmtree(archives)
    return root


def installed(piece: Piece, program: str, *packages: str) -> str:
    """The program's path; as root its packages are installed where it is missing."""
    if (found := shutil.which(program)) is None:
        expect(
            os.geteuid() == 0 and shutil.which("apt-get"),
            f"skipped: {program} is missing, and only root can install Debian's",
        )
        piece.env["DEBIAN_FRONTEND"] = "noninteractive"
        with ONE_AT_A_TIME:
            piece.run(*APT, "update")
            piece.run(*APT, "install", "--no-install-recommends", *packages)
        found = shutil.which(program)
    expect(found, f"there is no {program} in Debian's {' '.join(packages)}")
    return str(found)


def postfix(piece: Piece, program: str) -> str:
    """The path of one of Postfix's test programs; as root its package is installed where needed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    if (found := shutil.which(program, path=path)) is None:
        expect(
            os.geteuid() == 0 and shutil.which("apt-get"),
            f"skipped: {program} is missing, and only root can install Debian's postfix",
        )
        # Without a configuration Postfix's own service does not start.
        choice = "postfix postfix/main_mailer_type select No configuration"
        piece.env["DEBIAN_FRONTEND"] = "noninteractive"
        with ONE_AT_A_TIME:
            piece.run("sh", "-c", 'echo "$1" | debconf-set-selections', "sh", choice)
            piece.run(*APT, "update")
            piece.run(*APT, "install", "--no-install-recommends", "postfix")
        found = shutil.which(program, path=path)
    expect(found, f"there is no {program} in Debian's postfix")
    return str(found)
