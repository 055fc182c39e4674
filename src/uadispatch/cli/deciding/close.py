"""``close`` and ``reopen``: the end of a campaign, above whatever its file says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import deciding, options
from uadispatch.cli.deciding import closing

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.observers.hooks import CampaignClosed

Why = Annotated[
    str,
    typer.Option("--because", metavar="TEXT", help="Why; it is kept, and shown to whoever sends."),
]


def close(
    campaign: options.Campaign,
    because: Why,
    by: deciding.By = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
) -> None:
    """Close a campaign: nothing of it goes out any more, whatever its file says.

    What was not sent is cancelled, work that waits for a person too; what a service still holds
    is asked back where that is possible. A run that is going on claims nothing more, and asks for
    what was on its way.
    """
    from uadispatch.cli.common import observing, output
    from uadispatch.cli.common.exits import Code
    from uadispatch.errors import ConfigError

    because = because.strip()
    if not because:
        raise ConfigError("--because: say why it is closed; whoever sends will read it")
    console = output.printer(as_json=False)
    told: list[tuple[Path, CampaignClosed]] = []
    with observing.closings_told(told, plugins_dir):
        with deciding.decision(campaign, journal, by) as decision:
            closed = closing.close_now(
                console, decision, campaign, because, plugins_dir=plugins_dir
            )  # fmt: skip
            if closed.event is not None:
                told.append((decision.home, closed.event))
        console.print(f"Next: {output.again('status', campaign, journal=journal)}")
    if closed.must_look:
        raise SystemExit(Code.LOOK)


def reopen(
    campaign: options.Campaign,
    because: Why,
    by: deciding.By = None,
    journal: options.Journal = None,
) -> None:
    """Take a closing back. What it cancelled stays cancelled: a new round writes again."""
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code
    from uadispatch.dispatch.states import State
    from uadispatch.errors import ConfigError

    if not because.strip():
        raise ConfigError("--because: say why it is opened again")
    console = output.printer(as_json=False)
    with deciding.decision(campaign, journal, by) as decision:
        if decision.journal.facts(decision.moment).closed is None:
            console.print(
                f"The journal has no closing of {decision.campaign}. If its file says `status: "
                f"closed`, mend the file."
            )
            raise SystemExit(Code.LOOK)
        closing.state(decision, "reopened", because.strip())
        cancelled = decision.gist().states[State.CANCELLED]
    console.print(f"Urgent Action {decision.campaign} is open again.")
    if cancelled:
        console.print(
            f"{output.messages_in_words(cancelled)} stay cancelled; a higher `round` in the "
            f"campaign file writes to everybody again."
        )
    console.print(f"Next: {output.again('dry-run', campaign)}")
