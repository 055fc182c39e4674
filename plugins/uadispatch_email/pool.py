"""The connections of one channel: at most so many, kept for the next mail, replaced when stale."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from uadispatch import ConfigError, Receipt, Unavailable
from uadispatch_email.opening import open_session, tls_context

if TYPE_CHECKING:
    import ssl

    from uadispatch import Tools
    from uadispatch_email.session import Session
    from uadispatch_email.settings import EmailSettings
    from uadispatch_email.transaction import Envelope, Transaction

__all__ = ["Pool"]


class Pool:
    """Delivers mails over at most `settings.concurrency` connections; one try each."""

    def __init__(self, settings: EmailSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._idle: list[Session] = []
        self._sessions: set[Session] = set()
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
        async with self._slots:
            kept = self._kept()
            session = kept or await self._open()
            transaction = await self._run(session, envelope)
            if kept is None or not transaction.stale:
                return _answer(transaction)
            # The server had given up the kept connection before this mail began: nothing was
            # tried yet.
            return _answer(await self._run(await self._open(), envelope, anew=True))

    async def aclose(self) -> None:
        """QUIT every connection, busy ones when they are done; wait until all are closed."""
        self._closing = True
        for session in self._idle:
            session.quit()
        self._idle.clear()
        if self._sessions:
            await asyncio.wait([session.closed for session in self._sessions])

    def _kept(self) -> Session | None:
        """The connection used last (the others may go idle and close), if one still lives."""
        while self._idle:
            session = self._idle.pop()
            if session.usable:
                return session
            session.abort()
        return None

    async def _run(
        self, session: Session, envelope: Envelope, *, anew: bool = False
    ) -> Transaction:
        try:
            # What a server counts is MAIL: the connection was opened before its turn came.
            await self._tools.begin(anew=anew)
            return await session.run(envelope)
        finally:
            if self._closing:
                session.quit()
            elif session.usable:
                self._idle.append(session)

    async def _open(self) -> Session:
        """A new connection. Until one has worked they are opened one at a time.

        So a wrong password is tried once, not `concurrency` times: servers lock accounts. Who
        waited for that one gets its answer, so that a silent server is waited for once.
        """
        refusals = self._refusals
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
            gone=self._forget,
        )
        self._sessions.add(session)
        return session

    def _forget(self, session: Session) -> None:
        self._sessions.discard(session)
        with suppress(ValueError):
            self._idle.remove(session)


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
