"""What the commands share by which a person decides: whose journal, what moment, and who."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import options
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console

    from uadispatch.channels.registry import Registry
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Entry, Gist, Journal, JournalUrl, Moment, Wanted
    from uadispatch.dispatch.planning.preparing import Source

SUGGESTED = 10_000
"""So many targets of a campaign are looked through for the one that may have been meant."""

__all__ = ["Because", "By", "Decision", "decision", "decision_on", "known", "name_of", "source_of"]

By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who decides. Default: the user of this machine."),
]
Because = Annotated[
    str, typer.Option("--because", metavar="TEXT", help="Why; it is kept with the decision.")
]


@dataclass(frozen=True)
class Decision:
    """An open journal, and what a decision of a person needs."""

    journal: Journal
    url: JournalUrl
    home: Path
    campaign: str
    by: str
    clock: Clock

    @property
    def moment(self) -> Moment:
        """The present moment of the campaign, as the journal alone knows it."""
        from uadispatch.dispatch.journal import Moment

        return Moment(campaign=self.campaign, now=self.clock.now())

    def entries(self, wanted: Wanted | None = None) -> Iterator[Entry]:
        """The messages of the campaign that are wanted, by default all."""
        if wanted is None:
            return self.journal.entries(self.campaign)
        return self.journal.entries(self.campaign, wanted)

    def gist(self) -> Gist:
        """How the messages of the campaign stand."""
        return self.journal.gist(self.campaign)

    def targets_among(self, names: Collection[str]) -> set[str]:
        """Those of `names` that are targets of the campaign; and some others, to suggest."""
        if not names:
            return set()
        return self.journal.targets_among(self.campaign, names, others=SUGGESTED)

    def cancel_closed(self) -> bool:
        """Cancel what has come back to a campaign that was closed before; whether it is closed."""
        closed = self.journal.facts(self.moment).closed is not None
        if closed:
            self.journal.cancel_ended(self.moment, by=self.by)
        return closed


@contextmanager
def decision(campaign: str, journal: str | None, by: str | None) -> Iterator[Decision]:
    """Open the journal that knows `campaign` (or, for a campaign file, a new one) to write.

    What dead processes left claimed is moved to where it belongs at once.

    Raises:
        ConfigError: there is no such campaign, or the journal cannot be used.
    """
    from uadispatch.dispatch.journal import exists
    from uadispatch.settings import Settings

    number, home, notices = _named(campaign, journal)
    url = options.journal_of(journal, Settings(home, None))
    is_file = options.number_of(campaign) != number
    if not is_file and not exists(url):
        raise options.never_seen(number, url)
    with decision_on(number, home, url, by, notices=notices, is_new=is_file) as found:
        yield found


@contextmanager
def decision_on(
    number: str,
    home: Path,
    url: JournalUrl,
    by: str | None,
    *,
    notices: Sequence[str] = (),
    is_new: bool = True,
    console: Console | None = None,
) -> Iterator[Decision]:
    """As `decision`, of the campaign `number` in the journal at `url`.

    Raises:
        ConfigError: the journal has never seen it, and it cannot be new (`is_new`).
    """
    from uadispatch.cli.common import output
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Journal

    clock = SystemClock()
    who = name_of(by)
    said = list(notices)
    with Journal(url, write=True) as book:
        known = book.file_of(number) is not None or _is_spoken_of(book, number, clock)
        if not known:
            if not is_new:
                raise options.never_seen(number, url)
            said.append(
                f"this journal has never seen campaign {number}: {url.database}. A run that keeps "
                f"another one hears nothing of this; name that one with --journal"
            )
        output.notes(console or output.printer(as_json=False), said)
        book.recover(at=clock.now(), by=who)
        found = Decision(book, url, home, number, who, clock)
        yield found
        found.cancel_closed()


def source_of(found: Decision, campaign: str, registry: Registry) -> Source:
    """The campaign as its file says, or, where that is on another machine, its last snapshot.

    Raises:
        ConfigError: there is neither, or its file must be mended.
        PluginError: two plugins claim one of its channels.
    """
    from uadispatch.dispatch.planning.preparing import kept, read
    from uadispatch.dispatch.snapshot import Snapshot

    if options.number_of(campaign) != found.campaign or _is_there(campaign):
        return read(options.campaign_file(campaign), registry)
    file = found.journal.file_of(found.campaign)
    digest = found.journal.snapshot_of(found.campaign)
    if file is None or digest is None:
        raise ConfigError(
            f"the journal {found.url.database} does not know the file of campaign "
            f"{found.campaign}; give its file"
        )
    if _is_there(file):
        return read(Path(file), registry)
    snapshot = Snapshot(found.journal.snapshot_body(digest))
    if not snapshot.body:
        raise ConfigError(f"the texts of campaign {found.campaign} were removed by a purge")
    return kept(snapshot, Path(file), found.home, registry)


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # its name is too long, or its folder is not ours to read
        return False


def _is_spoken_of(book: Journal, number: str, clock: Clock) -> bool:
    """Whether something was decided of a campaign that was never planned."""
    from uadispatch.dispatch.journal import Moment

    facts = book.facts(Moment(campaign=number, now=clock.now()))
    said = facts.closed is not None or facts.document is not None or bool(facts.stops)
    return said or book.approval(number, whole=False) is not None


def _named(campaign: str, journal: str | None) -> tuple[str, Path, list[str]]:
    """The campaign's number, its home, and what a person should know.

    A slip in its file must keep nobody from stopping it: the journal knows what the file was.

    Raises:
        ConfigError: there is no such campaign.
    """
    from uadispatch.dispatch.journal import JournalError, consult
    from uadispatch.settings import Settings, find_home

    try:
        number, home = options.number_and_home(campaign)
    except ConfigError as exc:
        path = Path(campaign)
        home = find_home(path)
        try:
            url = options.journal_of(journal, Settings(home, None))
            (number,) = consult(url, lambda book: book.planned_from(str(path.resolve())))
        except (JournalError, OSError, ValueError):
            raise exc from None
        return number, home, [f"{exc}", f"the journal knows that file as campaign {number}"]
    return number, home, []


def known(option: str, given: list[str] | None, names: Collection[str]) -> list[str | None]:
    """`given`, checked against the names that occur; [None] where nothing was given.

    Raises:
        ConfigError: a name does not occur.
    """
    if not given:
        return [None]
    options.refuse_unknown(option, given, names)
    return list(given)


def name_of(given: str | None) -> str:
    """Who decides: the name that was given, or the user of this machine."""
    if given and given.strip():
        return given.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
