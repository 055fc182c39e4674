"""The observers of one command: told beside all that it does, waited for at its end, and no longer.

What is to be said of them is said when the command's own words are.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from uadispatch.channels.registry import Registry
    from uadispatch.dispatch.journal import Gist
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.sending.ended import Ended
    from uadispatch.dispatch.sending.engine import Engine
    from uadispatch.observers.calling import Observers
    from uadispatch.observers.hooks import CampaignClosed
    from uadispatch.settings import Settings

__all__ = ["Telling", "closings_told", "observed"]


class Telling:
    """What the observers of one `send` are told, each as soon as it is recorded."""

    def __init__(self, observers: Observers, campaign: str, going: Mapping[str, int]) -> None:
        """`going`: channel to the number of messages that it is about to try."""
        self._observers = observers
        self._campaign = campaign
        self._going = {name: number for name, number in going.items() if number}

    def hearing(self, hear: Callable[[News], None]) -> Callable[[News], None]:
        """`hear`, and the observers of messages after it."""
        from uadispatch.dispatch.sending.observing import relayed

        return relayed(self._observers, self._campaign, _now, hear)

    def watching(
        self, watch: Callable[[Engine], AbstractContextManager[None]]
    ) -> Callable[[Engine], AbstractContextManager[None]]:
        """`watch`, which begins when the plan was recorded: the run begins with it."""
        from uadispatch.observers.hooks import RunStarted

        def watched(engine: Engine) -> AbstractContextManager[None]:
            if self._going:
                self._observers.tell(
                    RunStarted(
                        campaign=self._campaign,
                        at=_now(),
                        channels=tuple(sorted(self._going)),
                        planned=sum(self._going.values()),
                    )
                )
            return watch(engine)

        return watched

    def ended(self, gist: Gist, ended: Ended, *, seconds: float, tried: int) -> None:
        """Tell how it ended; and that it closed the campaign, if that was its file's word."""
        from uadispatch.dispatch.planning.watching import CLOSED
        from uadispatch.observers.hooks import CampaignClosed, RunFinished

        # Of any other closing, whoever closed has told.
        if ended.closed == CLOSED:
            self._observers.tell(
                CampaignClosed(
                    campaign=self._campaign,
                    at=_now(),
                    cancelled=sum(ended.cancelled.values()),
                    recalled=ended.recalled.back,
                    must_look=bool(ended.recalled.silent),
                )
            )
        if not self._going:
            return
        self._observers.tell(
            RunFinished(
                campaign=self._campaign,
                at=_now(),
                seconds=round(seconds, 3),
                tried=tried,
                states={str(state): number for state, number in gist.states.items() if number},
                in_doubt=gist.states[State.IN_DOUBT],
                interrupted=ended.interrupted,
            )
        )


@contextmanager
def observed(registry: Registry, settings: Settings) -> Iterator[Observers]:
    """Lend the observers that are on; whatever ends the command early does not wait for them."""
    from uadispatch.dispatch.sending.observing import observers_of

    said: list[str] = []
    observers = observers_of(registry, settings, said.append)
    try:
        yield observers
    except BaseException:
        observers.close(wait=False)
        raise
    else:
        observers.close()
    finally:
        _say(said)


@contextmanager
def closings_told(
    closed: Sequence[tuple[Path, CampaignClosed]], plugins_dir: Path | None
) -> Iterator[None]:
    """Tell at the end of the campaigns that were `closed` meanwhile, and of which home each is.

    It can fail no closing. Ctrl-C, which ends the command at once, ends this too.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException:
        _tell_closed(closed, plugins_dir)
        raise
    _tell_closed(closed, plugins_dir)


def _tell_closed(closed: Sequence[tuple[Path, CampaignClosed]], plugins_dir: Path | None) -> None:
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.errors import ConfigError
    from uadispatch.settings import Settings

    for home in dict.fromkeys(home for home, _ in closed):
        try:
            registry, settings = Registry(discover(plugins_dir)), Settings(home, None)
        except ConfigError as exc:
            _say([f"no observer was told: {exc}"])
            continue
        with observed(registry, settings) as observers:
            for event in (event for its, event in closed if its == home):
                observers.tell(event)


def _now() -> datetime:
    return datetime.now(UTC)


def _say(said: Sequence[str]) -> None:
    from uadispatch.cli.common.output import be_lenient, printer, safe

    console = printer(as_json=True)
    be_lenient(console)
    with suppress(OSError):
        for words in said:
            console.print(f"[yellow]![/] {safe(words)}")
