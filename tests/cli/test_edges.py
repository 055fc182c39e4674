"""Where a command could do harm or fall over: rehearsals, plugins, journals, odd input."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from casekit import write_home
from clikit import mail_server

if TYPE_CHECKING:
    from clikit import Cli, Use

UA = """\
urgent_action: {{number: 46/30, title: A case, deadline: 2199-09-27}}
channels: [{channels}]
targets:
  - {{id: t0, name: Official 0, country: US, fax: 202 555 0101, email: t0@example.org}}
letter:
  en: {{subject: Release A. Person, text: "I am writing to you."}}
"""

GATEWAY = """
import asyncio
from pathlib import Path
from pydantic import Field, SecretStr
from uadispatch import *

class Settings(ChannelSettings):
    port: int = Field(exclude=True)
    token: SecretStr | None = None
    longest: int = 100

async def say(port, text):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()

class Gateway(Channel[Settings]):
    name = "{name}"
    contact = "fax"
    Settings = Settings
    templates = {{"any": "{{{{ letter.text }}}}"}}
    def preview(self, message):
        return Preview(text=f"{{self.settings.token and 1}} {{self.settings.longest}}")
    async def send(self, message):
        {send}
        return Receipt(says="taken")
    @classmethod
    def stand_in(cls):
        return Nowhere()

class Nowhere(StandIn):
    async def start(self, folder):
        self.server = await asyncio.start_server(self.take, "127.0.0.1", 0)
        self.folder, self.got = folder, []
        return {given}
    async def take(self, reader, writer):
        self.got.append((await reader.read()).decode().partition("\\n")[::2])
        (self.folder / str(len(self.got))).write_text(self.got[-1][1])
        writer.close()
    async def stop(self):
        self.server.close()
    tries = property(lambda self: len(self.got))
    received = property(lambda self: [
        Received(to=to, reference="", file=self.folder / str(n + 1), shown=text)
        for n, (to, text) in enumerate(self.got)])

@hookimpl
def register_channels(register):
    register(Gateway)
"""
TELL = "await say(self.settings.port, f'{message.to.value}\\n{self.preview(message).text}')"


def write(folder: Path, channels: str = "email") -> Path:
    return write_home(folder, text=UA.format(channels=channels))


def plugin(folder: Path, name: str, send: str = TELL, given: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    port = '{"port": self.server.sockets[0].getsockname()[1]}'
    source = GATEWAY.format(name=name, send=send, given=given or port)
    (folder / f"{name}.py").write_text(source)
    return folder


def test_a_rehearsal_takes_nothing_real_but_what_shapes_a_message(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "gw")
    monkeypatch.setenv("UADISPATCH_GW_TOKEN", "real-token")
    monkeypatch.setenv("UADISPATCH_GW_PORT", "9")
    monkeypatch.setenv("UADISPATCH_GW_LONGEST", "7")
    plugins = plugin(tmp_path / "plugins", "gw")
    ran = cli("rehearse", file, "--plugins-dir", plugins, "--json")
    assert ran.code == 0
    (kept,) = ran.json["received"]
    assert Path(kept["file"]).read_text() == "None 7"


def test_a_stand_in_that_leaves_the_port_out_reaches_nothing_real(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "gw")
    monkeypatch.setenv("UADISPATCH_GW_PORT", "9")
    plugins = plugin(tmp_path / "plugins", "gw", given="{}")
    ran = cli("rehearse", file, "--plugins-dir", plugins)
    assert ran.code == 2
    assert "the stand-in of gw gives no good port" in ran.words


def test_a_rehearsed_channel_cannot_hand_on_to_one_that_sends_for_real(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write(tmp_path, "email, gw")
    hand_on = "await self.tools.channel('email').send(message)"
    plugins = plugin(tmp_path / "plugins", "gw", send=hand_on)
    with mail_server() as server:
        use(server)
        ran = cli("rehearse", file, "--plugins-dir", plugins, "--to", "me@example.org", "--json")
        assert [list(mail.recipients) for mail in server.mails] == [["me@example.org"]]
        assert ran.code == 2
        assert "re-route gw too" in ran.err


def test_a_slip_in_to_is_no_address(tmp_path: Path, cli: Cli) -> None:
    ran = cli("rehearse", write(tmp_path), "--to", "emial=me@example.org")
    assert ran.code == 2
    assert "no channel emial" in ran.words


def test_two_plugins_with_one_name_stop_the_campaign_that_needs_it(
    tmp_path: Path, cli: Cli
) -> None:
    file = write(tmp_path, "email")
    plugins = plugin(tmp_path / "plugins", "email")
    ran = cli("dry-run", file, "--plugins-dir", plugins)
    assert ran.code == 2
    assert "uadispatch:email" in ran.err
    assert "email.py" in ran.err


def test_a_broken_plugin_with_settings_disturbs_nobody(tmp_path: Path, cli: Cli) -> None:
    file = write(tmp_path)
    toml = tmp_path / "config/uadispatch.toml"
    toml.write_text(toml.read_text() + "[sms]\nport = 1\n")
    assert cli("dry-run", file).code == 2
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "sms.py").write_text("1/0")
    ran = cli("dry-run", file, "--plugins-dir", plugins)
    assert ran.code == 0
    assert "ZeroDivisionError" in ran.words
    assert not list(plugins.glob("__pycache__"))


def test_a_configured_journal_is_the_same_from_every_folder(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "home")
    with mail_server() as server:
        use(server)
        monkeypatch.setenv("UADISPATCH_JOURNAL", "books/j.db")
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            monkeypatch.chdir(tmp_path / folder)
            assert cli("send", file, "--yes").code == 0
        monkeypatch.delenv("UADISPATCH_JOURNAL")
        (tmp_path / "home/.env").write_text("UADISPATCH_JOURNAL=books/j.db\n")
        assert cli("send", file, "--yes").code == 0
        assert len(server.mails) == 1
    assert (tmp_path / "home/books/j.db").is_file()


def test_a_password_in_the_settings_file_is_refused(tmp_path: Path, cli: Cli) -> None:
    file = write(tmp_path)
    toml = tmp_path / "config/uadispatch.toml"
    toml.write_text(toml.read_text() + '[email]\nhost = "h"\npassword = "hunter2"\n')
    ran = cli("send", file, "--yes")
    assert ran.code == 2
    assert "UADISPATCH_EMAIL_PASSWORD" in ran.err
    assert "hunter2" not in ran.err


def test_a_dollar_in_dotenv_is_a_dollar(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write(tmp_path)
    (tmp_path / ".env").write_text("UADISPATCH_EMAIL_PASSWORD=pa${HOME}ss\n")
    with mail_server(users={"ua": "pa${HOME}ss"}) as server:
        use(server, username="ua")
        assert cli("send", file, "--yes").code == 0


def test_a_missing_approval_is_a_refusal_even_beside_held_messages(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path)
    monkeypatch.setenv("UADISPATCH_APPROVAL_REQUIRED", "true")
    assert cli("dry-run", file).code == 0
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes").code == 3
        assert server.mails == []
    assert not (tmp_path / ".uadispatch").exists()


def test_one_refused_message_does_not_hide_the_others(tmp_path: Path, cli: Cli) -> None:
    file = write(tmp_path)
    folder = tmp_path / "templates/email"
    folder.mkdir(parents=True)
    (folder / "en.j2").write_text("{{ letter.text }}")
    ran = cli("dry-run", file)
    assert ran.code == 1
    assert "subject" in ran.words
    assert "refused" in ran.words


def test_the_digest_is_the_same_before_and_after_the_server_is_configured(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path)
    before = cli("dry-run", file, "--json").json["digest"]
    monkeypatch.setenv("UADISPATCH_EMAIL_HOST", "smtp.example.org")
    assert cli("dry-run", file, "--json").json["digest"] == before


def test_a_misspelt_variable_is_named(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_EMIAL_HOST", "x")
    assert "UADISPATCH_EMIAL_HOST" in cli("dry-run", write(tmp_path)).words


def test_a_changed_contact_of_a_served_target_is_remarked(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write(tmp_path)
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes").code == 0
        assert "Nothing is left to send" in cli("send", file, "--yes").words
        file.write_text(file.read_text().replace("t0@example.org", "new@example.org"))
        assert "it was for t0@example.org" in cli("dry-run", file).words
        assert cli("send", file, "--yes").code == 0
        assert len(server.mails) == 1


@pytest.mark.parametrize("word", ["dry-run", "status", "send", "rehearse"])
def test_odd_input_gives_a_text(tmp_path: Path, cli: Cli, word: str) -> None:
    assert cli(word, "x" * 300).code == 2
    assert cli(word, "\0").code == 2
    folder = tmp_path / "m[/b]x"
    odd = write(folder)
    odd = odd.rename(odd.with_name("ua[draft].yaml"))
    ran = cli(word, odd, answer="n\n")
    assert ran.code in (0, 1, 2)
    if word == "dry-run":
        assert "ua[draft].yaml" in ran.out
        assert cli(word, odd, "--now", "0001-01-01T00:00+14:00").code == 2
    if word in ("status", "send"):
        assert cli(word, odd, "--journal", "j" * 300).code == 2


@pytest.mark.parametrize("content", [b"UADISPATCH_EMAIL_HOST=caf\xe9\n", None])
def test_a_dotenv_that_cannot_be_read_gives_a_text(
    tmp_path: Path, cli: Cli, content: bytes | None
) -> None:
    file = write(tmp_path)
    if content is None:
        (tmp_path / ".env").mkdir()
    else:
        (tmp_path / ".env").write_bytes(content)
    ran = cli("dry-run", file)
    assert ran.code in (0, 2)
    assert content is None or (ran.code == 2 and ".env" in ran.err)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_gives_a_text(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write(tmp_path)
    tmp_path.chmod(0o500)
    try:
        with mail_server() as server:
            use(server)
            assert cli("send", file, "--yes").code == 2
            assert server.mails == []
    finally:
        tmp_path.chmod(0o700)


def test_a_campaign_can_be_named_by_its_number(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert cli("dry-run", "46/30").code == 2
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--journal", "j.db").code == 0
        for word in ("dry-run", "send"):
            ran = cli(word, "46/30", "--journal", "j.db")
            assert ran.code == 0
            assert "left to send" in ran.words
        assert len(server.mails) == 1
        assert cli("send", "46/30").code == 2
        file.unlink()
        assert "which is gone" in cli("send", "UA 46/30", "--journal", "j.db").words
        assert cli("status", "46/30", "--journal", "j.db").code == 0
