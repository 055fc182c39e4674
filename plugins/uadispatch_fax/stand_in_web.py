"""What the stand-ins of web gateways share: a gateway on this machine that keeps each fax."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from uadispatch import CannotSimulate, Failure, Received, StandIn
from uadispatch.testing import CLOSE, GARBAGE, SILENCE, Answer, HttpServer, in_json
from uadispatch_fax.pages import pictures_in, tiff_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from uadispatch.testing import Request

__all__ = ["Call", "GatewayStandIn"]

WHY_NOT = {
    Failure.OPTED_OUT: "no fax gateway says that somebody wants no more",
    Failure.SILENT_BEFORE: "over HTTP a fax of a page or two is in the server's hands at once",
    Failure.CLOSED_BEFORE: "over HTTP a fax of a page or two is in the server's hands at once",
}


@dataclass(slots=True, kw_only=True)
class Call:
    """One fax that a stand-in took, and how far it is."""

    name: str
    to: str
    label: str
    """The message's reference and the time of the try, as `gateway.label` writes them."""
    at: datetime
    file: Path
    steps: list[str] = field(default_factory=list)
    """The states that are still before it; the first is its own. Each question is a step."""
    reason: str = ""
    """Why it fails, if its last step is that."""
    cancelled: bool = False

    def ask(self) -> str:
        """Its state; the next question finds the next one."""
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


class GatewayStandIn(StandIn):
    """A gateway on 127.0.0.1 that keeps each fax as PDF and as the far end's TIFF.

    Every fax is delivered, but to a number for which `line` says otherwise.
    """

    impatient = MappingProxyType({"patience": 0.05})
    path: str
    """Where a fax is posted."""
    steps: tuple[str, ...]
    """The states of a fax on its way."""
    delivered: str
    failed: str

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.server = HttpServer(self._serve)
        self.calls: list[Call] = []
        self.duplicates = 0
        """How many faxes were the same pages to the same number once more."""
        self._now = now
        self._folder = Path()
        self._lines: dict[str, list[str]] = {}
        self._seen: set[tuple[str, str]] = set()

    async def start(self, folder: Path) -> Mapping[str, object]:
        """Listen; the settings name a login of this stand-in's own."""
        self._folder = folder
        await self.server.start()
        return self.settings()

    async def stop(self) -> None:
        """Stop listening; may be called twice."""
        await self.server.stop()

    @property
    def tries(self) -> int:
        """Faxes that were posted, whatever became of them."""
        return self.server.begun["POST", self.path]

    @property
    def received(self) -> Sequence[Received]:
        """What it took."""
        return [
            Received(
                to=call.to,
                reference=call.label.partition(".")[0],
                file=call.file,
                draw=partial(pictures_in, call.file.with_suffix(".tiff")),
            )
            for call in self.calls
        ]

    @property
    def taken_back(self) -> Sequence[str]:
        """The faxes that were cancelled before anybody was called."""
        return [call.label.partition(".")[0] for call in self.calls if call.cancelled]

    def line(self, number: str, *reasons: str) -> None:
        """The next calls to `number` (E.164) fail, for these reasons; then it answers."""
        self._lines[number] = list(reasons)

    def misbehave(self, failure: Failure) -> None:
        """Answer every further try with `failure`. Raises CannotSimulate."""
        if failure in WHY_NOT:
            raise CannotSimulate(WHY_NOT[failure])
        self.server.clear()
        if failure is Failure.UNREACHABLE:
            self.server.close_port()
            return
        answers = {
            Failure.WRONG_CREDENTIALS: self.refusal(401),
            Failure.TRY_LATER: self.refusal(503),
            Failure.TRY_LATER_AT: in_json(self.refusal(429).body.decode(), 429, retry_after="300"),
            Failure.REFUSED: self.refusal(422),
        }
        if failure in answers:
            self.server.at("whole", answers[failure], method="POST", path=self.path)
            return
        act = {
            Failure.SILENT_AFTER: SILENCE,
            Failure.CLOSED_AFTER: CLOSE,
            Failure.GARBAGE_AFTER: GARBAGE,
        }[failure]
        self.server.at("served", act, method="POST", path=self.path)

    def behave(self) -> None:
        """Do as it should again. Raises CannotSimulate once it cannot be reached."""
        if not self.server.is_open:
            raise CannotSimulate("its port was closed, and would be another one")
        self.server.clear()

    @abstractmethod
    def settings(self) -> Mapping[str, object]:
        """What points the channel here."""

    @abstractmethod
    def refusal(self, status: int) -> Answer:
        """An answer of this gateway that says no."""

    @abstractmethod
    def is_ours(self, request: Request) -> bool:
        """Whether it bears our login."""

    @abstractmethod
    def serve(self, request: Request) -> Answer:
        """Answer a request that does."""

    def _serve(self, request: Request) -> Answer:
        return self.serve(request) if self.is_ours(request) else self.refusal(401)

    def take(self, name: str, to: str, label: str, pdf: bytes) -> Call:
        """Keep a fax, and plan what becomes of it."""
        self.duplicates += (twin := (to, hashlib.sha256(pdf).hexdigest())) in self._seen
        self._seen.add(twin)
        reasons = self._lines.get(to) or [""]
        reason = reasons.pop(0) if reasons[0] else ""
        call = Call(
            name=name, to=to, label=label, at=self._now(),
            file=_keep(self._folder, f"{len(self.calls) + 1:03}-{to}", pdf),
            steps=[*self.steps, self.failed if reason else self.delivered], reason=reason,
        )  # fmt: skip
        self.calls.append(call)
        return call

    def call(self, name: str) -> Call | None:
        """The fax of that name."""
        return next((call for call in self.calls if call.name == name), None)


def _keep(folder: Path, stem: str, pdf: bytes) -> Path:
    """Write a fax as it was handed over, and as the far end's machine has it."""
    file = folder / f"{stem}.pdf"
    file.write_bytes(pdf)
    file.with_suffix(".tiff").write_bytes(tiff_of(pdf))
    return file
