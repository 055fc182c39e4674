"""Settings: where they come from, which wins, and how a wrong one is named."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from uadispatch.channels.channel_settings import ChannelSettings
from uadispatch.errors import ConfigError
from uadispatch.settings import Settings, find_home, reveal

if TYPE_CHECKING:
    from pathlib import Path


class SmsSettings(ChannelSettings):
    host: str
    port: int = 25
    api_key: SecretStr | None = None
    key_command: str | None = None


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def toml(home: Path, text: str) -> None:
    (home / "config/uadispatch.toml").write_text(text)


def sms(home: Path, **given: str) -> SmsSettings:
    if given:
        lines = [f"UADISPATCH_SMS_{name.upper()}={value}\n" for name, value in given.items()]
        (home / ".env").write_text("".join(lines))
    return Settings(home, ["sms"]).section("sms", SmsSettings)


def complaint(home: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        sms(home)
    return str(caught.value)


def test_each_source_wins_over_those_behind_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = home / "secrets"
    secrets.mkdir()
    monkeypatch.setenv("UADISPATCH_SECRETS_DIR", str(secrets))
    toml(home, '[sms]\nhost = "from-toml"\n')
    assert sms(home).host == "from-toml"
    (secrets / "uadispatch_sms_host").write_text("from-secrets")
    assert sms(home).host == "from-secrets"
    (home / ".env").write_text("UADISPATCH_SMS_HOST=from-dotenv\n")
    assert sms(home).host == "from-dotenv"
    monkeypatch.setenv("UADISPATCH_SMS_HOST", "from-environment")
    assert sms(home).host == "from-environment"


def test_the_sources_are_joined_field_by_field(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml(home, '[sms]\nhost = "smtp.example.org"\n')
    monkeypatch.setenv("UADISPATCH_SMS_PORT", "587")
    monkeypatch.setenv("UADISPATCH_SMS_API_KEY", "secret")
    settings = sms(home)
    assert (settings.host, settings.port) == ("smtp.example.org", 587)
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "secret"


def test_a_home_without_settings_is_said(home: Path) -> None:
    assert "uadispatch init" in complaint(home)


def test_a_missing_one_is_named_by_both_its_names(home: Path) -> None:
    toml(home, "")
    assert complaint(home) == (
        "UADISPATCH_SMS_HOST (or sms.host in config/uadispatch.toml): this setting is missing"
    )
    assert Settings(home, ["sms"]).missing("sms", SmsSettings) == ["UADISPATCH_SMS_HOST"]


def test_a_wrong_one_is_named_and_its_value_is_not_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_SMS_HOST", "x")
    monkeypatch.setenv("UADISPATCH_SMS_PORT", "hunter2")
    says = complaint(home)
    assert says.startswith("UADISPATCH_SMS_PORT")
    assert "hunter2" not in says


def test_an_unknown_one_gets_a_hint(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml(home, '[sms]\nhost = "x"\nprot = 25\n')
    assert "did you mean 'port'" in complaint(home)
    toml(home, '[sms]\nhost = "x"\n')
    monkeypatch.setenv("UADISPATCH_SMS_HOTS", "y")
    assert "did you mean 'host'" in complaint(home)


def test_an_unknown_section_gets_a_hint(home: Path) -> None:
    toml(home, "[smss]\n")
    with pytest.raises(ConfigError, match=r"\[sms\]"):
        Settings(home, ["sms"])


@pytest.mark.parametrize("text", ["[sms", "= 1", "\0", "[sms]\nhost = "])
def test_a_file_that_is_no_toml_is_named(home: Path, text: str) -> None:
    toml(home, text)
    with pytest.raises(ConfigError, match=r"uadispatch\.toml"):
        Settings(home, ["sms"])


def test_a_section_that_is_no_table_is_named(home: Path) -> None:
    toml(home, "sms = 1\n")
    assert "must be a section" in complaint(home)


def test_no_secret_enters_the_snapshot(home: Path) -> None:
    stored = sms(home, host="h", api_key="hunter2").for_snapshot()
    assert stored == {"host": "h", "port": 25, "key_command": None}


def test_no_secret_is_in_a_representation(home: Path) -> None:
    assert "hunter2" not in repr(sms(home, host="h", api_key="hunter2"))


def test_an_incomplete_section_can_be_looked_at(home: Path) -> None:
    assert Settings(home, ["sms"]).incomplete("sms", SmsSettings).port == 25


class GatewaySettings(ChannelSettings):
    gateway: str = "person"
    key: SecretStr | None = None
    account: str | None = None

    def lacking(self) -> list[str]:
        needed = ("key", "account") if self.gateway == "machine" else ()
        return [name for name in needed if getattr(self, name) is None]


def test_what_another_setting_makes_necessary_is_asked_for_like_the_rest(home: Path) -> None:
    settings = Settings(home, ["post"])
    assert settings.missing("post", GatewaySettings) == []
    toml(home, '[post]\ngateway = "machine"\n')
    settings = Settings(home, ["post"])
    needed = ["UADISPATCH_POST_KEY", "UADISPATCH_POST_ACCOUNT"]
    assert settings.missing("post", GatewaySettings) == needed
    with pytest.raises(ConfigError) as caught:
        settings.section("post", GatewaySettings)
    assert [problem.says for problem in caught.value.problems] == ["this setting is missing"] * 2
    assert all(name in str(caught.value) for name in needed)
    looked_at = settings.incomplete("post", GatewaySettings)
    assert (type(looked_at), looked_at.gateway) == (GatewaySettings, "machine")
    assert looked_at.account is None
    given = {"key": "k", "account": "a"}
    assert settings.for_stand_in("post", GatewaySettings, given).lacking() == []
    with pytest.raises(ConfigError, match="gives no good account"):
        settings.for_stand_in("post", GatewaySettings, {"key": "k"})


def test_the_home_is_the_nearest_folder_with_settings(home: Path) -> None:
    toml(home, "")
    file = home / "config/campaigns/deep/ua.yaml"
    assert find_home(file) == home
    assert find_home(home.parent / "elsewhere/ua.yaml") == home.parent / "elsewhere"


def reveals(command: str | None, secret: SecretStr | None = None) -> str | None:
    return asyncio.run(reveal(secret, command))


def test_a_secret_comes_from_itself_or_from_a_command() -> None:
    assert reveals("printf 'hunter2\\nmore\\n'", SecretStr("direct")) == "direct"
    assert reveals("printf 'hunter2\\nmore\\n'") == "hunter2"
    assert reveals(None) is None


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("false", "exit code 1"),
        ("true", "printed nothing"),
        ("/no/such/program", "cannot be started"),
        ("'unclosed", "cannot be started"),
        ("", "cannot be started"),
    ],
)
def test_a_command_that_fails_is_said(command: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        reveals(command)


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    victim = tmp_path / "x"
    assert reveals(f"echo a; touch {victim}") == f"a; touch {victim}"
    assert not victim.exists()


@pytest.mark.parametrize("source", ["environment", ".env", "secrets", "toml"])
def test_the_organisation_can_come_from_every_source(
    source: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"name": "Group 12", "email": "ua@example.org", "address": "1 Street\nTown"}
    if source == "environment":
        for name, value in values.items():
            monkeypatch.setenv(f"UADISPATCH_ORGANISATION_{name.upper()}", value)
    elif source == ".env":
        lines = [f'UADISPATCH_ORGANISATION_{n.upper()}="{v}"' for n, v in values.items()]
        (home / ".env").write_text("\n".join(lines))
    elif source == "secrets":
        monkeypatch.setenv("UADISPATCH_SECRETS_DIR", str(home))
        for name, value in values.items():
            (home / f"uadispatch_organisation_{name}").write_text(value)
    else:
        lines = [f'{name} = """{value}"""' for name, value in values.items()]
        toml(home, "\n".join(["[organisation]", *lines]))
    organisation = Settings(home).organisation
    assert organisation.name == "Group 12"
    assert organisation.email.value == "ua@example.org"
    assert organisation.address == "1 Street\nTown"


@pytest.mark.parametrize("address", ["nobody", "a@example.org, b@example.org", "", '{"a": 1}'])
def test_a_wrong_address_of_the_organisation_is_named(
    address: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_ORGANISATION_NAME", "Group 12")
    monkeypatch.setenv("UADISPATCH_ORGANISATION_EMAIL", address)
    with pytest.raises(ConfigError, match="UADISPATCH_ORGANISATION_EMAIL"):
        _ = Settings(home).organisation


def test_a_section_is_used_as_it_was_when_it_was_found_complete(home: Path) -> None:
    (home / ".env").write_text("UADISPATCH_SMS_HOST=first\nUADISPATCH_SMS_API_KEY=k\n")
    settings = Settings(home, ["sms"])
    assert settings.missing("sms", SmsSettings) == []
    (home / ".env").write_text("UADISPATCH_SMS_HOST=second\n")
    assert settings.section("sms", SmsSettings).host == "first"
    assert Settings(home, ["sms"]).section("sms", SmsSettings).host == "second"
