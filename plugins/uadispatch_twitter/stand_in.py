"""X's API on this machine, as far as the channel uses it; for rehearsals and tests.

It checks the signature of each request, knows the account it belongs to, refuses the same words
twice and, if told to, more than so many posts; it keeps each post as a file and shows it to nobody.
"""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from uadispatch import CannotSimulate, Failure, Received, StandIn
from uadispatch.testing import CLOSE, SILENCE, Answer, HttpServer, in_json, raw
from uadispatch_twitter.counting import LIMIT, count
from uadispatch_twitter.signature import signed_with

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uadispatch.testing import Act, Request
    from uadispatch.testing.far_ends.http import Moment

__all__ = ["POSTS", "PROBLEMS", "XStandIn", "problem"]

POSTS = "/2/tweets"
ME = "/2/users/me"
PROBLEMS = "https://api.x.com/2/problems/"

_KEYS = ("rehearsal-app", "not-a-secret-1", "rehearsal-account", "not-a-secret-2")
_WINDOW = 15 * 60
_FIRST = 1346889436626259968


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: str) -> Answer:
    """A refusal in X's own form."""
    content = {"title": title, "detail": detail, "type": kind, "status": status}
    return in_json(content, status, **more)


def _too_many() -> Answer:
    reset = {f"x_rate_limit_{name}": text for name, text in _limits(100, 100).items()}
    return problem(429, "Too Many Requests", "Too Many Requests", date=formatdate(usegmt=True),
                   **reset)  # fmt: skip


_UNAUTHORIZED = problem(401, "Unauthorized", "Unauthorized")
_DUPLICATE = problem(
    403, "Forbidden", "You are not allowed to create a Tweet with duplicate content."
)
_PLAYED: Mapping[Failure, tuple[Moment, Act | Answer]] = {
    Failure.WRONG_CREDENTIALS: ("whole", _UNAUTHORIZED),
    Failure.TRY_LATER: ("whole", problem(503, "Service Unavailable", "Service Unavailable")),
    Failure.REFUSED: (
        "whole", problem(403, "Forbidden", "You are not permitted to perform this action."),
    ),
    Failure.SILENT_AFTER: ("served", SILENCE),
    Failure.CLOSED_AFTER: ("served", CLOSE),
    Failure.GARBAGE_AFTER: ("served", raw(b"HTTP/1.1 201 Created\r\n\r\n<html>It works!</html>")),
}  # fmt: skip
_ONE_WRITE = "a post is one short write: who hangs up once it was begun may have all of it"
_NOT_PLAYED = {
    Failure.OPTED_OUT: "X tells an app nothing of who does not want to be written to",
    Failure.SILENT_BEFORE: _ONE_WRITE,
    Failure.CLOSED_BEFORE: _ONE_WRITE,
}


class XStandIn(StandIn):
    """Posts, shows and deletes posts of one account, on 127.0.0.1.

    `limit` posts are taken in 15 minutes of real time; None: any number, for a rehearsal's own
    clock runs faster. With ``duplicates=False`` the same words may come twice.
    """

    impatient = MappingProxyType({"answer_limit": 0.3})

    def __init__(
        self, *, account: str | None = None, limit: int | None = None, duplicates: bool = True
    ) -> None:
        self.server = HttpServer(self._serve)
        self.account = account or "rehearsal"
        self.posts: dict[str, str] = {}
        """What stands: text by number."""
        self._limit = limit
        self._duplicates = duplicates
        self._folder = Path()
        self._received: list[Received] = []

    async def start(self, folder: Path) -> Mapping[str, object]:
        """Listen; the settings name keys of this stand-in's own, never the real ones."""
        self._folder = folder
        await self.server.start()
        consumer_key, consumer_secret, access_token, access_token_secret = _KEYS
        return {
            "posting": "api",
            "base_url": self.server.url,
            "account": self.account,
            "acknowledge_automation_rules": True,
            "consumer_key": consumer_key,
            "consumer_secret": consumer_secret,
            "access_token": access_token,
            "access_token_secret": access_token_secret,
        }

    async def stop(self) -> None:
        """Stop listening and hang up; may be called twice."""
        await self.server.stop()

    @property
    def tries(self) -> int:
        """Posts that were asked for."""
        return self.server.begun["POST", POSTS]

    @property
    def received(self) -> Sequence[Received]:
        """What it published."""
        return tuple(self._received)

    def misbehave(self, failure: Failure) -> None:
        """Answer every further post with `failure`. Raises CannotSimulate."""
        if failure in _NOT_PLAYED:
            raise CannotSimulate(_NOT_PLAYED[failure])
        self.server.clear()
        if failure is Failure.UNREACHABLE:
            self.server.close_port()
            self.server.hang_up()
        elif failure is Failure.TRY_LATER_AT:
            self.server.at("whole", _too_many(), method="POST", path=POSTS)
        else:
            moment, act = _PLAYED[failure]
            everything = failure is Failure.WRONG_CREDENTIALS
            self.server.at(moment, act, path=None if everything else POSTS)

    def behave(self) -> None:
        """Do as it should again. Raises CannotSimulate once it cannot be reached."""
        if not self.server.is_open:
            raise CannotSimulate("its port was closed, and would be another one")
        self.server.clear()

    def _serve(self, request: Request) -> Answer:
        if not signed_with(
            _KEYS,
            method=request.method,
            path=request.path,
            query=request.query,
            authorization=request.headers.get("authorization", ""),
        ):
            return _UNAUTHORIZED
        number = request.path.removeprefix(f"{POSTS}/")
        match request.method, request.path:
            case "GET", path if path == ME:
                me = {"id": "2244994945", "name": "Rehearsal", "username": self.account}
                return in_json({"data": me})
            case "POST", path if path == POSTS:
                return self._post(request)
            case "GET", path if path != number:
                if number in self.posts:
                    return in_json({"data": {"id": number, "text": self.posts[number]}})
                return in_json({"errors": [_not_found(number)]})
            case "DELETE", path if path != number:
                return in_json({"data": {"deleted": self.posts.pop(number, None) is not None}})
        return problem(404, "Not Found", "Not Found")

    def _post(self, request: Request) -> Answer:
        try:
            asked = request.json
        except ValueError:
            asked = None
        if not isinstance(asked, dict) or not isinstance(text := asked.get("text"), str):
            return _invalid("The request is no JSON object with a text.")
        if request.kind != "application/json" or set(asked) != {"text"}:
            return _invalid("The request asks for more than this stand-in knows.")
        if not count(text).valid:
            return _invalid(f"The text is empty, or longer than {LIMIT}.")
        if self._duplicates and text in self.posts.values():
            return _DUPLICATE
        limits = {}
        if self._limit is not None:
            if len(self._received) >= self._limit:
                return _too_many()
            named = _limits(self._limit, len(self._received) + 1)
            limits = {f"x_rate_limit_{name}": value for name, value in named.items()}
        number = str(_FIRST + len(self._received))
        self._keep(request, number, text)
        return in_json({"data": {"id": number, "text": text}}, 201, **limits)

    def _keep(self, request: Request, number: str, text: str) -> None:
        """Write the request before it is answered: what was published is on disk."""
        self.posts[number] = text
        file = self._folder / f"{number}.json"
        file.write_bytes(request.body)
        to = request.headers.get("x-rehearsal-to", "")
        reference = request.headers.get("x-rehearsal-id", "")
        self._received.append(Received(to=to, reference=reference, file=file, shown=text))


def _limits(limit: int, used: int) -> dict[str, str]:
    return {
        "limit": str(limit),
        "remaining": str(limit - used),
        "reset": str(int(time.time()) + _WINDOW),
    }


def _invalid(says: str) -> Answer:
    kind = f"{PROBLEMS}invalid-request"
    return problem(400, "Invalid Request", says, kind)


def _not_found(number: str) -> dict[str, str]:
    return {
        "title": "Not Found Error",
        "detail": f"Could not find post with id: [{json.dumps(number)}].",
        "type": f"{PROBLEMS}resource-not-found",
        "resource_type": "post",
        "parameter": "id",
        "value": number,
    }
