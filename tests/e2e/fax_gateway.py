"""Faxes the text of UA 46/19 through a gateway that makes real calls, to every kind of far end.

Run by the piece fax-call, in a Python that has uadispatch: ``fax_gateway.py LIBRARY FOLDER``. The
gateway is the channel's own stand-in of Telnyx; what becomes of a fax is what SpanDSP's machines
said at the end of its call.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import faxline
from appeal import Appeal, expect_same, pages_of
from piece import expect, say
from uadispatch_fax.stand_in_telnyx import TelnyxStandIn

if TYPE_CHECKING:
    from faxline import Answer, CallResult
    from uadispatch_fax.stand_in_web import Call

NUMBERS: dict[str, Answer] = {
    f"+1202555010{number}": answer for number, answer in enumerate(faxline.ANSWERS)
}
ARRIVES = ("answers", "crackle")
NO_ANSWER, NOTHING_AFTER_A_PAGE, DROPPED = 2, 21, 49  # SpanDSP's numbers of T.30's codes
SETTINGS = {"hours": "always", "retry_wait": "0s"}
STATES = 4
"""Of a fax at Telnyx, the last included: so often it is asked for."""


class Gateway(TelnyxStandIn):
    """Calls as soon as it has a fax; the second call to a number is always answered."""

    def __init__(self, library: Path, folder: Path) -> None:
        super().__init__(lambda: datetime.now(UTC))
        self.results: dict[str, list[CallResult]] = defaultdict(list)
        self._library = library
        self._folder_of_lines = folder

    def take(self, name: str, to: str, label: str, pdf: bytes) -> Call:
        """Keep a fax, and call."""
        call = super().take(name, to, label, pdf)
        results = self.results[to]
        answer = "answers" if results else NUMBERS[to]
        result = faxline.call(self.sent(call), self.arrived(call), answer, library=self._library)
        results.append(result)
        call.steps[-1] = self.delivered if result.ok else self.failed
        call.reason = "" if result.ok else reason(result)
        return call

    def sent(self, call: Call) -> Path:
        """The pages as the gateway made them of the PDF."""
        return call.file.with_suffix(".tiff")

    def arrived(self, call: Call) -> Path:
        """The pages as the far end's machine made them of what it heard."""
        return self._folder_of_lines / f"{call.file.stem}.tiff"


def reason(result: CallResult) -> str:
    """What Telnyx calls it."""
    if result.tone:
        return {"busy": "user_busy", "ringing": "receiver_no_answer"}[result.tone]
    if result.code == NOTHING_AFTER_A_PAGE:
        return "receiver_call_dropped"
    return "receiver_communication_error"


async def main(library: Path, folder: Path) -> None:
    """Send, ask what became of it, and send again what did not arrive."""
    (lines := folder / "lines").mkdir()
    (kept := folder / "gateway").mkdir()
    gateway = Gateway(library, lines)
    settings = {name: str(value) for name, value in (await gateway.start(kept)).items() if value}
    contacts = {target(answer): number for number, answer in NUMBERS.items()}
    appeal = Appeal(folder, "fax", contacts, settings | SETTINGS, long=True)
    try:
        await asyncio.to_thread(dispatch, appeal, gateway)
    finally:
        await gateway.stop()


def dispatch(appeal: Appeal, gateway: Gateway) -> None:
    """All of it, by commands."""
    appeal.do("send", "--yes")
    appeal.expect({target(answer): "accepted" for answer in NUMBERS.values()})
    ask(appeal)
    appeal.expect(
        {
            target(answer): "confirmed" if answer in ARRIVES else "retry"
            for answer in NUMBERS.values()
        }
    )
    for number, answer in NUMBERS.items():
        check(answer, gateway.results[number][0], gateway)
    repeated = seconds(gateway, "crackle") - seconds(gateway, "answers")
    expect(repeated > 0, "nothing of the page that crackled was repeated")
    appeal.do("send", "--yes")
    ask(appeal)
    appeal.expect({target(answer): "confirmed" for answer in NUMBERS.values()})
    for number, answer in NUMBERS.items():
        calls = len(gateway.results[number])
        expect(calls == 1 + (answer not in ARRIVES), f"{answer}: {calls} calls")
    for call in gateway.calls:
        if not call.reason:
            same = expect_same(gateway.sent(call), gateway.arrived(call))
    say(f"{len(gateway.calls)} calls; each fax came as it was sent: {same}")


def ask(appeal: Appeal) -> None:
    """Until the gateway has no fax on its way."""
    for _ in range(STATES):
        appeal.do("confirm")
    expect(not appeal.states()["accepted"], f"after {STATES} questions: {appeal.states()}")


def check(answer: Answer, result: CallResult, gateway: Gateway) -> None:
    """Whether the machines said what is to be said of such a line."""
    pages = len(pages_of(gateway.sent(gateway.calls[0])))
    expect(pages > 1, "a line that is cut between two pages needs two")
    holds = {
        "answers": result.ok and result.pages == pages,
        "crackle": result.ok and result.pages == pages,
        "busy": result.tone == "busy" and result.code == DROPPED and not result.received,
        "no answer": result.tone == "ringing" and result.code == NO_ANSWER and not result.received,
        "cut": result.code == NOTHING_AFTER_A_PAGE and result.pages == 1,
        "noise": not result.ok and not result.tone and not result.pages,
    }
    expect(holds[answer], f"{answer}: {result}")
    say(f"{answer:<10}{result.seconds:4} s  {result.pages} pages  {result.says}")


def seconds(gateway: Gateway, answer: Answer) -> int:
    """How long the first call to such a line took."""
    (number,) = (number for number, each in NUMBERS.items() if each == answer)
    return gateway.results[number][0].seconds


def target(answer: Answer) -> str:
    """The official at such a line."""
    return answer.replace(" ", "-")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
