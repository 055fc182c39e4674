"""What gateways on the web have in common: one request to send, and questions after it.

A subclass knows the requests of its service and how it describes a fax; nothing here does.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from uadispatch import Became, Outcome, Receipt, Temporary, WebService
from uadispatch_fax.gateway import (
    FIRST_LOOK,
    SETTLED,
    ask_again,
    delivered,
    is_certain,
    is_same_number,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from uadispatch import Message, Tools, WebAnswer
    from uadispatch_fax.settings import FaxSettings

__all__ = ["MOST_PAGES", "Fax", "Login", "Match", "WebGateway", "has_arrived", "read"]

Fax = dict[str, Any]
"""A fax as its service describes it: with an ``id`` and a ``status``, for all that is certain."""

MOST_PAGES = 20
"""Of a list of faxes."""
NOT_FOUND = 404
_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z", re.ASCII)


class Login(NamedTuple):
    """How a request says who we are: its headers, and the secrets in them."""

    headers: Mapping[str, str]
    secrets: tuple[str, ...]


class Match(NamedTuple):
    """A fax that was looked for and found."""

    fax: Fax
    exact: bool
    """It bears the label of the try, so it is no other's."""


class WebGateway(ABC):
    """A gateway on the web."""

    name: ClassVar[str]
    """As staff know it."""
    mend: ClassVar[str]
    """What to look at where it refuses us at all."""

    def __init__(self, settings: FaxSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._service: WebService | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where its faxes are below."""

    @abstractmethod
    async def login(self) -> Login:
        """The login. Raises ConfigError."""

    @abstractmethod
    def order(self, pdf: bytes, message: Message) -> dict[str, Any]:
        """The request that sends, as for httpx."""

    @abstractmethod
    def described(self, answer: WebAnswer) -> object:
        """The one fax that an answer is about."""

    @abstractmethod
    def says(self, answer: WebAnswer) -> str:
        """What an answer says is wrong, in words."""

    @abstractmethod
    async def sought(self, message: Message, since: datetime) -> Match | Outcome | None:
        """The fax whose answer was lost; that it is not there; None: that cannot be told.

        `SETTLED` is heeded by who asks.
        """

    @abstractmethod
    def ended(self, service: WebService, fax: Fax) -> Outcome | None:
        """What became of a fax, if it is over."""

    async def send(self, pdf: bytes, message: Message) -> Receipt:
        """Hand the pages over."""
        service, headers = await self.ready()
        order = self.order(pdf, message)
        answer = await service.deliver("POST", "faxes", headers=headers, **order)
        fax = read(self.described(answer))
        if not answer.is_good or fax is None:
            raise service.error(answer, self.says(answer))
        return Receipt(
            says=f"{self.name} has it: {service.words(fax['status'])}",
            id=fax["id"],
            code=f"HTTP {answer.status}",
            ask_again_at=self._tools.clock.now() + FIRST_LOOK,
        )

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """What became of it, as far as the service says."""
        if receipt is not None and receipt.id is not None:
            fax = await self.one(receipt.id, message)
            return None if fax is None else await self._outcome(fax, since)
        found = await self.sought(message, since)
        if isinstance(found, Match):
            found = replace(await self._outcome(found.fax, since), exact=found.exact)
        age = self._tools.clock.now() - since
        return None if found is None or not is_certain(found, age, SETTLED) else found

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:  # noqa: ARG002 - for those that can
        """Whether it was certainly taken back: most services offer no way."""
        return False

    async def aclose(self) -> None:
        """Close the client."""
        if self._service is not None:
            await self._service.aclose()
            self._service = None

    async def ready(self) -> tuple[WebService, Mapping[str, str]]:
        """The service, and the headers of our login. Raises ConfigError."""
        login = await self.login()
        if self._service is None:
            self._service = WebService(
                self.name,
                self._tools.http(base_url=self.url, timeout=30.0 * self._settings.patience),
                clock=self._tools.clock,
                begin=self._tools.begin,
                mend=self.mend,
            )
        for secret in login.secrets:
            self._service.hide(secret)
        return self._service, login.headers

    async def _outcome(self, fax: Fax, since: datetime) -> Outcome:
        service, _ = await self.ready()
        if (outcome := self.ended(service, fax)) is not None:
            return outcome
        status = service.words(fax["status"])
        return Outcome(
            became=Became.ACCEPTED, says=status, code=status, id=fax["id"],
            ask_again_at=ask_again(self._tools.clock.now(), since),
        )  # fmt: skip

    async def one(self, name: str, message: Message) -> Fax | None:
        """The fax `name`, which is that of `message`; None if there is none (any more).

        Raises:
            Temporary: the answer is about another fax, or about none.
        """
        service, headers = await self.ready()
        if not _ID.match(name):
            return None
        answer = await service.ask("GET", f"faxes/{name}", headers=headers)
        if answer.status == NOT_FOUND:
            return None
        fax = read(self.described(answer))
        if not answer.is_good or fax is None:
            raise service.trouble(answer, self.says(answer))
        to = fax.get("to")
        if fax["id"] != name or not (to is None or is_same_number(message.to.value, to)):
            raise Temporary(f"{self.name} answers about another fax than was asked for")
        return fax

    async def listed(
        self, asked: Mapping[str, str | int], *, below: str, page: str, size: int
    ) -> AsyncIterator[Fax]:
        """The faxes of a list, page by page; `below` is its name in an answer.

        Raises:
            Temporary: there are more than can be looked through.
        """
        service, headers = await self.ready()
        for number in range(1, MOST_PAGES + 1):
            params = {**asked, page: number}
            answer = await service.ask("GET", "faxes", headers=headers, params=params)
            found = answer.fields.get(below)
            if not answer.is_good or not isinstance(found, list):
                raise service.trouble(answer, self.says(answer))
            for fax in filter(None, map(read, found)):
                yield fax
            if len(found) < size:
                return
        raise Temporary(f"{self.name} lists more faxes to this number than can be looked through")


def read(value: object) -> Fax | None:
    """A fax, if it has a name and a status."""
    if not isinstance(value, dict):
        return None
    name, status = value.get("id"), value.get("status")
    if not isinstance(name, str) or not _ID.match(name) or not isinstance(status, str):
        return None
    return value


def has_arrived(fax: Fax, status: str, *, pages: object, at: str) -> Outcome:
    """That the far end has all of it."""
    says = f"{delivered(pages)}{f' at {at}' if at else ''}"
    return Outcome(became=Became.CONFIRMED, says=says, code=status, id=fax["id"])
