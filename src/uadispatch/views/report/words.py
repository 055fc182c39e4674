"""What a report says: the sentence for officials, what it rests on, and the text to report back.

It puts numbers into words and adds none of its own. What is accepted is never called delivered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch.channels.message import Counts
from uadispatch.dispatch.journal import document_of
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from uadispatch.dispatch.journal import Said
    from uadispatch.dispatch.reasons import Reason
    from uadispatch.views.report.counting import Report

__all__ = [
    "END_WORDS", "STANDING_WORDS", "STATE_WORDS", "and_", "channel", "fact", "facts", "moment",
    "number", "proofs", "proves", "reason", "report_back", "sentence", "title",
]  # fmt: skip

STATE_WORDS = {
    "planned": "not yet tried",
    "claimed": "on their way at this moment",
    "accepted": "the server or gateway took them; that they were read is not proven",
    "confirmed": "the recipient has them",
    "retry": "failed for now; another try will be made",
    "failed": "failed for good",
    "in_doubt": "they may have gone out, or not",
    "with_person": "waiting for a person to act",
    "done": "done by people; not each of them reached somebody",
    "cancelled": "will not be sent",
    "refused": "cannot be sent as they are",
}
END_WORDS = {
    "accepted": "accepted", "confirmed": "confirmed", "contact": "people reached somebody",
    "no_contact": "people reached nobody", "failed": "failed",
}  # fmt: skip
STANDING_WORDS = {
    "out": "known to have gone out", "unknown": "may have gone out", "waiting": "not sent yet",
    "not": "not sent, or nobody reached",
}  # fmt: skip
_CHANNELS = {"twitter": "X (Twitter)", "facebook": "Facebook"}
_COUNTS = {
    Counts.AGAIN: "nobody yet, and can be tried again", Counts.NOTHING: "nobody",
    Counts.WRONG: "nobody: the contact is wrong",
}  # fmt: skip
_KINDS = {
    "closed": "closed", "reopened": "opened again", "stopped": "stopped", "resumed": "resumed",
    "approved": "approved", "unapproved": "let go out without an approval",
    "document": "a document was imported", "purged": "texts and contacts were removed",
    "opted_out": "a contact asked for no more messages", "rehearsal": "rehearsed",
}  # fmt: skip
REHEARSED = (
    "This was a rehearsal: no appeal has gone out to any official, and each number is of stand-ins."
)
SHOWN = 12
"""So many reasons stand in a text that is to be read."""


def number(count: int, one: str, many: str) -> str:
    """``1 appeal``, ``1,200 appeals``."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def and_(words: Sequence[str]) -> str:
    """``a, b and c``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def moment(at: datetime) -> str:
    """A moment as people write it, in UTC."""
    return f"{at:%-d %B %Y, %H:%M} UTC"


def channel(name: str) -> str:
    """A channel as an outsider knows it."""
    return _CHANNELS.get(name, name)


def title(report: Report) -> str:
    """What the report is of."""
    rehearsed = "a rehearsal of " if report.rehearsed else ""
    of_round = f", round {report.round}" if report.round is not None else ""
    return f"{rehearsed}Urgent Action {report.totals.campaign}{of_round}"


def sentence(report: Report) -> str:
    """The sentence with the total, for the officials."""
    if report.rehearsed:
        return REHEARSED
    out = report.out
    if not out.number or out.first is None or out.last is None:
        return f"No appeal is known to have gone out on behalf of {title(report)}."
    least = "At least " if report.unknown else ""
    appeals = number(out.number, "appeal", "appeals")
    names = [
        channel(name) + (f" ({count:,})" if len(out.channels) > 1 else "")
        for name, count in out.channels.items()
    ]
    have = "has" if out.number == 1 else "have"
    officials = number(out.targets, "official", "officials")
    return (
        f"{least}{appeals} by {and_(names)} {have} gone out to {officials} on behalf of "
        f"{title(report)} {_between(out.first, out.last)}."
    )


def _between(first: datetime, last: datetime) -> str:
    """The days, in UTC; each part of a date is written once."""
    if first.date() == last.date():
        return f"on {last:%-d %B %Y}"
    since = f"{first:%-d}" if (first.year, first.month) == (last.year, last.month) else (
        f"{first:%-d %B}" if first.year == last.year else f"{first:%-d %B %Y}"
    )  # fmt: skip
    return f"between {since} and {last:%-d %B %Y}"


def proofs(report: Report) -> Iterator[str]:
    """What the sentence rests on, and what it leaves out; each a sentence."""
    out = report.out
    if out.accepted:
        yield (
            f"{out.accepted:,} accepted: a mail server, gateway or service took them. That is no "
            f"proof that they were read, nor that they reached a mailbox."
        )
    if out.told:
        rest = "rests" if out.told == 1 else "rest"
        yield f"{out.told:,} of these {rest} on the word of a person who settled a doubt."
    if out.confirmed:
        yield f"{out.confirmed:,} confirmed: the far end has said that the recipient has them."
    if out.contacts:
        yield (
            f"{out.contacts:,} made by people, who have recorded that they reached somebody, "
            f"posted or mailed it."
        )
    if out.number:
        yield "The days are those of UTC, on which the last try began or a person recorded it."
    left = [
        number(report.states.get(State.IN_DOUBT, 0), "in doubt", "in doubt"),
        number(report.states.get(State.CLAIMED, 0), "on its way", "on their way"),
        number(
            report.asked, "whose service is still to say what became of it",
            "whose service is still to say what became of them",
        ),
    ]  # fmt: skip
    if unknown := [words for words in left if not words.startswith("0 ")]:
        may = f"Not counted, though it may be out: {and_(unknown)}"
        yield f"{may}. That is why the sentence says “at least”." if out.number else f"{may}."
    failed = report.states.get(State.FAILED, 0)
    if failed:
        yield (
            f"Not counted: {failed:,} failed, also where a gateway had taken "
            f"{'it' if failed == 1 else 'them'} at first."
        )


def proves(state: str, counts: str | None, *, asked: bool, told: bool) -> str:
    """What is proven of one message."""
    if state == State.ACCEPTED:
        if told:
            return "a person says that it was sent"
        taken = "the server or gateway took it"
        return f"{taken}; what became of it is still to be said" if asked else taken
    if state == State.CONFIRMED:
        return "the recipient has it"
    if state == State.DONE:
        return "a person reached somebody" if counts == Counts.CONTACT else "nobody was reached"
    return ""


def reason(found: Reason) -> str:
    """A reason in one line, with its number."""
    code = f"{found.code}: " if found.code and not found.says.startswith(found.code) else ""
    texts = f", in {found.texts:,} different texts" if found.texts > 1 else ""
    return f"{found.number:,} by {channel(found.channel)}: {code}{found.says}{texts}"


def facts(report: Report) -> Iterator[tuple[Said, str]]:
    """What people decided, in order; of opt-outs, which may be many, the first of each channel."""
    several: dict[str | None, int] = {}
    for said in report.totals.said:
        if said.kind == "opted_out":
            several[said.channel] = several.get(said.channel, 0) + 1
    for said in report.totals.said:
        if said.kind != "opted_out":
            yield said, fact(said)
        elif count := several.pop(said.channel, 0):
            contacts = number(count, "contact", "contacts")
            yield said, f"{contacts} on {channel(said.channel or '')} asked for no more messages"


def fact(said: Said) -> str:
    """One fact in words."""
    words = _KINDS.get(said.kind, said.kind)
    if said.kind == "document" and (found := document_of(said.value)) is not None:
        words += f": {found.in_words}"
    elif said.kind in ("approved", "unapproved") and said.value:
        words += f" (digest {said.value[:12]})"
    scope = [
        f"{name} {value}"
        for name, value in (("target", said.target), ("channel", said.channel))
        if value
    ]
    if scope:
        words += f", {' and '.join(scope)} only"
    return f"{words}, by {said.by}" + (f": {said.because}" if said.because else "")


def report_back(report: Report) -> str:
    """The text for the organisation's report-back: plain, ready to paste."""
    case = report.case
    head = [f"{title(report)}: {report.totals.title}".removesuffix(": ")]
    by = f"Report of {report.organisation}, as" if report.organisation else "As"
    head.append(f"{by} of {moment(report.at)}.")
    if case is not None:
        head.append(f"Last day for appeals: {case.deadline:%-d %B %Y}.")
    if report.closed is not None:
        head.append(f"The campaign is closed: {report.closed}".removesuffix(": "))
    parts = [
        head,
        [sentence(report), *(f"- {says}" for says in proofs(report))],
        list(_channels(report)),
        list(_people(report)),
        list(_not_sent(report)),
        list(_decided(report)),
        [
            "Replies from officials: unknown. The program reads none; add those that came.",
        ],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _channels(report: Report) -> Iterator[str]:
    states = report.by("channel")
    if not states:
        return
    yield "By channel, all messages that were planned:"
    for name, numbers in states.items():
        parts = [f"{count:,} {state.replace('_', ' ')}" for state, count in numbers.items()]
        yield f"- {channel(name)}: {', '.join(parts)}"


def _people(report: Report) -> Iterator[str]:
    if not report.outcomes:
        return
    yield f"Done by people: {number(report.out.contacts, 'contact', 'contacts')}"
    for what in report.outcomes:
        if what.counts == Counts.CONTACT:
            yield f"- {channel(what.channel)}: {what.outcome.replace('_', ' ')} {what.number:,}"
    without = [what for what in report.outcomes if what.counts != Counts.CONTACT]
    if without:
        yield "Tried by people, and no contact:"
    for what in without:
        outcome = what.outcome.replace("_", " ")
        reached = f" (reached {_COUNTS[Counts(what.counts)]})" if what.counts else ""
        yield f"- {channel(what.channel)}: {outcome} {what.number:,}{reached}"


def _not_sent(report: Report) -> Iterator[str]:
    for state, words in (
        (State.FAILED, "Failed"),
        (State.REFUSED, "Could not be sent as they were"),
        (State.CANCELLED, "Cancelled"),
        (State.IN_DOUBT, "In doubt: they may have gone out, or not"),
    ):
        found = report.reasons(state)
        if not found:
            continue
        yield f"{words}: {report.states.get(state, 0):,}"
        yield from (f"- {reason(each)}" for each in found[:SHOWN])
        if rest := sum(each.number for each in found[SHOWN:]):
            yield f"- {rest:,} for further reasons"


def _decided(report: Report) -> Iterator[str]:
    told = [f"- {moment(said.at)}: {words}" for said, words in facts(report)]
    if told:
        yield "What was decided:"
        yield from told
