"""``resolve``: a person says what became of messages that are in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import deciding, options

if TYPE_CHECKING:
    from uadispatch.cli.common.deciding import Decision
    from uadispatch.dispatch.journal import Entry

FEW = 20


def resolve(
    campaign: options.Campaign,
    message: options.Message = None,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="How you know; it is kept.")
    ] = "",
    by: deciding.By = None,
    journal: options.Journal = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that are in doubt.")] = False,
    sent: Annotated[
        bool | None,
        typer.Option("--sent/--not-sent", help="It went out; or it did not, and may go again."),
    ] = None,
) -> None:
    """Settle what is in doubt, once you have found out whether it went out.

    Ask the server's log for its Message-ID (it begins with the key that `status` shows of one
    message), or the recipient. What was not sent is planned again.
    """
    from uadispatch.cli.common import ladder, output
    from uadispatch.errors import ConfigError

    if sent is None:
        raise ConfigError("say --sent or --not-sent; what is not known stays in doubt")
    if every == (message is not None):
        raise ConfigError("name one MESSAGE, or give --all")
    console = output.printer(as_json=False)
    with deciding.decision(campaign, journal, by) as decision:
        wanted = _in_doubt(decision, message)
        keys = decision.journal.resolve(
            [entry.key for entry in wanted], sent=sent, note=note.strip(),
            at=decision.clock.now(), by=decision.by,
        )  # fmt: skip
        if not sent and decision.cancel_closed():
            console.print("The campaign is closed: what was not sent is cancelled.")
        gist = decision.gist()
    left = len(gist.in_doubt)
    after = "sent" if sent else "not sent"
    resolved = [entry for entry in wanted if entry.key in set(keys)]
    for entry in resolved[:FEW]:
        console.print(
            f"  {entry.target}/{entry.channel} to {output.safe(output.one_line(entry.to))}: {after}"
        )
    if len(resolved) > FEW:
        console.print(f"  and {len(resolved) - FEW:,} more")
    console.print(
        f"{output.messages_in_words(len(resolved))} settled as {after}; {left:,} in doubt."
    )
    typed = ladder.Typed(campaign=campaign, journal=journal)
    following = typed.then("status") if left else ladder.following(gist, typed)
    console.print(f"Next: {following}")


def _in_doubt(decision: Decision, message: str | None) -> list[Entry]:
    from uadispatch.errors import ConfigError

    if message is None:
        return decision.gist().in_doubt
    found = decision.journal.find_messages(decision.campaign, message)
    doubtful = [entry for entry in found if entry.state == "in_doubt"]
    if not doubtful:
        raise ConfigError(f"{message} is not in doubt but {found[0].state}: {found[0].reason}")
    return doubtful[:1]
