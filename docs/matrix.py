"""docs/channel-matrix.md: what each channel can do, as it may be configured.

``make docs`` writes it, of the capabilities that the channels themselves say they have.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from uadispatch.campaign.model import Target
from uadispatch.channels.contract import By, Capabilities, Channel, Tools
from uadispatch.channels.registry import Registry, discover
from uadispatch.testing import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KINDS", "capabilities", "matrix"]

HEAD = """\
# What each channel can do

<!-- Made from the channels' capabilities by `make docs`: edit these instead. -->

A row for each channel that comes with uadispatch, and for each way to configure it that changes
what it can do.

| | |
|---|---|
| **sent by** | the program; or a person, for whom it prepares files and links (`tasks`, then `record`) |
| **writes to** | the field of a target that it needs |
| **what is in doubt** | a try that got no answer: tried again only where the far end itself drops a second copy; else it is asked about, or a person looks (`resolve`) |
| **asked later** | `confirm` asks the service what became of a message |
| **taken back** | after a closing, as long as the service still holds it |
| **at night** | whether it waits for the morning where the target is |
| **many at once** | it keeps a queue of its own, and so its connections busy |
| **longest** | characters of a text |
| **may be recorded** | of what a person did |
"""
KINDS = {"fax": "gateway", "twitter": "posting"}
"""Channel to the setting on which it depends what it can do."""
NONE = "–"  # noqa: RUF001 - a cell with nothing in it
COLUMNS = (
    "channel", "sent by", "writes to", "what is in doubt", "asked later", "taken back",
    "at night", "many at once", "longest", "may be recorded",
)  # fmt: skip


def matrix() -> str:
    """The page."""
    rows = [f"| {' | '.join(row)} |" for row in (COLUMNS, ("---",) * len(COLUMNS), *_rows())]
    return "\n".join((HEAD, *rows, ""))


def capabilities(channel: type[Channel[Any]], **settings: object) -> Capabilities:
    """Those of a channel with these settings; what else it requires is not set."""
    fields = channel.Settings.model_fields
    required = dict.fromkeys(name for name, field in fields.items() if field.is_required())
    given: dict[str, Any] = {**required, **settings}
    looked_at = channel.Settings.model_construct(None, **given)
    return channel(looked_at, _tools()).capabilities


def _rows() -> Iterator[tuple[str, ...]]:
    for name, registered in Registry(discover(None)).channels.items():
        channel = registered.channel
        if (field := KINDS.get(name)) is None:
            yield _row(f"[{name}]({name}.md)", channel, capabilities(channel))
            continue
        for kind in get_args(channel.Settings.model_fields[field].annotation):
            title = f'[{name}]({name}.md), `{field} = "{kind}"`'
            yield _row(title, channel, capabilities(channel, **{field: kind}))


def _row(title: str, channel: type[Channel[Any]], can: Capabilities) -> tuple[str, ...]:
    by_person = can.by is By.PERSON
    hands_on = f", through {can.hands_on_to}" if can.hands_on_to else ""
    field = channel.contact
    doubt = "tried again" if can.idempotent else "never tried again"
    quiet = can.quiet_hours
    return (
        title,
        f"{'a person' if by_person else 'the program'}{hands_on}",
        f"`{field}`" if field in Target.model_fields else f"`contacts: {{{field}: ...}}`",
        NONE if by_person else doubt,
        _yes(can.confirms),
        _yes(can.recalls),
        "goes out" if quiet is None else f"waits, {quiet[0]:%H:%M} to {quiet[1]:%H:%M}",
        _yes(can.queues),
        "any" if can.longest_body is None else f"{can.longest_body:,}",
        ", ".join(f"`{outcome}`" for outcome in can.outcomes) if by_person else NONE,
    )


def _yes(is_so: bool) -> str:  # noqa: FBT001 - a cell of a table
    return "yes" if is_so else "no"


def _tools() -> Tools:
    async def no_secret(*_: object) -> None:
        return None

    def no_other(name: str) -> Any:
        raise LookupError(name)

    return Tools(
        clock=VirtualClock(datetime(2026, 1, 1, tzinfo=UTC)),
        cache=Path("cache"),
        secret=no_secret,
        channel=no_other,
    )
