"""The next step: what the last line of each command names, with the options that were given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from uadispatch.dispatch.states import UNSENT, State

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from pathlib import Path

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal import Entry, Gist, Journal
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared, Source
    from uadispatch.dispatch.targets.roster import Roster

__all__ = ["Typed", "after_looking", "after_rehearsing", "after_sending", "following"]

CHUNK = 500
"""Messages of which the journal is asked at once."""

_BOOK = frozenset({"journal"})
_PLUGINS = _BOOK | {"plugins_dir"}
_NARROW = _PLUGINS | {"channel", "target"}
_ALL = _NARROW | {"limit", "now"}
TAKES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "dry-run": _ALL, "rehearse": _ALL, "send": _NARROW,
        "confirm": _NARROW, "tasks": _NARROW, "approve": _PLUGINS, "mend": _PLUGINS,
        "status": _BOOK, "resolve": _BOOK, "report": _BOOK, "resume": _BOOK,
    }
)  # fmt: skip
"""Which of the options that were given mean the same to another command."""
_TAKEN = frozenset({State.ACCEPTED, State.CONFIRMED, State.WITH_PERSON, State.DONE})


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A campaign as it was typed, and the options with it."""

    campaign: str
    channel: list[str] | None = None
    target: list[str] | None = None
    limit: int | None = None
    now: str | None = None
    journal: str | None = None
    plugins_dir: Path | None = None

    def then(self, command: str, *words: str, **more: object) -> str:
        """`command` as it is to be typed next, safe to print; `more` are further options."""
        from uadispatch.cli.common.output import again

        kept = {name: getattr(self, name) for name in sorted(TAKES[command])}
        return again(command, self.campaign, *words, **kept, **more)

    def to_rehearse_alone(self, draft: Draft) -> str:
        """The command that rehearses one message."""
        alone = replace(self, channel=[draft.channel], target=[draft.target.id], limit=None)
        return alone.then("rehearse")


def following(gist: Gist, typed: Typed, asks: Container[str] | None = None) -> str:
    """What is left to do with messages, if nothing is wrong with them.

    `asks` are the channels whose services can be asked, if that is known.
    """
    if gist.claimable:
        return typed.then("send")
    if gist.asked_of(asks):
        return typed.then("confirm")
    if State.WITH_PERSON in gist.states:
        return typed.then("tasks")
    return typed.then("report")


def after_looking(look: Look, typed: Typed) -> str:
    """The last line of a dry-run."""
    its = look.overview
    if its.faults.numbers:
        return "Next: mend the templates named above, then look again."
    if look.all_refused or look.facts.superseded:
        return "Next: nothing can be sent as it is; what the guards say must change first."
    if not its.waiting:
        from uadispatch.dispatch.journal import Gist

        known = (draft.entry for draft in look.selected(look.outlines) if draft.entry)
        return _nothing_left(Gist.of(known), typed)
    if not its.outgoing:
        return "Next: nothing can be sent as it is; what the remarks say must be mended first."
    return f"Next: {typed.then('rehearse')}"


def after_rehearsing(
    source: Source, typed: Typed, *, to: list[str] | None, ready: bool, targets: Roster
) -> str:
    """The last line of a rehearsal: an approval, where it is needed and missing; else one message.

    What is approved is the campaign as dry-run shows it, with its real settings. Of what is over,
    or has gone out already, it names neither.
    """
    from uadispatch.cli.common import approving

    if not ready:
        return f"Next: mend what is said above, then: {typed.then('rehearse', to=to)}"
    real = _real(source, typed, targets)
    if real.nothing_left:
        return _nothing_left(real.gist, typed)
    if real.facts.closed is not None or real.facts.superseded or real.facts.stopped:
        why = replace(typed, now=None).then("dry-run")
        return f"Next: nothing can be sent as it is; see why: {why}"
    if real.facts.unapproved:
        approve = approving.command(real.prepared, typed.campaign, typed.journal, typed.plugins_dir)
        return f"Next: {approve}"
    return f"Next: {typed.then('send', limit=1)}"


@dataclass(frozen=True)
class _Real:
    """The campaign as it would be sent, whatever was rehearsed."""

    prepared: Prepared
    facts: Facts
    gist: Gist
    """Of the messages that were asked for."""
    nothing_left: bool


def _real(source: Source, typed: Typed, targets: Roster) -> _Real:
    """What its own journal says of the campaign now; nothing is rendered."""
    from uadispatch.cli.common import options
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Gist, NoJournal, consult, facts_of
    from uadispatch.dispatch.planning.looking import keys_of, moment_of
    from uadispatch.dispatch.planning.preparing import equip, prepare

    clock = SystemClock()
    prepared = prepare(source, *equip(source, clock, lenient=True), targets=targets)
    moment = moment_of(prepared, clock.now(), approval=True)
    wanted = options.selection(source.campaign, typed.channel, typed.target)
    url = options.journal_of(typed.journal, source.settings)

    def question(book: Journal) -> tuple[Facts, Gist, bool]:
        gist = Gist()
        if not (left := _is_left(book, keys_of(prepared, wanted))):
            round_ = prepared.snapshot.round
            gist = book.gist(moment.campaign, round_=round_, selection=wanted)
        return book.facts(moment), gist, left

    try:
        facts, gist, left = consult(url, question)
    except NoJournal:
        facts, gist, left = facts_of((), moment), Gist(), any(keys_of(prepared, wanted))
    return _Real(prepared, facts, gist, nothing_left=not left)


def _is_left(book: Journal, keys: Iterable[str]) -> bool:
    """Whether a message with one of these keys may still be sent; most often the first may."""
    rest = iter(keys)
    while chunk := list(islice(rest, CHUNK)):
        known = book.states_of(chunk).values()
        if len(known) < len(chunk) or any(e.state in UNSENT or e.goes_again for e in known):
            return True
    return False


def _nothing_left(gist: Gist, typed: Typed) -> str:
    """The last line where nothing is to be sent any more: what went wrong comes first."""
    then = following(gist, typed)
    if first := _trouble(gist, typed):
        return f"Nothing is left to send. Next: {first}; after that: {then}"
    return f"Nothing is left to send. Next: {then}"


def after_sending(
    gist: Gist,
    typed: Typed,
    *,
    interrupted: bool = False,
    asks: Container[str] | None = None,
    refused: str = "",
) -> str:
    """The last line after a run: what went wrong comes before what is left.

    `asks` are the channels whose services can be asked, if that is known; `refused` is what must
    be done before anything more can be sent.
    """
    if interrupted:
        from uadispatch.cli.common.output import messages_in_words

        left = gist.claimable
        remain = f"{messages_in_words(left)} {'remains' if left == 1 else 'remain'}"
        return f"Everything is recorded; {remain}. Go on with: {typed.then('send')}"
    then = following(gist, typed, asks)
    if refused:
        then = f"{refused}; then: {then}"
    if first := _trouble(gist, typed, asks):
        return f"Next: {first}; after that: {then}"
    return f"Next: {then}"


def _trouble(gist: Gist, typed: Typed, asks: Container[str] | None = None) -> str:
    """What a person should do first, if anything."""
    states = gist.states

    def may_be_asked(entry: Entry) -> bool:
        # Of what a crash has cut off, nobody could tell then whether a service knows of it.
        return entry.ask_again_at is not None and (asks is None or entry.channel in asks)

    doubtful = [
        entry
        for entry in gist.in_doubt
        # A service can be asked for the others, or drops a second copy itself.
        if not may_be_asked(entry) and not entry.goes_again
    ]
    if doubtful:
        one = f"{doubtful[0].target}/{doubtful[0].channel}"
        if len(doubtful) == 1:
            resolve = typed.then("resolve", one, "--sent")
            return f"find out whether {one} arrived, then: {resolve} (or --not-sent)"
        resolve = typed.then("resolve", "TARGET/CHANNEL", "--sent")
        return (
            f"find out which of the {len(doubtful):,} in doubt arrived ({typed.then('status')} "
            f"lists them), and for each: {resolve} (or --not-sent)"
        )
    if State.FAILED in states:
        if not any(state in states for state in _TAKEN):
            return f"nothing was taken; see why: {typed.then('status')}"
        mend = typed.then("mend", "--all")
        return f"mend the contacts that failed in the file, then: {mend}"
    if gist.held or State.REFUSED in states:
        return f"see what is held or refused, and why: {typed.then('status')}"
    return ""
