"""``journal purge``: what goes, what stays, and that nothing is ever sent again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import CAMPAIGN, NOW, Case, targets, write_home
from clikit import mail_server
from uadispatch.channels.message import Handover, Receipt
from uadispatch.dispatch.journal import Journal, Moment, Owner, Pacing, Purge, Selection
from uadispatch.dispatch.journal.on_file import books as on_file_books
from uadispatch.dispatch.journal.writing import purging
from uadispatch.errors import OptedOut, Rejected, Temporary, Unknown
from uadispatch.testing.far_ends.smtp import reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Ran, Use

SECRETS = ("I am writing to you", "example.org", "Release A. Person", "bogus charges", "Official 1",
           "no such mailbox", "official-1 says")  # fmt: skip
"""What texts, contacts and servers' words in the journal can be known by."""


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A campaign of 2019 in which everything went one way or the other, and nothing is open."""
    case = Case(write_home(tmp_path, count=5))
    case.channel.script("official-1", Receipt(says="official-1 says: taken", code="250", id="x"))
    case.channel.script("official-2", Rejected("no such mailbox official-2@example.org", code="5"))
    case.channel.script("official-3", OptedOut("no more to official-3@example.org"))
    case.channel.script("official-4", Temporary("busy, said mx.example.org"))
    case.run()
    return case


def purge(cli: Cli, case: Case, *words: str, older_than: str = "90 days", **more: Any) -> Ran:
    return cli(
        "journal",
        "purge",
        "--older-than",
        older_than,
        "--journal",
        case.url.database,
        *words,
        **more,
    )


def content(case: Case) -> bytes:
    """Every byte of the journal and of what lies beside it."""
    folder = case.file.parent / ".uadispatch"
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def records(cli: Cli, case: Case) -> list[dict[str, Any]]:
    ran = cli("export", case.file, "--format", "jsonl", "--journal", case.url.database)
    return [json.loads(line) for line in ran.out.split("\n") if line]


def checked(cli: Cli, case: Case) -> bool:
    return cli("journal", "check", "--journal", case.url.database).code == 0


def change(case: Case, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        book.execute(statement, values)


def state(case: Case, kind: str, at: datetime = NOW, **more: Any) -> None:
    with case.journal() as journal:
        journal.state_fact("46/19", kind, at=at, by="Ann", **more)


def test_it_says_what_it_would_do_and_asks(case: Case, cli: Cli) -> None:
    before = content(case)
    ran = purge(cli, case, answer="n\n")
    assert ran.code == 1
    assert (
        "remove texts and contacts of 46/19, 5 messages: last changed on 20 August 2019"
        in ran.words
    )
    assert "Nothing was removed." in ran.words
    assert purge(cli, case).code == 130  # nobody answers
    assert content(case) == before
    assert purge(cli, case, answer="y\n").code == 0


def test_texts_contacts_and_servers_words_are_gone_from_the_file(case: Case, cli: Cli) -> None:
    change(case, "DELETE FROM facts WHERE kind = 'opted_out'")  # they keep their contact
    assert all(secret.encode() in content(case) for secret in SECRETS)
    ran = purge(cli, case, "--yes")
    assert ran.code == 0
    assert "Removed the texts and contacts of 1 campaign." in ran.words
    assert [secret for secret in SECRETS if secret.encode() in content(case)] == []
    assert checked(cli, case)


def test_keys_states_counts_times_and_codes_stay(case: Case, cli: Cli) -> None:
    # That one of its contacts has opted out cannot be told any more; the fact stays.
    before = [record for record in records(cli, case) if record["record"] != "fact"]
    status = cli("status", case.file, "--json").json
    assert purge(cli, case, "--yes").code == 0
    after = records(cli, case)
    assert after.pop()["kind"] == "purged"
    emptied = {"to", "contact", "reason", "receipt", "title"}
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        kept = old.keys() - emptied
        assert {name: new[name] for name in kept} == {name: old[name] for name in kept}
        assert not any(new.get(name) for name in emptied)
    assert cli("status", case.file, "--json").json == status


def test_nothing_is_sent_again_and_the_texts_come_back_with_their_file(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    text = CAMPAIGN.format(channels="email", targets=targets(3)).replace("2019-09", "2199-09")
    file = write_home(tmp_path, text=text)
    with mail_server() as server:
        use(server)
        server.at("rcpt", reply(550, "5.1.1 no such mailbox"), recipient="official-2@example.org")
        assert cli("send", file, "--yes").code == 1
        told = cli("status", file, "official-1/email", "--json").json
        path = tmp_path / ".uadispatch/journal.db"
        assert cli("journal", "purge", "--older-than", "0 s", "--yes", "--journal", path).code == 0
        ran = cli("status", file, "official-1/email")
        assert ran.code == 0
        assert "No text: it was removed by a purge on" in ran.words
        assert "to a contact that was purged" in ran.words
        assert "(purged)" in cli("status", file, "--messages").words
        ran = cli("dry-run", file, "--json")
        states = ["accepted", "accepted", "failed"]
        assert [row["state"] for row in ran.json["messages"]] == states
        assert [row["reason"] for row in ran.json["messages"]] == [""] * 3
        assert "0 messages planned again" in cli("mend", file, "--all").words
        for _ in range(2):
            states = cli("send", file, "--yes", "--json").json["states"]
            assert states == {"accepted": 2, "failed": 1}
        assert len(server.mails) == 2
        again = cli("status", file, "official-1/email", "--json").json
        assert again["text"] == told["text"]
        assert cli("journal", "check", "--journal", path).code == 0
        # What has come back can go again; and then there is nothing left.
        ran = cli("journal", "purge", "--older-than", "0 s", "--yes", "--journal", path)
        assert "Removed the texts and contacts of 1 campaign." in ran.words
        ran = cli("journal", "purge", "--older-than", "0 s", "--yes", "--journal", path)
        assert "Nothing is to be removed." in ran.words


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Unknown("no answer"), "1 message is in doubt"),
        (Handover(links=("https://example.org",)), "1 message is waiting for a person to act"),
    ],
)
def test_what_is_not_finished_is_kept_and_said(
    tmp_path: Path, cli: Cli, answer: Any, says: str
) -> None:
    case = Case(write_home(tmp_path))
    case.channel.script("official-1", answer)
    case.run()
    ran = purge(cli, case, "--yes")
    assert ran.code == 0
    assert f"keep 46/19, 2 messages: not finished: {says}" in ran.words
    assert "Nothing is to be removed." in ran.words
    assert b"I am writing to you" in content(case)


def test_what_can_still_go_out_is_kept_until_it_expires_or_is_closed(
    tmp_path: Path, cli: Cli
) -> None:
    case = Case(write_home(tmp_path))
    case.run(limit=1)
    change(case, "UPDATE messages SET expires_at = 7000000000000000")
    waits = "1 message is not sent yet, the deadline has not passed, and nobody has closed it"
    assert waits in purge(cli, case).words
    state(case, "closed", because="he is free")
    assert waits not in purge(cli, case, answer="n\n").words
    state(case, "reopened")
    assert waits in purge(cli, case).words
    change(case, "UPDATE messages SET expires_at = 1")
    assert purge(cli, case, "--yes").code == 0
    assert b"I am writing to you" not in content(case)


def test_a_late_change_of_any_kind_makes_it_young(case: Case, cli: Cli) -> None:
    state(case, "stopped", datetime.now(UTC) - timedelta(days=89))
    assert "keep 46/19, 5 messages: last changed on" in purge(cli, case).words
    assert "remove texts" in purge(cli, case, answer="n\n", older_than="88 days").words


def claim(case: Case, owner: str) -> None:
    with case.journal() as journal:
        later = NOW + timedelta(days=1)
        ids = journal.due("46/19", "fake", Selection(), now=later, after=0, limit=9)
        journal.turn(
            [], ids, moment=lambda: Moment(campaign="46/19", now=later), owner=owner,
            pace=Pacing(channel="fake"),
        )  # fmt: skip


def test_what_is_being_sent_is_kept(case: Case, cli: Cli) -> None:
    with Owner(case.url) as owner:
        claim(case, owner.id)
        assert "not finished: a run is sending it now" in purge(cli, case).words
    assert "not finished: 1 message is in doubt: a run was cut off" in purge(cli, case).words


def test_opt_outs_stay_and_old_marks_of_refused_contacts_go(case: Case, cli: Cli) -> None:
    for at, contact in ((0, "old@example.org"), (9_000_000_000_000_000, "new@example.org")):
        change(case, "INSERT INTO marks VALUES ('fake', ?, ?, '46/19', 'no')", contact, at)
    ran = purge(cli, case, "--yes")
    assert "and 1 mark of contacts" in ran.words
    with closing(sqlite3.connect(case.url.database or "")) as book:
        facts = book.execute("SELECT kind, campaign, value FROM facts ORDER BY id").fetchall()
        marks = book.execute("SELECT contact FROM marks").fetchall()
    assert facts == [
        ("opted_out", None, "official-3@example.org"),
        ("purged", "46/19", None),
        ("purged", None, None),
    ]
    assert marks == [("new@example.org",)]
    assert b"old@example.org" not in content(case)
    assert checked(cli, case)


def test_a_target_that_another_campaign_needs_stays_until_that_is_purged_too(
    case: Case, cli: Cli
) -> None:
    other = case.file.with_name("other.yaml")
    other.write_text(case.file.read_text().replace("46/19", "47/19"))
    second = Case(other)
    second.channel.script("official-0", Unknown("no answer"))
    second.run()
    assert purge(cli, case, "--yes").code == 0
    assert checked(cli, case)
    assert b"Official 1" in content(case)
    with Journal(case.url, write=True) as journal:
        (doubt,) = [entry.key for entry in journal.entries("47/19") if entry.state == "in_doubt"]
        journal.resolve([doubt], sent=True, at=NOW, by="Ann")
    assert purge(cli, case, "--yes").code == 0
    assert b"Official 1" not in content(case)
    assert checked(cli, case)


def test_what_a_campaign_was_before_an_edit_goes_too(tmp_path: Path, cli: Cli) -> None:
    case = Case(write_home(tmp_path))
    case.run(limit=0)
    text = case.file.read_text()
    case.file.write_text(text.replace("Official 1", "Officer 1").replace("A. Person", "B. Person"))
    case.prepare()
    case.run()
    assert b"Official 1" in content(case)
    assert b"A. Person" in content(case)
    assert purge(cli, case, "--yes").code == 0
    assert b"Offic" not in content(case)
    assert b". Person" not in content(case)
    assert checked(cli, case)


def test_a_held_message_stays_held(tmp_path: Path, cli: Cli) -> None:
    case = Case(write_home(tmp_path))
    case.file.write_text(case.file.read_text().replace("official-1@", "official-0@"))
    case.prepare()
    case.run()
    assert case.entries()["official-1"].held
    assert purge(cli, case, "--yes").code == 0
    assert case.entries()["official-1"].held == "the reason was removed by a purge"
    assert b"example.org" not in content(case)


def test_it_is_recorded_itself(case: Case, cli: Cli) -> None:
    assert purge(cli, case, "--yes").code == 0
    fact = records(cli, case)[-1]
    assert (fact["kind"], fact["campaign"], fact["reason"]) == (
        "purged", "46/19", "older than 90 days",
    )  # fmt: skip
    assert fact["by"]


def test_who_asks_for_it_can_be_named(case: Case, cli: Cli) -> None:
    assert purge(cli, case, "--yes", "--by", "Ann").code == 0
    assert records(cli, case)[-1]["by"] == "Ann"


def test_a_reader_that_holds_the_log_is_said(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_file_books, "PATIENCE", 1)
    state(case, "stopped")
    with closing(sqlite3.connect(case.url.database or "")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchone()
        ran = purge(cli, case, "--yes")
        assert ran.code == 1
        assert "Another process is reading the journal" in ran.words
    with case.journal():
        pass
    assert b"I am writing to you" not in content(case)


def test_no_run_has_to_wait_until_the_file_is_rewritten(case: Case, cli: Cli) -> None:
    with Owner(case.url):
        ran = purge(cli, case, "--yes", "--json")
    assert ran.code == 0
    assert "a run is going on" in ran.err
    assert ran.json["rewritten"] is False
    assert b"I am writing to you" not in content(case)


def test_what_changes_after_the_look_is_kept(case: Case) -> None:
    wanted = Purge(before=NOW, at=datetime.now(UTC), by="Ann", because="")
    with case.journal() as journal:
        assert journal.purge(["46/19"], wanted).kept == ["46/19"]
    assert b"I am writing to you" in content(case)


def test_what_changes_in_the_middle_is_kept_from_there_on(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "CHUNK", 2)
    wipe = purging._wipe
    later = datetime.now(UTC)
    reached: list[int | None] = []

    def disturbed(*args: Any, **more: Any) -> int | None:
        reached.append(wipe(*args, **more))
        return reached[-1]

    def is_alive(_: object, owner: str) -> bool:
        return owner == "somebody"

    monkeypatch.setattr(purging, "_wipe", disturbed)
    monkeypatch.setattr(Journal, "_is_alive", is_alive)
    transaction = Journal._deciding_everywhere

    def between(journal: Journal) -> Any:
        if reached == [2]:  # another process plans and claims between two transactions
            reached.append(None)
            change(case, "UPDATE messages SET state = 'claimed', owner = 'somebody' WHERE id = 5")
        return transaction(journal)

    monkeypatch.setattr(Journal, "_deciding_everywhere", between)
    with case.journal() as journal:
        wanted = Purge(before=later, at=later, by="Ann", because="")
        assert journal.purge(["46/19"], wanted).kept == ["46/19"]
    assert reached == [2, None]
    assert b"I am writing to you" in content(case)


def test_one_that_was_cut_off_can_be_done_again(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "CHUNK", 2)
    wipe = purging._wipe

    def cut_off(*args: Any, after: int, **more: Any) -> int | None:
        if after:
            raise OSError(5, "Input/output error")
        return wipe(*args, after=after, **more)

    monkeypatch.setattr(purging, "_wipe", cut_off)
    assert purge(cli, case, "--yes").code == 1
    assert b"I am writing to you" in content(case)
    assert checked(cli, case)
    monkeypatch.setattr(purging, "_wipe", wipe)
    assert purge(cli, case, "--yes").code == 0
    assert b"I am writing to you" not in content(case)
    assert checked(cli, case)


@pytest.mark.parametrize(
    "length", ["90", "1.5", "soon", "", "999999999 days", "800000 days", "-1 d"]
)
def test_a_time_is_a_number_with_its_unit(case: Case, cli: Cli, length: str) -> None:
    ran = purge(cli, case, "--yes", older_than=length)
    assert ran.code == 2
    assert "--older-than" in ran.words
    assert b"I am writing to you" in content(case)


def test_the_json_says_what_was_done_and_what_was_kept(case: Case, cli: Cli) -> None:
    ran = purge(cli, case, "--yes", "--json")
    (row,) = ran.json["campaigns"]
    assert row == {
        "campaign": "46/19", "messages": 5, "last_change": "2019-08-20T09:00:00Z",
        "unfinished": [], "purged": True,
    }  # fmt: skip
    assert {"journal", "before", "marks", "changed_meanwhile", "rewritten", "log_held"} <= set(
        ran.json
    )
    assert purge(cli, case, "--yes", "--json").json["campaigns"] == []


def test_there_must_be_a_journal(tmp_path: Path, cli: Cli) -> None:
    ran = cli("journal", "purge", "--older-than", "1 d", "--journal", tmp_path / "j.db", "--yes")
    assert ran.code == 2
    assert list(tmp_path.iterdir()) == []
