"""A journal on a server is brought up to date while workers work on it, and never half."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from procrastinate.schema import SchemaManager

import postgreskit
from officekit import Office, Shared
from uadispatch.dispatch.distributed import queue
from uadispatch.dispatch.journal import Journal, JournalError, ServerUrl
from uadispatch.dispatch.journal.on_server import upgrading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSION_8 = Path(__file__).with_name("journal_on_server_8.sql")
NEW_CONTACT = """
CREATE INDEX messages_contact_new ON messages (campaign, round, channel, contact) INCLUDE (id)
"""
OLD_QUEUE = "03.02.00_50_post_batch_defer_jobs"

# Where a column stands in its table is of no weight.
CATALOGUE = """
SELECT 'column', attrelid::regclass::text, attname::text,
    concat_ws(' ', format_type(atttypid, atttypmod), collname, attnotnull,
        pg_get_expr(adbin, adrelid))
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'S')
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'index', tablename::text, indexname::text, indexdef
    FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'invalid', '', indexrelid::regclass::text, '' FROM pg_index WHERE NOT indisvalid
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'function', '', oid::regprocedure::text, prosrc
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2, 3, 4
"""


@pytest.fixture(autouse=True)
def _on_a_server(the_server: str) -> Iterator[None]:
    Shared.all_sent, Shared.takes = [], 0.0
    databases = postgreskit.Databases(the_server)
    with postgreskit.journals_on(databases):
        yield
    databases.drop()


def url_of(home: Path) -> ServerUrl:
    found = postgreskit.journal_of(home)
    assert isinstance(found, ServerUrl)
    return found


def ask(url: ServerUrl, query: str, *values: object) -> list[Any]:
    with psycopg.connect(url.given, autocommit=True) as connection:
        found = connection.execute(query.encode(), values or None)
        return found.fetchall() if found.description else []


def catalogue(url: ServerUrl) -> list[Any]:
    return ask(url, CATALOGUE)


def as_it_was(url: ServerUrl) -> None:
    """The tables of version 8, empty."""
    ask(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    ask(url, VERSION_8.read_text())
    ask(url, "INSERT INTO public.meta VALUES ('version', '8')")


def upgrade(url: ServerUrl) -> list[int]:
    with Journal(url, write=True) as journal:
        return list(journal.upgrade())


def test_tables_that_were_brought_up_to_date_are_as_new_ones(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    new = catalogue(url)
    as_it_was(url)
    assert catalogue(url) != new
    assert upgrade(url) == list(range(9, upgrading.VERSION + 1))
    assert catalogue(url) == new
    assert upgrade(url) == []


def test_a_new_journal_says_which_programs_may_use_it(tmp_path: Path) -> None:
    found = dict(ask(url_of(tmp_path), "SELECT name, value FROM meta"))
    assert int(found["needs"]) < int(found["version"]) == upgrading.VERSION


def test_workers_send_on_while_it_is_brought_up_to_date(tmp_path: Path) -> None:
    as_it_was(url_of(tmp_path))
    office = Office(tmp_path, 900)
    Shared.takes = 0.01
    office.hand_over()
    with office.working(2):
        office.until(lambda: len(Shared.all_sent) > 50)
        assert upgrade(office.url)[-1] == upgrading.VERSION
        assert len(Shared.all_sent) < office.count, "it was over before"
        office.until(office.sent_once)
        office.until(lambda: office.states() == {"accepted"})
    with office.case.journal() as journal:
        assert journal.check().faults == []


Step = upgrading.Step


def steps_to_9() -> tuple[Step, ...]:
    return upgrading._STEPS[9]


@pytest.mark.parametrize("done", range(len(upgrading._STEPS[9])))
def test_what_was_interrupted_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    url = url_of(tmp_path)
    new = catalogue(url)
    as_it_was(url)

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(upgrading._STEPS, 9, (*steps_to_9()[:done], interrupted))
        with pytest.raises(KeyboardInterrupt):
            upgrade(url)
    assert ask(url, "SELECT value FROM meta WHERE name = 'version'") == [("8",)]
    upgrade(url)
    assert catalogue(url) == new


@pytest.mark.parametrize(
    "left",
    [
        "CREATE INDEX messages_claimed ON messages (owner) WHERE state = 'claimed'",
        NEW_CONTACT,
    ],
)
def test_an_index_that_was_left_half_made_is_made_anew(tmp_path: Path, left: str) -> None:
    url = url_of(tmp_path)
    new = catalogue(url)
    as_it_was(url)
    name = left.split()[2]
    ask(url, left)
    ask(url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", name)
    upgrade(url)
    assert catalogue(url) == new


def test_an_index_that_was_made_and_not_put_in_its_place(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    new = catalogue(url)
    as_it_was(url)
    ask(url, "DROP INDEX messages_contact")
    ask(url, NEW_CONTACT)
    upgrade(url)
    assert catalogue(url) == new


def test_who_is_at_a_table_is_waited_for_and_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrading, "_SHORT", "200ms")
    monkeypatch.setattr(upgrading, "_PAUSE", 0.2)
    url = url_of(tmp_path)
    as_it_was(url)
    reached: list[list[int]] = []
    with closing(psycopg.connect(url.given)) as reader:
        reader.execute("SELECT count(*) FROM moves")  # within a transaction, which goes on
        thread = threading.Thread(target=lambda: reached.append(upgrade(url)))
        thread.start()
        try:
            # All others get in between two tries, each within a moment.
            for _ in range(10):
                ask(url, "SET statement_timeout = '5s'; SELECT count(*) FROM moves")
                time.sleep(0.05)
            assert reached == []
        finally:
            reader.rollback()
            thread.join(30)
    assert reached == [[9]]


def test_only_one_is_at_it(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    with psycopg.connect(url.given) as connection:
        connection.execute(upgrading._LOCK.encode())
        with pytest.raises(JournalError, match="somebody else is bringing its tables up to date"):
            upgrade(url)


@pytest.mark.parametrize(
    ("version", "needs", "says"),
    [
        ("99", "98", "tables are of version 99 and this program knows up to"),
        ("7", "7", "this program works on 8 and later"),
        ("eight", "8", "its version is 'eight'"),
        ("", "8", "its version is ''"),
    ],
)
def test_tables_that_are_not_for_this_program_are_refused(
    tmp_path: Path, version: str, needs: str, says: str
) -> None:
    url = url_of(tmp_path)
    ask(url, "UPDATE meta SET value = %s WHERE name = 'version'", version)
    ask(url, "UPDATE meta SET value = %s WHERE name = 'needs'", needs)
    for write in (False, True):
        with pytest.raises(JournalError, match=says):
            Journal(url, write=write)


def test_later_tables_are_used_as_long_as_they_allow_it(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    later = str(upgrading.VERSION + 1)
    ask(url, "UPDATE meta SET value = %s WHERE name = 'version'", later)
    ask(url, "UPDATE meta SET value = %s WHERE name = 'needs'", str(upgrading.VERSION))
    office = Office(tmp_path, 3)
    office.hand_over()
    with office.working(1):
        office.until(office.sent_once)


def older_queue(url: ServerUrl) -> None:
    """The queue's tables as an older procrastinate had them."""
    changes = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    for change in changes:
        if change.stem <= OLD_QUEUE:
            ask(url, change.read_text())
    ask(url, f"COMMENT ON TABLE procrastinate_jobs IS '{OLD_QUEUE} {OLD_QUEUE}'")


def test_an_older_queue_is_made_ready_first_and_finished_when_no_older_program_is_left(
    tmp_path: Path,
) -> None:
    url = url_of(tmp_path)
    queue.install(url)
    assert queue.upgrade(url) == []
    office = Office(tmp_path, 5)
    ask(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    older_queue(url)
    office.hand_over()
    queue.install(url)  # as each worker does
    with office.working(1):
        office.until(office.sent_once)
    finished = queue.upgrade(url)
    assert finished
    assert all("_post_" in name for name in finished)
    assert queue.upgrade(url) == []


def test_an_older_queue_that_was_finished_is_as_a_new_one(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    queue.install(url)
    new = functions(url)
    ask(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    older_queue(url)
    assert functions(url) != new
    queue.upgrade(url)
    assert functions(url) == new


def functions(url: ServerUrl) -> list[tuple[str, str]]:
    """Those of the queue, but for blanks."""
    return [
        (name, " ".join(body.split()))
        for kind, _, name, body in catalogue(url)
        if kind == "function" and "procrastinate" in name
    ]


def test_a_queue_that_cannot_be_changed_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_of(tmp_path)
    queue.install(url)
    bad = tmp_path / "99.00.00_01_pre_bad.sql"
    bad.write_text("SELECT 1 / 0")
    changes: Callable[[str], list[Path]] = lambda kind: [bad] if kind == "_pre_" else []  # noqa: E731
    monkeypatch.setattr(queue, "_changes", changes)
    with pytest.raises(JournalError, match="division by zero"):
        queue.install(url)
