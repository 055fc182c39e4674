"""Messages for pagers over a line protocol, on few connections: a channel that queues.

The office says ``READY``. Then each line is a JSON object, and each has an answer: the login, the
head of a message (to whom, its label), its text. A text that was sent whole is paged.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, SecretStr

from uadispatch import (
    CannotSimulate,
    Capabilities,
    Channel,
    ChannelSettings,
    ConfigError,
    Failure,
    Message,
    OptedOut,
    Preview,
    Receipt,
    Received,
    Rejected,
    StandIn,
    Temporary,
    Tools,
    Unavailable,
    Unknown,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_LINE = 1_000_000
LONGEST_WAIT = 86_400
NAME = re.compile(r"[a-z0-9-]{1,40}\Z")
TROUBLE = (OSError, EOFError, ValueError)
"""No answer, or none that makes sense; a time that is over is an OSError too."""


class PagerSettings(ChannelSettings):
    host: str = Field(default="pager.example.org", exclude=True)
    port: int = Field(default=4440, exclude=True)
    token: SecretStr
    token_command: str | None = Field(default=None, exclude=True)
    longest: int = 20_000
    """Characters that a message may have."""
    patience: float = Field(default=30.0, gt=0, exclude=True)
    """Seconds that the office has for each answer."""


class PagerChannel(Channel[PagerSettings]):
    name = "pager"
    contact = "phone"
    Settings = PagerSettings
    templates = {"any": "{% set subject = letter.subject %}\n{{ letter.text }}\n"}  # noqa: RUF012 - as docs/channels.md writes it

    def __init__(self, settings: PagerSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._room = asyncio.Semaphore(settings.concurrency)
        self._idle: list[Line] = []

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(queues=True, longest_body=self.settings.longest)

    def check(self, message: Message) -> None:
        if len(message.body) > self.settings.longest:
            raise Rejected(f"{len(message.body)} characters; {self.settings.longest} are allowed")

    def preview(self, message: Message) -> Preview:
        return Preview(text=message.body, notes=(f"{len(message.body)} characters",))

    async def send(self, message: Message) -> Receipt:
        async with self._room:
            line = self._kept() or await self._connect()
            try:
                await self.tools.begin()
                if line.is_gone:
                    line.close()
                    line = await self._connect()
                    await self.tools.begin(anew=True)
                return await line.page(message)
            finally:
                if line.usable:
                    self._idle.append(line)
                else:
                    line.close()

    def stand_in(self) -> StandIn:
        return Office()

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().closed()

    def _kept(self) -> Line | None:
        """The connection that was used last, if the office still has it."""
        while self._idle:
            line = self._idle.pop()
            if not line.is_gone:
                return line
            line.close()
        return None

    async def _connect(self) -> Line:
        settings = self.settings
        token = await self.tools.secret(settings.token, settings.token_command)
        line: Line | None = None
        try:
            async with asyncio.timeout(settings.patience):
                streams = await asyncio.open_connection(
                    settings.host, settings.port, limit=LONGEST_LINE
                )
                line = Line(*streams, settings.patience)
                await line.greeted()
            answer = await line.ask(login=token)
        except TROUBLE as exc:
            if line is not None:
                line.close()
            raise Unavailable(f"the office cannot be reached ({type(exc).__name__})") from None
        except BaseException:
            if line is not None:
                line.close()
            raise
        if answer.get("ok") is not True:
            line.close()
            raise ConfigError("the pager office knows no such token: check UADISPATCH_PAGER_TOKEN")
        return line


class Line:
    """One connection to the office."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self.usable = True
        """Whether a further message may follow."""

    @property
    def is_gone(self) -> bool:
        """Whether the office has hung up."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def greeted(self) -> None:
        """Wait until the office is ready."""
        if await self._reader.readline() != b"READY\n":
            raise ValueError("no greeting")

    async def ask(self, **fields: object) -> dict[str, Any]:
        """Say this, and read the answer. Raises TROUBLE."""
        self._writer.write(json.dumps(fields).encode() + b"\n")
        async with asyncio.timeout(self._patience):
            await self._writer.drain()
            line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError("hung up")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("no answer")  # noqa: TRY004 - one kind of trouble
        return answer

    async def page(self, message: Message) -> Receipt:
        """Try once. Raises what `send` raises."""
        self.usable = False
        try:
            answer = await self.ask(to=message.to.value, label=message.reference)
        except TROUBLE as exc:
            raise Temporary(f"the office did not hear us out ({type(exc).__name__})") from None
        if answer.get("ok") is not True:
            self.usable = True
            raise refusal(answer)
        media = [
            {"name": part.name, "content": base64.b64encode(part.content).decode()}
            for part in message.attachments
        ]
        try:
            answer = await self.ask(text=message.body, media=media)
        except TROUBLE as exc:
            raise Unknown(f"the pager office may have it ({type(exc).__name__})") from None
        name = answer.get("id")
        if not isinstance(name, str) or not NAME.match(name):
            raise Unknown("the pager office may have it; its answer makes no sense")
        self.usable = True
        return Receipt(says="the pager office has it", id=name)

    def close(self) -> None:
        """Hang up at once."""
        self._writer.transport.abort()

    async def closed(self) -> None:
        """Hang up, and wait until that is done."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


def refusal(answer: Mapping[str, Any]) -> Exception:
    """What an answer means that lets no text follow."""
    match answer.get("error"):
        case "denied":
            return ConfigError("the pager office knows no such token any more")
        case "busy":
            seconds = answer.get("seconds")
            known = isinstance(seconds, int) and 0 <= seconds <= LONGEST_WAIT
            wait = timedelta(seconds=seconds) if known and seconds is not None else None
            return Unavailable("the pager office is busy", code="busy", retry_after=wait)
        case "refused":
            return Rejected("the pager office does not page that", code="refused")
        case "no number":
            return Rejected("there is no such pager", code="no number", contact=True)
        case "unwanted":
            return OptedOut("who has this pager wants no more", code="unwanted")
    return Temporary("the pager office answers what makes no sense")


class Office(StandIn):
    """The pager office on this machine."""

    asks_to_wait = timedelta(seconds=300)
    impatient: ClassVar[Mapping[str, object]] = {"patience": 0.4}
    TOKEN = "pager-stand-in-0815"  # noqa: S105 - it guards nothing
    REFUSALS: ClassVar[Mapping[Failure, Mapping[str, object]]] = {
        Failure.WRONG_CREDENTIALS: {"error": "denied"},
        Failure.TRY_LATER: {"error": "busy"},
        Failure.TRY_LATER_AT: {"error": "busy", "seconds": 300},
        Failure.REFUSED: {"error": "refused"},
        Failure.OPTED_OUT: {"error": "unwanted"},
    }

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._received: list[Received] = []
        self._folder = Path()
        self._failure: Failure | None = None
        self._tries = self._open = self._most = 0

    async def start(self, folder: Path) -> Mapping[str, object]:
        self._folder = folder
        self._server = await asyncio.start_server(self._came, "127.0.0.1", 0, limit=LONGEST_LINE)
        port = self._server.sockets[0].getsockname()[1]
        return {"host": "127.0.0.1", "port": port, "token": self.TOKEN}

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._hang_up()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def tries(self) -> int:
        return self._tries

    @property
    def received(self) -> list[Received]:
        return list(self._received)

    @property
    def most_open(self) -> int:
        return self._most

    def misbehave(self, failure: Failure) -> None:
        self._failure = failure
        if failure is Failure.UNREACHABLE and self._server is not None:
            self._server.close()
            self._hang_up()

    def behave(self) -> None:
        if self._failure is Failure.UNREACHABLE:
            raise CannotSimulate("its port was closed, and would be another one")
        self._failure = None

    def _hang_up(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self._most = max(self._most, self._open)
        try:
            writer.write(b"READY\n")
            head: dict[str, Any] = {}
            while line := await reader.readline():
                said = json.loads(line)
                if "to" in said:
                    head = said
                answer = await self._answer(said, head)
                if answer is None:
                    break
                writer.write(answer)
        except (OSError, ValueError, LookupError):
            pass  # the client is gone, or speaks something else
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, said: dict[str, Any], head: dict[str, Any]) -> bytes | None:
        """What is answered; None: the line is cut."""
        if "login" in said:
            good = said["login"] == self.TOKEN and self._failure != Failure.WRONG_CREDENTIALS
            self._tries += not good
            return _line({"ok": True} if good else {"error": "denied"})
        if "to" in said:
            self._tries += 1
            silent, closed = Failure.SILENT_BEFORE, Failure.CLOSED_BEFORE
            refused = self.REFUSALS.get(self._failure) if self._failure else None
            answer = _line(refused or {"ok": True})
        else:
            silent, closed = Failure.SILENT_AFTER, Failure.CLOSED_AFTER
            answer = _line({"id": self._take(said, head)})
            if self._failure is Failure.GARBAGE_AFTER:
                return b"?!\n"
        if self._failure is silent:
            await asyncio.Event().wait()
        return None if self._failure is closed else answer

    def _take(self, said: dict[str, Any], head: dict[str, Any]) -> str:
        name = f"n-{len(self._received) + 1}"
        file = self._folder / f"{name}.json"
        file.write_bytes(_line(said))
        taken = Received(to=head["to"], reference=head["label"], file=file, shown=said["text"])
        self._received.append(taken)
        return name


def _line(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"


@hookimpl
def register_channels(register: Any) -> None:
    register(PagerChannel)
