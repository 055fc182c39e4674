"""The stand-in is as strict as X: about signatures and rules, in the shapes that X describes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from oauthlib.oauth1 import Client

from twitterkit import SPECS, a_message, an_x
from uadispatch import ConfigError
from uadispatch_twitter.signature import HOST, signed_with
from uadispatch_twitter.stand_in import POSTS, XStandIn, problem

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ("key", "secret", "token", "token-secret")
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
SCHEMA = SPECS / "x-posts.json"


def signed(keys: tuple[str, ...], method: str, url: str) -> str:
    consumer_key, consumer_secret, token, token_secret = keys
    client = Client(consumer_key, consumer_secret, token, token_secret)
    _, headers, _ = client.sign(url, method, None, {"Content-Type": "application/json"})
    return str(headers["Authorization"])


@given(st.tuples(WORDS, WORDS, WORDS, WORDS), st.sampled_from(["GET", "POST"]), WORDS)
def test_a_signature_of_another_program_is_known(
    keys: tuple[str, str, str, str], method: str, value: str
) -> None:
    url = str(httpx.URL(f"{HOST}{POSTS}", params={"tweet.fields": value}))
    header = signed(keys, method, url)
    asked: dict[str, Any] = {"method": method, "path": POSTS, "query": {"tweet.fields": (value,)}}
    assert signed_with(keys, authorization=header, **asked)
    for place in range(4):
        wrong = (*keys[:place], keys[place] + "x", *keys[place + 1 :])
        assert not signed_with(wrong, authorization=header, **asked)
    others: list[dict[str, Any]] = [{"path": "/2/users/me"}, {"method": "DELETE"}, {"query": {}}]
    for other in others:
        assert not signed_with(keys, authorization=header, **(asked | other))


@pytest.mark.parametrize("header", ["", "OAuth", "Bearer abc", 'OAuth oauth_token="x"', "OAuth ="])
def test_what_is_no_signature_is_refused(header: str) -> None:
    assert not signed_with(KEYS, method="POST", path=POSTS, query={}, authorization=header)


@pytest.mark.parametrize(
    "name", ["consumer_key", "consumer_secret", "access_token", "access_token_secret"]
)
def test_with_one_wrong_key_nothing_is_posted(name: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with an_x(tmp_path, None, **{name: "wrong"}) as (channel, x):
            with pytest.raises(ConfigError, match="does not know these keys"):
                await channel.send(a_message())
            assert x.received == ()

    asyncio.run(story())


def ask(folder: Path, method: str, path: str, content: bytes = b"") -> tuple[int, Any]:
    """What the stand-in answers a request that is signed well, after one post."""

    folder.mkdir(exist_ok=True)

    async def story() -> tuple[int, Any]:
        async with an_x(folder) as (channel, x):
            await channel.send(a_message())
            settings = channel.settings
            keys = (
                settings.consumer_key, settings.consumer_secret,
                settings.access_token, settings.access_token_secret,
            )  # fmt: skip
            plain = tuple(key.get_secret_value() for key in keys if key is not None)
            headers = {
                "Authorization": signed(plain, method, f"{HOST}{path}"),
                "Content-Type": "application/json",
            }
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.request(
                    method, f"{x.server.url}{path}", content=content, headers=headers
                )
            return answer.status_code, answer.json()

    return asyncio.run(story())


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"text": "new"}, 201),
        ({"text": "An Official of office 0: Release A. Person!"}, 403),
        ({"text": "a" * 281}, 400),
        ({"text": ""}, 400),
        ({"text": 5}, 400),
        ({"txt": "new"}, 400),
        ({"text": "new", "reply": {}}, 400),
        ([], 400),
    ],
    ids=repr,
)
def test_it_refuses_what_x_refuses(content: Any, status: int, tmp_path: Path) -> None:
    found, answer = ask(tmp_path, "POST", POSTS, json.dumps(content).encode())
    assert found == status
    holds("CreatePostsResponse" if status == 201 else "Problem", answer)


def test_it_shows_and_deletes_a_post(tmp_path: Path) -> None:
    number = "1346889436626259968"
    status, answer = ask(tmp_path / "1", "GET", f"{POSTS}/{number}")
    assert (status, answer["data"]["id"]) == (200, number)
    holds("GetPostsByIdResponse", answer)
    status, answer = ask(tmp_path / "2", "DELETE", f"{POSTS}/{number}")
    assert (status, answer) == (200, {"data": {"deleted": True}})
    holds("DeletePostsResponse", answer)
    status, answer = ask(tmp_path / "3", "GET", f"{POSTS}/1")
    assert "data" not in answer
    holds("GetPostsByIdResponse", answer)
    status, answer = ask(tmp_path / "4", "GET", "/2/users/me")
    assert (status, answer["data"]["username"]) == (200, "example")
    holds("GetUsersMeResponse", answer)
    assert ask(tmp_path / "5", "GET", "/2/users/1")[0] == 404


def test_what_the_channel_asks_for_is_in_xs_own_description(tmp_path: Path) -> None:
    async def story() -> XStandIn:
        async with an_x(tmp_path) as (channel, x):
            await channel.send(a_message())
            return x

    (me, post) = asyncio.run(story()).server.requests
    description = described()
    assert "get" in description["paths"][me.path]
    assert "post" in description["paths"][post.path]
    holds("CreatePostsRequest", post.json)
    assert problem(403, "Forbidden", "no").status == 403


def described() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip("X's own description is not part of this checkout")
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def holds(name: str, value: Any) -> None:
    """`value` is what X's description calls `name`; without a description nothing is said."""
    if not SCHEMA.exists():
        return
    schema = {"$ref": f"#/components/schemas/{name}", "components": described()["components"]}
    if name == "Problem":  # X's real refusals have the type about:blank, which it leaves out
        schema = {
            "type": "object",
            "required": ["type", "title", "detail", "status"],
            "properties": {"detail": {"type": "string"}, "status": {"type": "integer"}},
        }
    Draft202012Validator(schema).validate(value)
