"""What is posted on X, what a reviewer is told of it, and whose account it comes from."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from twitterkit import API, NOW, a_channel, a_message, an_x
from uadispatch import (
    Became,
    ConfigError,
    Handover,
    Message,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
)
from uadispatch.testing.far_ends.http import CLOSE, SILENCE, Answer, in_json
from uadispatch_twitter import TwitterChannel, register_channels
from uadispatch_twitter.stand_in import ME, POSTS, PROBLEMS, XStandIn, problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    Story = Callable[[TwitterChannel, XStandIn], Awaitable[None]]

LINKED = "An Official: Release A. Person! a.kz and https://example.org/a?b=c"


def told(folder: Path, story: Story, x: XStandIn | None = None, **settings: Any) -> None:
    async def whole() -> None:
        async with an_x(folder, x, **settings) as (channel, stand_in):
            await story(channel, stand_in)

    asyncio.run(whole())


def test_the_plugin_registers_its_channel() -> None:
    found: list[type] = []
    register_channels(found.append)
    assert found == [TwitterChannel]


# -- a person posts ------------------------------------------------------------------------------


def test_a_person_gets_a_file_and_a_link_that_opens_the_post(tmp_path: Path) -> None:
    channel = a_channel(folder=tmp_path, account="@example")
    answer = asyncio.run(channel.send(a_message(body="@official_0: Release A. Person!\n")))
    assert isinstance(answer, Handover)
    (file,) = answer.files
    assert "@official_0: Release A. Person!" in file.read_text(encoding="utf-8")
    (link,) = answer.links
    assert parse_qsl(urlsplit(link).query) == [("text", "@official_0: Release A. Person!")]
    assert "@official_0" in answer.says


def test_a_task_of_a_long_text_has_the_shorter_one(tmp_path: Path) -> None:
    channel = a_channel(folder=tmp_path)
    message = a_message(body="x" * 300, parts={"short": "@official_0: Release!"})
    answer = asyncio.run(channel.send(message))
    assert isinstance(answer, Handover)
    assert parse_qsl(urlsplit(answer.links[0]).query) == [("text", "@official_0: Release!")]
    assert "xxx" not in answer.files[0].read_text(encoding="utf-8")


def test_a_task_that_cannot_be_written_waits(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable):
        asyncio.run(a_channel(folder=tmp_path / "file").send(a_message()))


# -- what a reviewer sees ------------------------------------------------------------------------


def test_a_preview_of_a_persons_post() -> None:
    preview = a_channel().preview(a_message(body=f"@official_0 {LINKED}\n"))
    assert preview.text == f"@official_0 {LINKED}"
    assert preview.links[0].startswith("https://x.com/intent/tweet?text=%40official_0")
    assert preview.notes == (
        "95 of 280 characters, as X counts them",
        "2 links, counted as 23 each: a.kz, https://example.org/a?b=c",
        "mentions @official_0",
        "a person posts it, free of charge",
    )


def test_a_preview_of_an_automated_post_has_its_price() -> None:
    channel = a_channel(**API)
    linked = channel.preview(a_message(parts={"api": LINKED}))
    assert linked.links == ()
    assert linked.notes[-1] == "X asks 0.20 USD for it; without a link 0.015 USD"
    plain = channel.preview(a_message(parts={"api": "An Official: Release A. Person!"}))
    assert plain.notes[1:] == (
        "no link",
        "mentions nobody",
        "@official_0 will not be told of it by X",
        "X asks 0.015 USD for it",
    )


def test_a_preview_says_which_text_is_taken() -> None:
    parts = {"short": "x" * 281, "short_2": "@official_0 now"}
    preview = a_channel().preview(a_message(body="y" * 281, parts=parts))
    assert preview.text == "@official_0 now"
    assert preview.notes[0] == (
        "15 of 280 characters, as X counts them; of 3 texts its text short_2 is the longest that "
        "fits"
    )


def test_what_is_too_long_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    channel = a_channel(folder=tmp_path / "tasks")
    with pytest.raises(Rejected, match="312 of 280"):
        channel.check(a_message(body="a" * 312))
    with pytest.raises(Rejected, match="312 of 280"):
        asyncio.run(channel.send(a_message(body="a" * 312)))
    assert not (tmp_path / "tasks").exists()


# -- the rules for automated posts ---------------------------------------------------------------


def test_an_automated_post_mentions_nobody_who_did_not_ask() -> None:
    channel = a_channel(**API)
    with pytest.raises(Rejected, match="mentions @official_0") as caught:
        channel.check(a_message(parts={}))
    assert "docs/twitter.md" in str(caught.value)
    with pytest.raises(Rejected, match="@hidden"):
        channel.check(a_message(parts={"api": "Release A. Person (@hidden)"}))
    channel.check(a_message(parts={"api": "Release A. Person, says press@example.org"}))


def test_where_mentions_are_wanted_the_text_that_mentions_is_posted(tmp_path: Path) -> None:
    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        await channel.send(a_message())
        assert [kept.shown for kept in x.received] == ["@official_0: Release A. Person!"]

    told(tmp_path, story, mentions=True)


def test_a_public_post_is_not_sent_to_a_tester(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="public"):
        a_channel(**API).check(a_message(rehearsal=True))

    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        await channel.send(a_message(rehearsal=True))
        assert len(x.received) == 1

    told(tmp_path, story)


# -- the account ---------------------------------------------------------------------------------


def test_whose_keys_they_are_is_asked_once_and_before_the_first_post(tmp_path: Path) -> None:
    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        await asyncio.gather(*(channel.send(a_message(number)) for number in range(4)))
        asked = [(request.method, request.path) for request in x.server.requests]
        assert asked == [("GET", ME), *[("POST", POSTS)] * 4]

    told(tmp_path, story)


def test_from_another_account_nothing_is_posted(tmp_path: Path) -> None:
    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        for number in range(2):
            with pytest.raises(ConfigError, match="do not belong to @example"):
                await channel.send(a_message(number))
        assert x.tries == 0

    told(tmp_path, story, XStandIn(account="another"), account="@example")


def test_the_name_of_the_account_may_be_written_in_any_case(tmp_path: Path) -> None:
    async def story(channel: TwitterChannel, _: XStandIn) -> None:
        assert isinstance(await channel.send(a_message()), Receipt)

    told(tmp_path, story, XStandIn(account="Example"), account="@eXAMPLE")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (in_json({"data": {"id": "1"}}), Unavailable),
        (in_json([]), Unavailable),
        (Answer(status=500), Unavailable),
        (CLOSE, Unavailable),
        (SILENCE, Unavailable),
        (problem(503, "Service Unavailable", ""), Unavailable),
        (problem(429, "Too Many Requests", ""), Unavailable),
        (problem(401, "Unauthorized", "Unauthorized"), ConfigError),
        (problem(403, "Forbidden", "x", f"{PROBLEMS}client-forbidden"), ConfigError),
    ],
    ids=repr,
)
def test_while_the_account_is_not_known_nothing_is_posted_and_it_is_certain(
    answer: Any, kind: type, tmp_path: Path
) -> None:
    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        x.server.at("whole", answer, path=ME, times=1)
        with pytest.raises(kind):
            await channel.send(a_message())
        assert x.tries == 0
        assert isinstance(await channel.send(a_message()), Receipt), "it is asked again"

    told(tmp_path, story)


def test_two_accounts_cannot_be_named() -> None:
    fields = TwitterChannel.Settings.model_fields
    assert [name for name in fields if "account" in name] == ["account"]
    assert fields["account"].annotation == str | None


# -- a post that stands --------------------------------------------------------------------------


async def posted(channel: TwitterChannel, message: Message) -> Receipt:
    answer = await channel.send(message)
    assert isinstance(answer, Receipt)
    return answer


def test_a_post_that_stands_is_confirmed_by_its_number(tmp_path: Path) -> None:
    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        receipt = await posted(channel, a_message())
        found = await channel.confirm(a_message(), receipt, NOW)
        assert found is not None
        assert (found.became, found.id) == (Became.CONFIRMED, receipt.id)
        assert f"https://x.com/i/web/status/{receipt.id}" in found.says
        assert x.tries == 1

    told(tmp_path, story)


def test_a_post_that_was_taken_away_has_failed(tmp_path: Path) -> None:
    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        receipt = await posted(channel, a_message())
        x.posts.clear()
        found = await channel.confirm(a_message(), receipt, NOW)
        assert found is not None
        assert found.became is Became.FAILED

    told(tmp_path, story)


def test_a_doubt_without_a_number_stays_and_asks_nobody(tmp_path: Path) -> None:
    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        assert await channel.confirm(a_message(), None, NOW) is None
        assert x.server.requests == []

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (CLOSE, Unavailable),
        (Answer(status=500), Unavailable),
        (in_json({"data": {"id": "7"}}), Unavailable),
        (in_json({"errors": [{"type": f"{PROBLEMS}not-authorized-for-resource"}]}), Unavailable),
        (in_json({"errors": "none"}), Unavailable),
        (problem(401, "Unauthorized", ""), ConfigError),
    ],
    ids=repr,
)
def test_an_answer_that_proves_nothing_confirms_nothing(
    answer: Any, kind: type, tmp_path: Path
) -> None:
    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        receipt = await posted(channel, a_message())
        x.server.at("whole", answer, path=f"{POSTS}/")
        with pytest.raises(kind):
            await channel.confirm(a_message(), receipt, NOW)

    told(tmp_path, story)


def test_a_post_whose_answer_was_lost_is_not_published_twice(tmp_path: Path) -> None:
    """Where a person says "not sent" by mistake, X itself refuses the same words."""

    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        x.server.at("served", CLOSE, method="POST", times=1)
        for _ in range(2):
            with pytest.raises(Unknown, match=r"https://x\.com/example"):
                await channel.send(a_message())
        assert len(x.received) == 1

    told(tmp_path, story)


def test_what_x_allows_in_a_quarter_of_an_hour_is_waited_for(tmp_path: Path) -> None:
    async def story(channel: TwitterChannel, _: XStandIn) -> None:
        for number in range(2):
            await posted(channel, a_message(number))
        with pytest.raises(Unavailable) as caught:
            await channel.send(a_message(2))
        assert caught.value.retry_after is not None
        assert timedelta(minutes=14) < caught.value.retry_after <= timedelta(minutes=15)

    told(tmp_path, story, XStandIn(account="example", limit=2))


def test_a_request_is_what_x_describes(tmp_path: Path) -> None:
    """Held to X's own schema in test_x_schema; here: what is kept is what was asked."""

    async def story(channel: TwitterChannel, x: XStandIn) -> None:
        await posted(channel, a_message())
        (kept,) = x.received
        assert json.loads(kept.file.read_bytes()) == {"text": kept.shown}
        assert kept.to == "official_0"

    told(tmp_path, story)
