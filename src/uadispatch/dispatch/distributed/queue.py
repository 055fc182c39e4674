"""The queue of jobs on the journal's server; the only user of procrastinate.

A job is a name and no more: a block of messages of a campaign on a channel. It decides nothing, so
it may come twice, or late, or be lost: the claim decides, and a sweep finds what has no job.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager
from procrastinate.worker import Worker
from psycopg import sql

from uadispatch.dispatch.journal import Block, JournalAway, JournalError
from uadispatch.dispatch.journal.on_server.opening import connect, mind_the_line, with_manners
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

    from uadispatch.dispatch.journal import Raw, ServerUrl

__all__ = ["Asking", "Jobs", "Sending", "defer", "install", "live", "upgrade"]

SEND, ASK = "uadispatch.send", "uadispatch.ask"
AT_ONCE = 1000
"""Jobs that are deferred by one statement."""

HEARTBEAT, STALLED = 5.0, 30.0
"""Seconds from one sign of life of a worker to the next; and without one, until its jobs are free.
The journal goes by signs of its own: these only say which jobs wait in vain."""
POLLING = 2.0
"""Seconds between two looks for a job of which no notice came."""
LOCKED = 5.0
"""Seconds to wait for another's lock: so long may it take until a stop is heeded."""


class Sending(NamedTuple):
    """A job: send what may be claimed of a block."""

    campaign: str
    block: Block
    urgency: int = 0
    """The greater, the sooner."""

    @property
    def name(self) -> str:
        """Of two with the same name one is enough."""
        return f"{self.campaign} {self.block.channel} {self.block.number}"

    def to_job(self) -> Job:
        """As procrastinate has it."""
        told: dict[str, Any] = {"campaign": self.campaign, "number": self.block.number}
        return Job(
            queue=self.block.channel, task_name=SEND, lock=None, queueing_lock=self.name,
            priority=self.urgency, task_kwargs=told,
        )  # fmt: skip


class Asking(NamedTuple):
    """A job: ask a channel's service what became of what it took of a campaign."""

    campaign: str
    channel: str

    @property
    def name(self) -> str:
        """Of two with the same name one is enough."""
        return f"{self.campaign} {self.channel} ?"

    def to_job(self) -> Job:
        """As procrastinate has it."""
        return Job(
            queue=self.channel, task_name=ASK, lock=None, queueing_lock=self.name,
            task_kwargs={"campaign": self.campaign},
        )  # fmt: skip


_THERE = """
SELECT 1 FROM pg_tables
WHERE tablename = 'procrastinate_jobs' AND schemaname = ANY(current_schemas(false))
"""
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('uadispatch (queue)', 0))"
_BEFORE, _AFTER = "_pre_", "_post_"
"""By which procrastinate says when a change of its tables is to be made: before its new version is
at work, or after the old one is gone."""
_FIRST = "03.04.00_50_post_add_retry_failed_job_procedure"
"""The last change of the procrastinate with which the first queues were made, without a note."""
_NOTED = "SELECT obj_description('procrastinate_jobs'::regclass)"
_LIVE = """
SELECT queueing_lock FROM procrastinate_jobs
WHERE status IN ('todo', 'doing') AND args->>'campaign' = %s
"""
_BEING_DONE = """
SELECT id FROM procrastinate_jobs
WHERE status = 'doing' AND worker_id = ANY(%(workers)s::bigint[])
"""
# What is locked is being removed by somebody else, or its end is being noted.
_FREE = """
DELETE FROM procrastinate_jobs WHERE id IN (
    SELECT id FROM procrastinate_jobs
    WHERE id = ANY(%(jobs)s::bigint[]) AND status = 'doing' FOR UPDATE SKIP LOCKED
) RETURNING id
"""
_WAIT = "SELECT set_config('lock_timeout', %s, false)"


def install(url: ServerUrl) -> None:
    """Make the queue's tables in the journal's database, if they are not there.

    If they are older ones, do to them what must be done before a newer procrastinate uses them;
    the older one works on as well. Raises JournalError: that cannot be done.
    """
    with _alone(url) as connection:
        if connection.execute(_THERE).fetchone() is None:
            connection.execute(SchemaManager.get_schema().encode())
            newest = _changes()[-1].stem
            _note(connection, f"{newest} {newest}")
        else:
            _change(connection, _BEFORE)


def upgrade(url: ServerUrl) -> list[str]:
    """Do to the queue's tables what may be done when no older procrastinate is at work any more.

    Returns the names of the changes that were made, those of `install` among them. Raises
    JournalError: that cannot be done.
    """
    with _alone(url) as connection:
        if connection.execute(_THERE).fetchone() is None:
            return []
        return [*_change(connection, _BEFORE), *_change(connection, _AFTER)]


def _changes(kind: str = "") -> list[Path]:
    """How its maker changes the queue's tables, in their order: of one kind, or all."""
    files = Path(SchemaManager.get_migrations_path()).glob("*.sql")
    return sorted(file for file in files if kind in file.stem)


def _change(connection: psycopg.Connection[Any], kind: str) -> list[str]:
    """Make the changes of `kind` that were not made yet; their names."""
    (note,) = connection.execute(_NOTED).fetchone() or (None,)
    made = dict(zip((_BEFORE, _AFTER), (note or f"{_FIRST} {_FIRST}").split(), strict=True))
    todo = [change for change in _changes(kind) if change.stem > made[kind]]
    for change in todo:
        connection.execute(change.read_bytes())
        made[kind] = change.stem
    # To note it waits for whoever keeps the table: most often there is nothing new.
    if (noted := f"{made[_BEFORE]} {made[_AFTER]}") != note:
        _note(connection, noted)
    return [change.stem for change in todo]


def _note(connection: psycopg.Connection[Any], noted: str) -> None:
    comment = sql.SQL("COMMENT ON TABLE procrastinate_jobs IS {}")
    connection.execute(comment.format(sql.Literal(noted)))


@contextmanager
def _alone(url: ServerUrl) -> Iterator[psycopg.Connection[Any]]:
    """A transaction in which nobody else changes the queue's tables. Raises JournalError."""
    try:
        with connect(url) as connection:
            connection.execute(_WAIT, (f"{LOCKED}s",))
            connection.execute("SET LOCAL statement_timeout = 0")  # a change may take its time
            connection.execute(_ALONE)
            yield connection
    except psycopg.Error as exc:
        says = f"the queue cannot be made: {str(exc).strip().splitlines()[0]}"
        kind = JournalAway if isinstance(exc, psycopg.OperationalError) else JournalError
        raise kind(Problem(says, url.database)) from None


def defer(connection: Raw, jobs: Iterable[Sending | Asking]) -> int:
    """Put `jobs` into the queue, within the transaction of `connection`; how many there were.

    Raises:
        JournalError: one of them is in the queue already; the transaction cannot go on.
        psycopg.Error: what else the server says, for whoever has begun the transaction.
    """
    # It opens no connection of its own: each call is given one.
    manager = JobManager(procrastinate.SyncPsycopgConnector())
    below: Any = connection
    number, wanted = 0, (job.to_job() for job in jobs)
    try:
        while some := list(islice(wanted, AT_ONCE)):
            manager.batch_defer_jobs(some, connection=below.connection)
            number += len(some)
    except AlreadyEnqueued as exc:
        raise JournalError("somebody else has put the same job into the queue just now") from exc
    except ConnectorException as exc:
        if isinstance(exc.__cause__, psycopg.Error):
            raise exc.__cause__ from None
        raise _unusable(exc) from exc
    if number >= AT_ONCE:
        # Who takes a job from a queue that is thought to be short goes through all of it.
        below.connection.execute("ANALYZE procrastinate_jobs")
    return number


def live(connection: Raw, campaign: str) -> frozenset[str]:
    """The names of the jobs of `campaign` that wait, or are being done."""
    below: Any = connection
    return frozenset(name for (name,) in below.connection.execute(_LIVE, (campaign,)))


class Jobs:
    """The queue of one process: what it has in hand, and what others have left behind."""

    def __init__(
        self,
        url: ServerUrl,
        *,
        send: Callable[[Sending], None],
        ask: Callable[[Asking], None],
        connections: int,
    ) -> None:
        """Take what does a job; it runs on a thread of its own, and may take its time."""
        self._connector = procrastinate.PsycopgConnector(
            conninfo=with_manners(url, application_name="uadispatch jobs"), min_size=1,
            max_size=connections, timeout=10.0, configure=_mind_it,
        )  # fmt: skip
        self._app = procrastinate.App(connector=self._connector)
        self._workers: list[Any] = []
        self._in_hand: set[int] = set()
        self._ended: set[int] = set()
        """Those of ours that were not in hand at the last look, by their numbers."""

        def sending(context: Any, campaign: str, number: int) -> None:
            with self._having(context.job.id):
                send(Sending(campaign, Block(context.job.queue, number)))

        def asking(context: Any, campaign: str) -> None:
            with self._having(context.job.id):
                ask(Asking(campaign, context.job.queue))

        self._app.task(name=SEND, pass_context=True)(sending)
        self._app.task(name=ASK, pass_context=True)(asking)

    @contextmanager
    def _having(self, id_: int) -> Iterator[None]:
        self._in_hand.add(id_)
        try:
            yield
        finally:
            self._in_hand.discard(id_)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Be connected while this lasts. Raises JournalError."""
        try:
            await self._connector.open_async()
        except (ConnectorException, psycopg.Error) as exc:
            raise _unusable(exc) from exc
        try:
            yield
        finally:
            await self._connector.close_async()

    async def work(self, channel: str, concurrency: int) -> None:
        """Do the jobs of `channel`, so many at once, until `stop`.

        Raises:
            JournalError: the server cannot be reached; what is in hand was finished.
        """
        worker: Any = Worker(
            self._app, queues=[channel], name=channel, concurrency=concurrency,
            delete_jobs="always", install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT, stalled_worker_timeout=STALLED,
            fetch_job_polling_interval=POLLING,
        )  # fmt: skip
        self._workers.append(worker)
        try:
            await worker.run()
        except (ConnectorException, psycopg.Error) as exc:
            raise _unusable(exc) from exc
        finally:
            self._workers.remove(worker)

    def stop(self) -> None:
        """Take no further job; those in hand go on to their end."""
        for worker in self._workers:
            worker.stop()

    async def free_stalled(self) -> int:
        """Remove the jobs that nobody does any more; how many there were.

        They are those of workers that are not heard of, and those of our own whose end could not
        be noted. What is due of them, or in doubt, the sweep and the journal see to.
        """
        try:
            manager = self._app.job_manager
            stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED)
            ids = [job.id for job in stalled] + await self._left_over()
            freed = await self._connector.execute_query_all_async(_FREE, jobs=ids) if ids else []
            await manager.prune_stalled_workers(STALLED)
        except (ConnectorException, psycopg.Error) as exc:
            raise _unusable(exc) from exc
        return len(freed)

    async def _left_over(self) -> list[int]:
        """Jobs of ours that were not in hand at two looks, one after the other.

        At one look a job may have been taken and not begun, or have ended and not been noted yet.
        If it is removed then all the same, its end is noted in vain, and no more.
        """
        workers = [worker.worker_id for worker in self._workers if worker.worker_id is not None]
        rows = await self._connector.execute_query_all_async(_BEING_DONE, workers=workers)
        before = self._ended
        self._ended = {row["id"] for row in rows if row["id"] not in self._in_hand}
        return sorted(self._ended & before)


async def _mind_it(connection: psycopg.AsyncConnection[Any]) -> None:
    """Wait for no lock for long, nor for a line that is cut. Raises psycopg.Error."""
    await connection.execute(_WAIT, (f"{LOCKED}s",))
    await mind_the_line(connection)


def _unusable(exc: BaseException) -> JournalAway:
    cause = exc.__cause__ or exc
    said: Sequence[str] = str(cause).strip().splitlines() or [type(cause).__name__]
    return JournalAway(f"the queue cannot be used: {said[0]}")
