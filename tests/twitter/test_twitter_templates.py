"""The posts that the default texts make: short enough, addressed, and no two of them the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from twitterkit import EXAMPLE
from uadispatch_twitter.counting import LIMIT, count, links, mentions
from uadispatch_twitter.stand_in import _KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli

AT = ("--channel", "twitter", "--now", "2019-08-20T09:00Z")
LINK = "https://www.amnesty.org/en/documents/EUR57/0186/2019/en/"
RUSSIAN = {"subject": "Освободите Серикжана Билаша", "text": "Я пишу вам."}


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    """``campaign(change)``: the shipped campaign in a home of its own, changed by `change`."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "uadispatch.toml").write_text(
        '[organisation]\nname = "Group 12"\nemail = "ua@example.org"\n'
    )

    def write(**change: Any) -> Path:
        content = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")) | change
        file = tmp_path / "ua.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return file

    return write


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program post."""
    values = {"POSTING": "api", "ACCOUNT": "@example", "ACKNOWLEDGE_AUTOMATION_RULES": "true"}
    names = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")
    for name, value in (values | dict(zip(names, _KEYS, strict=True))).items():
        monkeypatch.setenv(f"UADISPATCH_TWITTER_{name}", value)


def shown(cli: Cli, file: Path) -> list[str]:
    """The posts that a rehearsal leaves at a stand-in, or on a desk, as they were written."""
    ran = cli("dry-run", file, *AT)
    assert ran.code == 0, ran
    blocks = ran.out.split("words around it from ")[1:]
    return [block.split("\n", 1)[1].split("\n\n", 1)[0] for block in blocks]


def test_the_posts_of_the_shipped_campaign(cli: Cli, campaign: Any) -> None:
    prosecutor, ambassador = shown(cli, campaign())
    assert prosecutor == (
        "Prosecutor General @GenProkRK: Release Serikzhan Bilash!\n"
        "Human rights defender facing bogus charges.\n"
        f"Urgent Action 46/19: {LINK}"
    )
    assert ambassador == (
        "Ambassador of Kazakhstan @KazakhEmbassy: Release Serikzhan Bilash!\n"
        "Human rights defender facing bogus charges.\n"
        f"Urgent Action 46/19: {LINK}"
    )


def test_the_posts_in_russian_have_no_english_word_of_ours(cli: Cli, campaign: Any) -> None:
    posts = shown(cli, campaign(letter={"ru": RUSSIAN}))
    assert posts == [
        f"@{name}: Освободите Серикжана Билаша!\nСрочная акция 46/19: {LINK}"
        for name in ("GenProkRK", "KazakhEmbassy")
    ]


def test_the_posts_in_any_other_language_have_no_word_of_ours(cli: Cli, campaign: Any) -> None:
    posts = shown(cli, campaign(letter={"kk": {"subject": "Босатыңыз!", "text": "Хат."}}))
    assert posts == [f"@{name} Босатыңыз!\n46/19 {LINK}" for name in ("GenProkRK", "KazakhEmbassy")]


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
@pytest.mark.usefixtures("api")
def test_automated_posts_name_the_official_and_mention_nobody(
    language: str, cli: Cli, campaign: Any
) -> None:
    posts = shown(cli, campaign(letter={language: RUSSIAN}))
    assert len(set(posts)) == 2, "no two posts are the same"
    for post, name in zip(posts, ("Nurdauletov", "Kazykhanov"), strict=True):
        assert name in post
        assert mentions(post) == ()
        assert links(post) == (LINK,)
        assert count(post).length <= LIMIT


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
@pytest.mark.parametrize("length", [1, 60, 120, 180, 200, 230, 260])
def test_a_longer_subject_takes_a_shorter_text(
    language: str, length: int, cli: Cli, campaign: Any
) -> None:
    subject = "Ж" * length
    file = campaign(letter={language: {"subject": subject, "text": "t"}})
    found = cli("dry-run", file, *AT, "--json").json["messages"]
    assert [message["state"] for message in found] == ["planned"] * 2, found
    for post, name in zip(shown(cli, file), ("GenProkRK", "KazakhEmbassy"), strict=True):
        whole = post.replace("\n", "")  # a console breaks long lines
        assert subject in whole
        assert f"@{name}" in whole


def test_what_fits_nowhere_is_refused_in_a_dry_run_with_its_counts(cli: Cli, campaign: Any) -> None:
    file = campaign(letter={"en": {"subject": "Ж" * 281, "text": "t"}})
    found = cli("dry-run", file, *AT, "--json").json["messages"]
    assert {message["state"] for message in found} == {"refused"}
    assert "shortest 293 of 280" in found[0]["reason"]


@pytest.mark.parametrize(
    "written",
    ["@GenProkRK", "GenProkRK", "https://x.com/GenProkRK", "https://twitter.com/GenProkRK/?lang=ru",
     "https://x.com/@GenProkRK#top"],
)  # fmt: skip
def test_the_name_is_mentioned_however_it_was_written(
    written: str, cli: Cli, campaign: Any
) -> None:
    target = {"id": "p", "name": "An Official", "twitter": written}
    (post,) = shown(cli, campaign(targets=[target]))
    assert mentions(post) == ("GenProkRK",)


def test_names_and_titles_are_data(cli: Cli, campaign: Any) -> None:
    target = {"id": "p", "name": "{{ 7*7 }}", "role": "[bold]{% raw %}", "twitter": "@a"}
    (post,) = shown(cli, campaign(targets=[target]))
    assert post.startswith("[bold]{% raw %} @a: Release Serikzhan Bilash!")


def test_a_campaign_without_a_former_document_has_no_link(cli: Cli, campaign: Any) -> None:
    action = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["urgent_action"]
    del action["previous"]
    for post in shown(cli, campaign(urgent_action=action)):
        assert links(post) == ()
        assert post.endswith("\nUrgent Action 46/19")


@pytest.mark.usefixtures("api")
def test_a_rehearsal_posts_what_the_dry_run_shows(cli: Cli, campaign: Any) -> None:
    file = campaign()
    posts = shown(cli, file)
    ran = cli("rehearse", file, *AT)
    assert ran.code == 0, ran
    kept = sorted((file.parent / ".uadispatch").rglob("134*.json"))
    assert [json.loads(one.read_bytes())["text"] for one in kept] == posts
