"""A channel of somebody else: built, installed beside the wheel, rehearsed with, removed again."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from piece import ROOT, Failed, expect, installed_from_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from piece import Piece

EXAMPLE = ROOT / "examples/uadispatch-mastodon"
CAMPAIGN = """\
urgent_action: {{number: 12/26, title: A teacher in prison, deadline: 2099-12-31}}
channels: [{channels}]
targets:
  - id: minister
    name: A Minister
    email: minister@example.org
    contacts: {{mastodon: "@minister@social.example.org"}}
  - id: prosecutor
    name: A Prosecutor
    email: prosecutor@example.org
    contacts: {{mastodon: "@prosecutor@social.example.org"}}
letter:
  en: {{subject: Release A. Person, text: A. Person has done nothing but teach.}}
"""
SET = {
    "UADISPATCH_ORGANISATION_NAME": "An Organisation of Tests",
    "UADISPATCH_ORGANISATION_EMAIL": "tests@example.org",
    "UADISPATCH_MASTODON_INSTANCE": "https://social.example.org",
    "UADISPATCH_MASTODON_ACCOUNT": "group12",
}


def strangers_plugin(piece: Piece) -> None:
    """It is known when it is installed, keeps the contract, is rehearsed, and leaves no trace."""
    python = _installed(piece)
    uadispatch = python.with_name("uadispatch")
    for name in ("mastodon", "email"):
        (piece.folder / f"{name}.yaml").write_text(CAMPAIGN.format(channels=name))

    listed = piece.json(uadispatch, "channels")
    names = {channel["name"] for channel in listed["channels"]}
    expect({"mastodon", "email"} <= names, f"only these channels: {names}")
    expect(not listed["broken"], f"broken plugins: {listed['broken']}")
    passed = piece.run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "own-tests")
    expect(re.search(r"^\d{2,} passed", passed, re.MULTILINE), f"its own tests:\n{passed}")
    verdict = piece.run(uadispatch, "check-channel", "mastodon", "--many", "200")
    expect("mastodon keeps all" in verdict, f"check-channel says:\n{verdict}")
    _rehearsed(piece, uadispatch)

    piece.run(python, "-m", "pip", "uninstall", "--yes", "uadispatch-mastodon")
    said = _refused(piece, uadispatch, "dry-run", "mastodon.yaml")
    expect(len(said.splitlines()) == 1, f"not one line without it:\n{said}")
    expect("no channel 'mastodon'" in said, f"without it: {said}")
    rehearsed = piece.json(uadispatch, "rehearse", "email.yaml", env=SET)
    expect(len(rehearsed["received"]) == 2, "email is disturbed")


def _rehearsed(piece: Piece, uadispatch: Path) -> None:
    rehearsed = piece.json(uadispatch, "rehearse", "mastodon.yaml", env=SET)
    got = [(kept["channel"], kept["to"]) for kept in rehearsed["received"]]
    wanted = [("mastodon", f"@{name}@social.example.org") for name in ("minister", "prosecutor")]
    expect(sorted(got) == wanted, f"the stand-in received {got}")
    refused = _refused(piece, uadispatch, "send", "mastodon.yaml", "--yes")
    expect("UADISPATCH_MASTODON_TOKEN" in refused, f"send says {refused}")


def _refused(piece: Piece, *command: str | Path) -> str:
    """What a command says that must not do what it is told."""
    try:
        said = piece.run(*command, env=SET)
    except Failed as exc:
        first, ended, says = str(exc).split("\n", 2)
        expect("exit code 2" in ended, f"{first} {ended}: {says}")
        return says.strip()
    raise Failed(f"it was not refused:\n{said}")


def _installed(piece: Piece) -> Path:
    """The Python of a clean venv with both wheels and what they need, and no more."""
    first = installed_from_wheel(piece).parents[2]
    wheels = piece.folder / "wheels"
    wheels.mkdir()
    for wheel in first.glob("*.whl"):
        shutil.copy(wheel, wheels)
    example = piece.folder / "example"
    shutil.copytree(EXAMPLE, example, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    shutil.move(example / "tests", piece.folder / "own-tests")
    bin_folder = piece.fresh_venv()
    pip = (bin_folder / "python", "-m", "pip", "--disable-pip-version-check")
    piece.run(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, example)
    shutil.rmtree(example)
    install = (*pip, "install", "--quiet", "--no-compile", "--find-links", wheels)
    piece.run(*install, "uadispatch-mastodon[testing]")
    return bin_folder / "python"
