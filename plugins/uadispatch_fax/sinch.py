"""Sinch Fax v3: one POST of the pages with a label, then questions.

The label is the message's reference, so a fax whose answer was lost is found again for certain.
One call is made for each (``maxRetries`` 0): when to call again is decided in the journal. The
service has no way to take a fax back
(https://developers.sinch.com/docs/fax/api-reference/fax/tag/Faxes/).
"""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from uadispatch import Became, Outcome, Receipt, Temporary, WebService
from uadispatch_fax.failures import of_sinch
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

__all__ = ["LABEL", "Sinch"]

LABEL = "reference"
SKEW = timedelta(minutes=5)
LISTED = timedelta(days=6)
"""How far back a list reaches that names no time; it says a week."""
PAGE, MOST_PAGES = 1000, 20

_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z", re.ASCII)
_COMPLETED = "COMPLETED"
_FAILURE = frozenset({"FAILURE", "FAILED"})


class Sinch:
    """The gateway."""

    def __init__(self, settings: FaxSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._service: WebService | None = None

    async def send(self, pdf: bytes, message: Message) -> Receipt:
        """Hand the pages over."""
        service, headers = await self._ready()
        order: dict[str, Any] = {
            "to": message.to.value,
            "files": [{"file": base64.b64encode(pdf).decode("ascii"), "fileType": "PDF"}],
            "labels": {LABEL: message.reference},
            "maxRetries": 0,
            "imageConversionMethod": "MONOCHROME",
        }
        if self._settings.from_number is not None:
            order["from"] = self._settings.from_number
        answer = await service.deliver("POST", "faxes", headers=headers, json=order)
        fax = _fax(answer.json)
        if not answer.is_good or fax is None:
            raise service.error(answer, _says(answer))
        return Receipt(
            says=f"Sinch has it: {service.words(fax['status'])}",
            id=fax["id"],
            code=f"HTTP {answer.status}",
            ask_again_at=self._tools.clock.now() + FIRST_LOOK,
        )

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """What became of it, as far as Sinch says."""
        service, headers = await self._ready()
        if receipt is not None and receipt.id is not None:
            fax = await self._one(service, headers, receipt.id)
            return None if fax is None else self._outcome(service, fax, since)
        age = self._tools.clock.now() - since
        if age > LISTED:
            return None
        ours, unlabelled = await self._sought(service, headers, message, since)
        if len(ours) == 1:
            return self._outcome(service, ours[0], since)
        if ours or unlabelled or age < SETTLED:
            return None
        return Outcome(became=Became.RETRY, says="Sinch has no fax with the label of this message")

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:  # noqa: ARG002 - of the protocol
        """Never: Sinch offers no way."""
        return False

    async def aclose(self) -> None:
        """Close the client."""
        if self._service is not None:
            await self._service.aclose()
            self._service = None

    async def _ready(self) -> tuple[WebService, dict[str, str]]:
        settings = self._settings
        secret = await printable_secret(
            self._tools,
            settings.sinch_key_secret,
            settings.sinch_key_secret_command,
            "UADISPATCH_FAX_SINCH_KEY_SECRET",
        )
        if self._service is None:
            self._service = WebService(
                "Sinch",
                self._tools.http(
                    base_url=f"{settings.sinch_url}/projects/{settings.sinch_project_id}",
                    timeout=30.0 * settings.patience,
                ),
                clock=self._tools.clock,
                begin=self._tools.begin,
                mend="check UADISPATCH_FAX_SINCH_PROJECT_ID, _KEY_ID and _KEY_SECRET, and the "
                "balance there",
            )
        both = base64.b64encode(f"{settings.sinch_key_id}:{secret}".encode()).decode("ascii")
        self._service.hide(secret)
        self._service.hide(both)
        return self._service, {"Authorization": f"Basic {both}"}

    async def _one(
        self, service: WebService, headers: Mapping[str, str], name: str
    ) -> dict[str, Any] | None:
        """The fax `name`; None if there is none (any more)."""
        if not _ID.match(name):
            return None
        answer = await service.ask("GET", f"faxes/{name}", headers=headers)
        if answer.status == 404:  # noqa: PLR2004 - HTTP's own number
            return None
        fax = _fax(answer.json)
        if not answer.is_good or fax is None:
            raise service.trouble(answer, _says(answer))
        return fax

    async def _sought(
        self, service: WebService, headers: Mapping[str, str], message: Message, since: datetime
    ) -> tuple[list[dict[str, Any]], int]:
        """The faxes of this try with our label; and how many of that time have no label at all."""
        asked = {"to": message.to.value, "direction": "OUTBOUND", "pageSize": PAGE}
        ours: list[dict[str, Any]] = []
        unlabelled = 0
        for page in range(1, MOST_PAGES + 1):
            answer = await service.ask(
                "GET", "faxes", headers=headers, params={**asked, "page": page}
            )
            listed = answer.fields.get("faxes")
            if not answer.is_good or not isinstance(listed, list):
                raise service.trouble(answer, _says(answer))
            for fax in filter(None, map(_fax, listed)):
                at = moment(fax.get("createTime"))
                if fax.get("to") != message.to.value or (at is not None and at < since - SKEW):
                    continue  # the filter goes by how a number begins; or it is an earlier try
                label = _label(fax)
                if label == message.reference:
                    ours.append(fax)
                unlabelled += label is None
            if len(listed) < PAGE:
                return ours, unlabelled
        raise Temporary("Sinch lists more faxes to this number than can be looked through")

    def _outcome(self, service: WebService, fax: Mapping[str, Any], since: datetime) -> Outcome:
        status, now = service.words(fax["status"]), self._tools.clock.now()
        if status == _COMPLETED:
            at = service.words(fax.get("completedTime"))
            return Outcome(
                became=Became.CONFIRMED,
                says=f"{delivered(fax.get('numberOfPages'))}{f' at {at}' if at else ''}",
                code=status,
                id=fax["id"],
            )
        if status in _FAILURE:
            number = fax.get("errorCode")
            became = of_sinch(
                service.words(fax.get("errorType")),
                int(number) if isinstance(number, int | str) and str(number).isdigit() else None,
                service.words(fax.get("errorMessage")),
            )
            return Outcome(
                became=became.became, says=became.says, code=became.code or status, id=fax["id"],
                retry_after=became.retry_after, contact=became.contact,
            )  # fmt: skip
        return Outcome(
            became=Became.ACCEPTED, says=status, code=status, id=fax["id"],
            ask_again_at=ask_again(now, since),
        )  # fmt: skip


def _fax(value: object) -> dict[str, Any] | None:
    """A fax as Sinch describes it, if it has a name and a status."""
    if not isinstance(value, dict):
        return None
    name, status = value.get("id"), value.get("status")
    if not isinstance(name, str) or not _ID.match(name) or not isinstance(status, str):
        return None
    return value


def _label(fax: Mapping[str, Any]) -> str | None:
    labels = fax.get("labels")
    label = labels.get(LABEL) if isinstance(labels, dict) else None
    return label if isinstance(label, str) else None


def _says(answer: WebAnswer) -> str:
    """What an answer says is wrong, in words."""
    told = answer.fields
    inner = told.get("error")
    told = inner if isinstance(inner, dict) else told
    found = [told.get("message"), *_violations(told.get("details"))]
    return "; ".join(text for text in found if isinstance(text, str))


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
