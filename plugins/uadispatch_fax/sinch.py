"""Sinch Fax v3: one POST of the pages with a label, then questions.

The label is the message's reference and the time of the try, so a fax whose answer was lost is
found again for certain. One call is made for each (``maxRetries`` 0): when to call again is decided
in the journal. The service has no way to take a fax back
(https://developers.sinch.com/docs/fax/api-reference/fax/tag/Faxes/).
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from uadispatch import Became, Outcome
from uadispatch_fax.failures import of_sinch
from uadispatch_fax.gateway import is_same_number, label, moment, printable_secret
from uadispatch_fax.web_gateway import Login, Match, WebGateway, has_arrived

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from uadispatch import Message, WebAnswer, WebService
    from uadispatch_fax.web_gateway import Fax

__all__ = ["LABEL", "Sinch"]

LABEL = "reference"
LONGEST_CODE = 9
"""Digits; Sinch's own have three."""
SKEW = timedelta(minutes=5)
LISTED = timedelta(days=6)
"""How far back a list reaches that names no time; it says a week."""
PAGE = 1000

_COMPLETED = "COMPLETED"
_FAILURE = frozenset({"FAILURE", "FAILED"})


class Sinch(WebGateway):
    """The gateway."""

    name = "Sinch"
    mend = "check UADISPATCH_FAX_SINCH_PROJECT_ID, _KEY_ID and _KEY_SECRET, and the balance there"

    @property
    def url(self) -> str:
        """Of the project."""
        return f"{self._settings.sinch_url}/projects/{self._settings.sinch_project_id}"

    async def login(self) -> Login:
        """Basic, with an access key."""
        settings = self._settings
        secret = await printable_secret(
            self._tools,
            settings.sinch_key_secret,
            settings.sinch_key_secret_command,
            "UADISPATCH_FAX_SINCH_KEY_SECRET",
        )
        both = base64.b64encode(f"{settings.sinch_key_id}:{secret}".encode()).decode("ascii")
        return Login({"Authorization": f"Basic {both}"}, (secret, both))

    def order(self, pdf: bytes, message: Message) -> dict[str, Any]:
        """JSON, the pages in Base64."""
        order: dict[str, Any] = {
            "to": message.to.value,
            "files": [{"file": base64.b64encode(pdf).decode("ascii"), "fileType": "PDF"}],
            "labels": {LABEL: label(message, message.at)},
            "maxRetries": 0,
            "imageConversionMethod": "MONOCHROME",
        }
        if self._settings.from_number is not None:
            order["from"] = self._settings.from_number
        return {"json": order}

    def described(self, answer: WebAnswer) -> object:
        """The whole body."""
        return answer.json

    def says(self, answer: WebAnswer) -> str:
        """What an answer says is wrong, in words."""
        told = answer.fields
        inner = told.get("error")
        told = inner if isinstance(inner, dict) else told
        found = [told.get("message"), *_violations(told.get("details"))]
        return "; ".join(text for text in found if isinstance(text, str))

    async def sought(self, message: Message, since: datetime) -> Match | Outcome | None:
        """The one fax with the label of this try."""
        if self._tools.clock.now() - since > LISTED:
            return None
        asked: dict[str, str | int] = {
            "to": message.to.value, "direction": "OUTBOUND", "pageSize": PAGE
        }  # fmt: skip
        ours: list[Fax] = []
        unclear = 0
        wanted = label(message, since)
        async for fax in self.listed(asked, below="faxes", page="page", size=PAGE):
            if not is_same_number(message.to.value, fax.get("to")):
                continue  # the filter goes by how a number begins
            found = _label(fax)
            at = moment(fax.get("createTime"))
            if found == wanted:
                ours.append(fax)
            elif found is None or wanted.startswith(found):  # no label, or one that was cut off
                unclear += at is None or at >= since - SKEW
        if len(ours) == 1:
            return Match(ours[0], exact=True)
        if ours or unclear:
            return None
        return Outcome(became=Became.RETRY, says="Sinch has no fax with the label of this message")

    def ended(self, service: WebService, fax: Fax) -> Outcome | None:
        """Completed, or failed with a reason."""
        status = service.words(fax["status"])
        if status == _COMPLETED:
            at = service.words(fax.get("completedTime"))
            return has_arrived(fax, status, pages=fax.get("numberOfPages"), at=at)
        if status not in _FAILURE:
            return None
        became = of_sinch(
            service.words(fax.get("errorType")),
            _code(fax.get("errorCode")),
            service.words(fax.get("errorMessage")),
        )
        return replace(became, code=became.code or status, id=fax["id"])


def _label(fax: Mapping[str, Any]) -> str | None:
    labels = fax.get("labels")
    found = labels.get(LABEL) if isinstance(labels, dict) else None
    return found if isinstance(found, str) else None


def _code(number: object) -> int | None:
    """The number of an error, as a number or in digits; None for whatever else comes."""
    if type(number) is int:
        return number if 0 <= number < 10**LONGEST_CODE else None
    if not isinstance(number, str) or not 0 < len(number) <= LONGEST_CODE:
        return None
    return int(number) if number.isascii() and number.isdecimal() else None


def _violations(details: object) -> list[object]:
    """What is wrong with which field of our request."""
    each = details if isinstance(details, list) else [details]
    listed = [more.get("fieldViolations") for more in each if isinstance(more, dict)]
    return [
        one.get("description")
        for some in listed
        if isinstance(some, list)
        for one in some
        if isinstance(one, dict)
    ]
