"""``export``: the whole journal of a campaign, in two formats that say the same."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, write_home
from memorykit import memory_watched
from uadispatch.dispatch.journal import Journal
from uadispatch.views.records import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clikit import Cli


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Two messages that were sent, a closing, and two opt-outs of which one concerns us."""
    case = Case(write_home(tmp_path))
    case.run()
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann", because="wait", channel="fake")
        journal.state_fact("46/19", "resumed", at=NOW, by="Ann", channel="fake")
        journal.state_fact("46/19", "closed", at=NOW, by="Ann", because='he is "free",\nat last')
        journal.state_fact("47/19", "closed", at=NOW, by="Ann", because="another one's")
        for contact in ("official-1@example.org", "stranger@example.org"):
            journal.state_fact(
                None, "opted_out", at=NOW, by="f" * 16, channel="fake", value=contact
            )
    change(
        case,
        "INSERT INTO marks VALUES ('fake', 'gone@example.org', 1, '46/19', 'no such mailbox')",
    )
    return case


def change(case: Case, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        book.execute(statement, values)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n") if line]


def test_every_message_move_and_fact_is_there(case: Case, cli: Cli) -> None:
    ran = cli("export", case.file, "--format", "jsonl")
    assert ran.code == 0
    found = lines(ran.out)
    assert [record["record"] for record in found] == [
        "campaign", *["message", "move", "move", "move"] * 2, *["fact"] * 4,
        "mark",
    ]  # fmt: skip
    assert found[0]["file"] == str(case.file)
    message = case.entries()["official-0"]
    assert (found[1]["key"], found[1]["to"], found[1]["state"]) == (
        message.key, "official-0@example.org", "accepted",
    )  # fmt: skip
    moves = [(move["before"], move["after"], move["attempt"]) for move in found[2:5]]
    assert moves == [
        (None, "planned", 0), ("planned", "claimed", 1), ("claimed", "accepted", 1)
    ]  # fmt: skip
    assert [move["seconds"] for move in found[2:5]] == [None, None, 0.0]
    assert {move["key"] for move in found[2:5]} == {message.key}
    assert [(fact["kind"], fact["reason"], fact["value"]) for fact in found[-5:-1]] == [
        ("stopped", "wait", None),
        ("resumed", "", None),
        ("closed", 'he is "free",\nat last', None),
        ("opted_out", "", "official-1@example.org"),
    ]
    assert (found[-1]["contact"], found[-1]["reason"]) == ("gone@example.org", "no such mailbox")


def test_both_formats_say_the_same_under_the_same_names(case: Case, cli: Cli) -> None:
    table = rows(cli("export", case.file).out)
    exact = lines(cli("export", case.file, "--format", "jsonl").out)
    assert len(table) == len(exact)
    for row, record in zip(table, exact, strict=True):
        assert list(row) == list(FIELDS)
        for name, cell in row.items():
            value = record.get(name)
            assert cell == ("" if value is None else str(value)), name


def test_the_list_of_fields_is_true(case: Case, cli: Cli) -> None:
    has: dict[str, set[str]] = {}
    for record in lines(cli("export", case.file, "--format", "jsonl").out):
        for name in record:
            has.setdefault(name, set()).add(record["record"])
    everywhere = {"campaign", "message", "move", "fact", "mark"}
    assert has == {
        name: everywhere if field.records == "all" else set(field.records.split(", "))
        for name, field in FIELDS.items()
    }


@pytest.mark.parametrize(
    "words", ["=1+1", "+7 7172", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"]
)
def test_no_cell_is_a_formula_and_json_lines_is_exact(case: Case, cli: Cli, words: str) -> None:
    change(case, "UPDATE moves SET reason = ? WHERE after = 'accepted'", words)
    table = rows(cli("export", case.file).out)
    assert [row["reason"] for row in table if row["after"] == "accepted"] == [f"'{words}"] * 2
    exact = lines(cli("export", case.file, "--format", "jsonl").out)
    assert [row["reason"] for row in exact if row.get("after") == "accepted"] == [words] * 2


def test_a_time_that_ran_backwards_stays_a_number(case: Case, cli: Cli) -> None:
    change(case, "UPDATE moves SET at = at - 500000 WHERE after = 'accepted'")
    table = rows(cli("export", case.file).out)
    assert [row["seconds"] for row in table if row["after"] == "accepted"] == ["-0.5"] * 2


def test_csv_is_as_rfc_4180_has_it(case: Case, cli: Cli) -> None:
    cli("export", case.file, "--output", case.file.with_name("out.csv"))
    written = case.file.with_name("out.csv").read_bytes()
    assert written.endswith(b"\r\n")
    assert b'"he is ""free"",\nat last"' in written
    assert written.startswith(b'"record","campaign"')


def test_a_file_is_for_its_owner_and_never_overwritten_unasked(case: Case, cli: Cli) -> None:
    file = case.file.with_name("out.csv")
    old = os.umask(0)
    try:
        ran = cli("export", case.file, "--output", file)
    finally:
        os.umask(old)
    assert (ran.code, ran.out) == (0, "")
    assert "14 records of campaign 46/19 written to" in ran.words
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    ran = cli("export", case.file, "--output", file, "--format", "jsonl")
    assert ran.code == 2
    assert "--force" in ran.words
    assert file.read_bytes() == before
    assert cli("export", case.file, "--output", file, "--format", "jsonl", "--force").code == 0
    assert len(lines(file.read_text())) == 14


def test_a_file_is_written_whole_or_not_at_all(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = case.file.with_name("out.csv")
    file.write_text("old")
    records = Journal.records

    def cut_off(journal: Journal, campaign: str) -> Iterator[Any]:
        yield next(records(journal, campaign))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "records", cut_off)
    before = sorted(case.file.parent.iterdir())
    ran = cli("export", case.file, "--output", file, "--force")
    assert ran.code == 1
    assert "No space left" in ran.words
    assert file.read_text() == "old"
    assert sorted(case.file.parent.iterdir()) == before


@pytest.mark.parametrize("name", ["missing/out.csv", "config", ".uadispatch/journal.db"])
def test_what_is_no_place_for_it_is_named(case: Case, cli: Cli, name: str) -> None:
    journal = case.file.parent / ".uadispatch/journal.db"
    before = journal.read_bytes()
    ran = cli("export", case.file, "--force", "--output", case.file.parent / name)
    assert ran.code == 2
    assert name in ran.words
    assert journal.read_bytes() == before


def test_an_unknown_campaign_writes_nothing(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case.file.parent)
    case.file.unlink()
    assert cli("export", "46/19").code == 0
    ran = cli("export", "47/19", "--output", "out.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "has never seen campaign 47/19" in ran.words
    assert not case.file.with_name("out.csv").exists()


def writing_meanwhile(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a whole run come and go while the first export is read."""
    records = Journal.records
    begun: list[Journal] = []

    def disturbed(journal: Journal, campaign: str) -> Iterator[Any]:
        for record in records(journal, campaign):
            yield record
            if not begun:
                begun.append(case.journal())
                begun[0].state_fact("46/19", "stopped", at=NOW, by="Eve")
                begun[0].close()

    monkeypatch.setattr(Journal, "records", disturbed)


def test_a_file_holds_one_moment_whoever_writes_meanwhile(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = case.file.with_name("out.csv")
    writing_meanwhile(case, monkeypatch)
    assert cli("export", case.file, "--output", file).code == 0
    assert [row["by"] for row in rows(file.read_text()) if row["record"] == "fact"][-1] == "Eve"


def test_what_was_printed_while_somebody_wrote_is_called_in_question(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing_meanwhile(case, monkeypatch)
    ran = cli("export", case.file)
    assert ran.code == 2
    assert "run it again" in ran.words


def test_a_run_that_goes_on_is_not_disturbed(case: Case, cli: Cli) -> None:
    with case.journal() as journal, journal._deciding_everywhere() as writing:
        writing.exec_driver_sql("UPDATE messages SET state = 'claimed'")
        found = lines(cli("export", case.file, "--format", "jsonl").out)
        assert [row["state"] for row in found if "state" in row] == ["accepted"] * 2


def test_a_large_campaign_is_never_held_in_memory(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        (first, *_), names = (
            book.execute("SELECT * FROM messages").fetchall(),
            [row[1] for row in book.execute("PRAGMA table_info(messages)")],
        )
        marks = ", ".join("?" * len(names))
        many = (
            {**dict(zip(names, first, strict=True)), "id": number, "key": f"{number:064d}"}
            for number in range(3, 10_003)
        )
        book.executemany(
            f"INSERT INTO messages VALUES ({marks})",  # noqa: S608 - only question marks
            (tuple(message.values()) for message in many),
        )
        book.execute(
            'INSERT INTO moves (message, at, after, attempt, "to", reason, by) '
            "SELECT id, changed_at, 'planned', 0, '', '', 'x' FROM messages WHERE id > 2"
        )
    file = case.file.with_name("out.csv")
    monkeypatch.chdir(case.file.parent)
    cli("export", "46/19", "--output", file)
    with memory_watched() as worst:
        cli("export", "46/19", "--output", file, "--force")
        peak = worst()
    assert file.stat().st_size > 6_000_000
    assert peak < 4_000_000
