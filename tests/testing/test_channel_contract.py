"""The contract's tests catch channels that break its promises, and cannot be weakened silently."""

from __future__ import annotations

import pytest

from uadispatch import Failure
from uadispatch.testing import SORTED

pytest_plugins = ["pytester"]

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


def outcomes(
    pytester: pytest.Pytester,
    *,
    extra: str = "",
    send: str = "pass",
    after: str = "Unknown",
    secret: str = "SecretStr",
    taken: str = "'taken'",
    test: str = TEST,
) -> tuple[dict[str, int], str]:
    source = CHANNEL.format(extra=extra, send=send, after=after, secret=secret, taken=taken)
    pytester.makepyfile(sms=source, test_sms=test)
    result = pytester.runpytest_inprocess("-q", "-rfEs", "--tb=line", "-p", "no:cacheprovider")
    return result.parseoutcomes(), result.stdout.str()


def test_a_true_channel_passes_in_five_lines(pytester: pytest.Pytester) -> None:
    counted, shown = outcomes(pytester)
    assert counted.get("failed", 0) == 0
    assert counted["passed"] >= 20
    assert "it knows no opt-out" in shown


@pytest.mark.parametrize(
    ("fault", "caught_by"),
    [
        ({"send": "SERVICES[self.settings.service].take(message)"}, "sent_once"),
        ({"after": "Temporary"}, "silent_after"),
        ({"after": "Rejected"}, "garbage_after"),
        ({"after": "ValueError"}, "closed_after"),
        ({"secret": "str"}, "kept_as_secrets"),
        ({"send": "print(self.settings.token.get_secret_value())"}, "no_secret_is_shown"),
        (
            {"extra": "def __init__(self, s, t):\n        import socket; super().__init__(s, t); "
             "socket.socket().close()"},
            "open_nothing",
        ),
        (
            {"extra": "def check(self, m):\n        import socket; "
             "socket.create_connection(('127.0.0.1', 1))"},
            "open_nothing",
        ),
        (
            {"extra": "def preview(self, m):\n        from uadispatch import Preview; "
             "import random; return Preview(text=str(random.random()))"},
            "says_the_same",
        ),
        ({"extra": "def aclose(self): raise ValueError"}, "closes_twice"),
        ({"send": "return None"}, "sent_once"),
        (
            {"send": "from dataclasses import replace; message = replace(message, body='Other')"},
            "what_was_previewed",
        ),
        (
            {"extra": "def preview(self, m):\n        from uadispatch import Preview; "
             "return Preview(text=m.body, draw=lambda: (b'a page',))"},
            "what_was_previewed",
        ),
        ({"taken": "self.settings.token.get_secret_value()"}, "no_secret_is_shown"),
        ({"send": "return Receipt(says='taken')"}, "refused"),
    ],
)  # fmt: skip
def test_a_false_channel_is_caught(
    pytester: pytest.Pytester, fault: dict[str, str], caught_by: str
) -> None:
    counted, shown = outcomes(pytester, **fault)
    assert counted["failed"] >= 1
    assert any(caught_by in line for line in shown.splitlines() if line.startswith("FAILED"))


def test_overriding_a_test_is_an_error(pytester: pytest.Pytester) -> None:
    weak = TEST + "    def test_a_message_is_sent_once(self): pass\n"
    counted, shown = outcomes(pytester, test=weak)
    assert counted == {"errors": 1}
    assert "overrides test_a_message_is_sent_once" in shown


def test_mixing_a_weaker_test_in_is_an_error(pytester: pytest.Pytester) -> None:
    weak = TEST.replace(
        "class TestSms(ChannelContract)",
        "class Weak:\n    def test_a_message_is_sent_once(self): pass\n\n"
        "class TestSms(Weak, ChannelContract)",
    )
    counted, shown = outcomes(pytester, test=weak)
    assert counted == {"errors": 1}
    assert "overrides test_a_message_is_sent_once" in shown


def test_a_failure_is_left_out_only_with_a_reason_that_is_shown(
    pytester: pytest.Pytester,
) -> None:
    head = TEST.replace(
        "import ChannelContract", "import ChannelContract\nfrom uadispatch import Failure"
    )
    counted, shown = outcomes(
        pytester,
        after="Temporary",
        test=head + "    cannot_simulate = {f: 'the service is far away' for f in Failure}\n",
    )
    assert counted.get("failed", 0) == 0
    assert "the service is far away" in shown
    counted, shown = outcomes(
        pytester, test=head + "    cannot_simulate = {Failure.REFUSED: ' '}\n"
    )
    assert counted == {"errors": 1}
    assert "needs a reason" in shown


def test_every_failure_is_in_the_table() -> None:
    assert set(SORTED) == set(Failure)
