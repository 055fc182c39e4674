"""Telnyx Programmable Fax: one POST of the pages, then questions.

The pages go along as ``contents`` of a form. The JSON form would carry a ``client_state`` by which
a fax could be found again, but wants ``media_url`` or ``media_name``: the pages, which name people
at risk, would have to lie at an address that anybody can open, or in a store that keeps them.
There is no key against a second copy either (https://developers.telnyx.com/docs/programmable-fax),
so a fax whose answer was lost is looked for by its numbers and its time; of several that fit, only
one that bears the name of our file is ours. The name is that of the try.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from uadispatch import Became, Outcome
from uadispatch_fax.failures import of_telnyx
from uadispatch_fax.gateway import is_same_number, label, moment, printable_secret
from uadispatch_fax.web_gateway import Login, Match, WebGateway, has_arrived

if TYPE_CHECKING:
    from uadispatch import Message, Receipt, WebAnswer, WebService
    from uadispatch_fax.web_gateway import Fax

__all__ = ["Telnyx"]

SKEW = timedelta(minutes=2)
"""How far apart two clocks may be: what is older was there before the try."""
NEAR = timedelta(seconds=20)
"""How far apart they are as a rule: what is older may be of an earlier try."""
SOON = timedelta(minutes=10)
"""How long it takes as a rule until the service has a fax: what is younger may be a colleague's."""
LATEST = timedelta(minutes=30)
"""After the claim of a message the latest moment at which its fax can have been made there: its
turn comes first, and the upload."""
PAGE = 100
LOOKS = 5
BETWEEN_LOOKS = 3.0
"""Seconds: a fax that is being cancelled takes a moment to be."""

_HELD = frozenset({"queued", "media.processing", "media.processed", "initiated"})
"""Nobody has been called."""
_UNDER_WAY = frozenset({"originated", "sending"})
_DELIVERED, _FAILED = "delivered", "failed"


class Telnyx(WebGateway):
    """The gateway."""

    name = "Telnyx"
    mend = "check UADISPATCH_FAX_TELNYX_API_KEY, the connection id, the balance there"

    @property
    def url(self) -> str:
        """Of the API."""
        return self._settings.telnyx_url

    async def login(self) -> Login:
        """Bearer, with the key."""
        settings = self._settings
        key = await printable_secret(
            self._tools,
            settings.telnyx_api_key,
            settings.telnyx_api_key_command,
            "UADISPATCH_FAX_TELNYX_API_KEY",
        )
        return Login({"Authorization": f"Bearer {key}"}, (key,))

    def order(self, pdf: bytes, message: Message) -> dict[str, Any]:
        """A form, with the pages as a file."""
        return {
            "data": {
                "connection_id": self._settings.telnyx_connection_id,
                "to": message.to.value,
                "from": self._settings.from_number,
                "quality": "high",
                "monochrome": "true",
            },
            "files": {"contents": (f"{label(message, message.at)}.pdf", pdf, "application/pdf")},
        }

    def described(self, answer: WebAnswer) -> object:
        """What is below ``data``."""
        return answer.fields.get("data")

    def says(self, answer: WebAnswer) -> str:
        """The first error that an answer tells, in words."""
        errors = answer.fields.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else None
        if not isinstance(first, dict):
            return ""
        told = (first.get("title"), first.get("detail"))
        return ": ".join(text for text in told if isinstance(text, str))

    async def sought(self, message: Message, since: datetime) -> Match | Outcome | None:
        """The only fax of that time to this number, or the one that bears our file's name."""
        found = await self._of_that_time(message, since)
        named = _named(found, message, since)
        if len(named) == 1:
            return Match(named[0], exact=True)
        if len(found) == 1:
            at = moment(found[0].get("created_at"))
            near = at is None or -NEAR <= at - since <= SOON
            return Match(found[0], exact=False) if near else None
        if found:
            return None
        return Outcome(became=Became.RETRY, says="Telnyx has no fax to this number from that time")

    def ended(self, service: WebService, fax: Fax) -> Outcome | None:
        """Delivered, or failed with a reason."""
        status = fax["status"]
        if status == _DELIVERED:
            at = service.words(fax.get("updated_at"))
            return has_arrived(fax, status, pages=fax.get("page_count"), at=at)
        if status != _FAILED:
            return None
        became = of_telnyx(service.words(fax.get("failure_reason")))
        return replace(became, code=became.code or status, id=fax["id"])

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:
        """Cancel it; True if it had not been begun, and then was cancelled."""
        service, headers = await self.ready()
        if receipt is not None and receipt.id is not None:
            fax = await self.one(receipt.id, message)
        else:
            # Not the only one of that time: it may be a colleague's.
            named = _named(await self._of_that_time(message, message.at), message, message.at)
            fax = named[0] if len(named) == 1 else None
        if fax is None or fax["status"] not in _HELD | _UNDER_WAY:
            return False
        name = fax["id"]
        answer = await service.ask("POST", f"faxes/{name}/actions/cancel", headers=headers)
        if fax["status"] in _UNDER_WAY or not answer.is_good:
            return False  # pages of it may be there
        for look in range(LOOKS):
            if look:
                await self._tools.clock.sleep(BETWEEN_LOOKS)
            fax = await self.one(name, message)
            if fax is None or fax["status"] in (_DELIVERED, *_UNDER_WAY):
                return False
            if fax["status"] == _FAILED:
                return True
        return False

    async def _of_that_time(self, message: Message, since: datetime) -> list[Fax]:
        """The faxes of that time to this number."""
        first, last = since - SKEW, since + LATEST
        asked: dict[str, str | int] = {
            "filter[direction][eq]": "outbound",
            "filter[to][eq]": message.to.value,
            "filter[from][eq]": self._settings.from_number or "",
            "filter[created_at][gte]": _stamp(first),
            "filter[created_at][lte]": _stamp(last),
            "page[size]": PAGE,
        }
        # A filter that a service does not heed would show us somebody else's fax.
        connection = self._settings.telnyx_connection_id
        return [
            fax
            async for fax in self.listed(asked, below="data", page="page[number]", size=PAGE)
            if is_same_number(message.to.value, fax.get("to"))
            and fax.get("direction", "outbound") == "outbound"
            and str(fax.get("connection_id", connection)) == connection
            and ((at := moment(fax.get("created_at"))) is None or first <= at <= last)
        ]


def _named(faxes: list[Fax], message: Message, tried_at: datetime) -> list[Fax]:
    """Those that bear the name of the file of this try, wherever the service shows it."""
    name = label(message, tried_at)
    return [fax for fax in faxes if name in json.dumps(fax)]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
