"""The channel: what can be a post, one try to have it posted, and what became of it.

The API is described at https://docs.joinmastodon.org/methods/statuses/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from uadispatch import (
    Became,
    Capabilities,
    Channel,
    ChannelSettings,
    Outcome,
    Preview,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
)
from uadispatch_mastodon.posts import as_shown, length_of, mentions_in, time_in, words_of

if TYPE_CHECKING:
    from uadispatch import Message, StandIn, Tools, WebAnswer

STATUSES = "/api/v1/statuses"
LISTED = 40
"""The most posts that the server lists at once."""
SETTLED = timedelta(minutes=15)
"""After which no request of ours can still be under way."""
CLOCKS_DIFFER = timedelta(minutes=5)
SERVERS_RATE = "300/3 hours"
"""Mastodon's own limit of posts for one account."""
_ADDRESS = re.compile(
    r"@?([A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class MastodonSettings(ChannelSettings):
    """``[mastodon]`` in uadispatch.toml, or ``UADISPATCH_MASTODON_...``."""

    instance: str = Field(exclude=True)
    """The server of our account: ``https://social.example.org``."""
    account: str = Field(exclude=True)
    """Our account there, without the server: ``group12``. The token must be its own."""
    token: SecretStr | None = None
    """Its access token, with the scopes ``read`` and ``write:statuses``."""
    token_command: str | None = Field(default=None, exclude=True)
    """A command that prints `token`."""
    visibility: Literal["public", "unlisted"] = "public"
    """Who sees the posts; a rehearsal's go to those alone whom they mention."""
    longest: int = Field(default=500, ge=100)
    """Characters that a post may have on this server."""
    patience: float = Field(default=30.0, gt=0, le=300, exclude=True)
    """Seconds that the server has for each step of a request."""

    def lacking(self) -> Sequence[str]:
        """The token, if no command prints it."""
        return () if self.token or self.token_command else ("token",)

    @field_validator("instance")
    @classmethod
    def _is_safe(cls, instance: str) -> str:
        parts = urlsplit(instance)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ValueError("write it as https://SERVER: the token must not be read on its way")
        return instance.rstrip("/")

    @model_validator(mode="before")
    @classmethod
    def _as_servers_count(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("rate") is not None:
            return given
        return {**given, "rate": SERVERS_RATE}


class MastodonChannel(Channel[MastodonSettings]):
    """Posts, each of which mentions the one whom it is for."""

    name = "mastodon"
    contact = "mastodon"
    Settings = MastodonSettings

    def __init__(self, settings: MastodonSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._server = tools.web(
            "the Mastodon server",
            base_url=settings.instance,
            timeout=settings.patience,
            mend="check UADISPATCH_MASTODON_INSTANCE, _ACCOUNT and _TOKEN",
        )

    @property
    def capabilities(self) -> Capabilities:
        """Not idempotent: the server knows an ``Idempotency-Key`` for an hour only."""
        return Capabilities(
            confirms=True,
            far_end=f"{self.settings.account} at {self.settings.instance}",
            longest_body=self.settings.longest,
        )

    def check(self, message: Message) -> None:
        """Raise Rejected for what can be no post."""
        text = post_of(message)
        if (length := length_of(text)) > self.settings.longest:
            raise Rejected(
                f"the post has {length} characters, and may have {self.settings.longest}: "
                f"shorten it in templates/mastodon/{message.language}.j2"
            )
        if message.rehearsal and len(mentions_in(text)) > 1:
            raise Rejected("the post mentions others, who would get it in a rehearsal, too")

    def preview(self, message: Message) -> Preview:
        """The post as it will read, and its length as the server counts it."""
        text = post_of(message)
        notes = [f"{length_of(text)} of {self.settings.longest} characters"]
        if others := len(mentions_in(text)) - 1:
            notes.append(f"{others} more will be told of it: the text mentions them")
        return Preview(text=text, notes=tuple(notes))

    async def send(self, message: Message) -> Receipt:
        """One request, which the server answers with the post."""
        self.check(message)
        answer = await self._server.deliver(
            "POST",
            STATUSES,
            message=message,
            headers={**await self._headers(), "Idempotency-Key": message.key},
            json={
                "status": post_of(message),
                "visibility": "direct" if message.rehearsal else self.settings.visibility,
                "language": message.language.partition("-")[0],
            },
        )
        if not answer.is_good:
            raise self._refusal(answer)
        name = answer.fields.get("id")
        if not isinstance(name, str) or not name:
            raise Unknown("the Mastodon server may have it; its answer is no post")
        told = bool(answer.fields.get("mentions"))
        nobody = "" if told else "; the server found nobody of that name to tell of it"
        return Receipt(says=f"posted{nobody}", id=name, code=f"HTTP {answer.status}")

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """Whether the post stands; what is in doubt is looked for among those of our account."""
        if receipt is None or receipt.id is None:
            return await self._look_for(message, since)
        answer = await self._ask(f"{STATUSES}/{quote(receipt.id, safe='')}")
        if answer.is_good and answer.fields.get("id") == receipt.id:
            return Outcome(became=Became.CONFIRMED, id=receipt.id, says="it stands")
        if answer.status == 404 and answer.fields.get("error") == "Record not found":  # noqa: PLR2004 - HTTP
            return Outcome(became=Became.FAILED, id=receipt.id, says="there is no such post now")
        raise self._server.trouble(answer, answer.fields.get("error"))

    def stand_in(self) -> StandIn:
        """A Mastodon server on this machine."""
        from uadispatch_mastodon.stand_in import server  # noqa: PLC0415 - rehearsals and tests

        return server(self.tools.clock.now)

    async def _headers(self) -> dict[str, str]:
        given = await self.tools.secret(self.settings.token, self.settings.token_command) or ""
        return {"Authorization": f"Bearer {self._server.hide(given.strip())}"}

    async def _ask(self, path: str, **params: object) -> WebAnswer:
        return await self._server.ask("GET", path, headers=await self._headers(), params=params)

    def _refusal(self, answer: WebAnswer) -> Exception:
        """What the server's refusal means; it says in a header of its own when it takes more."""
        until = time_in(answer.headers.get("x-ratelimit-reset"))
        if answer.status == 429 and until is not None:  # noqa: PLR2004 - HTTP
            wait = max(until - self.tools.clock.now(), timedelta(0))
            return Unavailable(
                "the Mastodon server takes no more posts for now",
                code="HTTP 429",
                retry_after=min(wait, timedelta(days=1)),
            )
        return self._server.error(answer, answer.fields.get("error"))

    async def _look_for(self, message: Message, since: datetime) -> Outcome | None:
        """What is in doubt, among the posts that our account has made since then."""
        owner = await self._ask("/api/v1/accounts/verify_credentials")
        number = owner.fields.get("id")
        if not owner.is_good or not isinstance(number, str):
            raise self._server.trouble(owner, owner.fields.get("error"))
        if owner.fields.get("acct") != self.settings.account:
            return None  # the token is another account's, whose posts say nothing
        answer = await self._ask(
            f"/api/v1/accounts/{quote(number, safe='')}/statuses",
            limit=LISTED,
            exclude_reblogs="true",
        )
        posts = answer.json
        if not answer.is_good or not isinstance(posts, list):
            raise self._server.trouble(answer)
        known = [(post, at) for post in posts if (at := _made(post)) is not None]
        begin, words = since - CLOCKS_DIFFER, as_shown(post_of(message))
        found = [post for post, at in known if at >= begin and words_of(post["content"]) == words]
        if len(found) == 1:
            return Outcome(became=Became.CONFIRMED, id=found[0]["id"], says="it stands")
        goes_back = len(posts) < LISTED or min(at for _, at in known) < begin
        settled = self.tools.clock.now() - since >= SETTLED
        if found or len(known) < len(posts) or not (goes_back and settled):
            return None
        return Outcome(became=Became.RETRY, says="our account has made no such post since then")


def post_of(message: Message) -> str:
    """The text of the post: whom it is for, and the words of the template.

    Raises Rejected where the contact is none.
    """
    found = _ADDRESS.fullmatch(message.to.value.strip())
    if found is None:
        raise Rejected("this is no address of Mastodon: write it as @name@server", contact=True)
    return f"@{found[1]} {message.body.strip()}"


def _made(post: object) -> datetime | None:
    """When a post was made; None if it is none."""
    if not isinstance(post, dict) or not all(
        isinstance(post.get(k), str) for k in ("id", "content")
    ):
        return None
    return time_in(post.get("created_at"))
