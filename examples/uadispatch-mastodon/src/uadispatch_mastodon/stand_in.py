"""A Mastodon server on this machine, as far as the channel uses one."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from uadispatch import Failure
from uadispatch.testing import WebStandIn, in_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from uadispatch.testing import Answer, Request

ACCOUNT, TOKEN = "group12", "of-a-rehearsal"
_NO_WORD = "Mastodon has none: who blocks us is not told of our posts, and neither are we"


def server(now: Callable[[], datetime]) -> WebStandIn:
    """It keeps the posts that it is given, and lists them; `now` is when it makes one."""
    posts: list[dict[str, Any]] = []

    def post(request: Request, number: int) -> Answer:
        text = request.json["status"]
        made = {
            "id": str(110_000_000_000_000_000 + number),
            "created_at": now().isoformat(),
            "content": _in_html(text),
            "mentions": [{"acct": _mentioned(request).removeprefix("@")}],
        }
        posts.insert(0, made)
        return in_json(made)

    def one(request: Request) -> Answer:
        name = request.path.rpartition("/")[2]
        found = (made for made in posts if made["id"] == name)
        return in_json(
            next(found, {"error": "Record not found"}), 200 if _has(posts, name) else 404
        )

    def listed(request: Request) -> Answer:
        return in_json(posts[: int(request.asked("limit") or 20)])

    return WebStandIn(
        takes="POST /api/v1/statuses",
        to=_mentioned,
        shown=lambda request: request.json["status"],
        key=lambda request: request.headers["idempotency-key"],
        answer=post,
        url="instance",
        settings={"account": ACCOUNT, "token": TOKEN},
        admits=lambda request: request.headers.get("authorization") == f"Bearer {TOKEN}",
        other={
            "GET /api/v1/accounts/verify_credentials": in_json({"id": "12", "acct": ACCOUNT}),
            "GET /api/v1/accounts/12/statuses": listed,
            "GET /api/v1/statuses/*": one,
        },
        contact="@official{n}@social.example.org",
        failures={
            Failure.WRONG_CREDENTIALS: in_json({"error": "The access token is invalid"}, 401),
            Failure.REFUSED: in_json({"error": "Validation failed: Text can't be blank"}, 422),
            Failure.OPTED_OUT: _NO_WORD,
        },
    )


def _mentioned(request: Request) -> str:
    return str(request.json["status"].split()[0])


def _has(posts: list[dict[str, Any]], name: str) -> bool:
    return any(made["id"] == name for made in posts)


def _in_html(text: str) -> str:
    """As the server gives a post back: whom it mentions in a link, without the server's name."""
    mention = (
        r'<span class="h-card"><a href="https://\2/@\1" class="u-url">@<span>\1</span></a></span>'
    )
    paragraphs = re.sub(r"(?<!\S)@(\w+)@([\w.-]+\w)", mention, escape(text)).split("\n\n")
    return "".join(f"<p>{part.strip()}</p>".replace("\n", "<br />") for part in paragraphs)
