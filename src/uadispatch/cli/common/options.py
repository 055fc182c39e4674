"""The options that several commands share, and what they are read as."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from uadispatch.campaign.model import Campaign as CampaignFile
    from uadispatch.dispatch.journal import Journal as Journals
    from uadispatch.dispatch.journal import JournalUrl, Selection
    from uadispatch.dispatch.targets.roster import Roster
    from uadispatch.settings import Settings

__all__ = [
    "Campaign",
    "Channels",
    "Journal",
    "Json",
    "Limit",
    "LogJson",
    "Message",
    "Now",
    "PluginsDir",
    "Targets",
    "campaign_file",
    "campaign_if_readable",
    "consulted",
    "home_here",
    "journal_exists",
    "journal_here",
    "journal_of",
    "moment",
    "never_seen",
    "number_and_home",
    "number_of",
    "refuse_strangers",
    "refuse_unknown",
    "say_if_moved",
    "selection",
]

T = TypeVar("T")

NAMED = 10
"""So many names are listed where none is near the one that was given."""

Campaign = Annotated[
    str,
    typer.Argument(
        metavar="CAMPAIGN", help="A campaign file, or a number that the journal knows: 46/19."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
LogJson = Annotated[
    bool,
    typer.Option(
        "--log-json",
        help="Write what happens to standard error as JSON lines, without the names of people "
        "at risk.",
    ),
]
Journal = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="URL",
        help="The journal: a path or URL. Default: UADISPATCH_JOURNAL, else "
        ".uadispatch/journal.db of the nearest folder above the campaign file that holds "
        "config/uadispatch.toml.",
    ),
]
Message = Annotated[
    str | None,
    typer.Argument(
        metavar="[MESSAGE]",
        help="One message: TARGET/CHANNEL, or the first digits of its key, at least 4.",
        show_default=False,
    ),
]
PluginsDir = Annotated[
    Path | None,
    typer.Option("--plugins-dir", metavar="DIR", help="A folder with further channel plugins."),
]
Channels = Annotated[
    list[str] | None,
    typer.Option("--channel", metavar="NAME", help="Only this channel. May be repeated."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="ID", help="Only this target. May be repeated."),
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=1, help="At most this many messages."),
]
Now = Annotated[
    str | None,
    typer.Option(
        "--now", metavar="TIME", help="Look from another moment: 2019-08-20T09:00Z (UTC)."
    ),
]


def campaign_file(campaign: str, journal: str | None = None) -> Path:
    """The campaign's file: the one that is named, or that the journal knows its number from.

    Raises:
        ConfigError: there is no such file, and the journal of this folder knows no such number.
    """
    if os.path.exists(campaign):  # noqa: PTH110 - Path's raises on a name that is too long
        return Path(campaign)
    number = number_of(campaign)
    if number is None:
        raise ConfigError(f"there is no campaign file {campaign}; give the path of one")
    from uadispatch.dispatch.journal import NoJournal, consult

    url = journal_here(journal)
    try:
        file = consult(url, lambda book: book.file_of(number))
    except NoJournal:
        file = None
    if file is None:
        raise ConfigError(
            f"no journal here knows a campaign {number} ({url.database}); give its file"
        )
    if not os.path.exists(file):  # noqa: PTH110 - as above
        raise ConfigError(
            f"campaign {number} was planned from {file}, which is gone; give its file"
        )
    return Path(file)


def number_of(campaign: str) -> str | None:
    """The Urgent Action's number that `campaign` is, or None if it is none."""
    from pydantic import TypeAdapter, ValidationError

    from uadispatch.campaign.values import Number

    try:
        number: str = TypeAdapter(Number).validate_python(campaign)
    except ValidationError:
        return None
    return number


def number_and_home(campaign: str) -> tuple[str, Path]:
    """The campaign's number, and the home folder whose journal knows it.

    Raises:
        ConfigError: there is no such file, or it must be mended.
    """
    from uadispatch.campaign.file import read_campaign
    from uadispatch.settings import find_home

    if not os.path.exists(campaign):  # noqa: PTH110 - Path's raises on a name that is too long
        number = number_of(campaign)
        if number is not None:  # its file may be gone; its messages are not
            return number, find_home(Path.cwd() / "here")
    path = campaign_file(campaign)
    return read_campaign(path).number, find_home(path)


def moment(now: str | None) -> datetime | None:
    """What ``--now`` means; a time without a zone is UTC. Raises ConfigError."""
    if now is None:
        return None
    try:
        found = datetime.fromisoformat(now)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"--now {now}: write a time such as 2019-08-20T09:00Z") from None


def journal_of(given: str | None, settings: Settings) -> JournalUrl:
    """The journal to use. Raises JournalError.

    A path that is typed is one from here; a configured one is from the home, so that another
    working directory is no other journal.
    """
    from uadispatch.dispatch.journal import has_password, journal_url

    if given is not None:
        if has_password(given):
            raise ConfigError(
                "--journal: whoever looks at this machine can read a password that is typed; put "
                "it into UADISPATCH_JOURNAL, PGPASSWORD or ~/.pgpass"
            )
        return journal_url(given, settings.home)
    return journal_url(settings.journal, settings.home, base=settings.home)


def home_here() -> Path:
    """The home of the working directory."""
    from uadispatch.settings import find_home

    return find_home(Path.cwd() / "here")


def journal_here(given: str | None) -> JournalUrl:
    """The journal that is named, or that of the working directory's home. Raises JournalError."""
    from uadispatch.settings import Settings

    return journal_of(given, Settings(home_here(), None))


def consulted(url: JournalUrl, question: Callable[[Journals], T]) -> T:
    """As `consult`; that a journal was moved elsewhere is said first, on standard error."""
    from uadispatch.cli.common import output
    from uadispatch.dispatch.journal import consult

    told = False

    def asked(book: Journals) -> T:
        nonlocal told
        if not told and (moved := book.moved()) is not None:
            told = True
            output.notes(output.printer(as_json=True), [moved.says])
        return question(book)

    return consult(url, asked)


def say_if_moved(url: JournalUrl) -> None:
    """Say, where there is a journal that was moved elsewhere, that it was."""
    from uadispatch.dispatch.journal import NoJournal

    with suppress(NoJournal):
        consulted(url, lambda _: None)


def never_seen(number: str, url: JournalUrl) -> ConfigError:
    """That a journal does not know a campaign."""
    return ConfigError(f"the journal {url.database} has never seen campaign {number}")


def selection(
    campaign: CampaignFile,
    channels: list[str] | None,
    targets: list[str] | None,
    there: Collection[str] | None = None,
) -> Selection:
    """What ``--channel`` and ``--target`` mean. Raises ConfigError for names that do not occur.

    Whether a target stands in a file of targets, `refuse_strangers` says, once it has been read.
    Where no file is at hand, `there` are those that the journal knows.
    """
    from uadispatch.dispatch.journal import Selection

    refuse_unknown("--channel", channels or (), campaign.channels)
    if there is not None or not campaign.files:
        known = [target.id for target in campaign.written] if there is None else there
        refuse_unknown("--target", targets or (), known)
    return Selection(
        channels=frozenset(channels) if channels else None,
        targets=frozenset(targets) if targets else None,
    )


def refuse_strangers(wanted: Selection, roster: Roster) -> None:
    """Raise ConfigError for a target that was named and does not occur."""
    for name in sorted(wanted.targets or ()):
        if name not in roster:
            near = roster.near(name)
            few = ", ".join(sorted(islice(roster.ids(), NAMED)))
            raise _stranger("--target", name, near, few)


def refuse_unknown(option: str, given: Collection[str], known: Collection[str]) -> None:
    """Raise ConfigError for a name that does not occur, with the one that is near."""
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            few = ", ".join(sorted(known)[:NAMED])
            raise _stranger(option, name, next(iter(near), None), few)


def _stranger(option: str, name: str, near: str | None, few: str) -> ConfigError:
    hint = f"did you mean {near}?" if near else f"it has {few or 'none'}"
    return ConfigError(f"{option} {name}: the campaign has no such one; {hint}")


def campaign_if_readable(campaign: str) -> CampaignFile | None:
    """The campaign file that `campaign` names, if it is one and nothing is wrong in it."""
    from uadispatch.campaign.file import read_campaign

    try:
        return read_campaign(Path(campaign))
    except (ConfigError, OSError, ValueError):
        return None


def journal_exists(url: JournalUrl) -> bool:
    """Whether there is a journal."""
    from uadispatch.dispatch.journal import exists

    return exists(url)
