"""The contract's tests of beginning catch channels that begin unasked or keep no queue."""

from __future__ import annotations

import pytest

from contractkit import TEST, outcomes

pytest_plugins = ["pytester"]

QUEUE = '''
import sys
from uadispatch import Capabilities

class Lines(Service):
    """It serves over connections, which it counts."""
    open_now = most = 0
    @property
    def most_open(self): return self.most
    def connect(self):
        self.open_now += 1
        self.most = max(self.most, self.open_now)
    def hang_up(self): self.open_now -= 1

class Queueing(Sms):
    """Its messages wait in line for a connection, and each asks once it has one."""
    def __init__(self, settings, tools):
        super().__init__(settings, tools)
        self._room = asyncio.Semaphore(settings.concurrency)
    @property
    def capabilities(self): return Capabilities(queues=True)
    @property
    def _service(self): return SERVICES[self.settings.service]
    async def send(self, message):
        await self._room.acquire()
        try:
            self._service.connect()
            try:
                await asyncio.sleep(0)
                await self.tools.begin()
                return await super().send(message)
            finally:
                self._service.hang_up()
        finally:
            self._room.release()
    @classmethod
    def stand_in(cls): return Lines()
'''
OF_QUEUES = "begin or connections or taken_back"
QUEUES = TEST.replace("Sms", "Queueing") + "    longest = 2.0\n"

ASKS = "await self.tools.begin()\n"
ASKS_AND_SENDS = f"{ASKS}                return await super().send(message)"

LEAVES_NOTHING = "test_a_message_that_may_not_begin_leaves_nothing"
KEEPS_NONE_BACK = "test_one_that_may_not_begin_keeps_none_of_the_others_back"
CONNECTIONS = "test_a_window_at_once_goes_over_no_more_connections_than_are_set"
TAKEN_BACK = "test_those_that_are_taken_back_leave_the_others_alone"


def lying(old: str, new: str) -> str:
    assert QUEUE.count(old) == 1
    return QUEUE.replace(old, new)


def failed(shown: str) -> set[str]:
    lines = [line for line in shown.splitlines() if line.startswith("FAILED")]
    return {line.split("::")[-1].split(" - ")[0].split("[")[0] for line in lines}


def test_a_true_queue_passes(pytester: pytest.Pytester) -> None:
    counted, shown = outcomes(pytester, more=QUEUE, test=QUEUES)
    assert failed(shown) == set()
    assert counted["passed"] >= 40
    assert "queues what it is given" not in shown, "a test of queues was left out"


@pytest.mark.parametrize(
    ("lie", "caught_by"),
    [
        pytest.param(
            lying(ASKS, "pass\n"), {LEAVES_NOTHING, KEEPS_NONE_BACK}, id="it never asks"
        ),
        pytest.param(
            lying(ASKS_AND_SENDS, "answer = await super().send(message)\n"
                  "                await self.tools.begin()\n"
                  "                return answer"),
            {LEAVES_NOTHING, KEEPS_NONE_BACK}, id="it asks when all has left",
        ),
        pytest.param(
            lying(ASKS, "self._service._tries += 1; await self.tools.begin(); "
                  "self._service._tries -= 1\n"),
            {LEAVES_NOTHING, KEEPS_NONE_BACK}, id="it asks when a part has left",
        ),
        pytest.param(
            lying(ASKS, "try: await self.tools.begin()\n"
                  "                except Temporary: pass\n"),
            {LEAVES_NOTHING, KEEPS_NONE_BACK}, id="it sends all the same",
        ),
        pytest.param(
            lying(ASKS, "try: await self.tools.begin()\n"
                  "                except Temporary as exc: raise Unknown('who knows') from exc\n"),
            {LEAVES_NOTHING, KEEPS_NONE_BACK}, id="it says something else of it",
        ),
        pytest.param(
            lying("self._room.release()", "if not isinstance(sys.exc_info()[1], Temporary): "
                  "self._room.release()"),
            {LEAVES_NOTHING, KEEPS_NONE_BACK}, id="it loses the connection of who may not begin",
        ),
    ],
)  # fmt: skip
def test_who_does_not_heed_the_answer_is_caught(
    pytester: pytest.Pytester, lie: str, caught_by: set[str]
) -> None:
    _, shown = outcomes(pytester, more=lie, test=QUEUES, only=OF_QUEUES)
    assert caught_by <= failed(shown), shown


@pytest.mark.parametrize(
    ("lie", "caught_by", "says"),
    [
        pytest.param(
            lying("Semaphore(settings.concurrency)", "Semaphore(1000)"), {CONNECTIONS},
            "before there is a connection", id="it opens a connection for each",
        ),
        pytest.param(
            lying("Semaphore(settings.concurrency)", "Semaphore(settings.concurrency + 1)"),
            {CONNECTIONS}, "<= 2", id="it opens one too many",
        ),
        pytest.param(
            lying(ASKS, "pass\n").replace(
                "await self._room.acquire()",
                "await self.tools.begin(); await self._room.acquire()",
            ),
            {CONNECTIONS}, "before there is a connection", id="it asks before it waits in line",
        ),
        pytest.param(
            lying("def most_open(self): return self.most", "def most_open(self): return None"),
            {CONNECTIONS}, "most_open", id="its stand-in does not count",
        ),
        pytest.param(
            lying("return await super().send(message)", "return (await super().send(message), "
                  "await super().send(message))[0]"),
            {LEAVES_NOTHING, KEEPS_NONE_BACK, CONNECTIONS, TAKEN_BACK}, "", id="it sends twice",
        ),
        pytest.param(
            QUEUE.replace("async def send(self, message):", "async def _one(self, message):")
            .replace(
                "    @classmethod",
                "    def _work(self):\n"
                "        async def work():\n"
                "            while True:\n"
                "                message, answer = await self._line.get()\n"
                "                try: answer.set_result(await self._one(message))\n"
                "                except Exception as exc: answer.set_exception(exc)\n"
                "        self._line = asyncio.Queue()\n"
                "        self._worker = asyncio.create_task(work())\n"
                "    async def send(self, message):\n"
                "        if not hasattr(self, '_line'): self._work()\n"
                "        answer = asyncio.get_running_loop().create_future()\n"
                "        self._line.put_nowait((message, answer))\n"
                "        return await answer\n"
                "    @classmethod",
            ).replace("super().send", "Sms.send(self, message) #"),
            {LEAVES_NOTHING, KEEPS_NONE_BACK, CONNECTIONS}, "in the task of its own send",
            id="it asks for another message",
        ),
    ],
)  # fmt: skip
def test_who_keeps_no_queue_is_caught(
    pytester: pytest.Pytester, lie: str, caught_by: set[str], says: str
) -> None:
    _, shown = outcomes(pytester, more=lie, test=QUEUES, only=OF_QUEUES)
    assert caught_by <= failed(shown), shown
    assert says in shown


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(
            lying(ASKS_AND_SENDS, "async def whole():\n"
                  "                    await self.tools.begin()\n"
                  "                    return await Sms.send(self, message)\n"
                  "                return await asyncio.shield(asyncio.create_task(whole()))"),
            id="it goes out all the same",
        ),
        pytest.param(
            lying("self._room.release()", "if sys.exc_info()[0] is not asyncio.CancelledError: "
                  "self._room.release()"),
            id="its connection is lost",
        ),
        pytest.param(
            lying("            finally:", "            except asyncio.CancelledError:\n"
                  "                raise Unknown('hung up') from None\n            finally:"),
            id="it is in doubt",
        ),
        pytest.param(
            lying("            finally:", "            except asyncio.CancelledError:\n"
                  "                self._broken = True; raise\n            finally:").replace(
                "await asyncio.sleep(0)",
                "await asyncio.sleep(0)\n"
                "                if hasattr(self, '_broken'): raise Temporary('hung up')",
            ),
            id="others suffer for it",
        ),
    ],
)  # fmt: skip
def test_who_cannot_give_a_message_back_is_caught(pytester: pytest.Pytester, lie: str) -> None:
    _, shown = outcomes(pytester, more=lie, test=QUEUES, only=OF_QUEUES)
    assert failed(shown) == {TAKEN_BACK}, shown


def test_who_asks_without_a_queue_must_heed_the_answer_too(pytester: pytest.Pytester) -> None:
    heeded = "await self.tools.begin()"
    counted, shown = outcomes(pytester, send=heeded)
    assert "failed" not in counted, shown
    unheeded = "try: await self.tools.begin()\n        except Temporary: pass"
    _, shown = outcomes(pytester, send=unheeded)
    assert failed(shown) == {LEAVES_NOTHING}


def test_none_of_these_tests_can_be_overridden(pytester: pytest.Pytester) -> None:
    for name in (LEAVES_NOTHING, KEEPS_NONE_BACK, CONNECTIONS, TAKEN_BACK, "_at_a_gate", "_tell"):
        weak = QUEUES + f"    def {name}(self): pass\n"
        counted, shown = outcomes(pytester, more=QUEUE, test=weak)
        assert counted == {"errors": 1}
        assert f"overrides {name}" in shown
