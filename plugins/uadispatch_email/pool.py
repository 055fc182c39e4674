"""The connections of one channel: at most so many, kept for the next mail, replaced when stale.

Mails that find none free wait in line, and each goes to the first connection that can take it:
one that is idle, one that may be opened, or one that is busy with a text, behind which the next
envelope may stand.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from uadispatch import ConfigError, Receipt, Unavailable
from uadispatch_email.opening import open_session, tls_context

if TYPE_CHECKING:
    import ssl

    from uadispatch import Tools
    from uadispatch_email.envelope import Envelope
    from uadispatch_email.session import Session
    from uadispatch_email.settings import EmailSettings
    from uadispatch_email.transaction import Transaction

__all__ = ["Pool"]


class Pool:
    """Delivers mails over at most `settings.concurrency` connections; one try each."""

    def __init__(self, settings: EmailSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._room = settings.concurrency
        """How many connections may still be opened."""
        self._sessions: set[Session] = set()
        self._idle: list[Session] = []
        self._followable: dict[Session, None] = {}
        self._waiting: deque[asyncio.Future[Session | None]] = deque()
        """For a connection; None: for the room to open one."""
        self._waiting_anew: deque[asyncio.Future[Session | None]] = deque()
        """The same, for a new one alone."""
        self._caution = 0.0
        """How many mails are still to go without an envelope behind a text."""
        self._first = asyncio.Lock()
        self._proved = False
        self._refusals = 0
        self._refusal: ConfigError | Unavailable | None = None
        self._prepared = False
        self._closing = False
        self._password: str | None = None
        self._context: ssl.SSLContext | None = None

    async def deliver(self, envelope: Envelope) -> Receipt:
        """Try once.

        Raises:
            Temporary, Rejected, Unknown: as the table of `transaction` says.
            Unavailable: no other mail would have gone out either.
            ConfigError: nor will it with these settings.
        """
        refusals = self._refusals
        session = self._kept()
        if session is None and not self._may_open():
            session = self._busy() or await self._turn(self._waiting)
        kept = session is not None
        transaction = await self._run(session or await self._open(refusals), envelope)
        if kept and transaction.stale:
            # The server had given up the kept connection before this mail began, or it is not sure
            # that what it says there is about this mail: nothing was tried yet.
            self._caution = max(self._caution, transaction.caution)
            if not self._may_open():
                await self._turn(self._waiting_anew)
            transaction = await self._run(await self._open(refusals), envelope, anew=True)
        elif self._caution:
            self._caution -= 1
        return _answer(transaction)

    async def aclose(self) -> None:
        """QUIT every connection, busy ones when they are done; wait until all are closed."""
        self._closing = True
        for session in self._idle:
            session.quit()
        self._idle.clear()
        while self._sessions:
            await asyncio.wait([session.closed for session in self._sessions])

    # Who gets which connection.

    def _kept(self) -> Session | None:
        """The connection used last (the others may go idle and close), if one still lives."""
        while self._idle:
            session = self._idle.pop()
            if session.usable:
                session.expect()
                return session
            session.abort()
        return None

    def _busy(self) -> Session | None:
        """A connection that is busy with a text behind which an envelope may stand."""
        while self._followable:
            session, _ = self._followable.popitem()
            if session.followable and not self._caution:
                session.expect()
                return session
        return None

    def _may_open(self) -> bool:
        """Take the room for one more connection, if there is any."""
        if not self._room:
            return False
        self._room -= 1
        return True

    async def _turn(self, line: deque[asyncio.Future[Session | None]]) -> Session | None:
        """Wait in line for a connection, or (None) for the room to open one."""
        turn: asyncio.Future[Session | None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._not_needed(turn.result())
            raise

    def _not_needed(self, session: Session | None) -> None:
        """Who was given this does not come."""
        if session is not None:
            session.dismiss()
        else:
            self._room += 1
            self._serve()

    def _ready(self, session: Session) -> None:
        """This connection can take another mail: at once, or to follow the present one."""
        self._followable.pop(session, None)
        idle = session.usable
        if self._caution and not idle:
            return
        if _give(self._waiting, session):
            session.expect()
        elif not idle:
            self._followable[session] = None
        elif self._closing:
            session.quit()
        else:
            self._idle.append(session)

    def _gone(self, session: Session) -> None:
        """This connection is no more."""
        self._sessions.discard(session)
        self._followable.pop(session, None)
        with suppress(ValueError):
            self._idle.remove(session)
        self._room += 1
        self._serve()

    def _serve(self) -> None:
        """Let those open connections who wait for room."""
        while self._room and (_give(self._waiting_anew, None) or _give(self._waiting, None)):
            self._room -= 1

    def _refused(self, error: ConfigError | Unavailable) -> None:
        """No connection is to be had: who has to wait for one need not, if there is none at all."""
        self._room += 1
        if self._room == self._settings.concurrency:
            for turn in (*self._waiting_anew, *self._waiting):
                if not turn.done():
                    turn.set_exception(_again(error))
            self._waiting_anew.clear()
            self._waiting.clear()
        while self._room and _give(self._waiting_anew, None):
            self._room -= 1

    # One try on one connection.

    async def _run(
        self, session: Session, envelope: Envelope, *, anew: bool = False
    ) -> Transaction:
        try:
            # What a server counts is MAIL: the connection was opened before its turn came.
            await self._tools.begin(anew=anew)
        except BaseException:
            session.dismiss()
            raise
        return await session.run(envelope)

    async def _open(self, refusals: int) -> Session:
        """A new connection, in the room that was taken for it. `refusals`: how many were known.

        Raises:
            Unavailable, ConfigError: as `deliver`; who waits for this one gets the same.
        """
        try:
            session = await self._opened(refusals)
        except (ConfigError, Unavailable) as error:
            self._refused(error)
            raise
        except BaseException:
            self._not_needed(None)
            raise
        session.expect()
        return session

    async def _opened(self, refusals: int) -> Session:
        """Until one has worked they are opened one at a time.

        So a wrong password is tried once, not `concurrency` times: servers lock accounts. Who
        waited for that one gets its answer, so that a silent server is waited for once.
        """
        if not self._proved:
            async with self._first:
                if self._refusal is not None and self._refusals != refusals:
                    raise _again(self._refusal)
                if not self._proved:
                    return await self._prove()
        return await self._connect()

    async def _prove(self) -> Session:
        """The first connection, or one more try at it."""
        try:
            session = await self._connect()
        except (ConfigError, Unavailable) as error:
            self._refusals += 1
            self._refusal = error
            raise
        self._proved = True
        return session

    async def _connect(self) -> Session:
        if not self._prepared:
            settings = self._settings
            self._password = await self._tools.secret(settings.password, settings.password_command)
            self._context = await asyncio.to_thread(tls_context, settings)
            self._prepared = True
        session = await open_session(
            self._settings,
            password=self._password,
            context=self._context,
            proved=self._proved,
            gone=self._gone,
            ready=self._ready,
        )
        self._sessions.add(session)
        return session


def _give(
    line: deque[asyncio.Future[Session | None]],
    session: Session | None,
) -> bool:
    """Give it to the first who waits in line and is still there."""
    while line:
        turn = line.popleft()
        if not turn.done():
            turn.set_result(session)
            return True
    return False


def _again(refusal: ConfigError | Unavailable) -> ConfigError | Unavailable:
    """The same error for one more message; an exception is raised once."""
    if isinstance(refusal, ConfigError):
        return ConfigError(refusal.problems)
    return Unavailable(refusal.reason, code=refusal.code, retry_after=refusal.retry_after)


def _answer(transaction: Transaction) -> Receipt:
    if isinstance(transaction.outcome, Receipt):
        return transaction.outcome
    if transaction.outcome is None:
        raise AssertionError("a transaction ended without an outcome")
    raise transaction.outcome
