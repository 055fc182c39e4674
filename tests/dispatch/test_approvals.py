"""What was approved is kept whole, read back, and removed by a purge; what is gone is said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, write_home
from memorykit import memory_watched
from uadispatch.channels.message import Receipt
from uadispatch.dispatch.approval.approving import Approval, Before
from uadispatch.dispatch.journal import Purge, consult
from uadispatch.dispatch.journal.whereabouts import ServerUrl
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.snapshot import message_key

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.channels.message import Message
    from uadispatch.dispatch.journal import Purged

REQUIRED = "[approval]\nrequired = true\n"
LATER = NOW + timedelta(days=365)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A campaign of two that must be approved."""
    case = Case(write_home(tmp_path))
    settings = tmp_path / "config/uadispatch.toml"
    settings.write_text(settings.read_text() + REQUIRED)
    case.prepare()
    return case


def approve(case: Case, by: str = "Ann") -> None:
    """Approve it as it is prepared now."""
    with case.journal() as journal:
        journal.approve(
            "46/19", case.prepared.snapshot, case.prepared.targets, at=NOW, by=by,
            because="2 messages to 2 targets",
        )  # fmt: skip


def edit(case: Case, before: str, after: str) -> None:
    text = case.file.read_text()
    assert before in text
    case.file.write_text(text.replace(before, after))
    case.prepare()


def approval(case: Case) -> Approval:
    found = consult(case.url, lambda book: book.approval("46/19"))
    assert found is not None
    return found


def purge(case: Case, *numbers: str) -> Purged:
    with case.journal() as journal:
        wanted = Purge(before=LATER, at=LATER, by="Ann", because="old")
        return journal.purge(numbers or ["46/19"], wanted)


def all_that_is_kept(case: Case) -> str:
    """Every byte of the journal's files; on a server, every row that it shows."""
    if isinstance(case.url, ServerUrl):
        tables = case.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert len(tables) > 9
        query = "SELECT CAST(t AS text) FROM {} t"
        return "".join(row for (name,) in tables for (row,) in case.rows(query.format(name)))
    files = [path for path in (case.file.parent / ".uadispatch").iterdir() if path.is_file()]
    return b"".join(path.read_bytes() for path in files).decode("latin-1")


def is_sound(case: Case) -> bool:
    with case.journal() as journal:
        return journal.check().faults == []


def test_what_was_approved_is_read_back_whole_by_who_only_reads(case: Case) -> None:
    approve(case)
    before = case.prepared
    edit(case, "Official 1", "Official X")
    found = consult(case.url, lambda book: book.approved("46/19"))
    assert found is not None
    assert found.snapshot == before.snapshot
    assert list(found.targets) == list(before.targets)
    assert (found.by, found.at) == ("Ann", NOW)
    assert is_sound(case)


def test_the_last_approval_counts_and_those_before_are_kept(case: Case) -> None:
    approve(case)
    edit(case, "Official 1", "Official X")
    approve(case, by="Ben")
    assert (approval(case).by, approval(case).digest) == ("Ben", case.prepared.snapshot.digest)
    assert [row[0] for row in case.rows("SELECT by FROM facts ORDER BY id")] == ["Ann", "Ben"]
    assert len(case.rows("SELECT * FROM rosters")) == 2
    assert is_sound(case)


def test_nothing_is_approved_where_nobody_did_it(case: Case) -> None:
    case.run()
    assert case.channel.sent == []
    assert consult(case.url, lambda book: (book.approval("46/19"), book.approved("46/19"))) == (
        None, None,
    )  # fmt: skip


def test_an_approval_in_another_journal_is_none_here(case: Case, tmp_path: Path) -> None:
    other = Case(write_home(tmp_path / "elsewhere"))
    approve(other)
    assert other.prepared.snapshot.digest == case.prepared.snapshot.digest
    case.run()
    assert case.channel.sent == []


def test_an_edit_that_is_taken_back_is_approved_as_before(case: Case) -> None:
    approve(case)
    edit(case, "Official 1", "Official X")
    case.run()
    assert case.channel.sent == []
    edit(case, "Official X", "Official 1")
    case.run()
    assert len(case.channel.sent) == 2


def test_a_second_round_needs_an_approval_of_its_own(case: Case) -> None:
    approve(case)
    case.run()
    case.file.write_text("round: 2\n" + case.file.read_text())
    case.prepare()
    case.run()
    assert case.channel.sent == []
    approve(case)
    case.run()
    assert len(case.channel.sent) == 2


def test_what_does_not_belong_together_is_not_approved(case: Case) -> None:
    with case.journal() as journal:
        how = {"at": NOW, "by": "Ann", "because": ""}
        snapshot, targets = case.prepared.snapshot, [*case.prepared.targets]
        with pytest.raises(ValueError, match="its own targets"):
            journal.approve("46/19", snapshot, targets[:1], **how)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="its own campaign"):
            journal.approve("47/19", snapshot, targets, **how)  # type: ignore[arg-type]
    assert case.rows("SELECT * FROM facts") == case.rows("SELECT * FROM rosters") == []


def test_another_text_that_is_approved_amid_a_run_ends_it(case: Case) -> None:
    """The guard is asked in the transaction that claims: what was approved since counts."""
    approve(case)
    mine, text = case.prepared, case.file.read_text()
    edit(case, "Official 1", "Official X")
    other = case.prepared
    case.file.write_text(text)
    case.prepare()
    assert case.prepared.snapshot == mine.snapshot
    send = case.channel.send

    async def approving(message: Message) -> Receipt:
        with case.journal() as journal:
            journal.approve(
                "46/19", other.snapshot, other.targets, at=NOW, by="Ben", because="a mend"
            )
        answer = await send(message)
        assert isinstance(answer, Receipt)
        return answer

    case.channel.send = approving  # type: ignore[method-assign]
    ended = case.run()
    assert len(case.channel.sent) == 1
    assert list(ended.kept_back.values()) == [1]
    assert "changed since it was approved" in next(iter(ended.kept_back))
    assert case.states() == {"official-0": "accepted", "official-1": "planned"}


def test_a_purge_removes_what_only_an_approval_needs(case: Case) -> None:
    approve(case)  # of a text that was never sent
    edit(case, "Official 1", "Official X")
    approve(case)
    case.run()
    assert purge(case).done == ["46/19"]
    left = case.rows("SELECT body FROM targets UNION ALL SELECT body FROM snapshots")
    assert {row[0] for row in left} == {""}
    assert case.rows("SELECT * FROM rosters") == []
    content = all_that_is_kept(case)
    assert "Official 1" not in content
    assert "Official X" not in content
    assert approval(case).of is None
    assert "removed by a purge" in approval(case).lacks
    assert is_sound(case)


def test_a_purge_leaves_what_another_approval_needs(case: Case) -> None:
    approve(case)
    case.run()
    other = case.file.with_name("other.yaml")
    other.write_text(case.file.read_text().replace("46/19", "47/19"))
    second = Case(other)
    with second.journal() as journal:
        journal.approve(
            "47/19", second.prepared.snapshot, second.prepared.targets, at=NOW, by="Ann", because=""
        )
    purge(case)
    found = consult(case.url, lambda book: book.approved("47/19"))
    assert found is not None
    assert len(found.targets) == 2
    assert is_sound(case)


def test_what_was_approved_and_never_sent_is_purged_too(case: Case) -> None:
    approve(case)
    with case.journal() as journal:
        (stands,) = journal.standings(LATER)
    assert (stands.campaign, stands.messages, stands.unfinished, stands.purged) == (
        "46/19", 0, (), False,
    )  # fmt: skip
    assert purge(case, stands.campaign).done == ["46/19"]
    for table in ("targets", "snapshots", "rosters"):
        assert case.rows(f"SELECT * FROM {table}") == []  # noqa: S608 - our own names
    with case.journal() as journal:
        (stands,) = journal.standings(LATER)
    assert stands.purged
    assert is_sound(case)


def test_a_text_that_was_purged_can_be_approved_anew(case: Case) -> None:
    approve(case)
    purge(case)
    approve(case)
    assert approval(case).of is not None
    assert is_sound(case)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM rosters", "was not kept (older versions kept none of it)"),
        ("DELETE FROM snapshots", "was not kept (older versions kept none of it)"),
        ("UPDATE targets SET body = '{}'", "can no longer be read"),
        ("DELETE FROM targets", "can no longer be read"),
        ("UPDATE rosters SET body = '7'", "can no longer be read"),
        ("UPDATE snapshots SET body = '[]'", "can no longer be read"),
        ("UPDATE snapshots SET body = replace(body, 'A. Person', 'B. Person')",
         "can no longer be read"),
        ("UPDATE targets SET body = ''", "removed by a purge"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_and_never_fails(case: Case, statement: str, says: str) -> None:
    approve(case)
    case.change(statement)
    found = approval(case)
    assert (found.by, found.of) == ("Ann", None)
    assert says in found.lacks
    assert not is_sound(case)
    approve(case)  # as the check advises
    if "DELETE" in statement:
        assert is_sound(case)


@pytest.mark.on_file("no server has a journal of an older version")
def test_an_approval_of_an_older_version_counts_and_what_it_was_for_is_unknown(
    case: Case,
) -> None:
    with case.journal() as journal:
        digest = case.prepared.snapshot.digest
        journal.state_fact("46/19", "approved", value=digest, at=NOW, by="Ann")
    case.change("DROP TABLE rosters")
    case.change("DROP INDEX facts_opted_out")
    case.change("UPDATE meta SET value = '4' WHERE name = 'version'")
    case.journal().close()
    assert "was not kept" in approval(case).lacks
    case.run()
    assert len(case.channel.sent) == 2


def old_rosters(case: Case) -> None:
    """Let the journal have its rosters as version 6 had them: each in one row."""
    for statement in (
        "ALTER TABLE rosters RENAME TO parts",
        "CREATE TABLE rosters (digest VARCHAR NOT NULL PRIMARY KEY, body TEXT NOT NULL)",
        """INSERT INTO rosters SELECT digest, '[' || group_concat(trim(body, '[]'), ',') || ']'
            FROM (SELECT * FROM parts ORDER BY digest, part) GROUP BY digest""",
        "DROP TABLE parts",
        "DROP INDEX facts_opted_out",
        "UPDATE meta SET value = '6' WHERE name = 'version'",
    ):
        case.change(statement)


@pytest.mark.on_file("no server has a journal of an older version")
@pytest.mark.parametrize("number", [1, 999, 1000, 1001, 2500])
def test_a_roster_is_kept_in_parts_and_one_of_an_older_version_is_parted(
    tmp_path: Path, number: int
) -> None:
    case = Case(write_home(tmp_path, count=number))
    approve(case)
    kept = case.rows("SELECT * FROM rosters ORDER BY part")
    assert len(kept) == -(-number // 1000)
    assert max(body.count(",") + 1 for _, _, body in kept) <= 1000
    old_rosters(case)
    assert len(case.rows("SELECT * FROM rosters")) == 1
    case.journal().close()
    assert case.rows("SELECT * FROM rosters ORDER BY part") == kept
    found = approval(case).of
    assert found is not None
    assert list(found.targets) == list(case.prepared.targets)
    assert is_sound(case)


@pytest.mark.on_file("no server has a journal of an older version")
def test_a_roster_that_an_older_version_has_left_damaged_is_brought_forward_as_it_is(
    case: Case,
) -> None:
    approve(case)
    old_rosters(case)
    case.change("UPDATE rosters SET body = '[7'")
    case.journal().close()
    assert [row[1:] for row in case.rows("SELECT * FROM rosters")] == [(0, "[7")]
    assert "can no longer be read" in approval(case).lacks
    assert not is_sound(case)
    approve(case)
    assert is_sound(case), "it is kept anew"


@pytest.mark.on_file("what it holds in memory is the same, and a server takes its time for it")
def test_to_keep_and_to_read_what_was_approved_takes_no_memory_for_each_target(
    tmp_path: Path,
) -> None:
    peaks: list[int] = []
    for number in (3_000, 3_000, 9_000):  # the first warms up
        case = Case(write_home(tmp_path / str(len(peaks)), count=number))
        snapshot, targets = case.prepared.snapshot, case.prepared.targets
        with case.journal() as journal, memory_watched() as worst:
            journal.approve("46/19", snapshot, targets, at=NOW, by="Ann", because="")
            assert journal.approved("46/19") is not None
            peaks.append(worst())
    assert peaks[-1] < peaks[-2] + 300_000, "6,000 digests alone are 700 kB, if they are held"


def test_the_message_as_it_was_approved_is_composed_again(case: Case) -> None:
    approve(case)
    composer, (first, _) = Composer(case.prepared.snapshot), case.prepared.targets
    contact = first.target.contact_on("email")
    assert contact is not None
    key = message_key("46/19", 1, "official-0", "fake")
    was = composer.compose(first.target, "fake", contact, "en", key=key, at=NOW)
    edit(case, "I am writing to you", "I write to you")
    edit(case, "official-1, name", "official-9, name")
    found = approval(case).of
    assert found is not None
    before = Before(found, {"fake": "email", "fax": "fax"})
    assert before.message(key, "official-0", "fake", NOW) == was
    assert "I am writing to you" in was.body
    assert before.message(message_key("46/19", 2, "official-0", "fake"), "official-0", "fake",
                          NOW) is None, "of another round"  # fmt: skip
    assert before.message(key, "official-9", "fake", NOW) is None
    assert before.message(key, "official-0", "fax", NOW) is None
    assert list(before.gone(case.prepared.targets)) == [("official-1", "fake")]
    edit(case, ", email: official-0@example.org", "")
    assert list(before.gone(case.prepared.targets)) == [
        ("official-0", "fake"), ("official-1", "fake"),
    ]  # fmt: skip
    edit(case, "official-9, name", "official-1, name")
    assert list(before.gone(case.prepared.targets)) == [("official-0", "fake")]
