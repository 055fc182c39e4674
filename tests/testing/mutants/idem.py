"""Messages through a relay that drops what it has under the same key: an idempotent channel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, SecretStr

from uadispatch import (
    CannotSimulate,
    Capabilities,
    Channel,
    ChannelSettings,
    Failure,
    Message,
    OptedOut,
    Preview,
    Receipt,
    Received,
    StandIn,
    Tools,
    WebService,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch.testing.far_ends.http import Answer, Request


class RelaySettings(ChannelSettings):
    url: str = Field(default="https://relay.example.org", exclude=True)
    password: SecretStr
    patience: float = Field(default=30.0, gt=0, exclude=True)
    """Seconds that the relay has for each step of a request."""


class RelayChannel(Channel[RelaySettings]):
    name = "relay"
    contact = "email"
    Settings = RelaySettings
    templates = {"any": "{% set subject = letter.subject %}\n{{ letter.text }}\n"}  # noqa: RUF012 - as docs/channels.md writes it

    def __init__(self, settings: RelaySettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._service: WebService | None = None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(idempotent=True, far_end=self.settings.url)

    def preview(self, message: Message) -> Preview:
        return Preview(text=message.body)

    async def send(self, message: Message) -> Receipt:
        password = await self.tools.secret(self.settings.password, None) or ""
        if self._service is None:
            self._service = WebService(
                "the relay",
                self.tools.http(base_url=self.settings.url, timeout=self.settings.patience),
                clock=self.tools.clock,
                begin=self.tools.begin,
                mend="check UADISPATCH_RELAY_PASSWORD",
            )
        answer = await self._service.deliver(
            "POST",
            "/relayed",
            headers={"X-Password": self._service.hide(password)},
            data={
                "key": message.key,
                "reference": message.reference,
                "to": message.to.value,
                "subject": message.subject,
                "text": message.body,
            },
            files={
                f"file{number}": (part.name, part.content, part.media_type)
                for number, part in enumerate(message.attachments)
            },
        )
        number = answer.fields.get("number")
        if answer.is_good and isinstance(number, int):
            return Receipt(says="the relay has it", id=str(number), code=f"HTTP {answer.status}")
        if answer.status == 410:
            raise OptedOut("the recipient has unsubscribed", code="HTTP 410")
        raise self._service.error(answer)

    def stand_in(self) -> StandIn:
        return Relay()

    async def aclose(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            await service.aclose()


class Relay(StandIn):
    """The relay on this machine: what comes under a key that it has is answered, and dropped."""

    impatient: ClassVar[Mapping[str, object]] = {"patience": 0.4}
    PASSWORD = "relay-stand-in-1234"  # noqa: S105 - it guards nothing

    def __init__(self) -> None:
        from uadispatch.testing.far_ends.http import HttpServer

        self.server = HttpServer(self._serve)
        self._folder = Path()
        self._received: dict[str, Received] = {}

    async def start(self, folder: Path) -> Mapping[str, object]:
        self._folder = folder
        await self.server.start()
        return {"url": self.server.url, "password": self.PASSWORD}

    async def stop(self) -> None:
        await self.server.stop()

    @property
    def tries(self) -> int:
        return self.server.begun["POST", "/relayed"]

    @property
    def received(self) -> list[Received]:
        return list(self._received.values())

    def misbehave(self, failure: Failure) -> None:
        from uadispatch.testing.far_ends.http import CLOSE, GARBAGE, SILENCE, in_json

        self.server.clear()
        refusals = {
            Failure.WRONG_CREDENTIALS: in_json({}, 403),
            Failure.TRY_LATER: in_json({}, 503),
            Failure.TRY_LATER_AT: in_json({}, 503, retry_after="120"),
            Failure.REFUSED: in_json({}, 400),
            Failure.OPTED_OUT: in_json({}, 410),
        }
        afterwards = {
            Failure.SILENT_AFTER: SILENCE,
            Failure.CLOSED_AFTER: CLOSE,
            Failure.GARBAGE_AFTER: GARBAGE,
        }
        if failure is Failure.UNREACHABLE:
            self.server.close_port()
            self.server.hang_up()
        elif failure in refusals:
            self.server.at("whole", refusals[failure])
        elif failure in afterwards:
            self.server.at("served", afterwards[failure])
        else:
            raise CannotSimulate("so short a request is in the server's hands at once")

    def behave(self) -> None:
        if not self.server.is_open:
            raise CannotSimulate("its port was closed, and would be another one")
        self.server.clear()

    def _serve(self, request: Request) -> Answer:
        from uadispatch.testing.far_ends.http import in_json

        if request.headers.get("x-password") != self.PASSWORD:
            return in_json({}, 403)
        form = {name: parts[0].text for name, parts in request.form.items()}
        key = form["key"]
        if key not in self._received:
            file = self._folder / f"{len(self._received)}.form"
            file.write_bytes(request.body)
            self._received[key] = Received(
                to=form["to"], reference=form["reference"], file=file, shown=form["text"]
            )
        return in_json({"number": list(self._received).index(key)}, 201)


@hookimpl
def register_channels(register: Any) -> None:
    register(RelayChannel)
