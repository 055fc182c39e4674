"""A table of a service's answers: what it was asked, what it says, what that must become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from uadispatch.channels.message import Message, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from uadispatch.errors import UadispatchError
    from uadispatch.testing.far_ends.http_script import Act, Answer, Request

__all__ = ["Asked", "Case"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it should be; what is None is not looked at.

    Of `headers` (names in lower case), `query` and `form` only what is named is looked at.
    """

    method: str | None = None
    """``GET``, ``POST``."""
    path: str | None = None
    """Without the query."""
    headers: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    form: Mapping[str, str] | None = None
    json: Any = None
    """The body, read as JSON."""
    body: bytes | None = None
    """The body, byte by byte."""

    def differences(self, request: Request) -> list[str]:
        """What is not as it should be, in words; headers that hold secrets are not shown."""
        found = [
            f"{name} {getattr(request, name)!r}, not {wanted!r}"
            for name in ("method", "path", "body")
            if (wanted := getattr(self, name)) not in (None, getattr(request, name))
        ]
        for name, text in (self.headers or {}).items():
            if request.headers.get(name.lower()) != text:
                found.append(f"header {name} is not as it should be")
        for name, text in (self.query or {}).items():
            if request.asked(name) != text:
                found.append(f"query {name}={request.asked(name)!r}, not {text!r}")
        for name, text in (self.form or {}).items():
            sent = [part.text for part in request.form.get(name, ())]
            if sent != [text]:
                found.append(f"form {name}={sent}, not {text!r}")
        if self.json is not None and _json_of(request) != self.json:
            found.append(f"JSON {_json_of(request)!r}, not {self.json!r}")
        return found


@dataclass(frozen=True)
class Case:
    """One row: what the service answers to a try, and what `send` must make of it.

    ::

        Case("the number is none", in_json({"error": "21211"}, 400), Rejected, says="21211")
        Case("all is well", in_json({"id": "a1"}, 201), id="a1",
             asked=lambda message: Asked(json={"to": message.to.value, "text": message.body}))
    """

    name: str
    """In words; shown with the test."""
    answer: Answer | Act
    """What the service answers; or an `Act` in its place."""
    raises: type[UadispatchError] | None = None
    """Exactly this error; None: a `Receipt`."""
    says: str = field(default="", kw_only=True)
    """A part of the error's or the receipt's words."""
    id: str | None = field(default=None, kw_only=True)
    """The receipt's."""
    retry_after: timedelta | None = field(default=None, kw_only=True)
    """The error's."""
    contact: bool | None = field(default=None, kw_only=True)
    """Whether the error says that the contact itself is wrong."""
    asked: Callable[[Message], Asked] | None = field(default=None, kw_only=True)
    """The request that the service must have got."""
    settings: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    """Of this case alone."""

    def differences(self, outcome: Receipt | object) -> list[str]:
        """What is not as it should be of what `send` returned or raised, in words."""
        due = "a Receipt" if self.raises is None else self.raises.__name__
        is_due = (
            isinstance(outcome, Receipt) if self.raises is None else type(outcome) is self.raises
        )
        if not is_due:
            return [f"{due} is due, not {outcome!r}"]
        found = []
        words = outcome.says if isinstance(outcome, Receipt) else str(outcome)
        if self.says not in words:
            found.append(f"its words are {words!r}, without {self.says!r}")
        for name in ("id", "retry_after", "contact"):
            wanted, has = getattr(self, name), getattr(outcome, name, None)
            if wanted is not None and has != wanted:
                found.append(f"{name} is {has!r}, not {wanted!r}")
        return found


def _json_of(request: Request) -> Any:
    try:
        return request.json
    except ValueError:
        return None
