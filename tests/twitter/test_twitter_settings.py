"""Who posts: a person unless all is there for the program, from exactly one account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from twitterkit import API, EXAMPLE, a_channel, lent
from uadispatch import By, ConfigError, Counts
from uadispatch.settings import Settings
from uadispatch.testing import Desk
from uadispatch_twitter import TwitterChannel
from uadispatch_twitter.settings import KEYS, TwitterSettings
from uadispatch_twitter.stand_in import XStandIn

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose settings choose the API, and no more."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "uadispatch.toml").write_text(
        '[organisation]\nname = "Group 12"\nemail = "ua@example.org"\n'
        '[twitter]\nposting = "api"\nacknowledge_automation_rules = true\n'
    )
    return tmp_path


def test_without_any_setting_a_person_posts() -> None:
    channel = a_channel()
    assert channel.capabilities.by is By.PERSON
    assert channel.capabilities.outcomes == {"posted": Counts.CONTACT, "skipped": Counts.NOTHING}
    assert isinstance(channel.stand_in(), Desk)


def test_with_all_settings_the_program_posts_and_takes_nothing_back() -> None:
    channel = a_channel(**API)
    assert channel.capabilities.by is By.PROGRAM
    assert channel.capabilities.confirms
    assert not channel.capabilities.recalls
    assert not channel.capabilities.idempotent
    assert isinstance(channel.stand_in(), XStandIn)


def test_keys_may_come_from_commands() -> None:
    commands = {f"{name}_command": "secret-tool lookup x" for name in KEYS}
    TwitterSettings.model_validate({k: v for k, v in API.items() if k not in KEYS} | commands)


@pytest.mark.parametrize("lacking", ["account", *KEYS])
def test_each_setting_that_only_the_api_needs_is_asked_for(lacking: str) -> None:
    given = {name: value for name, value in API.items() if name != lacking}
    with pytest.raises(ValidationError) as caught:
        TwitterSettings.model_validate(given)
    assert [error["loc"] for error in caught.value.errors()] == [(lacking,)]


def test_all_that_is_missing_is_named_at_once_each_by_its_variable(home: Path) -> None:
    settings = Settings(home, ["twitter"])
    needed = [f"UADISPATCH_TWITTER_{name.upper()}" for name in ("account", *KEYS)]
    assert settings.missing("twitter", TwitterSettings) == needed
    with pytest.raises(ConfigError) as caught:
        settings.section("twitter", TwitterSettings)
    for name in needed:
        assert name in str(caught.value)


def test_without_a_key_it_can_be_looked_at_and_rehearsed(home: Path, cli: Cli) -> None:
    """Who is still waiting for X's keys can see what would go out."""
    file = home / "ua.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    asked = (file, "--channel", "twitter", "--now", "2019-08-20T09:00Z")
    shown = cli("dry-run", *asked)
    assert shown.code == 0
    assert "Release Serikzhan Bilash!" in shown.out
    assert "UADISPATCH_TWITTER_CONSUMER_SECRET" in shown.out
    rehearsed = cli("rehearse", *asked)
    assert (rehearsed.code, "2 accepted" in rehearsed.out) == (0, True)


def test_without_the_rules_acknowledged_nothing_is_automated_and_it_says_where_to_read() -> None:
    with pytest.raises(ValidationError) as caught:
        TwitterSettings.model_validate(API | {"acknowledge_automation_rules": False})
    says = str(caught.value)
    assert "unsolicited @mentions" in says
    assert "same post from several accounts" in says
    assert "docs/twitter.md" in says
    assert "secret-of-the-app" not in says


@pytest.mark.parametrize(
    "given",
    [
        {"posting": "robot"},
        {"account": "@one, @two"},
        {"account": ["one", "two"]},
        {"account": "@"},
        {"account": "https://x.com/one"},
        {"account": "a" * 16},
        {"accounts": "@one"},
        {"base_url": "https://api.example.org"},
        {"base_url": "http://127.0.0.1.example.org"},
        {"base_url": "http://127.0.0.1@example.org"},
        {"base_url": "http://127.0.0.1:80/2"},
        {"connect_limit": 0},
        {"answer_limit": 0},
        API | {"rate": "many"},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TwitterSettings.model_validate(given)


@pytest.mark.parametrize("written", ["@Example_1", "Example_1", " @Example_1 "])
def test_an_account_is_a_name_with_or_without_its_sign(written: str) -> None:
    assert TwitterSettings(account=written).account == "Example_1"


def test_the_rate_is_what_x_allows_unless_another_is_given() -> None:
    rate = TwitterSettings.model_validate(API).rate
    assert rate is not None
    assert (rate.number, rate.period) == (100, timedelta(minutes=15))
    slower = TwitterSettings.model_validate(API | {"rate": "2/hour"}).rate
    assert slower is not None
    assert slower.number == 2
    assert TwitterSettings().rate is None, "a person keeps their own pace"


def test_the_snapshot_says_who_posts_from_where_and_holds_no_key() -> None:
    settings = TwitterSettings.model_validate(API)
    assert settings.for_snapshot() == {
        "posting": "api",
        "account": "example",
        "mentions": False,
    }
    for name in KEYS:
        assert str(API[name]) not in repr(settings)


def test_it_can_be_built_to_be_looked_at_when_everything_is_missing() -> None:
    looked_at = TwitterSettings.model_construct(posting="api")
    channel = TwitterChannel(looked_at, lent())
    assert channel.capabilities.by is By.PROGRAM
    assert isinstance(channel.stand_in(), XStandIn)
