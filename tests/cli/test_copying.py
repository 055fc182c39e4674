"""``journal copy``, typed amid a campaign, and killed at any line: it goes on where it went to."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import postgreskit
from clikit import Cli, Use, start, until, write_campaign
from journalkit import Raw
from torture.warm import Job, Warm
from uadispatch.dispatch.journal import Journal, JournalError, journal_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Tell
    from uadispatch.testing.far_ends.smtp import SmtpServer

COUNT, SENT = 8, 3
KILLS = 12


@pytest.fixture
def to(the_server: str, tmp_path: Path) -> Iterator[str]:
    databases = postgreskit.Databases(the_server)
    yield databases.of(tmp_path).given
    databases.drop()


@pytest.fixture
def home(
    tmp_path: Path, cli: Cli, use: Use, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A campaign of which a part is sent; whoever types stands in its home."""
    file = write_campaign(tmp_path, COUNT)
    use(server)
    assert cli("send", file, "--yes", "--limit", SENT).code == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seen(cli: Cli, folder: Path, *words: str) -> list[Any]:
    """All that commands say of the campaign, but for the names of places and the time."""
    table = folder / "table.csv"
    ran = [
        cli("status", "46/30", "--json", *words),
        cli("status", "46/30", "--messages", *words),
        cli("status", "46/30", "t1/email", *words),
        cli("report", "46/30", "--csv", table, "--force", *words),
        cli("export", "46/30", *words),
        cli("export", "46/30", "--format", "jsonl", *words),
        cli("journal", "check", *words),
    ]
    assert all(each.code in (0, 4) for each in ran)
    without = re.compile(r"^(Urgent Action 46/30 in|Checked|As of) \S+", re.MULTILINE)
    return [*(without.sub("", each.out) for each in ran), table.read_bytes()]


def test_a_campaign_goes_on_where_it_was_moved_to(
    home: Path, to: str, cli: Cli, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = seen(cli, home)
    ran = cli("journal", "copy", to, answer="y\n")
    assert ran.code == 0
    assert f"(1 campaign, {COUNT} messages) to" in ran.words
    assert f"{SENT} accepted" in ran.words
    assert "Next, on every machine: UADISPATCH_JOURNAL=" in ran.words
    for words in (
        ("send", "ua.yaml", "--yes"), ("confirm", "46/30"), ("stop", "46/30"),
        ("close", "46/30", "--because", "x"),
        ("resolve", "46/30", "--all", "--sent"), ("tasks", "46/30"), ("mend", "46/30", "--all"),
        ("reopen", "46/30", "--because", "x"), ("approve", "ua.yaml", "0" * 64, "--by", "Ann"),
    ):  # fmt: skip
        ran = cli(*words)
        assert ran.code == 2, words
        assert "this journal was moved to postgresql://" in ran.words, words
    for words in (
        ("status", "46/30"), ("report", "46/30"), ("export", "46/30"), ("journal", "check"),
        ("dry-run", "ua.yaml"), ("journal", "purge", "--older-than", "1 day"),
    ):  # fmt: skip
        ran = cli(*words)
        assert ran.err.startswith("! this journal was moved to postgresql://"), words
    assert seen(cli, home) == before
    monkeypatch.setenv("UADISPATCH_JOURNAL", to)
    assert seen(cli, home) == before
    worker = start("worker")
    ran = cli("send", "ua.yaml", "--yes", "--workers", "--json")
    assert (ran.code, ran.json["states"]) == (0, {"accepted": COUNT})
    worker.terminate()
    worker.communicate(timeout=30)
    assert sorted(mail.recipients[0] for mail in server.mails) == [
        f"t{number}@example.org" for number in range(COUNT)
    ]


def test_what_cannot_be_moved_is_said(
    home: Path, to: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, says in (
        ((home / "other.db",), "moved to PostgreSQL alone"),
        (("postgresql://ann:secret@db.example.org/ua",), "can read a password that is typed"),
        ((to, "--journal", to), "on a server already; name the file"),
        ((to, "--journal", home / "none.db"), "there is no journal here yet"),
        ((to, "--take-back"), "nothing is to be taken back"),
        (("postgresql://127.0.0.1:1/ua", "--yes"), "cannot be reached"),
    ):
        ran = cli("journal", "copy", *words)
        assert ran.code == 2
        assert says in ran.words
        assert "secret" not in ran.words
    assert cli("journal", "copy", to, answer="n\n").code == 1
    assert cli("journal", "copy", to).code == 130
    assert not (home / "other.db").exists()
    monkeypatch.setenv("UADISPATCH_JOURNAL", to)
    assert "name the file that is to be moved with --journal" in cli("journal", "copy", to).words
    monkeypatch.delenv("UADISPATCH_JOURNAL")
    assert cli("send", "ua.yaml", "--yes").code == 0


def test_it_says_as_json_what_is_there(home: Path, to: str, cli: Cli) -> None:
    ran = cli("journal", "copy", to, "--yes", "--json")
    rows = {"messages": COUNT, "campaigns": 1, "targets": COUNT, "snapshots": 1, "facts": 0,
            "marks": 0, "rosters": 0, "paces": 0, "moves": COUNT + 2 * SENT}  # fmt: skip
    assert ran.json == {
        "journal": str(home / ".uadispatch/journal.db"), "to": journal_url(to, home).database,
        "moved": True, "already": False,
        "rows": rows, "states": {"accepted": SENT, "planned": COUNT - SENT}, "became_in_doubt": 0,
    }  # fmt: skip
    assert cli("journal", "copy", to, "--yes", "--json").json["already"]


def rows(url: Any) -> list[Any]:
    with closing(Raw(url)) as book:
        return [
            [tuple(row) for row in book.rows(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608
            for table in ("messages", "moves", "facts")
        ]


def may_send(url: Any) -> bool:
    """Whether a run could claim from it."""
    try:
        Journal(url, write=True).close()
    except JournalError:
        return False
    return True


@pytest.mark.timeout(300)  # a killed process is waited for, however busy the machine is
def test_killed_at_any_line_it_is_never_in_two_places_and_goes_on(
    home: Path, the_server: str, the_seed: str, tell: Tell
) -> None:
    kills = int(os.environ.get("COPY_KILLS", KILLS))
    draw = random.Random(the_seed)  # noqa: S311 - to be repeated
    databases = postgreskit.Databases(the_server)
    at = set()
    with Warm() as warm:
        lines = _whole(home, databases, warm)
        for number in range(kills):
            folder = home / f"killed-{number}"
            shutil.copytree(home / ".uadispatch", folder / ".uadispatch")
            source, target = journal_url(None, folder), databases.of(folder)
            before = rows(source)
            words = ["journal", "copy", target.given, "--yes", "--journal", source.database]
            out = str(folder / "out")
            line = draw.randrange(lines)
            assert warm.run(Job(words, out, point="line", passing=line)) in (-9, 0)
            copied = rows(target) == before
            assert not (may_send(source) and copied), f"killed at line {line}: twice"
            assert copied or not any(rows(target)), f"killed at line {line}: in part"
            at.add((may_send(source), copied))
            # Where it had come to is left, or taken back and begun anew.
            if draw.random() < 0.5 and not copied and not may_send(source):
                assert warm.run(Job([*words[:3], *words[4:], "--take-back"], out)) == 0
                assert may_send(source)
            assert warm.run(Job(words, out)) == 0, f"killed at line {line}"
            assert rows(target) == before
            assert not may_send(source)
            databases.drop(folder)
    tell(f"journal copy was killed {kills} times, and left {sorted(at)} (in use, copied)")


def _whole(home: Path, databases: postgreskit.Databases, warm: Warm) -> int:
    """How many lines a whole one takes."""
    folder = home / "whole"
    shutil.copytree(home / ".uadispatch", folder / ".uadispatch")
    counts = folder / "counts.json"
    words = ["journal", "copy", databases.of(folder).given, "--yes", "--journal",
             journal_url(None, folder).database]  # fmt: skip
    assert warm.run(Job(words, str(folder / "out"), counts=str(counts))) == 0
    databases.drop(folder)
    return int(json.loads(counts.read_text())["line"])


def test_ctrl_c_leaves_the_file_as_it_was(home: Path, to: str, cli: Cli) -> None:
    with closing(Raw(journal_url(to, home))) as there:
        # Somebody keeps the whole journal there: it waits.
        there.rows("SELECT pg_advisory_lock(hashtextextended('uadispatch (journal)', 0))")
        process = start("journal", "copy", to, "--yes")
        until(lambda: there.rows("SELECT 1 FROM pg_locks WHERE NOT granted"))
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted: the journal is as it was before, or all of it was moved" in err
    assert cli("send", "ua.yaml", "--yes").code == 0
