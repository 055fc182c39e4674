"""Every channel of the Urgent Action 46/19, and a fax from its beginning to its end."""

from __future__ import annotations

import json
import shutil
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from casekit import TOML
from clikit import start, until
from faxkit import a_gateway
from uadispatch.testing.far_ends.http import SILENCE

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Ran

AT = "2019-08-20T09:00Z"
AT_3_IN_KAZAKHSTAN = "2019-08-19T21:00Z"
EVERY_CONTACT = {
    "prosecutor-general": {"email", "fax", "twitter", "letter"},
    "ambassador-us": {"email", "phone", "twitter", "facebook", "letter"},
}
SERVED = {"accepted", "confirmed", "with_person"}
GATEWAYS = ["person", "telnyx", "sinch", "email", "hylafax"]

CAMPAIGN = """\
urgent_action: {number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}
channels: [fax, letter]
targets:
  - id: ministry
    name: A Minister
    country: US
    timezone: America/New_York
    address: "1 Some Street\\nSome Town"
    fax: "+1 202 555 0123"
letter:
  en: {subject: Release A. Person, text: "I am writing to you."}
"""


@pytest.fixture
def case(tmp_path: Path, root: Path) -> Path:
    """A copy of the campaign, in a home of its own."""
    for name in ("config", "templates"):
        shutil.copytree(root / name, tmp_path / name)
    return tmp_path / "config/campaigns/ua-46-19.yaml"


def served(ran: Ran) -> dict[str, set[str]]:
    """Target to channels, of what was served."""
    found: dict[str, set[str]] = {}
    for message in ran.json["messages"]:
        if message["state"] in SERVED:
            assert message["channel"] not in found.setdefault(message["target"], set())
            found[message["target"]].add(message["channel"])
    return found


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_rehearsal_serves_every_contact_of_the_document_once(
    case: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, gateway: str
) -> None:
    monkeypatch.setenv("UADISPATCH_FAX_GATEWAY", gateway)
    ran = cli("rehearse", case, "--now", AT, "--json")
    assert ran.code == 0
    assert served(ran) == EVERY_CONTACT
    kept = [file["file"] for file in ran.json["received"]]
    assert len(kept) == len(set(kept)) == 9
    assert all(path.startswith(str(case.parents[2] / ".uadispatch/rehearsals")) for path in kept)
    if gateway in ("telnyx", "sinch", "hylafax"):
        assert ran.json["channels"]["fax"] == {"confirmed": 1}


def test_at_night_the_fax_waits_for_the_morning_there(
    case: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_FAX_GATEWAY", "telnyx")
    ran = cli("dry-run", case, "--now", AT_3_IN_KAZAKHSTAN, "--json")
    waits = {message["channel"]: message["not_before"] for message in ran.json["messages"]}
    assert waits.pop("fax") == "2019-08-20T02:00:00Z"
    assert set(waits.values()) == {None}
    ran = cli("rehearse", case, "--now", AT_3_IN_KAZAKHSTAN, "--json")
    assert served(ran) == EVERY_CONTACT
    folder = case.parents[2] / ran.json["folder"]
    told = cli(
        "status", "46/19", "prosecutor-general/fax", "--journal", folder / "journal.db", "--json"
    )
    claimed = [move["at"] for move in told.json["moves"] if move["after"] == "claimed"]
    assert claimed[0].startswith("2019-08-20T02:00:0")


def test_a_dry_run_shows_the_text_that_arrives_its_links_and_their_price(
    case: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_TWITTER_POSTING", "api")
    monkeypatch.setenv("UADISPATCH_TWITTER_ACCOUNT", "@example")
    monkeypatch.setenv("UADISPATCH_TWITTER_ACKNOWLEDGE_AUTOMATION_RULES", "true")
    shown = cli("dry-run", case, "--now", AT, "--json").json["messages"]
    by_name = {f"{each['target']}/{each['channel']}": each for each in shown}
    post = by_name["prosecutor-general/twitter"]
    assert "@" not in post["text"], "the program mentions nobody"
    assert "X asks 0.20 USD for it; without a link 0.015 USD" in post["notes"]
    assert by_name["ambassador-us/phone"]["links"] == ["tel:+12022325488"]
    assert "+1 202-232-5488" in by_name["ambassador-us/phone"]["text"]


def test_a_rehearsal_again_gives_the_same_bytes(case: Path, cli: Cli) -> None:
    def files(ran: Ran) -> dict[str, bytes]:
        folder = case.parents[2] / ran.json["folder"] / "received"
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".json"
        }

    first, second = (files(cli("rehearse", case, "--now", AT, "--json")) for _ in range(2))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A campaign with a fax and a letter, to be sent for real: to this machine."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    file = tmp_path / "ua.yaml"
    file.write_text(CAMPAIGN)
    return file


def state(cli: Cli, file: Path, channel: str = "fax") -> dict[str, Any]:
    found = cli("status", file, "--messages", "--json").json["messages"]
    wanted: dict[str, Any] = next(each for each in found if each["channel"] == channel)
    return wanted


def test_a_fax_is_accepted_then_confirmed(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_gateway(tmp_path / "gateway", monkeypatch) as telnyx:
        ran = cli("send", file, "--yes", "--json")
        assert ran.code == 0
        assert ran.json["states"] == {"accepted": 1, "with_person": 1}
        codes = [cli("confirm", file).code for _ in range(4)]
        assert codes == [4, 4, 4, 0], "queued, processed, sending: it is not known yet"
        assert state(cli, file)["state"] == "confirmed"
        assert "delivered, 1 page " in state(cli, file)["reason"]
        assert telnyx.tries == 1
        again = cli("confirm", file)
        assert (again.code, telnyx.tries) == (0, 1)
        assert "No service is to be asked" in again.words


def test_what_a_gateway_says_when_it_is_asked_comes_into_the_log(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_gateway(tmp_path / "gateway", monkeypatch):
        cli("send", file, "--yes")
        asked = [cli("confirm", file, "--json", "--log-json") for _ in range(4)]
    last = [json.loads(line) for line in asked[-1].err.splitlines()]
    (confirming,) = [line for line in last if line["event"] == "confirming"]
    (message,) = [line for line in last if line["event"] == "message"]
    assert confirming["number"] == 1
    assert (message["asked"], message["state"]) == (True, "confirmed")
    assert message["key"] == state(cli, file)["key"]
    told = [line for line in last if line["event"] == "progress"]
    assert [(line["phase"], line["done"], line["total"]) for line in told] == [
        ("asking services", 0, 1), ("asking services", 1, 1),
    ]  # fmt: skip
    assert last[-1]["states"] == asked[-1].json["states"]


def test_a_busy_line_is_tried_again_later_and_no_sooner(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_gateway(tmp_path / "gateway", monkeypatch) as telnyx:
        telnyx.line("+12025550123", "user_busy")
        cli("send", file, "--yes")
        for _ in range(4):
            ran = cli("confirm", file, "--json")
        assert ran.json["questions"]["found"] == {"retry": 1}
        kept = state(cli, file)
        assert (kept["state"], kept["reason"]) == ("retry", "busy")
        due = datetime.fromisoformat(kept["not_before"]) - datetime.now(UTC)
        assert 15 * 60 < due.total_seconds() < 26 * 60
        assert cli("send", file, "--yes").code == 4
        assert telnyx.tries == 1


def test_a_kill_between_the_gateways_taking_it_and_our_record_loses_and_doubles_nothing(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_gateway(tmp_path / "gateway", monkeypatch) as telnyx:
        telnyx.server.at("served", SILENCE, method="POST", path="/v2/faxes")
        process = start("send", file, "--yes", "--channel", "fax")
        until(lambda: telnyx.calls)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        telnyx.server.clear()
        assert state(cli, file)["state"] == "in_doubt"
        # What is in doubt is asked for before anything is sent.
        cli("send", file, "--yes", "--channel", "fax")
        assert state(cli, file)["state"] == "accepted"
        for _ in range(4):
            cli("confirm", file)
        assert state(cli, file)["state"] == "confirmed"
        assert (telnyx.tries, telnyx.duplicates) == (1, 0)
        assert (
            cli("journal", "check", "--journal", file.parent / ".uadispatch/journal.db").code == 0
        )


def test_a_lost_answer_is_looked_up_by_number_and_time(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UADISPATCH_FAX_PATIENCE", "0.02")
    with a_gateway(tmp_path / "gateway", monkeypatch) as telnyx:
        telnyx.server.at("served", SILENCE, method="POST", path="/v2/faxes")
        ran = cli("send", file, "--yes", "--channel", "fax")
        assert ran.code == 1
        assert state(cli, file)["state"] == "in_doubt"
        telnyx.server.clear()
        cli("confirm", file)
        assert state(cli, file)["state"] == "accepted"
        assert telnyx.tries == 1


def test_a_closing_takes_the_queued_fax_back_and_withdraws_the_letter(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_gateway(tmp_path / "gateway", monkeypatch) as telnyx:
        cli("send", file, "--yes")
        letters = list((file.parent / ".uadispatch/outbox").rglob("*.pdf"))
        assert len(letters) == 2
        ran = cli("close", file, "--because", "she is free")
        assert ran.code == 0
        assert [call.cancelled for call in telnyx.calls] == [True]
        assert cli("status", file, "--json").json["states"] == {"cancelled": 2}
        assert [path for path in letters if path.exists()] == []


def test_a_closing_in_mid_run_does_so_too(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_gateway(tmp_path / "gateway", monkeypatch) as telnyx:
        process = start("send", file, "--yes", "--wait")
        until(lambda: telnyx.calls and state(cli, file, "letter")["state"] == "with_person")
        cli("close", file, "--because", "she is free")
        assert cli("status", file, "--json").json["states"] == {"cancelled": 2}
        assert [call.cancelled for call in telnyx.calls] == [True]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, 1, 3, 130)
    outbox = file.parent / ".uadispatch/outbox/letter/46-30"
    assert [path.name for path in outbox.iterdir() if path.suffix == ".pdf"] == []


def test_without_its_key_a_gateway_is_named_and_the_rest_can_go(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_FAX_GATEWAY", "telnyx")
    ran = cli("send", file, "--yes")
    assert ran.code == 2
    assert "UADISPATCH_FAX_TELNYX_API_KEY" in ran.words
    assert "before fax can send, set" in cli("dry-run", file).words
    ran = cli("send", file, "--yes", "--channel", "letter", "--json")
    assert ran.code == 0
    assert ran.json["states"] == {"with_person": 1}
