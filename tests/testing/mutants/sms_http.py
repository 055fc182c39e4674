"""Text messages through Pigeon, a gateway that speaks HTTP: a channel that keeps the contract."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from pydantic import Field, SecretStr

from uadispatch import (
    Became,
    CannotSimulate,
    Capabilities,
    Channel,
    ChannelSettings,
    Failure,
    Message,
    OptedOut,
    Outcome,
    Preview,
    Receipt,
    Received,
    Rejected,
    StandIn,
    Tools,
    WebService,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uadispatch.testing.far_ends.http import Act, Answer, Request

FIRST_LOOK = timedelta(minutes=2)
"""After which Pigeon knows more of a message."""
SETTLED = timedelta(minutes=10)
"""After which Pigeon lists what it has."""
NAME = re.compile(r"[a-z0-9-]{1,40}\Z")


class SmsSettings(ChannelSettings):
    url: str = Field(default="https://api.pigeon.example.org/v1", exclude=True)
    token: SecretStr | None = None
    token_command: str | None = Field(default=None, exclude=True)
    sender: str = "uadispatch"
    """Who the recipient sees that it is from."""
    longest: int = 1600
    """Characters that a message may have."""
    patience: float = Field(default=30.0, gt=0, exclude=True)
    """Seconds that Pigeon has for each step of a request."""

    def lacking(self) -> Sequence[str]:
        return () if self.token or self.token_command else ("token",)


class SmsChannel(Channel[SmsSettings]):
    name = "sms"
    contact = "phone"
    Settings = SmsSettings
    templates = {"any": "{% set subject = letter.subject %}\n{{ letter.text }}\n"}  # noqa: RUF012 - as docs/channels.md writes it

    def __init__(self, settings: SmsSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._service: WebService | None = None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            confirms=True,
            recalls=True,
            far_end=f"{self.settings.url} as {self.settings.sender}",
            longest_body=self.settings.longest,
        )

    def check(self, message: Message) -> None:
        length = len(text_of(message))
        if length > self.settings.longest:
            raise Rejected(f"{length} characters; {self.settings.longest} are allowed")

    def preview(self, message: Message) -> Preview:
        text = text_of(message)
        return Preview(text=text, notes=(f"{len(text)} characters",))

    async def send(self, message: Message) -> Receipt:
        service, headers = await self._ready()
        order = {
            "from": self.settings.sender,
            "to": message.to.value,
            "label": message.reference,
            "text": text_of(message),
            "media": [
                {
                    "name": attachment.name,
                    "type": attachment.media_type,
                    "content": base64.b64encode(attachment.content).decode(),
                }
                for attachment in message.attachments
            ],
        }
        answer = await service.deliver("POST", "messages", headers=headers, json=order)
        name = name_in(answer.fields)
        if answer.is_good and name is not None:
            return Receipt(
                says="Pigeon has it",
                id=name,
                code=f"HTTP {answer.status}",
                ask_again_at=self.tools.clock.now() + FIRST_LOOK,
            )
        says = service.words(answer.fields.get("error"))
        if answer.fields.get("code") == "opted_out":
            raise OptedOut(f"Pigeon: {says}", code="opted_out")
        if answer.fields.get("code") == "no_such_number":
            raise Rejected(f"Pigeon: {says}", code="no_such_number", contact=True)
        raise service.error(answer, says)

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        service, headers = await self._ready()
        known = receipt is not None and receipt.id is not None
        if receipt is not None and receipt.id is not None:
            url = f"messages/{quote(receipt.id, safe='')}"
            answer = await service.ask("GET", url, headers=headers)
            if answer.status == 404:
                return None
            found: object = [answer.fields]
        else:
            asked = {"label": message.reference}
            answer = await service.ask("GET", "messages", headers=headers, params=asked)
            found = answer.fields.get("messages")
        if not answer.is_good or not isinstance(found, list):
            raise service.trouble(answer, answer.fields.get("error"))
        ours = [record for record in found if is_of(record, message)]
        if len(ours) == 1:
            return self._became(service, ours[0])
        if ours or known or self.tools.clock.now() - since < SETTLED:
            return None
        return Outcome(became=Became.RETRY, says="Pigeon has no message with its label")

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:  # noqa: ARG002 - the id says all
        if receipt is None or receipt.id is None:
            return False
        service, headers = await self._ready()
        url = f"messages/{quote(receipt.id, safe='')}"
        answer = await service.ask("DELETE", url, headers=headers)
        return answer.is_good and answer.fields.get("status") == "cancelled"

    def stand_in(self) -> StandIn:
        return Loft()

    async def aclose(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            await service.aclose()

    async def _ready(self) -> tuple[WebService, dict[str, str]]:
        settings = self.settings
        token = await self.tools.secret(settings.token, settings.token_command) or ""
        if self._service is None:
            self._service = WebService(
                "Pigeon",
                self.tools.http(base_url=settings.url, timeout=settings.patience),
                clock=self.tools.clock,
                begin=self.tools.begin,
                mend="check UADISPATCH_SMS_TOKEN and UADISPATCH_SMS_URL",
            )
        return self._service, {"Authorization": f"Bearer {self._service.hide(token)}"}

    def _became(self, service: WebService, record: Mapping[str, Any]) -> Outcome | None:
        name, says = name_in(record), service.words(record.get("status"))
        match record.get("status"):
            case "queued":
                again = self.tools.clock.now() + FIRST_LOOK
                return Outcome(
                    became=Became.ACCEPTED, says=says, id=name, ask_again_at=again, exact=True
                )
            case "delivered":
                return Outcome(became=Became.CONFIRMED, says=says, id=name, exact=True)
            case "failed":
                wrong = record.get("code") == "no_such_number"
                return Outcome(became=Became.FAILED, says=says, id=name, contact=wrong, exact=True)
        return None


def text_of(message: Message) -> str:
    """What the recipient reads."""
    return f"{message.subject}\n\n{message.body}" if message.subject else message.body


def name_in(record: Mapping[str, Any]) -> str | None:
    """Pigeon's own name for a message, if that is one."""
    name = record.get("id")
    return name if isinstance(name, str) and NAME.match(name) else None


def is_of(record: object, message: Message) -> bool:
    """Whether this is what Pigeon has of `message`, and of no other."""
    return (
        isinstance(record, dict)
        and name_in(record) is not None
        and record.get("label") == message.reference
        and record.get("to") == message.to.value
    )


class Loft(StandIn):
    """Pigeon on this machine: it keeps what it is given, and delivers it when asked twice."""

    impatient: ClassVar[Mapping[str, object]] = {"patience": 0.4}
    TOKEN = "pigeon-stand-in-4711"  # noqa: S105 - it guards nothing

    def __init__(self) -> None:
        from uadispatch.testing.far_ends.http import HttpServer

        self.server = HttpServer(self._serve)
        self.records: list[dict[str, Any]] = []
        self._folder = Path()
        self._knows_us = True
        self._received: list[Received] = []

    async def start(self, folder: Path) -> Mapping[str, object]:
        self._folder = folder
        await self.server.start()
        return {"url": f"{self.server.url}/v1", "token": self.TOKEN}

    async def stop(self) -> None:
        await self.server.stop()

    @property
    def tries(self) -> int:
        return self.server.begun["POST", "/v1/messages"]

    @property
    def received(self) -> list[Received]:
        return list(self._received)

    def misbehave(self, failure: Failure) -> None:
        from uadispatch.testing.far_ends.http import CLOSE, SILENCE, Answer, in_json

        self.server.clear()
        refusals = {
            Failure.TRY_LATER: in_json({"error": "down for a while"}, 503),
            Failure.TRY_LATER_AT: in_json({"error": "too many"}, 429, retry_after="300"),
            Failure.REFUSED: in_json({"error": "not allowed", "code": "forbidden_text"}, 422),
            Failure.OPTED_OUT: in_json({"error": "has said STOP", "code": "opted_out"}, 422),
        }
        afterwards: dict[Failure, Act | Answer] = {
            Failure.SILENT_AFTER: SILENCE,
            Failure.CLOSED_AFTER: CLOSE,
            Failure.GARBAGE_AFTER: Answer(body=b"<html>It works!</html>"),
        }
        if failure is Failure.UNREACHABLE:
            self.server.close_port()
            self.server.hang_up()
        elif failure is Failure.WRONG_CREDENTIALS:
            self._knows_us = False
        elif failure in refusals:
            self.server.at("whole", refusals[failure], method="POST")
        elif failure in afterwards:
            self.server.at("served", afterwards[failure], method="POST")
        else:
            raise CannotSimulate("so short a request is in the server's hands at once")

    def _serve(self, request: Request) -> Answer:
        from uadispatch.testing.far_ends.http import in_json

        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if given != self.TOKEN or not self._knows_us:
            return in_json({"error": f"there is no token {given}"}, 401)
        named = request.path.removeprefix("/v1/messages/")
        if request.method == "POST" and request.path == "/v1/messages":
            return in_json({"id": self._take(request)}, 201)
        if request.method == "GET" and request.path == "/v1/messages":
            label = request.asked("label")
            found = [one for one in self.records if label in (None, one["label"])]
            return in_json({"messages": found})
        for record in self.records:
            if record["id"] == named:
                return in_json(self._asked(request.method, record))
        return in_json({"error": "no such message"}, 404)

    def behave(self) -> None:
        if not self.server.is_open:
            raise CannotSimulate("its port was closed, and would be another one")
        self._knows_us = True
        self.server.clear()

    @property
    def taken_back(self) -> list[str]:
        return [about["label"] for about in self.records if about["status"] == "cancelled"]

    def _take(self, request: Request) -> str:
        order = request.json
        name = f"p-{len(self.records) + 1}"
        file = self._folder / f"{name}.json"
        file.write_bytes(request.body)
        about = {"id": name, "to": order["to"], "label": order["label"], "status": "queued"}
        self.records.append(about)
        taken = Received(to=order["to"], reference=order["label"], file=file, shown=order["text"])
        self._received.append(taken)
        return name

    def _asked(self, method: str, record: dict[str, Any]) -> dict[str, Any]:
        """The record as it is now; a question brings it further, a DELETE takes it back."""
        if record["status"] == "queued" and method == "DELETE":
            record["status"] = "cancelled"
        told = dict(record)
        if record["status"] == "queued":
            record["status"] = "delivered"
        return told


@hookimpl
def register_channels(register: Any) -> None:
    register(SmsChannel)
