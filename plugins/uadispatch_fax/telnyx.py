"""Telnyx Programmable Fax: one POST of the pages, then questions.

The pages go along as ``contents`` of a form. The JSON form would carry a ``client_state`` by which
a fax could be found again, but wants ``media_url`` or ``media_name``: the pages, which name people
at risk, would have to lie at an address that anybody can open, or in a store that keeps them.
There is no key against a second copy either (https://developers.telnyx.com/docs/programmable-fax),
so a fax whose answer was lost is looked for by its numbers and its time; of several that fit, only
one that bears the name of our file is ours.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from uadispatch import Became, Outcome, Receipt, Temporary, WebService
from uadispatch_fax.failures import of_telnyx
from uadispatch_fax.gateway import (
    FIRST_LOOK,
    SETTLED,
    ask_again,
    delivered,
    moment,
    printable_secret,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch import Message, Tools, WebAnswer
    from uadispatch_fax.settings import FaxSettings

__all__ = ["Telnyx"]

SKEW = timedelta(minutes=2)
"""How far apart two clocks may be."""
LATEST = timedelta(minutes=30)
"""After the claim of a message the latest moment at which its fax can have been made there: its
turn comes first, and the upload."""
PAGE, MOST_PAGES = 100, 20
LOOKS = 5
BETWEEN_LOOKS = 3.0
"""Seconds: a fax that is being cancelled takes a moment to be."""

_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z", re.ASCII)
_HELD = frozenset({"queued", "media.processing", "media.processed", "initiated"})
"""Nobody has been called."""
_UNDER_WAY = frozenset({"originated", "sending"})
_DELIVERED, _FAILED = "delivered", "failed"


class Telnyx:
    """The gateway."""

    def __init__(self, settings: FaxSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._service: WebService | None = None

    async def send(self, pdf: bytes, message: Message) -> Receipt:
        """Hand the pages over."""
        service, headers = await self._ready()
        answer = await service.deliver(
            "POST",
            "faxes",
            headers=headers,
            data={
                "connection_id": self._settings.telnyx_connection_id,
                "to": message.to.value,
                "from": self._settings.from_number,
                "quality": "high",
                "monochrome": "true",
            },
            files={"contents": (_file_name(message), pdf, "application/pdf")},
        )
        fax = _fax(answer.fields.get("data"))
        if not answer.is_good or fax is None:
            raise service.error(answer, _says(answer))
        return Receipt(
            says=f"Telnyx has it: {service.words(fax['status'])}",
            id=fax["id"],
            code=f"HTTP {answer.status}",
            ask_again_at=self._tools.clock.now() + FIRST_LOOK,
        )

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """What became of it, as far as Telnyx says."""
        service, headers = await self._ready()
        if receipt is not None and receipt.id is not None:
            fax = await self._one(service, headers, receipt.id)
            return None if fax is None else self._outcome(service, fax, since)
        found = await self._sought(service, headers, message, since)
        if len(found) == 1:
            return self._outcome(service, found[0], since)
        if found or self._tools.clock.now() - since < SETTLED:
            return None
        return Outcome(became=Became.RETRY, says="Telnyx has no fax to this number from that time")

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:
        """Cancel it; True if it had not been begun, and then was cancelled."""
        service, headers = await self._ready()
        if receipt is not None and receipt.id is not None:
            fax = await self._one(service, headers, receipt.id)
        else:
            found = await self._sought(service, headers, message, message.at)
            fax = found[0] if len(found) == 1 else None
        if fax is None or fax["status"] not in _HELD | _UNDER_WAY:
            return False
        name = fax["id"]
        answer = await service.ask("POST", f"faxes/{name}/actions/cancel", headers=headers)
        if fax["status"] in _UNDER_WAY or not answer.is_good:
            return False  # pages of it may be there
        for look in range(LOOKS):
            if look:
                await self._tools.clock.sleep(BETWEEN_LOOKS)
            fax = await self._one(service, headers, name)
            if fax is None or fax["status"] in (_DELIVERED, *_UNDER_WAY):
                return False
            if fax["status"] == _FAILED:
                return True
        return False

    async def aclose(self) -> None:
        """Close the client."""
        if self._service is not None:
            await self._service.aclose()
            self._service = None

    async def _ready(self) -> tuple[WebService, dict[str, str]]:
        settings = self._settings
        key = await printable_secret(
            self._tools,
            settings.telnyx_api_key,
            settings.telnyx_api_key_command,
            "UADISPATCH_FAX_TELNYX_API_KEY",
        )
        if self._service is None:
            self._service = WebService(
                "Telnyx",
                self._tools.http(base_url=settings.telnyx_url, timeout=30.0 * settings.patience),
                clock=self._tools.clock,
                begin=self._tools.begin,
                mend="check UADISPATCH_FAX_TELNYX_API_KEY, the connection id, the balance there",
            )
        self._service.hide(key)
        return self._service, {"Authorization": f"Bearer {key}"}

    async def _one(
        self, service: WebService, headers: Mapping[str, str], name: str
    ) -> dict[str, Any] | None:
        """The fax `name`; None if there is none (any more)."""
        if not _ID.match(name):
            return None
        answer = await service.ask("GET", f"faxes/{name}", headers=headers)
        if answer.status == 404:  # noqa: PLR2004 - HTTP's own number
            return None
        fax = _fax(answer.fields.get("data"))
        if not answer.is_good or fax is None:
            raise service.trouble(answer, _says(answer))
        return fax

    async def _sought(
        self, service: WebService, headers: Mapping[str, str], message: Message, since: datetime
    ) -> list[dict[str, Any]]:
        """The faxes of that time to this number, or the one of them that bears our file's name."""
        first, last = since - SKEW, since + LATEST
        asked: dict[str, str | int] = {
            "filter[direction][eq]": "outbound",
            "filter[to][eq]": message.to.value,
            "filter[from][eq]": self._settings.from_number or "",
            "filter[created_at][gte]": _stamp(first),
            "filter[created_at][lte]": _stamp(last),
            "page[size]": PAGE,
        }
        found: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            answer = await service.ask(
                "GET", "faxes", headers=headers, params={**asked, "page[number]": page}
            )
            listed = answer.fields.get("data")
            if not answer.is_good or not isinstance(listed, list):
                raise service.trouble(answer, _says(answer))
            # A filter that a service does not heed would show us somebody else's fax.
            found += [
                fax for each in listed
                if (fax := _fax(each)) is not None
                and fax.get("to") == message.to.value
                and fax.get("direction", "outbound") == "outbound"
                and ((at := moment(fax.get("created_at"))) is None or first <= at <= last)
            ]  # fmt: skip
            if len(listed) < PAGE:
                ours = [fax for fax in found if message.reference in json.dumps(fax)]
                return ours or found
        raise Temporary("Telnyx lists more faxes to this number than can be looked through")

    def _outcome(self, service: WebService, fax: Mapping[str, Any], since: datetime) -> Outcome:
        status, now = fax["status"], self._tools.clock.now()
        if status == _DELIVERED:
            at = service.words(fax.get("updated_at"))
            return Outcome(
                became=Became.CONFIRMED,
                says=f"{delivered(fax.get('page_count'))}{f' at {at}' if at else ''}",
                code=status,
                id=fax["id"],
            )
        if status == _FAILED:
            became = of_telnyx(service.words(fax.get("failure_reason")))
            return Outcome(
                became=became.became, says=became.says, code=became.code or status, id=fax["id"],
                retry_after=became.retry_after, contact=became.contact,
            )  # fmt: skip
        return Outcome(
            became=Became.ACCEPTED,
            says=service.words(status),
            code=service.words(status),
            id=fax["id"],
            ask_again_at=ask_again(now, since),
        )


def _file_name(message: Message) -> str:
    return f"{message.reference}.pdf"


def _fax(value: object) -> dict[str, Any] | None:
    """A fax as Telnyx describes it, if it has a name and a status."""
    if not isinstance(value, dict):
        return None
    name, status = value.get("id"), value.get("status")
    if not isinstance(name, str) or not _ID.match(name) or not isinstance(status, str):
        return None
    return value


def _says(answer: WebAnswer) -> str:
    """The first error that an answer tells, in words."""
    errors = answer.fields.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return ""
    told = (first.get("title"), first.get("detail"))
    return ": ".join(text for text in told if isinstance(text, str))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
