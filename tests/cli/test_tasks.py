"""What people have to do: listed, made into a page, done one by one, and recorded."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import TOML
from uadispatch.channels.registry import Registry, discover
from uadispatch.cli.deciding.tasks import outcomes_of
from uadispatch.dispatch.journal import Journal, Moment, Person
from uadispatch.dispatch.journal.whereabouts import FileUrl
from uadispatch.dispatch.planning import preparing

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli
    from uadispatch.channels.contract import Capabilities
    from uadispatch.channels.registry import Registered
    from uadispatch.settings import Settings

CAMPAIGN = """\
urgent_action: {number: 46/30, title: A <case>, country: KZ, deadline: 2199-09-27}
channels: [phone, letter, facebook]
targets:
  - id: embassy
    name: An <b>Ambassador</b>
    role: Ambassador
    country: US
    timezone: America/New_York
    hours: Mon-Fri 09:00-17:00
    address: "1 Some Street\\nSome Town"
    phone: 202 555 0123
    facebook: SomeEmbassy
  - id: ministry
    name: A Minister
    country: US
    timezone: America/New_York
    phone: "+1 202 555 0124"
letter:
  en: {subject: Release A. Person, text: "I am writing to you."}
"""
PHONE = "embassy/phone"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    return tmp_path


@pytest.fixture
def file(home: Path, cli: Cli) -> Path:
    """A campaign whose tasks have been made."""
    file = home / "ua.yaml"
    file.write_text(CAMPAIGN)
    ran = cli("send", file, "--yes", "--json")
    assert ran.code == 0
    assert ran.json["states"] == {"with_person": 4}
    return file


def shown(cli: Cli, file: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cli("tasks", file, "--json", *words).json["tasks"]
    return found


def names(tasks: list[dict[str, Any]]) -> list[str]:
    return [f"{task['target']}/{task['channel']}" for task in tasks]


def message(cli: Cli, file: Path, name: str) -> dict[str, Any]:
    found = cli("status", file, "--messages", "--json").json["messages"]
    wanted: dict[str, Any] = next(m for m in found if f"{m['target']}/{m['channel']}" == name)
    return wanted


def book(home: Path) -> Journal:
    path = home / ".uadispatch/journal.db"
    return Journal(FileUrl(str(path)), write=True)


def lease(home: Path, name: str, by: str, **ago: int) -> str | None:
    """Let somebody be at a task, since a while ago."""
    with closing(book(home)) as journal:
        entry = journal.find_messages("46/30", name)[0]
        moment = Moment(campaign="46/30", now=datetime.now(UTC) - timedelta(**ago))
        return journal.lease(entry.key, moment, by=Person(by, by), time=timedelta(minutes=30))


def test_the_list_has_all_that_is_needed(file: Path, cli: Cli) -> None:
    tasks = shown(cli, file)
    assert names(tasks) == [
        "embassy/phone", "embassy/letter", "embassy/facebook", "ministry/phone",
    ]  # fmt: skip
    call = tasks[0]
    assert call["links"] == ["tel:+12025550123"]
    assert "Release A. Person" in call["text"]
    assert call["outcomes"]["voicemail"] == "contact"
    assert call["office_open"] in (True, False)
    for task in tasks:
        for path in task["files"]:
            assert path.startswith(str(file.parent / ".uadispatch/outbox"))
    words = cli("tasks", file).words
    assert "4 tasks left for people" in words
    assert "in one file" in words
    assert "letters.pdf" in words


def test_only_those_that_are_asked_for(file: Path, cli: Cli) -> None:
    assert names(shown(cli, file, "--channel", "phone", "--target", "ministry")) == [
        "ministry/phone"
    ]
    ran = cli("tasks", file, "--channel", "phon")
    assert ran.code == 2
    assert "did you mean phone?" in ran.words


@pytest.mark.parametrize(
    ("outcome", "counts", "left"),
    [
        ("reached", "contact", 3), ("voicemail", "contact", 3), ("no_answer", "again", 4),
        ("busy", "again", 4), ("refused", "nothing", 3), ("skipped", "nothing", 3),
        ("wrong_number", "wrong", 3), ("disconnected", "wrong", 3), ("fax_tone", "wrong", 3),
    ],
)  # fmt: skip
def test_what_is_recorded_counts_as_what_it_is(
    file: Path, cli: Cli, outcome: str, counts: str, left: int
) -> None:
    ran = cli("record", file, PHONE, outcome, "--by", "Ann", "--note", "spoke to a clerk")
    assert ran.code == 0
    kept = message(cli, file, PHONE)
    assert (kept["state"], kept["outcome"], kept["counts"]) == ("done", outcome, counts)
    assert kept["reason"] == f"{outcome}, says Ann: spoke to a clerk"
    assert len(shown(cli, file)) == left
    done = cli("status", file, "--json").json["done"]
    assert done == {name: int(name == counts) for name in ("contact", "again", "nothing", "wrong")}
    assert cli("journal", "check", "--journal", file.parent / ".uadispatch/journal.db").code == 0


def test_only_true_contact_is_called_so(file: Path, cli: Cli) -> None:
    cli("record", file, PHONE, "voicemail")
    cli("record", file, "ministry/phone", "no_answer")
    said = "Of what is done: 1 reached somebody; 1 nobody, and can be tried again"
    assert said in cli("status", file).words


def test_unavailable_is_no_outcome(file: Path, cli: Cli) -> None:
    ran = cli("record", file, PHONE, "unavailable")
    assert ran.code == 2
    assert "cannot be recorded of phone" in ran.words
    assert message(cli, file, PHONE)["state"] == "with_person"


def test_a_record_can_be_corrected_and_the_mark_with_it(file: Path, cli: Cli) -> None:
    cli("record", file, PHONE, "wrong_number")
    marks = cli("dry-run", file, "--channel", "phone", "--json").json["messages"]
    assert "wrong_number" in marks[0]["refused_before"]
    assert cli("record", file, PHONE, "reached").code == 0
    assert message(cli, file, PHONE)["outcome"] == "reached"
    marks = cli("dry-run", file, "--channel", "phone", "--json").json["messages"]
    assert marks[0]["refused_before"] == ""
    story = cli("status", file, PHONE, "--json").json["moves"]
    assert [move["after"] for move in story][-2:] == ["done", "done"]


def test_who_was_not_reached_stands_in_the_list_with_what_was_tried(file: Path, cli: Cli) -> None:
    cli("record", file, PHONE, "no_answer", "--by", "Ann")
    assert "no_answer, says Ann" in cli("tasks", file).words


def test_what_is_no_task_cannot_be_recorded(file: Path, cli: Cli) -> None:
    cli("close", file, "--because", "she is free")
    ran = cli("record", file, PHONE, "reached")
    assert ran.code == 1
    assert "it is cancelled" in ran.words


def test_a_closing_withdraws_tasks_and_removes_their_files(file: Path, cli: Cli) -> None:
    before = [path for task in shown(cli, file) for path in task["files"]]
    outbox = file.parent / ".uadispatch/outbox"
    assert list(outbox.rglob("letters.pdf"))
    assert cli("close", file, "--because", "she is free").code == 0
    assert shown(cli, file) == []
    assert len(before) == 6
    assert [path for path in outbox.rglob("*.*") if path.suffix in (".pdf", ".txt", ".svg")] == []
    assert "The campaign is closed" in cli("tasks", file).words


def test_nobody_is_given_what_another_is_at(file: Path, cli: Cli) -> None:
    home = file.parent
    assert lease(home, PHONE, "Ann") is None
    assert "Ann is at it" in (lease(home, PHONE, "Ben") or "")
    assert lease(home, PHONE, "Ann") is None, "it is hers"
    assert "Ann is at it" in cli("tasks", file).words
    ran = cli("record", file, PHONE, "reached", "--by", "Ben")
    assert ran.code == 1
    assert "Ann is at it" in ran.words
    assert cli("record", file, PHONE, "reached", "--by", "Ann").code == 0


def test_a_lease_ends_by_itself(file: Path) -> None:
    assert lease(file.parent, PHONE, "Ann", minutes=31) is None
    assert lease(file.parent, PHONE, "Ben") is None


def test_one_official_is_one_persons_in_every_campaign(file: Path, cli: Cli) -> None:
    other = file.with_name("other.yaml")
    other.write_text(CAMPAIGN.replace("46/30", "47/30"))
    assert cli("send", other, "--yes").code == 0
    assert lease(file.parent, PHONE, "Ann") is None
    with closing(book(file.parent)) as journal:
        entry = journal.find_messages("47/30", PHONE)[0]
        moment = Moment(campaign="47/30", now=datetime.now(UTC))
        why = journal.lease(entry.key, moment, by=Person("Ben", "2"), time=timedelta(minutes=30))
    assert "Ann is at it" in (why or "")


def test_one_by_one_each_is_shown_and_recorded(file: Path, cli: Cli) -> None:
    answers = "1\nspoke to a clerk\nnonsense\nno_answer\n\n\nq\n"
    ran = cli("tasks", file, "--do", "--channel", "phone", "--by", "Ann", answer=answers)
    assert ran.code == 0
    assert "“nonsense” is none of them" in ran.words
    assert "2 were recorded" in ran.words
    found = {name: message(cli, file, name)["outcome"] for name in (PHONE, "ministry/phone")}
    assert set(found.values()) == {"reached", "no_answer"}


def test_what_is_left_out_is_free_again(file: Path, cli: Cli) -> None:
    ran = cli("tasks", file, "--do", "--channel", "phone", "--by", "Ann", answer="\nq\n")
    assert "0 were recorded" in ran.words
    assert lease(file.parent, PHONE, "Ben") is None


def test_to_leave_in_the_middle_gives_the_task_back(file: Path, cli: Cli) -> None:
    ran = cli("tasks", file, "--do", "--by", "Ann", answer="")
    assert ran.code == 130
    assert lease(file.parent, PHONE, "Ben") is None


def test_a_round_leaves_out_what_another_is_at(file: Path, cli: Cli) -> None:
    lease(file.parent, PHONE, "Ann")
    ran = cli("tasks", file, "--do", "--channel", "phone", "--by", "Ben", answer="1\n\n")
    assert "embassy/phone: left out: Ann is at it" in ran.words
    assert message(cli, file, "ministry/phone")["outcome"] == "reached"


def test_many_are_recorded_from_a_table(file: Path, cli: Cli, tmp_path: Path) -> None:
    table = tmp_path / "done.csv"
    table.write_text(
        "\ufeffMessage,Outcome,Note,By\r\n"
        'embassy/phone,voicemail,"said ""call back"", twice",Ann\r\n'
        "embassy/letter,mailed,,Ben\r\n"
    )
    ran = cli("record", file, "--csv", table)
    assert ran.code == 0
    assert "2 recorded; 2 tasks left" in ran.words
    assert message(cli, file, PHONE)["reason"] == 'voicemail, says Ann: said "call back", twice'
    assert message(cli, file, "embassy/letter")["reason"] == "mailed, says Ben"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("message,outcome\nembassy/phone,reachd\n", "done.csv:2: “reachd” cannot be recorded"),
        ("message,outcome\nembasy/phone,reached\n", "done.csv:2: "),
        ("message,outcome\nembassy/phone,reached\nembassy/phone,busy\n", "stands there twice"),
        ("task,outcome\nembassy/phone,reached\n", "done.csv:1: the first line must name"),
        ("", "done.csv:1: the first line must name"),
        ('message,outcome\n"embassy/phone,reached\n', "this is no CSV"),
    ],
)
def test_a_table_with_a_slip_records_nothing(
    file: Path, cli: Cli, tmp_path: Path, text: str, says: str
) -> None:
    table = tmp_path / "done.csv"
    table.write_text(text)
    ran = cli("record", file, "--csv", table)
    assert ran.code == 2
    assert says in ran.words
    assert len(shown(cli, file)) == 4


def test_a_table_that_is_not_there_or_no_text(file: Path, cli: Cli, tmp_path: Path) -> None:
    assert "cannot be read" in cli("record", file, "--csv", tmp_path / "none.csv").words
    table = tmp_path / "done.csv"
    table.write_bytes(b"message,outcome\nembassy/phone,r\xe9ached\n")
    assert "not UTF-8" in cli("record", file, "--csv", table).words


@pytest.mark.parametrize("words", [[], [PHONE], ["--csv", "x.csv", PHONE, "reached"]])
def test_what_is_meant_must_be_said(file: Path, cli: Cli, words: list[str]) -> None:
    ran = cli("record", file, *words)
    assert ran.code == 2
    assert "name a MESSAGE and its OUTCOME" in ran.words


def test_the_page_stands_by_itself_and_escapes_everything(file: Path, cli: Cli) -> None:
    ran = cli("tasks", file, "--html", file.parent / "desk")
    page = (file.parent / "desk/tasks.html").read_text()
    assert str(file.parent / "desk/tasks.html") in ran.out
    assert "default-src 'none'" in page
    assert "<b>" not in page
    assert "An &lt;b&gt;Ambassador&lt;/b&gt;" in page
    assert page.count("<article") == 4
    assert 'href="tel:+12025550123"' in page
    assert "data:image/svg+xml;base64," in page
    # Nothing but the links that a person taps leads out.
    assert (
        re.findall(r'(?:src|href)="(?!#|data:|tel:|file:|https://www\.facebook\.com)', page) == []
    )
    assert "<script" not in page


def test_the_page_lies_beside_the_files_unless_told_otherwise(file: Path, cli: Cli) -> None:
    cli("tasks", file, "--html")
    assert (file.parent / ".uadispatch/outbox/46-30/tasks.html").is_file()
    shape = json.loads(cli("tasks", file, "--html", "--json").out)
    assert len(shape["tasks"]) == 4


def test_files_that_are_gone_are_made_again(file: Path, cli: Cli) -> None:
    """What they say is in the journal: nothing is lost with the folder."""
    outbox = file.parent / ".uadispatch/outbox"
    before = {path: path.read_bytes() for path in outbox.rglob("*.*") if path.is_file()}
    shutil.rmtree(outbox)
    assert "Release A. Person" in shown(cli, file)[0]["text"]
    after = {path: path.read_bytes() for path in outbox.rglob("*.*") if path.is_file()}
    assert after == before


def test_a_channel_is_made_ready_once_for_all_of_its_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready: list[str] = []
    capabilities = preparing.capabilities_of

    def noting(registered: Registered, settings: Settings) -> Capabilities:
        ready.append(registered.name)
        return capabilities(registered, settings)

    monkeypatch.setattr(preparing, "capabilities_of", noting)
    outcomes = outcomes_of(Registry(discover(None)), tmp_path)
    found = [outcomes(name) for name in ("phone", "letter", "phone", "phone", "letter")]
    assert ready == ["phone", "letter"]
    assert found[0] == found[2] != found[1]
