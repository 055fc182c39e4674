"""The main job on the real Urgent Action 46/19; nobody real can be reached from here."""

from __future__ import annotations

import shutil
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from clikit import Cli

AT = "2019-08-20T09:00Z"


@pytest.fixture
def case(tmp_path: Path, root: Path) -> Path:
    """A copy of the campaign, in a home of its own."""
    for name in ("config", "templates"):
        shutil.copytree(root / name, tmp_path / name)
    return tmp_path / "config/campaigns/ua-46-19.yaml"


def eml(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.eml"))}


def parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def test_dry_run_shows_every_message_and_writes_nothing(case: Path, cli: Cli) -> None:
    before = sorted(case.parents[2].rglob("*"))
    ran = cli("dry-run", case, "--now", AT)
    assert ran.code == 0
    assert "Dear Prosecutor General, I am writing to you concerning" in ran.words
    assert "Dear Ambassador, I am writing to you concerning" in ran.words
    assert "2 messages by email" in ran.words
    assert f"Next: uadispatch rehearse {case} --now {AT}" in ran.words
    assert sorted(case.parents[2].rglob("*")) == before


def test_dry_run_json_has_the_agreed_shape(case: Path, cli: Cli) -> None:
    ran = cli("dry-run", case, "--now", AT, "--json")
    shape = ran.json
    assert {"campaign", "digest", "guards", "messages", "totals"} <= set(shape)
    assert shape["campaign"] == "46/19"
    assert [guard["name"] for guard in shape["guards"]] == ["not approved"]
    assert shape["totals"] == {"planned": 9}
    first = shape["messages"][0]
    assert {
        "key", "target", "channel", "to", "language", "subject", "body", "state", "reason", "by"
    } <= set(first)  # fmt: skip
    assert (first["target"], first["to"], first["by"]) == (
        "prosecutor-general",
        "press@prokuror.kz",
        "program",
    )


def test_rehearsal_gives_exactly_two_mails_each_with_its_salutation(case: Path, cli: Cli) -> None:
    ran = cli("rehearse", case, "--now", AT, "--json")
    assert ran.code == 0
    assert ran.json["channels"]["email"] == {"accepted": 2}
    mails = {parse(content)["To"].addresses[0].addr_spec: parse(content)
             for content in eml(case.parents[2]).values()}  # fmt: skip
    assert set(mails) == {"press@prokuror.kz", "washington@mfa.kz"}
    opening = {to: mail.get_content().splitlines()[0] for to, mail in mails.items()}
    assert opening == {
        "press@prokuror.kz": "Dear Prosecutor General,",
        "washington@mfa.kz": "Dear Ambassador,",
    }
    for mail in mails.values():
        assert mail["Subject"] == "Release Serikzhan Bilash"
        assert not mail.defects
        assert "“incitement of social, national, clan, race, class" in mail.get_content()
        assert mail["Message-ID"].startswith("<rehearsal-20190820T090000Z-")
        assert str(mail["Date"]) == "Tue, 20 Aug 2019 09:00:00 +0000"


def test_a_repeated_rehearsal_is_the_same_byte_for_byte(case: Path, cli: Cli) -> None:
    folders = [cli("rehearse", case, "--now", AT, "--json").json["folder"] for _ in range(2)]
    assert folders[0] != folders[1]
    first, second = (eml(case.parents[2] / folder) for folder in folders)
    assert first == second
    assert len(first) == 2


def test_a_rehearsal_never_touches_the_campaigns_journal(case: Path, cli: Cli) -> None:
    cli("rehearse", case, "--now", AT)
    assert not (case.parents[2] / ".uadispatch/journal.db").exists()
    assert cli("status", case).code == 2


def test_send_today_refuses_and_sends_nothing(case: Path, cli: Cli) -> None:
    ran = cli("send", case, "--yes")
    assert ran.code == 3
    assert "the deadline has passed" in ran.words
    assert "27 September 2019" in ran.words
    assert not (case.parents[2] / ".uadispatch").exists()


def test_send_today_refuses_in_json_too(case: Path, cli: Cli) -> None:
    ran = cli("send", case, "--yes", "--json")
    assert ran.code == 3
    assert {guard["name"] for guard in ran.json["guards"]} == {"expired", "not approved"}
    assert ran.json["states"] == {}


def test_send_takes_no_other_clock(case: Path, cli: Cli) -> None:
    assert cli("send", case, "--yes", "--now", AT).code == 2


def test_the_shown_mails_are_read_as_the_recipient_reads_them(case: Path, cli: Cli) -> None:
    ran = cli("rehearse", case, "--now", AT, "--show")
    assert ran.words.count("Subject: Release Serikzhan Bilash") == 2
    assert "“Jihad today is not taking up a gun" in ran.words
