"""`check-channel`: a verdict that can be read, with the line of what is broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from clikit import Cli, Ran

SENDS_TWICE = "        write_file(file.with_suffix('.2.txt'), file.read_bytes())\n"
FEW = ("--plugins-dir", "plugins", "--many", "20")


@pytest.fixture(autouse=True)
def begun(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cli("new-channel", "sms", "--contact", "phone")


def broken() -> None:
    """Let the channel send each message twice."""
    file = Path("plugins/sms.py")
    source = file.read_text()
    line = "        return Receipt("
    assert source.count(line) == 1
    file.write_text(source.replace(line, f"{SENDS_TWICE}{line}"))


def told_of(ran: Ran, outcome: str) -> dict[str, dict[str, str]]:
    return {told["test"]: told for told in ran.json["promises"] if told["outcome"] == outcome}


def test_all_is_kept(cli: Cli) -> None:
    ran = cli("check-channel", "sms", *FEW)
    assert ran.code == 0
    assert ran.out.startswith("sms of plugins/sms.py (drop-in, 1 file, ")
    assert "sms keeps all 39 promises that were tried" in ran.words
    assert "a folder gives no answers (31)" in ran.words
    assert "cost: 20 messages" in ran.words


def test_what_is_broken_is_told_with_its_reason(cli: Cli) -> None:
    broken()
    ran = cli("check-channel", "sms", *FEW)
    assert ran.code == 1
    assert (
        "broken: A message is sent once, to its contact, and is out when send returns." in ran.out
    )
    assert "it tried 2 times in one call of send" in ran.words
    assert "sms breaks " in ran.words
    assert "Next: mend it" in ran.words
    shown = cli("check-channel", "sms", *FEW, "--json")
    assert shown.code == 1
    told = told_of(shown, "broken")["test_a_message_is_sent_once"]
    assert (told["part"], shown.json["keeps_all"]) == ("sending", False)
    assert sum(shown.json["counts"].values()) == len(shown.json["promises"])
    assert shown.json["counts"]["broken"] == len(told_of(shown, "broken"))


def test_an_error_of_the_channel_is_told_with_its_line(cli: Cli) -> None:
    file = Path("plugins/sms.py")
    source = file.read_text()
    file.write_text(
        source.replace("        return Receipt(", "        none[0]\n        return Receipt(")
    )
    line = 1 + file.read_text().splitlines().index("        none[0]")
    ran = cli("check-channel", "sms", *FEW)
    assert ran.code == 1
    assert f"NameError: name 'none' is not defined (sms.py:{line})" in ran.words


def test_a_file_that_cannot_be_read_is_told(cli: Cli) -> None:
    Path("plugins/sms.py").write_text("import nothing_like_it\n")
    ran = cli("check-channel", "sms", *FEW)
    assert ran.code == 2
    assert "there is no channel 'sms'" in ran.words
    assert "plugins/sms.py cannot be used: " in ran.words
    assert "nothing_like_it" in ran.words


def test_a_setting_that_is_none_is_told_with_those_that_are(cli: Cli) -> None:
    ran = cli("check-channel", "sms", *FEW, "--set", "gateway=telnyx")
    assert ran.code == 2
    assert ran.out == ""
    assert "--set gateway=telnyx: give FIELD=VALUE; its fields are attempts, " in ran.words


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("rate=often", "--set rate=often: write a number and a period, such as 30/minute"),
        ("attempts=0", "--set attempts=0: Input should be greater than or equal to 1"),
    ],
)
def test_a_value_that_cannot_be_is_told_at_once(given: str, says: str, cli: Cli) -> None:
    ran = cli("check-channel", "sms", *FEW, "--set", given)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.words


def test_where_the_far_end_is_the_stand_in_says(cli: Cli, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    ran = cli("check-channel", "sms", *FEW, "--set", f"folder={elsewhere}", "--json")
    assert ran.code == 1
    says = told_of(ran, "broken")["test_a_message_is_sent_once"]["says"]
    assert says == "folder: its stand-in says where it is; leave that to it"
    assert not elsewhere.exists()


def test_who_reads_no_more_ends_it(tmp_path: Path) -> None:
    ran = subprocess.run(  # noqa: S602 - a pipe is the point
        f"{sys.executable} -m uadispatch check-channel sms {' '.join(FEW)} | head -n 1",
        shell=True, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.stdout.startswith("sms of ")
    assert "its reader has gone" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_without_pytest_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pytest'] = None; sys.argv[1:] = ['check-channel', 'letter']\n"
        "from uadispatch.cli import main; main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "pip install 'uadispatch[testing]'" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_what_pytest_is_told_elsewhere_has_no_say(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")
    Path("conftest.py").write_text("raise SystemExit(9)\n")
    Path("pytest.ini").write_text("[pytest]\naddopts = --exitfirst -k nothing\n")
    assert cli("check-channel", "sms", *FEW).code == 0
