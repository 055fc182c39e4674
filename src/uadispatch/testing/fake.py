"""A channel that does what a script says, for tests of the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from uadispatch.channels.channel_settings import ChannelSettings
from uadispatch.channels.contract import Capabilities, Channel
from uadispatch.channels.message import Handover, Message, Outcome, Receipt
from uadispatch.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from uadispatch.channels.contract import Tools

__all__ = ["Answer", "FakeChannel", "FakeSettings"]

Answer = Receipt | Handover | BaseException | Callable[[Message], Awaitable[Receipt | Handover]]
"""What one try gives: an answer, an exception to raise, or a coroutine function to call."""


class FakeSettings(ChannelSettings):
    """Nothing but what every channel has."""


class FakeChannel(Channel[FakeSettings]):
    """Takes every message, but for what was scripted.

    ::

        channel = FakeChannel(FakeSettings(), tools)
        channel.script("minister", Temporary("busy"), Receipt(says="taken"))
    """

    name = "fake"
    contact = "email"
    Settings = FakeSettings
    templates: ClassVar[Mapping[str, str]] = {
        "any": "{% set subject = letter.subject %}\n{{ salutation or target.name }},\n\n"
        "{{ letter.text }}\n"
    }

    capabilities_given = Capabilities()
    """Set it to give the channel other capabilities."""

    @property
    def capabilities(self) -> Capabilities:
        """What `capabilities_given` says."""
        return self.capabilities_given

    def script(self, target: str, *answers: Answer) -> None:
        """What the next tries for `target` give, in order; after that, all is well."""
        self._scripts[target].extend(answers)

    def reject(self, target: str, reason: str) -> None:
        """Let `check` refuse messages to `target`."""
        self._rejected[target] = reason

    @property
    def sent(self) -> list[Message]:
        """Every message that `send` was called with, in order."""
        return self._sent

    @property
    def most_at_once(self) -> int:
        """The largest number of sends that were under way together."""
        return self._most

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def __init__(self, settings: FakeSettings, tools: Tools) -> None:
        """Begin with an empty script."""
        super().__init__(settings, tools)
        self._scripts: defaultdict[str, list[Answer]] = defaultdict(list)
        self._rejected: dict[str, str] = {}
        self._sent: list[Message] = []
        self._outcomes: defaultdict[str, list[Outcome | BaseException | None]] = defaultdict(list)
        self._asked: list[tuple[str, Receipt | None, datetime]] = []
        self._now = self._most = 0
        self._closed = False

    def check(self, message: Message) -> None:
        """Refuse what `reject` named."""
        if (reason := self._rejected.get(message.target.id)) is not None:
            raise Rejected(reason)

    async def send(self, message: Message) -> Receipt | Handover:
        """Do what the script says."""
        self._sent.append(message)
        self._now += 1
        self._most = max(self._most, self._now)
        try:
            script = self._scripts[message.target.id]
            answer = script.pop(0) if script else Receipt(says="taken")
            if isinstance(answer, BaseException):
                raise answer
            return answer if isinstance(answer, Receipt | Handover) else await answer(message)
        finally:
            self._now -= 1

    def answer(self, target: str, *outcomes: Outcome | BaseException | None) -> None:
        """What `confirm` says of messages to `target`, in order; after that it knows nothing."""
        self._outcomes[target].extend(outcomes)

    @property
    def questions(self) -> list[tuple[str, Receipt | None, datetime]]:
        """Every question that `confirm` was asked: target, receipt, since."""
        return self._asked

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """Say what was scripted."""
        self._asked.append((message.target.id, receipt, since))
        outcomes = self._outcomes[message.target.id]
        outcome = outcomes.pop(0) if outcomes else None
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        """Note that it was closed."""
        self._closed = True
