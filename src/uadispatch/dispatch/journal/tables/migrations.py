"""How the journal's tables came to be: version by version, forward only.

It knows what older versions have left; what the tables are today, `schema` alone says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

__all__ = ["MIGRATIONS", "VERSION"]


def _rates_and_crashes(connection: Connection) -> None:
    for statement in (
        "ALTER TABLE messages ADD COLUMN excused INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE messages ADD COLUMN repeatable VARCHAR",
        """CREATE TABLE paces (
            channel VARCHAR NOT NULL PRIMARY KEY, last_start BIGINT, last_begin BIGINT,
            spacing BIGINT, slow_until BIGINT, paused_until BIGINT, paused_because TEXT)""",
        """CREATE TABLE marks (
            channel VARCHAR NOT NULL, contact VARCHAR NOT NULL, at BIGINT NOT NULL,
            campaign VARCHAR NOT NULL, because TEXT NOT NULL, PRIMARY KEY (channel, contact))""",
        "DROP INDEX messages_due",
        """CREATE INDEX messages_waiting ON messages (campaign, channel, id)
            WHERE state IN ('planned', 'retry')""",
    ):
        connection.exec_driver_sql(statement)


def _doubt_again(connection: Connection) -> None:
    connection.exec_driver_sql(
        """CREATE INDEX messages_again ON messages (campaign, channel, id)
            WHERE state = 'in_doubt' AND repeatable = 'idempotent' AND not_before IS NOT NULL"""
    )


def _answers_and_people(connection: Connection) -> None:
    for statement in (
        "ALTER TABLE messages ADD COLUMN zones TEXT",
        "ALTER TABLE messages ADD COLUMN ask_again_at BIGINT",
        "ALTER TABLE messages ADD COLUMN far_end VARCHAR",
        "ALTER TABLE messages ADD COLUMN outcome VARCHAR",
        "ALTER TABLE messages ADD COLUMN counts VARCHAR",
        "ALTER TABLE messages ADD COLUMN lease_by VARCHAR",
        "ALTER TABLE messages ADD COLUMN lease_key VARCHAR",
        "ALTER TABLE messages ADD COLUMN lease_until BIGINT",
        """CREATE INDEX messages_asked ON messages (campaign, ask_again_at)
            WHERE ask_again_at IS NOT NULL""",
        """CREATE INDEX messages_leased ON messages (channel, contact)
            WHERE lease_until IS NOT NULL""",
    ):
        connection.exec_driver_sql(statement)


def _approvals(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE rosters (digest VARCHAR NOT NULL PRIMARY KEY, body TEXT NOT NULL)"
    )


def _keys_apart(connection: Connection) -> None:
    """The keys get an index of their own, for which both tables must be written anew."""
    for statement in (
        "ALTER TABLE messages RENAME TO messages_5",
        "ALTER TABLE moves RENAME TO moves_5",
        """CREATE TABLE messages (
            id INTEGER NOT NULL, "key" VARCHAR NOT NULL, campaign VARCHAR NOT NULL,
            round INTEGER NOT NULL, target VARCHAR NOT NULL, channel VARCHAR NOT NULL,
            contact VARCHAR NOT NULL, "to" TEXT NOT NULL, language VARCHAR NOT NULL,
            snapshot VARCHAR NOT NULL, target_digest VARCHAR NOT NULL, expires_at BIGINT NOT NULL,
            state VARCHAR NOT NULL, reason TEXT NOT NULL, held TEXT, attempts INTEGER NOT NULL,
            first_try_at BIGINT, not_before BIGINT, owner VARCHAR, claimed_at BIGINT,
            changed_at BIGINT NOT NULL, receipt TEXT, excused INTEGER DEFAULT 0 NOT NULL,
            repeatable VARCHAR, zones TEXT, ask_again_at BIGINT, far_end VARCHAR, outcome VARCHAR,
            counts VARCHAR, lease_by VARCHAR, lease_key VARCHAR, lease_until BIGINT,
            PRIMARY KEY (id), FOREIGN KEY(snapshot) REFERENCES snapshots (digest),
            FOREIGN KEY(target_digest) REFERENCES targets (digest))""",
        """CREATE TABLE moves (
            id INTEGER NOT NULL, message INTEGER NOT NULL, at BIGINT NOT NULL, "before" VARCHAR,
            "after" VARCHAR NOT NULL, attempt INTEGER NOT NULL, "to" TEXT NOT NULL,
            reason TEXT NOT NULL, code VARCHAR, "by" VARCHAR NOT NULL, PRIMARY KEY (id),
            FOREIGN KEY(message) REFERENCES messages (id))""",
        f"INSERT INTO messages ({_COLUMNS_5}) SELECT {_COLUMNS_5} FROM messages_5 ORDER BY id",  # noqa: S608 - ours
        f"INSERT INTO moves ({_MOVES_5}) SELECT {_MOVES_5} FROM moves_5 ORDER BY id",  # noqa: S608 - ours
        "DROP TABLE moves_5",
        "DROP TABLE messages_5",
        'CREATE UNIQUE INDEX messages_key ON messages ("key")',
        "CREATE INDEX messages_contact ON messages (campaign, round, channel, contact)",
        """CREATE INDEX messages_waiting ON messages (campaign, channel, id)
            WHERE state IN ('planned', 'retry')""",
        """CREATE INDEX messages_again ON messages (campaign, channel, id)
            WHERE state = 'in_doubt' AND repeatable = 'idempotent' AND not_before IS NOT NULL""",
        """CREATE INDEX messages_asked ON messages (campaign, ask_again_at)
            WHERE ask_again_at IS NOT NULL""",
        """CREATE INDEX messages_leased ON messages (channel, contact)
            WHERE lease_until IS NOT NULL""",
        "CREATE INDEX moves_message ON moves (message, id)",
    ):
        connection.exec_driver_sql(statement)


def _rosters_in_parts(connection: Connection) -> None:
    """A list of targets is kept in parts of a thousand; what is no such list stays as it is."""
    run = connection.exec_driver_sql
    run("ALTER TABLE rosters RENAME TO rosters_6")
    run(
        """CREATE TABLE rosters (
            digest VARCHAR NOT NULL, part INTEGER NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (digest, part))"""
    )
    for (name,) in run("SELECT digest FROM rosters_6").all():
        (body,) = run("SELECT body FROM rosters_6 WHERE digest = ?", (name,)).one()
        for number, part in enumerate(_parts_of(body)):
            run("INSERT INTO rosters (digest, part, body) VALUES (?, ?, ?)", (name, number, part))
    run("DROP TABLE rosters_6")


_EACH_6 = len(',""') + 64


def _parts_of(body: Any) -> Iterator[Any]:
    if not isinstance(body, str) or len(body) % _EACH_6 != 1 or len(body) == 1:
        yield body
        return
    step = 1000 * _EACH_6
    for start in range(1, len(body), step):
        yield f"[{body[start : start + step - 1].rstrip(']')}]"


def _opted_out(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE INDEX facts_opted_out ON facts (channel, value) WHERE kind = 'opted_out'"
    )


_COLUMNS_5 = (
    'id, "key", campaign, round, target, channel, contact, "to", language, snapshot, '
    "target_digest, expires_at, state, reason, held, attempts, first_try_at, not_before, owner, "
    "claimed_at, changed_at, receipt, excused, repeatable, zones, ask_again_at, far_end, outcome, "
    "counts, lease_by, lease_key, lease_until"
)
_MOVES_5 = 'id, message, at, "before", "after", attempt, "to", reason, code, "by"'

MIGRATIONS: Sequence[Callable[[Connection], None]] = (
    _rates_and_crashes,
    _doubt_again,
    _answers_and_people,
    _approvals,
    _keys_apart,
    _rosters_in_parts,
    _opted_out,
)
"""Each brings a journal from one version to the next, from 1 on. They are only ever added to, and
stand on their own: what they say must stay true when the tables change again."""

VERSION = 1 + len(MIGRATIONS)
