"""The piece vendor-specs: our requests, and our stand-ins' answers, are as Telnyx and X document.

The vendors' OpenAPI files are not part of this project: they are looked for beside the checkout.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from debian import installed
from piece import ROOT, installed_from_wheel, say

if TYPE_CHECKING:
    from piece import Piece

SPECS = ROOT.parent / "shared/specs"
PRISM = "@stoplight/prism-cli@5.14.2"


def vendor_specs(piece: Piece) -> None:
    """Send, confirm and recall through Prism, which judges every request and answer."""
    python = installed_from_wheel(piece).with_name("python")
    if not SPECS.is_dir():
        say("nothing is held against the vendors' OpenAPI files: not here: ../shared/specs")
        return
    program = prism(piece)
    through = Path(__file__).with_name("vendor_specs.py")
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    say(piece.run(python, through, program, SPECS, piece.folder, env=env).strip())


def prism(piece: Piece) -> Path:
    """Prism, in the piece's own folder."""
    npm = installed(piece, "npm", "nodejs", "npm")
    home = piece.folder / "prism"
    # No scripts: one of its dependencies would report the installation to somebody.
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
    piece.run(npm, "install", *quiet, "--prefix", home, PRISM)
    return home / "node_modules/.bin/prism"
