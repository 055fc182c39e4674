"""The piece comparison: everybody of the bench sends a little, and every mail must come once.

What is how many times as fast is printed and nothing more: a machine that has other things to do
fails nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from debian import installed, postfix
from piece import ROOT, installed_from_wheel, say

if TYPE_CHECKING:
    from piece import Piece


def comparison(piece: Piece) -> None:
    """uadispatch, nodemailer, django-post_office, mailmerge, smtplib and smtp-source, once each."""
    python = installed_from_wheel(piece).with_name("python")
    for program in ("smtp-sink", "smtp-source"):
        postfix(piece, program)
    for program in ("node", "npm"):
        installed(piece, program, "nodejs", "npm")
    compare = (python, ROOT / "bench/compare.py", "--quick", "--folder", piece.folder / "bench")
    said = piece.run(*compare, env={"PYTHONDONTWRITEBYTECODE": "1"})
    for line in said.splitlines():
        say(f"  {line}")
