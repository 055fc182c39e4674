"""``journal check``: sound books are found sound, and whatever breaks them is found."""

# ruff: noqa: S608, ISC004 - statements that break a journal are the data here

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casekit import NOW, Case, write_home
from uadispatch.channels.contract import Capabilities
from uadispatch.channels.message import Handover, Receipt
from uadispatch.dispatch.journal import Journal, Moment, Pacing, Repeatable, Selection
from uadispatch.dispatch.snapshot import digest
from uadispatch.errors import ConfigError, OptedOut, Rejected, Temporary, Unknown

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli

ANSWERS: dict[str, Any] = {
    "accepted": Receipt(says="taken", id="1"),
    "confirmed": Receipt(says="read", confirmed=True),
    "retry": Temporary("busy", code="450"),
    "failed": Rejected("no such mailbox", contact=True),
    "in_doubt": Unknown("no answer"),
    "with_person": Handover(links=("https://example.org",)),
    "opted_out": OptedOut("no more"),
    "planned": ConfigError("wrong password"),
}
LATER = NOW + timedelta(days=1)
OF = {state: f"official-{number}" for number, state in enumerate(ANSWERS)}
"""Which target's message is in which state."""


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A message in each state, a second round, and facts of several kinds."""
    case = Case(write_home(tmp_path, count=len(ANSWERS)))
    for state, answer in ANSWERS.items():
        case.channel.script(OF[state], answer)
    case.run()
    case.file.write_text("round: 2\n" + case.file.read_text())
    case.prepare()
    case.run(limit=1)
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann", channel="fake")
        journal.approve(
            "46/19", case.prepared.snapshot, case.prepared.targets, at=NOW, by="Ann", because="ok"
        )
    return case


def change(case: Case, *statements: str) -> None:
    for statement in statements:
        case.change(statement)


def the(state: str) -> str:
    """The message that is in `state`, for a WHERE."""
    return f"target = '{OF[state]}' AND round = 1"


def moves_of(state: str) -> str:
    return f"message = (SELECT id FROM messages WHERE {the(state)})"


def test_sound_books_are_found_sound(case: Case, cli: Cli) -> None:
    ran = cli("journal", "check", "--journal", case.url.given)
    assert ran.code == 0
    assert (
        "1 campaign, 16 messages, 34 moves, 3 facts, 1 mark, 2 snapshots, 8 targets, "
        "1 roster." in ran.words
    )
    assert "The books are consistent." in ran.words


def test_what_was_checked_is_said_as_json_too(case: Case, cli: Cli) -> None:
    ran = cli("journal", "check", "--journal", case.url.given, "--json")
    assert ran.json == {
        "journal": case.url.database,
        "consistent": True,
        "checked": {
            "campaigns": 1, "messages": 16, "moves": 34, "facts": 3, "marks": 1,
            "snapshots": 2, "targets": 8, "rosters": 1,
        },
        "problems": [],
        "number": 0,
        "clock_steps": 0,
    }  # fmt: skip


CORRUPTIONS: dict[str, tuple[list[str], str]] = {
    "a state that no move reached": (
        [f"UPDATE messages SET state = 'confirmed' WHERE {the('accepted')}"],
        "official-0/fake of Urgent Action 46/19: it is confirmed, but its last move reached "
        "accepted",
    ),
    "a state that there is not": (
        [f"UPDATE messages SET state = 'sent' WHERE {the('accepted')}"],
        "its state 'sent' is none",
    ),
    "another key": (
        [f"UPDATE messages SET key = '{'0' * 64}' WHERE {the('accepted')}"],
        "its key is not that of its campaign, round, target and channel",
    ),
    "another target under the same key": (
        [f"UPDATE messages SET target = 'embassy' WHERE {the('accepted')}"],
        "embassy/fake of Urgent Action 46/19: its key is not that",
    ),
    "another campaign": (
        [f"UPDATE messages SET campaign = '47/19' WHERE {the('accepted')}"],
        "Urgent Action 47/19: its campaign is not there",
    ),
    "a key twice": (
        [
            "CREATE TABLE others AS SELECT * FROM messages",
            "INSERT INTO others SELECT * FROM messages WHERE id = 1",
            "UPDATE others SET id = 99 WHERE rowid = (SELECT max(rowid) FROM others)",
            "DROP TABLE messages",
            "ALTER TABLE others RENAME TO messages",
        ],
        "is there 2 times",
    ),
    "more tries than were made": (
        [f"UPDATE messages SET attempts = 7 WHERE {the('accepted')}"],
        "it counts 7 tries, and its moves 1",
    ),
    "a claim that was given back, but counted": (
        [f"UPDATE messages SET attempts = 1 WHERE {the('planned')}"],
        "it counts 1 tries, and its moves 0",
    ),
    "more tries excused than made": (
        [f"UPDATE messages SET excused = 2 WHERE {the('accepted')}"],
        "it excuses 2 tries of 1",
    ),
    "a retry without a time": (
        [f"UPDATE messages SET not_before = NULL WHERE {the('retry')}"],
        "it waits for another try, but for no time",
    ),
    "a claim without an owner": (
        [
            f"DELETE FROM moves WHERE after = 'accepted' AND {moves_of('accepted')}",
            f"UPDATE messages SET state = 'claimed', owner = NULL WHERE {the('accepted')}",
        ],
        "it is claimed, but by nobody",
    ),
    "a claim of another owner": (
        [
            f"DELETE FROM moves WHERE after = 'accepted' AND {moves_of('accepted')}",
            f"UPDATE messages SET state = 'claimed', owner = 'x' WHERE {the('accepted')}",
        ],
        "it is claimed by another than its last move says",
    ),
    "a claim at another time": (
        [f"UPDATE messages SET claimed_at = claimed_at + 1 WHERE {the('accepted')}"],
        "it was claimed at a time at which it made no such move",
    ),
    "a first try at another time": (
        [f"UPDATE messages SET first_try_at = first_try_at + 1 WHERE {the('accepted')}"],
        "its first try has a time at which it made no such move",
    ),
    "no moves": (
        [f"DELETE FROM moves WHERE {moves_of('accepted')}"],
        "it has no moves",
    ),
    "moves that do not begin at the beginning": (
        [f"DELETE FROM moves WHERE before IS NULL AND {moves_of('accepted')}"],
        "its moves do not begin with being planned",
    ),
    "a move that is missing": (
        [f"DELETE FROM moves WHERE after = 'claimed' AND {moves_of('accepted')}"],
        "its move 2 leaves claimed, but the one before reached planned",
    ),
    "a move that is not allowed": (
        [
            f"DELETE FROM moves WHERE after = 'claimed' AND {moves_of('accepted')}",
            f"UPDATE moves SET before = 'planned' WHERE after = 'accepted' "
            f"AND {moves_of('accepted')}",
        ],
        "its move 2 from planned to accepted is not allowed",
    ),
    "a move to a state that there is not": (
        [f"UPDATE moves SET after = 'sent' WHERE after = 'accepted' AND {moves_of('accepted')}"],
        "its move 3 has a state that is none",
    ),
    "a move of another try": (
        [f"UPDATE moves SET attempt = 3 WHERE after = 'accepted' AND {moves_of('accepted')}"],
        "its move 3 is of try 3, which should be 1",
    ),
    "a move by nobody": (
        [f"UPDATE moves SET by = '' WHERE after = 'accepted' AND {moves_of('accepted')}"],
        "its move 3 does not say who made it",
    ),
    "a move before its time": (
        [f"UPDATE moves SET at = at - 3600000000 WHERE after = 'accepted' "
         f"AND {moves_of('accepted')}"],
        "its move 3 is 3600 s earlier than the one before, by the same process",
    ),
    "a time that is a text": (
        [f"UPDATE messages SET expires_at = 'soon' WHERE {the('accepted')}"],
        "its expires_at is no time",
    ),
    "a move at a time that is a text": (
        [f"UPDATE moves SET at = 'soon' WHERE {moves_of('accepted')}"],
        "its move 1 has no time",
    ),
    "a text that is bytes": (
        [f"UPDATE messages SET \"to\" = x'ff00' WHERE {the('accepted')}"],
        "its to is no text",
    ),
    "a receipt that is no receipt": (
        [f"UPDATE messages SET receipt = '[1' WHERE {the('accepted')}"],
        "its receipt is no JSON object",
    ),
    "a text that is no UTF-8": (
        [f"UPDATE moves SET reason = CAST(x'ff' AS TEXT) WHERE {moves_of('accepted')}"],
        "a part of it cannot be read: Could not decode to UTF-8",
    ),
    "a changed snapshot": (
        ["UPDATE snapshots SET body = replace(body, 'A. Person', 'B. Person')"],
        "is not what its digest says",
    ),
    "an emptied snapshot": (
        ["UPDATE snapshots SET body = ''"],
        "its text is gone, and no purge has removed it",
    ),
    "a changed target": (
        ["UPDATE targets SET body = replace(body, 'Official 0', 'Official 9')"],
        "is not what its digest says",
    ),
    "an emptied target": (
        ["UPDATE targets SET body = ''"],
        "its target is gone, and no purge has removed it",
    ),
    "another's target": (
        [f"UPDATE messages SET target_digest = (SELECT target_digest FROM messages "
         f"WHERE {the('retry')}) WHERE {the('accepted')}"],
        "it is tied to the target 'official-2'",
    ),
    "another round's snapshot": (
        ["UPDATE messages SET snapshot = (SELECT snapshot FROM campaigns) WHERE round = 1"],
        "it is of round 1, and tied to a snapshot of round 2",
    ),
    "a missing snapshot": (
        ["DELETE FROM snapshots WHERE digest = (SELECT snapshot FROM campaigns)"],
        "it belongs to a row of snapshots that is not there",
    ),
    "a missing target": (
        ["DELETE FROM targets"],
        "it belongs to a row of targets that is not there",
    ),
    "moves of no message": (
        [f"DELETE FROM messages WHERE {the('accepted')}"],
        "row 1 of moves belongs to a row of messages that is not there",
    ),
    "messages of no campaign": (
        ["DELETE FROM campaigns"],
        "its campaign is not there",
    ),
    "a fact of an unknown kind": (
        ["UPDATE facts SET kind = 'shut' WHERE kind = 'stopped'"],
        "Urgent Action 46/19: fact 2: 'shut' is no kind of fact",
    ),
    "an opt-out of nobody": (
        ["UPDATE facts SET value = NULL WHERE kind = 'opted_out'"],
        "it is opted_out, and does not say of which value",
    ),
    "an approval of nothing": (
        ["UPDATE facts SET value = 'yes' WHERE kind = 'approved'"],
        "what was approved is no digest",
    ),
    "a changed roster": (
        ["UPDATE rosters SET body = replace(body, 'a', 'b')"],
        "it is not what its digest says",
    ),
    "a roster that is no list": (
        [f"UPDATE rosters SET body = '7', digest = '{digest('7')}'"],
        "it is no list of targets",
    ),
    "a roster of targets that are not there": (
        ["PRAGMA foreign_keys = OFF", "DELETE FROM targets"],
        "targets that it lists are not there: 8",
    ),
    "an approval of which nothing is kept": (
        ["DELETE FROM rosters"],
        "Urgent Action 46/19: what was approved last is not kept",
    ),
    "an approval of another digest": (
        [f"UPDATE facts SET value = '{'a' * 64}' WHERE kind = 'approved'"],
        "Urgent Action 46/19: what was approved last is not kept",
    ),
    "a fact by nobody": (
        ["UPDATE facts SET by = '' WHERE kind = 'approved'"],
        "it does not say who stated it",
    ),
    "a mark without a time": (
        ["UPDATE marks SET at = 'now'"],
        "the mark of official-3@example.org on fake has no time",
    ),
    "a mark of no campaign": (
        ["UPDATE marks SET campaign = '47/19'"],
        "was made in a campaign that is not there: 47/19",
    ),
    "a fact without a time": (
        ["UPDATE facts SET at = 'now' WHERE kind = 'approved'"],
        "it has no time",
    ),
}  # fmt: skip


NOT_ON_A_SERVER = (
    "a key twice", "a missing snapshot", "a missing target", "moves of no message",
    "a roster of targets that are not there", "a time that is a text",
    "a move at a time that is a text", "a mark without a time", "a fact without a time",
    "a text that is bytes", "a text that is no UTF-8",
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name not in NOT_ON_A_SERVER])
def test_each_corruption_is_found_and_named(case: Case, cli: Cli, name: str) -> None:
    is_found_and_named(case, cli, name)


@pytest.mark.on_file("a server takes no text for a number, and no row that belongs to nothing")
@pytest.mark.parametrize("name", NOT_ON_A_SERVER)
def test_so_is_each_that_a_server_would_not_take(case: Case, cli: Cli, name: str) -> None:
    is_found_and_named(case, cli, name)


def is_found_and_named(case: Case, cli: Cli, name: str) -> None:
    statements, says = CORRUPTIONS[name]
    change(case, *statements)
    ran = cli("journal", "check", "--journal", case.url.given)
    assert ran.code == 1
    assert says in ran.words
    assert "Do not send from this journal" in ran.words
    shape = cli("journal", "check", "--journal", case.url.given, "--json")
    assert shape.code == 1
    assert shape.json["consistent"] is False
    assert len(shape.json["problems"]) == shape.json["number"] > 0


def test_what_is_wrong_with_one_message_is_said_of_that_one_alone(case: Case, cli: Cli) -> None:
    change(case, f"UPDATE messages SET state = 'failed' WHERE {the('accepted')}")
    (problem,) = cli("journal", "check", "--journal", case.url.given, "--json").json["problems"]
    assert (problem["campaign"], problem["message"]) == ("46/19", "official-0/fake")


def test_of_many_problems_fifty_are_listed_and_all_counted(tmp_path: Path, cli: Cli) -> None:
    case = Case(write_home(tmp_path, count=80))
    case.run()
    change(case, "UPDATE messages SET attempts = 9")
    ran = cli("journal", "check", "--journal", case.url.given)
    assert ran.out.count("wrong:") == 50
    assert "and 30 more" in ran.words


def test_a_clock_that_was_set_back_a_little_is_said_and_let_pass(case: Case, cli: Cli) -> None:
    change(case, f"UPDATE moves SET at = at - 30000000 WHERE after = 'accepted' "
                 f"AND {moves_of('accepted')}")  # fmt: skip
    ran = cli("journal", "check", "--journal", case.url.given)
    assert ran.code == 0
    assert "1 move is a little earlier" in ran.words


def test_two_machines_may_disagree_about_the_time(case: Case, cli: Cli) -> None:
    change(case, f"UPDATE moves SET at = at - 3600000000, by = 'another' "
                 f"WHERE after = 'accepted' AND {moves_of('accepted')}")  # fmt: skip
    ran = cli("journal", "check", "--journal", case.url.given, "--json")
    assert (ran.code, ran.json["clock_steps"]) == (0, 1)


def test_a_try_that_was_cut_off_counts(case: Case, cli: Cli) -> None:
    change(
        case,
        f"UPDATE moves SET by = 'another' WHERE after = 'planned' AND before IS NOT NULL "
        f"AND {moves_of('planned')}",
        f"UPDATE messages SET attempts = 1 WHERE {the('planned')}",
    )
    assert cli("journal", "check", "--journal", case.url.given).code == 0
    change(case, f"UPDATE messages SET attempts = 0 WHERE {the('planned')}")
    assert cli("journal", "check", "--journal", case.url.given).code == 1


@pytest.mark.parametrize("repeatable", [None, *Repeatable])
def test_the_books_are_consistent_after_a_crash(
    tmp_path: Path, cli: Cli, repeatable: Repeatable | None
) -> None:
    case = Case(write_home(tmp_path, count=3))
    case.channel.script("official-1", Temporary("busy"))
    case.run()
    quoted = f"'{repeatable}'" if repeatable else "NULL"
    for at in (1, 2):
        with case.journal() as journal:
            change(case, f"UPDATE messages SET repeatable = {quoted}")
            ids = journal.due("46/19", "fake", Selection(), now=LATER, after=0, limit=9)
            journal.turn(
                [], ids, moment=lambda: Moment(campaign="46/19", now=LATER), owner="a" * 16,
                pace=Pacing(channel="fake", repeatable=repeatable),
            )  # fmt: skip
            assert cli("journal", "check", "--journal", case.url.given).code == 0
            assert journal.recover(at=LATER + timedelta(minutes=at), by="b" * 16) == len(ids)
            keys = [entry.key for entry in journal.entries("46/19") if entry.state == "in_doubt"]
            assert len(keys) == (0 if repeatable is Repeatable.PERSON else 1)
            journal.resolve(keys, sent=False, at=LATER + timedelta(minutes=at), by="Ann")
        assert cli("journal", "check", "--journal", case.url.given).code == 0


@pytest.mark.on_file("it is the file that is damaged")
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_file_that_was_cut_short_gives_a_text(case: Case, cli: Cli, keep: float) -> None:
    path = case.file.parent / ".uadispatch/journal.db"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep) // 4096 * 4096])
    ran = cli("journal", "check", "--journal", path)
    assert ran.code in (1, 2)
    assert "damaged" in ran.words or "malformed" in ran.words


@pytest.mark.on_file("it is the file that is damaged")
def test_every_page_may_be_overwritten(case: Case, cli: Cli) -> None:
    path = case.file.parent / ".uadispatch/journal.db"
    content = path.read_bytes()
    for start in range(0, len(content), 4096):
        page = bytearray(content)
        page[start + 40 : start + 1000] = b"\xa5" * 960
        path.write_bytes(page)
        ran = cli("journal", "check", "--journal", path)
        if ran.code == 0:  # nothing stood there
            assert not content[start + 40 : start + 1000].strip(b"\0"), start


@pytest.mark.on_file("it is a file that is named")
def test_no_journal_and_no_database_give_a_text(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "j.db"
    ran = cli("journal", "check", "--journal", path)
    assert (ran.code, "no journal here yet" in ran.words) == (2, True)
    path.write_bytes(b"this is no database, " * 100)
    ran = cli("journal", "check", "--journal", path)
    assert (ran.code, "j.db" in ran.words) == (2, True)


@pytest.mark.on_file("by default it lies in a file")
def test_the_journal_of_the_working_directory_is_the_default(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = case.file.parent / "config"
    monkeypatch.chdir(deep)
    assert cli("journal", "check", "--json").json["journal"] == case.url.database


def test_it_changes_no_file(case: Case, cli: Cli) -> None:
    folder = case.file.parent
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert cli("journal", "check", "--journal", case.url.given).code == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_it_may_run_while_another_process_writes(case: Case, cli: Cli) -> None:
    with case.journal() as journal, journal._deciding_everywhere() as writing:
        writing.exec_driver_sql("UPDATE messages SET attempts = 9")
        assert cli("journal", "check", "--journal", case.url.given).code == 0
    assert cli("journal", "check", "--journal", case.url.given).code == 1


@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    runs=st.lists(
        st.lists(st.sampled_from(sorted(ANSWERS)), min_size=3, max_size=3), min_size=1, max_size=6
    ),
    hours=st.lists(st.integers(0, 100), min_size=6, max_size=6),
    idempotent=st.booleans(),
)
def test_whatever_the_far_end_answers_the_books_stay_consistent(
    tmp_path_factory: pytest.TempPathFactory,
    runs: list[list[str]],
    hours: list[int],
    *,
    idempotent: bool,
) -> None:
    case = Case(write_home(tmp_path_factory.mktemp("case"), count=3))
    for number, answers in enumerate(runs):
        case.prepare()
        case.channel.capabilities_given = Capabilities(idempotent=idempotent)
        for target, answer in enumerate(answers):
            case.channel.script(f"official-{target}", ANSWERS[answer])
        case.run()
        case.clock = type(case.clock)(case.clock.now() + timedelta(hours=hours[number]))
    with Journal(case.url, write=False) as journal:
        found = journal.check()
    assert found.faults == []
    assert found.rows["messages"] == 3
