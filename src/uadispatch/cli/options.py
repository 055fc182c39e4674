"""The options that several commands share, and what they are read as."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

    from uadispatch.campaign.model import Campaign as CampaignFile
    from uadispatch.dispatch.journal import Selection

__all__ = [
    "Campaign",
    "Channels",
    "Journal",
    "Json",
    "Limit",
    "Now",
    "PluginsDir",
    "Targets",
    "campaign_file",
    "moment",
    "selection",
]

Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="A campaign file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Journal = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="URL",
        envvar="UADISPATCH_JOURNAL",
        help="The journal: a path or URL. Default: .uadispatch/journal.db of the nearest folder "
        "above the campaign file that holds config/uadispatch.toml.",
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


def campaign_file(campaign: str) -> Path:
    """The campaign's file. Raises ConfigError when there is none of that name."""
    path = Path(campaign)
    if path.exists():
        return path
    raise ConfigError(f"there is no campaign file {campaign}; give the path of one")


def moment(now: str | None) -> datetime | None:
    """What ``--now`` means; a time without a zone is UTC. Raises ConfigError."""
    if now is None:
        return None
    try:
        found = datetime.fromisoformat(now)
    except ValueError:
        raise ConfigError(f"--now {now}: write a time such as 2019-08-20T09:00Z") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def selection(
    campaign: CampaignFile, channels: list[str] | None, targets: list[str] | None
) -> Selection:
    """What ``--channel`` and ``--target`` mean. Raises ConfigError for names that do not occur."""
    from uadispatch.dispatch.journal import Selection

    return Selection(
        channels=_known("--channel", channels, campaign.channels),
        targets=_known("--target", targets, [target.id for target in campaign.targets]),
    )


def _known(option: str, given: list[str] | None, known: Collection[str]) -> frozenset[str] | None:
    if not given:
        return None
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            few = ", ".join(sorted(known)[:10])
            hint = f"did you mean {near[0]}?" if near else f"it has {few or 'none'}"
            raise ConfigError(f"{option} {name}: the campaign has no such one; {hint}")
    return frozenset(given)
