"""The channel keeps uadispatch's contract, and does what a Mastodon server's answers ask for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from uadispatch import ConfigError, Rejected, Unavailable, Unknown
from uadispatch.testing import Asked, Case, ChannelContract, in_json
from uadispatch_mastodon import MastodonChannel, MastodonSettings
from uadispatch_mastodon.posts import as_shown, length_of, mentions_in, time_in, words_of

if TYPE_CHECKING:
    from uadispatch import Message

POST = {"id": "1101", "content": "<p>…</p>", "mentions": [{"acct": "official@social.example.org"}]}
OTHERS = "https://social.example.org/@other/1"


def first_post(message: Message) -> Asked:
    return Asked(
        method="POST",
        path="/api/v1/statuses",
        headers={"authorization": "Bearer of-a-rehearsal", "idempotency-key": message.key},
        json={
            "status": f"{message.to.value} {message.body.strip()}",
            "visibility": "unlisted",
            "language": "en",
        },
    )


class TestMastodon(ChannelContract):
    channel = MastodonChannel
    cases = (
        Case("all is well", in_json(POST), id="1101", says="posted",
             asked=first_post, settings={"visibility": "unlisted"}),
        Case("nobody of that name", in_json({**POST, "mentions": []}), id="1101",
             says="found nobody"),
        Case("too long after all", in_json({"error": "Validation failed: Text limit of 500"}, 422),
             Rejected, says="limit of 500", contact=False),
        Case("too many, and when there may be more",
             in_json({"error": "Too many"}, 429, x_ratelimit_reset="2000-01-01T00:00:00Z"),
             Unavailable, retry_after=timedelta(0)),
        Case("too many, and nobody knows until when",
             in_json({"error": "Too many"}, 429, x_ratelimit_reset="soon"), Unavailable),
        Case("a token without write:statuses",
             in_json({"error": "This action is outside the authorized scopes"}, 403),
             ConfigError, says="UADISPATCH_MASTODON_"),
        Case("an answer that is no post", in_json({"queued": True}), Unknown),
        Case("a post that is scheduled has no number", in_json({**POST, "id": None}), Unknown),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Release them", 12),
        (f"See {OTHERS}.", 4 + 23 + 1),
        ("See http://a.example", 4 + 23),
        ("@minister@social.example.org please", len("@minister please")),
        ("write to a@example.org", 22),
        ("(@a.b@example.org)", len("(@a.b)")),
    ],
)
def test_a_text_has_the_length_that_the_server_counts(text: str, length: int) -> None:
    assert length_of(text) == length


def test_who_is_mentioned() -> None:
    text = f"@a@example.org and @b, not a@example.org nor {OTHERS}"
    assert mentions_in(text) == ["@a@example.org", "@b"]


def test_what_the_server_gives_back_has_the_same_words() -> None:
    content = (
        '<p><span class="h-card"><a href="https://social.example.org/@minister">@<span>minister'
        "</span></a></span> Release &lt;A&gt; &amp; B!<br />46/19 "
        '<a href="https://example.org/long"><span class="invisible">https://</span>'
        '<span class="ellipsis">example.org/lo</span><span class="invisible">ng</span></a></p>'
        "<p>Now</p>"
    )
    text = "@minister@social.example.org Release <A> & B!\n46/19 https://example.org/long\n\nNow"
    assert words_of(content) == as_shown(text)


@pytest.mark.parametrize("written", [None, 5, "", "soon", "2026-01-01T00:00:00"])
def test_what_is_no_time_is_none(written: object) -> None:
    assert time_in(written) is None


@pytest.mark.parametrize("instance", ["http://social.example.org", "social.example.org", ""])
def test_no_token_is_sent_where_all_can_read_it(instance: str) -> None:
    with pytest.raises(ValidationError, match="https://SERVER"):
        MastodonSettings.model_validate({"instance": instance, "account": "a", "token": "t"})
