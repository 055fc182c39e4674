"""The JSON shapes of the command line. Fields may be added; none is ever removed or renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.channels.message import Counts, Preview
from uadispatch.dispatch.states import UNSENT, State
from uadispatch.errors import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from uadispatch.dispatch.followup.confirming import Confirmed
    from uadispatch.dispatch.journal import Entry, Gist
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared

__all__ = [
    "FEW",
    "dry_run",
    "guards_of",
    "instant",
    "mark_of",
    "planned",
    "previewed",
    "questions",
    "reason_of",
    "recorded",
    "run",
    "state_of",
]

FEW = 500
"""Up to so many messages their channels are asked for what a reviewer should know."""
FLAGS = frozenset({"held", "stopped", "not approved", "opted out", "superseded"})
"""Guards that keep a message back without refusing it: it stays planned, with the reason."""


def instant(moment: datetime | None) -> str | None:
    """A moment as ISO 8601 in UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def state_of(draft: Draft) -> State:
    """The state a draft is shown in: the journal's, else what sending now would make of it."""
    if draft.entry is not None and draft.entry.state is not State.REFUSED:
        return draft.entry.state
    if draft.refusal or draft.broken or (draft.verdict and draft.verdict.guard not in FLAGS):
        return State.REFUSED
    return State.PLANNED


def reason_of(draft: Draft) -> str:
    """Why a draft is in that state, or what a reviewer should know of it."""
    entry = draft.entry
    if entry is not None and entry.state not in UNSENT:
        # Its contact is empty if it was purged.
        moved = entry.to not in ("", draft.contact.value)
        if moved and entry.state is State.FAILED:
            return (
                f"it failed at {entry.to} ({entry.reason}); the file has another contact now: "
                f"uadispatch mend plans it again"
            )
        if moved:
            return f"it was for {entry.to}; only another round writes to the new contact"
        if draft.goes_again:
            return f"{entry.reason}; it is tried again as it was"
        return entry.reason
    if draft.broken is not None:
        return str(draft.broken)
    if draft.refusal is not None:
        return draft.refusal
    if draft.verdict is not None:
        return draft.verdict.reason
    if draft.delay is not None:
        return draft.delay.reason
    waits = entry is not None and entry.state is State.RETRY
    if entry is not None and waits and entry.reason:
        return entry.reason
    return "; ".join(filter(None, (mark_of(draft), draft.choice.fallback)))


def mark_of(draft: Draft) -> str:
    """That the contact was refused before, in words; "" if it was not."""
    if draft.mark is None:
        return ""
    when = draft.mark.at.strftime("%-d %B %Y")
    return f"on {when} this contact was refused for good ({draft.mark.because}): is it right?"


def guards_of(look: Look) -> list[dict[str, str]]:
    """What the guards say, each once; what a text lacks also where nothing is left to send."""
    objections = look.overview.objections
    said = {(verdict.guard, verdict.reason): None for verdict in objections}
    for guard, number in objections.further.items():
        more = "1 more message" if number == 1 else f"{number:,} more messages"
        said.setdefault((guard, f"{more}, for reasons that each message says"))
    if look.facts.superseded:
        said.setdefault(("superseded", look.facts.superseded))
    if look.facts.unapproved:
        said.setdefault(("not approved", look.facts.unapproved))
    return [{"name": guard, "says": reason} for guard, reason in said]


def dry_run(prepared: Prepared, look: Look, *, now: datetime) -> dict[str, Any]:
    """What `dry-run --json` prints beside its lists: the messages, and whom no channel reaches."""
    return {
        "campaign": prepared.snapshot.campaign_number,
        "title": prepared.snapshot.title,
        "round": prepared.snapshot.round,
        "now": instant(now),
        "digest": prepared.snapshot.digest,
        "guards": guards_of(look),
        "notices": list(prepared.notices),
    }


def planned(prepared: Prepared, draft: Draft, *, few: bool) -> dict[str, Any]:
    """A message as `dry-run --json` lists it; `text`, `notes` and `links` only if they are `few`.

    There are a `FEW` of them at most then.
    """
    return {
        "key": draft.key,
        "target": draft.target.id,
        "channel": draft.channel,
        "to": draft.contact.value,
        "language": draft.choice.language,
        "subject": draft.message.subject if draft.message else None,
        "body": draft.message.body if draft.message else None,
        "state": state_of(draft),
        "reason": reason_of(draft),
        "by": draft.by,
        "template": draft.template,
        "held": draft.held is not None,
        "refused_before": mark_of(draft),
        "not_before": instant(draft.delay.not_before) if draft.delay else None,
        **_seen(prepared, draft, few=few),
    }


def _seen(prepared: Prepared, draft: Draft, *, few: bool) -> dict[str, Any]:
    """What its channel shows a reviewer: the text as it arrives, remarks (a price), and links."""
    preview = previewed(prepared, draft) if few else None
    return {
        "text": None if preview is None else preview.text,
        "notes": None if preview is None else list(preview.notes),
        "links": None if preview is None else list(preview.links),
    }


def previewed(prepared: Prepared, draft: Draft, *, brief: bool = False) -> Preview | None:
    """What the recipient will get; None if there is nothing to show of it.

    `brief`: without what takes long, for a list of many (`Channel.outline`).
    """
    if draft.message is None or draft.refusal:
        return None
    channel = prepared.channels[draft.channel]
    try:
        return channel.outline(draft.message) if brief else channel.preview(draft.message)
    except Exception as exc:  # noqa: BLE001 - a plugin's fault hides nothing of the others
        return Preview(text=draft.message.body, notes=(f"its preview failed: {place_of(exc)}",))


def questions(confirmed: Confirmed) -> dict[str, Any]:
    """What services said of what they had taken before."""
    return {
        "asked": confirmed.asked,
        "found": dict(sorted(confirmed.found.items())),
        "unknown": confirmed.unknown,
        "troubles": dict(confirmed.troubles),
    }


def run(
    campaign: str, gist: Gist, *, guards: Sequence[Mapping[str, str]], **more: object
) -> dict[str, Any]:
    """What `send`, `rehearse` and `status` print with `--json`, but for the list of messages."""
    done = gist.done
    return {
        "campaign": campaign,
        "states": dict(sorted(gist.states.items())),
        "rounds": {str(round_): numbers for round_, numbers in gist.by_round.items()},
        "channels": gist.by_channel,
        "in_doubt": [
            {
                "key": entry.key,
                "target": entry.target,
                "channel": entry.channel,
                "since": instant(entry.claimed_at),
            }
            for entry in gist.in_doubt
        ],
        "held": gist.held,
        "done": {str(counts): done[counts] for counts in Counts},
        "guards": list(guards),
        **more,
    }


def recorded(entry: Entry) -> dict[str, Any]:
    """One message in the list of messages of `run`."""
    return {
        "key": entry.key,
        "target": entry.target,
        "channel": entry.channel,
        "round": entry.round,
        "to": entry.to,
        "state": entry.state,
        "reason": entry.held or entry.reason,
        "held": entry.held is not None,
        "attempts": entry.attempts,
        "not_before": instant(entry.not_before),
        "outcome": entry.outcome,
        "counts": entry.counts,
    }
