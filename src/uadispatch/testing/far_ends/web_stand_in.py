"""A service that speaks HTTP, as a stand-in: said in a few lines, and able to misbehave."""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from uadispatch.channels.standing_in import CannotSimulate, Failure, Received, StandIn
from uadispatch.channels.web import LABEL
from uadispatch.testing.far_ends.http import (
    CLOSE,
    GARBAGE,
    SILENCE,
    Act,
    Answer,
    HttpServer,
    Request,
    in_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from uadispatch.testing.far_ends.http_script import Moment

    Canned = Answer | Act
    Served = Answer | Callable[[Request], Answer]

__all__ = ["WebStandIn", "label_of"]

_AFTER_ALL = "a short request is with the service as soon as it is begun: it may have all of it"
_PLAYED: Mapping[Failure, Canned | str] = MappingProxyType(
    {
        Failure.WRONG_CREDENTIALS: in_json({"error": "who are you?"}, 401),
        Failure.TRY_LATER: in_json({"error": "not now"}, 503),
        Failure.TRY_LATER_AT: in_json({"error": "too many requests"}, 429, retry_after="120"),
        Failure.REFUSED: in_json({"error": "not like this"}, 422),
        Failure.OPTED_OUT: "its service has no word for that, as far as its stand-in knows",
        Failure.SILENT_BEFORE: _AFTER_ALL,
        Failure.CLOSED_BEFORE: _AFTER_ALL,
        Failure.SILENT_AFTER: SILENCE,
        Failure.CLOSED_AFTER: CLOSE,
    }
)
_WAIT = timedelta(seconds=120)
_ONCE_SERVED = frozenset({Failure.SILENT_AFTER, Failure.CLOSED_AFTER, Failure.GARBAGE_AFTER})


def label_of(request: Request) -> str:
    """The `reference` of the message that a request makes go out, if it bears one.

    `WebService.deliver(..., message=message)` adds it where it talks to this machine only.
    """
    return request.headers.get(LABEL.lower(), "")


class WebStandIn(StandIn):
    """A service on 127.0.0.1 that takes messages in one kind of request.

    ::

        WebStandIn(
            takes="POST /v1/messages",
            to=lambda request: request.json["to"],
            shown=lambda request: request.json["text"],
            answer=lambda request, number: in_json({"id": str(number)}, 201),
            settings={"token": "of-a-rehearsal"},
            admits=lambda request: request.headers["authorization"] == "Bearer of-a-rehearsal",
        )

    - `takes`: method and path of the request that makes a message go out; ``*`` is anything.
    - `to`, `shown`, `reference`: read out of such a request; `reference` is by default `label_of`.
      `key`: what the service knows a second copy by; it takes one of each.
    - `answer`: the service's answer, made of the request and the number (from 1) of the message.
    - `settings`: what points the channel here, beside the address, which is the field `url`.
    - `admits`: whether a request shows that it is from us; 401 if not.
    - `other`: answers to further requests, by ``"GET /v1/account"``; 404 to all else.
    - `contact`: one to write to in tests, where the channel's field is none of the usual ones;
      ``{n}`` in it stands for a number.
    - `failures`: how the service plays a `Failure` where that is not by 401, 503, 429 with
      ``Retry-After``, 422, silence, hanging up or nonsense; words say why it cannot be played.
    """

    def __init__(
        self,
        *,
        takes: str,
        to: Callable[[Request], str],
        shown: Callable[[Request], str],
        answer: Callable[[Request, int], Answer],
        reference: Callable[[Request], str] = label_of,
        key: Callable[[Request], str] | None = None,
        settings: Mapping[str, object] = MappingProxyType({}),
        url: str = "base_url",
        admits: Callable[[Request], bool] = lambda _: True,
        other: Mapping[str, Served] = MappingProxyType({}),
        contact: str | None = None,
        failures: Mapping[Failure, Canned | str] = MappingProxyType({}),
    ) -> None:
        self.server = HttpServer(self._serve)
        """Its `requests` are what came, in order."""
        self._takes, self._other = takes, other
        self.contact = contact
        if Failure.TRY_LATER_AT not in failures:
            self.asks_to_wait = _WAIT
        self._to, self._shown, self._reference, self._key = to, shown, reference, key
        self._answer, self._admits = answer, admits
        self._settings, self._url = settings, url
        self._failures = {**_PLAYED, **failures}
        self._folder = Path()
        self._received: list[Received] = []
        self._answers: dict[str, Answer] = {}
        self._troubles: list[str] = []

    async def start(self, folder: Path) -> Mapping[str, object]:
        """Listen on a free port."""
        self._folder = folder
        await self.server.start()
        return {self._url: self.server.url, **self._settings}

    async def stop(self) -> None:
        """Stop listening and hang up; may be called twice."""
        await self.server.stop()

    @property
    def tries(self) -> int:
        """Requests of the kind that it takes, whether or not all of one came."""
        return sum(
            number
            for (method, path), number in self.server.begun.items()
            if fnmatchcase(f"{method} {path}", self._takes)
        )

    @property
    def received(self) -> Sequence[Received]:
        """The messages that it took."""
        return tuple(self._received)

    @property
    def most_open(self) -> int | None:
        """It counts none: a request is a connection of its own."""
        return None

    @property
    def troubles(self) -> Sequence[str]:
        """Requests that its own functions could not read."""
        return tuple(self._troubles)

    @property
    def last_request(self) -> Request | None:
        """The last request of the kind that it takes."""
        found = (r for r in reversed(self.server.requests) if self._is_one(r))
        return next(found, None)

    def misbehave(self, failure: Failure) -> None:
        """Answer every further message with `failure`. Raises CannotSimulate with the reason."""
        played = self._failures.get(failure)
        if isinstance(played, str):
            raise CannotSimulate(played)
        self.server.clear()
        if failure is Failure.UNREACHABLE:
            self.server.close_port()
            self.server.hang_up()
        else:
            # Whom it does not know it answers nothing at all.
            everything = failure is Failure.WRONG_CREDENTIALS
            act = self._garbage if played is None else played
            moment: Moment = "served" if failure in _ONCE_SERVED else "whole"
            self._rule(act, moment, everything=everything)

    def play(self, answer: object) -> None:
        """Answer every further message with `answer`: an `Answer`, or an `Act` such as CLOSE."""
        if not isinstance(answer, Answer | Act):
            raise CannotSimulate(f"it can answer with an Answer or an Act, not {answer!r}")
        self.server.clear()
        self._rule(answer, "served")

    def behave(self) -> None:
        """Do as it should again. Raises CannotSimulate once it cannot be reached."""
        if not self.server.is_open:
            raise CannotSimulate("its port was closed, and would be another one")
        self.server.clear()

    def _rule(self, act: Canned, moment: Moment, *, everything: bool = False) -> None:
        method, _, path = self._takes.partition(" ")
        if everything:
            self.server.at(moment, act)
        else:
            self.server.at(moment, act, method=method, path=path.partition("*")[0])

    @property
    def _garbage(self) -> Canned:
        """An answer that is none: a page where data is due, else what is no HTTP."""
        last = next(iter(self._answers.values()), None)
        if last is not None and last.body:
            return Answer(status=last.status, body=b"<!DOCTYPE html><p>It works!</p>")
        return GARBAGE

    def _is_one(self, request: Request) -> bool:
        return fnmatchcase(f"{request.method} {request.path}", self._takes)

    def _serve(self, request: Request) -> Answer:
        try:
            if not self._admits(request):
                return in_json({"error": "who are you?"}, 401)
            if self._is_one(request):
                return self._take(request)
            for asked, served in self._other.items():
                if fnmatchcase(f"{request.method} {request.path}", asked):
                    return served if isinstance(served, Answer) else served(request)
        except Exception as exc:
            self._troubles.append(
                f"its stand-in cannot read {request.method} {request.path}: "
                f"{type(exc).__name__}: {exc}"
            )
            raise
        return in_json({"error": f"there is no {request.method} {request.path}"}, 404)

    def _take(self, request: Request) -> Answer:
        key = self._key(request) if self._key is not None else f"number {len(self._received)}"
        if (known := self._answers.get(key)) is not None:
            return known
        to, shown = self._to(request), self._shown(request)
        number = len(self._received) + 1
        file = self._folder / f"{number}.request"
        file.write_bytes(request.body)
        received = Received(to=to, reference=self._reference(request), file=file, shown=shown)
        self._received.append(received)
        return self._answers.setdefault(key, self._answer(request, number))
