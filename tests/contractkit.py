"""A channel of a few lines, true or lying, and what the contract's tests say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = ["TEST", "outcomes", "source"]

IN_ONE_PROCESS = "not killed and not broken_off and not leave_nothing_behind"
"""Its service lives in the process of the test, is never silent, and is kept by the module."""
CHANNEL = '''
import asyncio
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from uadispatch import (
    CannotSimulate, Channel, ChannelSettings, ConfigError, Failure, OptedOut, Receipt, Received,
    Rejected, StandIn, Temporary, Unknown,
)
from datetime import timedelta

SERVICES = {{}}

class Service(StandIn):
    """A service in this process: no socket is needed to show what the tests see."""
    async def start(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._tries, self._received, self.failure = folder, 0, [], None
        SERVICES[str(id(self))] = self
        return {{"service": str(id(self)), "token": "own-token-of-it"}}
    async def stop(self): pass
    @property
    def tries(self): return self._tries
    @property
    def received(self): return self._received
    def misbehave(self, failure):
        if failure is Failure.OPTED_OUT:
            raise CannotSimulate("it knows no opt-out")
        self.failure = failure
    def take(self, message):
        self._tries += 1
        if self.failure is not None:
            return self.failure
        file = self.folder / message.key
        file.write_text(message.body)
        self._received.append(Received(
            to=message.to.value, reference=message.reference, file=file, shown=file.read_text(),
        ))

class Settings(ChannelSettings):
    service: str
    token: {secret}
    concurrency: int = 4

class Sms(Channel[Settings]):
    name = "sms"
    contact = "phone"
    Settings = Settings
    {extra}
    async def send(self, message):
        {send}
        failure = SERVICES[self.settings.service].take(message)
        match failure:
            case None: return Receipt(says={taken})
            case Failure.WRONG_CREDENTIALS: raise ConfigError("the token is wrong")
            case Failure.TRY_LATER_AT: raise Temporary("later", retry_after=timedelta(minutes=1))
            case Failure.REFUSED: raise Rejected("no such number")
            case Failure.SILENT_AFTER | Failure.CLOSED_AFTER | Failure.GARBAGE_AFTER:
                raise {after}("no answer")
            case _: raise Temporary("not now")
    @classmethod
    def stand_in(cls): return Service()
'''

TEST = """
from uadispatch.testing import ChannelContract
from sms import Sms

class TestSms(ChannelContract):
    channel = Sms
"""


def source(
    *,
    extra: str = "",
    send: str = "pass",
    after: str = "Unknown",
    secret: str = "SecretStr",
    taken: str = "'taken'",
) -> str:
    """The channel's module, true unless something else is said."""
    return CHANNEL.format(extra=extra, send=send, after=after, secret=secret, taken=taken)


def outcomes(
    pytester: pytest.Pytester,
    *,
    test: str = TEST,
    more: str = "",
    only: str = IN_ONE_PROCESS,
    **lies: str,
) -> tuple[dict[str, int], str]:
    pytester.makepyfile(sms=source(**lies) + more, test_sms=test)
    result = pytester.runpytest_inprocess(
        "-q", "-rfEs", "--tb=line", "-p", "no:cacheprovider", "-k", only
    )
    return result.parseoutcomes(), result.stdout.str()
