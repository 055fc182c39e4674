"""The piece hylafax: a HylaFAX server sends a fax from one soft modem to another.

All of it runs in namespaces of its own (network, mounts, processes): the machine's files stay as
they are, nothing can reach any line, and when the piece ends nothing of it is left.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from debian import unpacked
from piece import installed_from_wheel, say

if TYPE_CHECKING:
    from piece import Piece

# --kill-child: its first process dies with unshare, and all others die with their first.
APART = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def hylafax(piece: Piece) -> None:
    """HylaFAX of Debian on two iaxmodems that are wired to each other."""
    python = installed_from_wheel(piece).with_name("python")
    root = unpacked(piece, "hylafax-server", "hylafax-client", "iaxmodem")
    office = Path(__file__).with_name("fax_office.py")
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    say(piece.run(*APART, python, office, root, piece.folder, env=env).strip())
