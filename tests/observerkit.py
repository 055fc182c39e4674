"""Observers for tests, dropped in beside a campaign."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LISTENS = """
import json
from dataclasses import asdict
from pathlib import Path

from uadispatch import hookimpl

def note(hook, event):
    with Path({told!r}).open("a") as file:
        file.write(json.dumps([hook, asdict(event)], default=str) + "\\n")

@hookimpl
def run_started(run): note("run_started", run)

@hookimpl
def message_settled(message): note("message_settled", message)

@hookimpl
def run_finished(run): note("run_finished", run)

@hookimpl
def campaign_closed(closing): note("campaign_closed", closing)
"""

EACH = """
import os, threading, time
from uadispatch import hookimpl

def act():
    {act}

@hookimpl
def run_started(): act()

@hookimpl
def message_settled(): act()

@hookimpl
def run_finished(): act()

@hookimpl
def campaign_closed(): act()
"""


class Listener:
    """A folder for ``--plugins-dir`` with an observer that notes all that it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "plugins"
        self.folder.mkdir(parents=True)
        self._told = folder / "told.jsonl"
        (self.folder / "listener.py").write_text(LISTENS.format(told=str(self._told)))

    def add(self, name: str, act: str) -> None:
        """Another one, which does `act` whatever it is told."""
        (self.folder / f"{name}.py").write_text(EACH.format(act=act))

    @property
    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Each hook, and what it was told."""
        if not self._told.exists():
            return []
        return [tuple(json.loads(line)) for line in self._told.read_text().splitlines()]

    @property
    def hooks(self) -> list[str]:
        """The hooks alone."""
        return [hook for hook, _ in self.heard]

    @property
    def text(self) -> str:
        """All of it as it was written."""
        return self._told.read_text() if self._told.exists() else ""
