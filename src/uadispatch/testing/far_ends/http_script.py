"""What a scripted web server gets, what it answers, and what it does in place of behaving."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.message import Message as Header
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CLOSE",
    "GARBAGE",
    "RESET",
    "SILENCE",
    "Act",
    "Answer",
    "Do",
    "Moment",
    "Part",
    "Request",
    "Rule",
    "cut",
    "in_json",
    "late",
    "raw",
    "written",
]

Moment = Literal["connect", "head", "whole", "served"]
"""``connect``: before a byte is read; ``head``: its lines were read, of its body nothing;
``whole``: all of it was read, and nothing done; ``served``: it was done, and not answered yet."""
_MOMENTS = frozenset(get_args(Moment))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a form: `file` is its file name, if it is a file."""

    content: bytes = field(repr=False)
    file: str | None = None
    kind: str = "text/plain"

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it was received. Names of `headers` are in lower case."""

    method: str
    """``GET``, ``POST``."""
    path: str
    """Without the query, still percent-encoded."""
    query: Mapping[str, tuple[str, ...]]
    """Name to values."""
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    """What was sent, as it came."""

    @property
    def kind(self) -> str:
        """The media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def json(self) -> Any:
        """The body read as JSON. Raises ValueError."""
        return json.loads(self.body)

    @property
    def form(self) -> Mapping[str, tuple[Part, ...]]:
        """The body read as a form, URL-encoded or multipart. Raises ValueError."""
        if self.kind == "multipart/form-data":
            return _parts(self.body, self.headers["content-type"])
        read = parse_qs(self.body.decode("utf-8"), keep_blank_values=True, strict_parsing=True)
        return {
            name: tuple(Part(content=value.encode()) for value in values)
            for name, values in read.items()
        }

    def asked(self, name: str) -> str | None:
        """The first value of `name` in the query."""
        return self.query.get(name, (None,))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; its length is added."""

    status: int = 200
    """As HTTP has it."""
    body: bytes = b""
    """Its bytes."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside the length."""


def in_json(value: object, status: int = 200, **headers: str) -> Answer:
    """`value` as an answer in JSON; ``retry_after="5"`` is the header ``Retry-After: 5``."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(
        status=status,
        body=json.dumps(value).encode(),
        headers={"Content-Type": "application/json", **named},
    )


class Do(StrEnum):
    """The kinds of misbehaviour."""

    SILENCE = "silence"
    CLOSE = "close"
    RESET = "reset"
    RAW = "raw"
    CUT = "cut"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Act:
    """One misbehaviour: made by `raw`, `cut` or `late`, or one of the constants below."""

    do: Do
    """Which kind."""
    data: bytes = b""
    """What is sent in place of an answer."""
    seconds: float = 0.0
    """How long it is late."""


SILENCE = Act(Do.SILENCE)
"""Never answer, and read no further; the connection stays open."""
CLOSE = Act(Do.CLOSE)
"""Close the connection without an answer."""
RESET = Act(Do.RESET)
"""Break the connection without an answer."""
GARBAGE = Act(Do.RAW, data=b"\x16\x03\x01 this is no HTTP\r\n\r\n")
"""Answer with what is no HTTP."""


def raw(data: bytes) -> Act:
    """Answer exactly these bytes, whatever they are, and hang up."""
    return Act(Do.RAW, data=data)


def cut(answer: Answer, left_out: int) -> Act:
    """Begin this answer and hang up before its last `left_out` bytes."""
    return Act(Do.CUT, data=written(answer)[:-left_out])


def late(seconds: float) -> Act:
    """Behave, but only after `seconds`."""
    return Act(Do.LATE, seconds=seconds)


def written(answer: Answer) -> bytes:
    """The bytes of an answer."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    given = {"Content-Length": str(len(answer.body))} | dict(answer.headers)
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{key}: {given[key]}" for key in given)]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + answer.body


@dataclass(slots=True)
class Rule:
    """What to do instead of behaving, at which moment, for which requests and how often."""

    at: Moment
    act: Act | Answer
    method: str | None = None
    path: str | None = None
    times: int | None = None
    after: int = 0

    def __post_init__(self) -> None:
        """Refuse a moment that never comes."""
        if self.at not in _MOMENTS:
            raise ValueError(f"no such moment: {self.at!r}; there are {', '.join(_MOMENTS)}")
        if self.at == "connect" and (self.method or self.path):
            raise ValueError("when a connection is made, nobody knows yet what it asks for")

    def applies(self, at: Moment, method: str, path: str) -> bool:
        """Whether it is this one's turn; counts."""
        if self.at != at or self.method not in (None, method):
            return False
        if self.path is not None and not path.startswith(self.path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
            return self.times >= 0
        return True


def _parts(body: bytes, kind: str) -> dict[str, tuple[Part, ...]]:
    header = Header()
    header["Content-Type"] = kind
    boundary = str(header.get_param("boundary", "")).encode()
    first, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not boundary or first.strip() or not pieces or pieces[-1].strip() != b"--":
        raise ValueError("this form is not whole")
    found: dict[str, tuple[Part, ...]] = {}
    for piece in pieces[:-1]:
        lines, blank, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not blank:
            raise ValueError("a part of this form has no content")
        about = Header()
        for line in lines.decode("utf-8").split("\r\n"):
            name, _, value = line.partition(":")
            about[name] = value.strip()
        named = about.get_param("name", header="content-disposition")
        file = about.get_param("filename", header="content-disposition")
        part = Part(
            content=content,
            file=None if file is None else str(file),
            kind=about.get_content_type(),
        )
        found[str(named)] = (*found.get(str(named), ()), part)
    return found
