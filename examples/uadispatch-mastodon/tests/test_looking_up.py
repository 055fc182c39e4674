"""What is in doubt is looked for among our posts, and nothing else is taken for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch import (
    Became,
    ConfigError,
    Message,
    Organisation,
    Outcome,
    Receipt,
    Rejected,
    Target,
    Temporary,
    Tools,
)
from uadispatch.testing import HttpServer, VirtualClock, in_json
from uadispatch_mastodon import MastodonChannel, MastodonSettings

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.testing import Answer, Request

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = timedelta(hours=1)
TO = "@minister@social.example.org"


class Server:
    """A server whose posts a test writes down."""

    def __init__(self, posts: object, account: str = "group12") -> None:
        self.posts, self.account = posts, account

    def __call__(self, request: Request) -> Answer:
        if request.path.endswith("verify_credentials"):
            return in_json({"id": "12", "acct": self.account})
        if request.path == "/api/v1/accounts/12/statuses":
            return in_json(self.posts)
        return in_json({"error": "Record not found"}, 404)


def post(number: int, at: datetime, text: str = "Release them!") -> dict[str, object]:
    return {"id": str(number), "created_at": at.isoformat(), "content": f"<p>@minister {text}</p>"}


def message() -> Message:
    contacts = {"mastodon": TO}
    target = Target.model_validate({"id": "minister", "name": "A Minister", "contacts": contacts})
    to = target.contact_on("mastodon")
    assert to is not None
    return Message(
        key="ab" * 32, reference="abc-1", campaign="12/26", channel="mastodon", target=target,
        to=to, language="en", subject="", body="Release them!\n", at=NOW,
        sender=Organisation(name="Group 12", email="ua@example.org"),
    )  # fmt: skip


def channel(folder: Path, url: str = "https://social.example.org") -> MastodonChannel:
    async def secret(given: Any, _command: str | None) -> str | None:
        return given.get_secret_value() if given else None

    def no_other(name: str) -> Any:
        raise ConfigError(f"there is no channel {name}")

    tools = Tools(clock=VirtualClock(NOW), cache=folder, secret=secret, channel=no_other)
    given = {"instance": url, "account": "group12", "token": "t"}
    return MastodonChannel(MastodonSettings.model_validate(given), tools)


def asked(
    folder: Path, server: Server, *, after: timedelta = LATER, receipt: Receipt | None = None
) -> Outcome | None:
    """What `confirm` says so long after the try."""

    async def ask() -> Outcome | None:
        async with HttpServer(server) as listening:
            tried = channel(folder, listening.url)
            await tried.tools.clock.sleep(after.total_seconds())
            try:
                return await tried.confirm(message(), receipt, NOW)
            finally:
                await tried.aclose()

    return asyncio.run(ask())


def test_our_post_is_found(tmp_path: Path) -> None:
    found = asked(tmp_path, Server([post(2, NOW, "else"), post(1, NOW)]), after=timedelta(0))
    assert found is not None
    assert (found.became, found.id, found.exact) == (Became.CONFIRMED, "1", False)


@pytest.mark.parametrize(
    "posts",
    [
        [post(1, NOW), post(2, NOW)],
        [post(number, NOW, "else") for number in range(40)],
        [{"id": "1"}],
        ["a post"],
    ],
    ids=["two of them", "what is older is not listed", "a post without a time", "no posts"],
)
def test_what_is_not_certain_is_not_said(posts: object, tmp_path: Path) -> None:
    assert asked(tmp_path, Server(posts)) is None


def test_another_accounts_posts_say_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path, Server([], account="group13")) is None


def test_what_is_not_there_after_a_while_was_not_posted(tmp_path: Path) -> None:
    of_last_year = Server([post(1, NOW - timedelta(days=365))])
    assert asked(tmp_path, of_last_year, after=timedelta(minutes=14)) is None
    found = asked(tmp_path, of_last_year)
    assert found is not None
    assert found.became is Became.RETRY


def test_a_list_that_is_none_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(Temporary):
        asked(tmp_path, Server({"error": "later"}))


def test_a_post_that_was_taken_away_has_failed(tmp_path: Path) -> None:
    found = asked(tmp_path, Server([]), receipt=Receipt(says="posted", id="1"))
    assert found is not None
    assert found.became is Became.FAILED


def test_a_rehearsal_tells_nobody_else(tmp_path: Path) -> None:
    tried = channel(tmp_path)
    others = replace(message(), body="Please, @prosecutor@social.example.org!", rehearsal=True)
    with pytest.raises(Rejected, match="mentions others"):
        tried.check(others)
    tried.check(replace(others, rehearsal=False))
    assert "1 more will be told" in " ".join(tried.preview(others).notes)


def test_what_is_no_address_is_marked_as_wrong(tmp_path: Path) -> None:
    wrong = message()
    object.__setattr__(wrong.to, "value", "minister")
    with pytest.raises(Rejected) as caught:
        channel(tmp_path).check(wrong)
    assert caught.value.contact
