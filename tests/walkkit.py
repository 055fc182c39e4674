"""A page of the docs is walked: what it says to save is saved, what it says to type is typed.

``python tests/walkkit.py PAGE`` writes into the page what each command prints now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Step", "alike", "walk"]

_BLOCK = re.compile(
    r"^(?:<!-- save: (?P<path>\S+) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_TYPED = re.compile(r"^\$ (.*)\n", re.MULTILINE)
HOME = "/home/you/work"
"""Where a page says that it works."""
FIGURES = (
    (r"\b\d[\d,.]* (a second|ms of|s\.)", r"N \1"),
    (r"\bin \d[\d.]*s\b", "in N s"),
    (r"\b[0-9a-f]{12}\b", "DIGEST"),
    (r"seed: TEST_SEED=\d+", "seed: N"),
)
"""What differs from one machine, or one moment, to another."""


@dataclass(frozen=True)
class Step:
    """A command of a page, what the page says that it prints, and what it did print."""

    command: str
    said: str
    printed: str
    code: int


def alike(text: str, folder: Path) -> str:
    """`text` without what differs from one machine to another."""
    text = text.replace(str(folder), HOME)
    for pattern, instead in FIGURES:
        text = re.sub(pattern, instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def walk(page: str, folder: Path, root: Path) -> Iterator[Step]:
    """Do what `page` says in `folder`; give each command when it has ended."""
    environment = {name: text for name, text in os.environ.items() if "UADISPATCH" not in name}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join((str(root / "src"), str(root / "plugins"))),
        "COLUMNS": "100", "NO_COLOR": "1", "PYTEST_ADDOPTS": "",
    }  # fmt: skip
    for block in _BLOCK.finditer(page):
        if block["path"]:
            file = folder / block["path"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block["text"], encoding="utf-8")
        if block["kind"] != "console":
            continue
        _, *parts = _TYPED.split(block["text"])
        for command, said in zip(parts[::2], parts[1::2], strict=True):
            ran = subprocess.run(  # noqa: S602 - the page's own words
                command, shell=True, cwd=folder, env=environment, text=True, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100,
            )  # fmt: skip
            yield Step(command, said, ran.stdout, ran.returncode)


def main(page: Path) -> None:
    """Write into `page` what its commands print, where that differs from what it says."""
    told = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for step in walk(told, folder, Path(__file__).parents[1]):
            if alike(step.printed, folder) == alike(step.said, folder):
                continue
            begun = f"$ {step.command}\n"
            printed = step.printed.replace(name, HOME)
            told = told.replace(f"{begun}{step.said}", f"{begun}{printed}")
            sys.stdout.write(f"{page}: {step.command}\n")
    page.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
