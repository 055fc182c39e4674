"""HylaFAX on this machine: its programs, in a folder of the rehearsal's own, with a queue there."""

from __future__ import annotations

import json
import shlex
import sys
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from uadispatch import CannotSimulate, Failure, Received, StandIn
from uadispatch_fax import programs
from uadispatch_fax.pages import pictures_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["HylaFaxStandIn"]

_PLAYED = frozenset(
    {
        Failure.UNREACHABLE,
        Failure.WRONG_CREDENTIALS,
        Failure.SILENT_AFTER,
        Failure.CLOSED_AFTER,
        Failure.GARBAGE_AFTER,
    }
)
_WHY_NOT = {
    Failure.OPTED_OUT: "a fax server does not know who wants no more",
    Failure.SILENT_BEFORE: "a sendfax that does not end may have done its work",
    Failure.CLOSED_BEFORE: "a sendfax that fails may have done its work",
}


class HylaFaxStandIn(StandIn):
    """Three small programs that speak as HylaFAX's do, and call nobody."""

    impatient = MappingProxyType({"patience": 0.02})

    def __init__(self) -> None:
        self._folder = Path()

    async def start(self, folder: Path) -> Mapping[str, object]:
        """Write the programs."""
        self._folder = folder
        for name in ("sendfax", "faxstat", "faxrm"):
            command = shlex.join([sys.executable, "-I", programs.__file__, str(folder), name])
            path = folder / name
            path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
            path.chmod(0o700)
        return {
            "gateway": "hylafax",
            "hylafax_programs": folder,
            "hylafax_password_command": None,
        }

    async def stop(self) -> None:
        """Nothing runs."""

    @property
    def tries(self) -> int:
        """How often ``sendfax`` got as far as the server."""
        tries = self._folder / "tries"
        return len(tries.read_text()) if tries.exists() else 0

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The queue as it is."""
        queue = self._folder / programs.QUEUE
        return list(json.loads(queue.read_text())) if queue.exists() else []

    @property
    def received(self) -> Sequence[Received]:
        """The jobs."""
        return [
            Received(
                to=job["to"],
                reference=job["tag"].partition(".")[0],
                file=self._folder / job["file"],
                draw=partial(pictures_in, self._folder / job["file"]),
            )
            for job in self.jobs
        ]

    @property
    def taken_back(self) -> Sequence[str]:
        """The jobs that were removed before they were done."""
        return [
            job["tag"].partition(".")[0] for job in self.jobs if job["says"] == programs.ABORTED
        ]

    def line(self, number: str, *reasons: str) -> None:
        """The next calls to `number` (E.164) fail, for these reasons; then it answers."""
        (self._folder / f"line-{number}").write_text("\n".join(reasons))

    def misbehave(self, failure: Failure) -> None:
        """Answer every further try with `failure`. Raises CannotSimulate."""
        if failure not in _PLAYED:
            says = "sendfax either queues a fax or cannot: it says nothing of the kind"
            raise CannotSimulate(_WHY_NOT.get(failure, says))
        (self._folder / programs.MISBEHAVE).write_text(failure.value)

    def behave(self) -> None:
        """Do as they should again."""
        (self._folder / programs.MISBEHAVE).unlink(missing_ok=True)
