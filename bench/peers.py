"""The other programs of the comparison: fetched once, with their sums, into .bench/.

The Python ones stand in a venv of their own, from peers-requirements.txt; nodemailer, which needs
nothing else, comes as npm packs it.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Failed

if TYPE_CHECKING:
    from collections.abc import Collection

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "peers-requirements.txt"
NODEMAILER = "10.6.0"
NODEMAILER_SHA512 = (
    "jWanL7D9GD3jvUDYKmoC5rWTiG8MnBgnN2yV68bgMKip1zUJhiSTyz7Eg+18y8sk5OvdVDzws5nZK5arSI4f5Q=="
)
IN_PYTHON = ("mailmerge", "django-post-office")


@dataclass(frozen=True)
class Peers:
    """Where they are."""

    venv: Path
    nodemailer: Path

    @property
    def python(self) -> Path:
        return self.venv / "bin/python"

    @property
    def node(self) -> str:
        return shutil.which("node") or "node"


def fetch(folder: Path, wanted: Collection[str]) -> tuple[Peers, dict[str, str]]:
    """Fetch those that are wanted and not there yet; returns also their versions.

    Raises:
        Failed: it could not be fetched, or is not what it was.
    """
    peers = Peers(folder / "others", folder / f"nodemailer-{NODEMAILER}" / "package")
    versions: dict[str, str] = {}
    if set(wanted) & set(IN_PYTHON):
        _fetch_python(peers.venv)
        asked = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
        names = (*IN_PYTHON, "django")
        found = _said([peers.python, "-c", asked, *names]).split()
        versions |= dict(zip(names, found, strict=True))
    if "nodemailer" in wanted:
        if not peers.nodemailer.exists():
            _fetch_nodemailer(peers.nodemailer.parent)
        versions |= {"nodemailer": NODEMAILER, "node": _said([peers.node, "--version"]).strip()}
    return peers, versions


def _fetch_python(venv: Path) -> None:
    done = venv / "pinned"
    if done.exists() and done.read_bytes() == REQUIREMENTS.read_bytes():
        return
    _said([sys.executable, "-m", "venv", "--clear", venv])
    quiet = ("--disable-pip-version-check", "--quiet", "--require-hashes")
    _said([venv / "bin/python", "-m", "pip", "install", *quiet, "-r", REQUIREMENTS])
    done.write_bytes(REQUIREMENTS.read_bytes())


def _fetch_nodemailer(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _said(["npm", "pack", "--silent", f"nodemailer@{NODEMAILER}"], cwd=folder)
    packed = folder / f"nodemailer-{NODEMAILER}.tgz"
    found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if found != NODEMAILER_SHA512:
        raise Failed(f"nodemailer {NODEMAILER} is not what it was: sha512-{found}")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")


def _said(command: list[str | Path], cwd: Path | None = None) -> str:
    try:
        ran = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise Failed(f"{command[0]} is missing") from None
    except subprocess.CalledProcessError as exc:
        words = " ".join(map(str, command))
        raise Failed(f"{words}\nended with {exc.returncode}:\n{exc.stderr[-2000:]}") from None
    return ran.stdout
