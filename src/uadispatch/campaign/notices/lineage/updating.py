"""A campaign and a further document of it -> the campaign as it is now, and what has changed.

It knows both and how many messages have gone out; never which. Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.issues import Comparison, Index, Issue, Order, compare, day
from uadispatch.campaign.model import Campaign, Status, UrgentAction
from uadispatch.campaign.notices.lineage.changes import Change, changes_between
from uadispatch.campaign.notices.lineage.names import folded, same_name
from uadispatch.campaign.notices.lineage.reach import (
    among_files,
    channels_of,
    files_stay,
    not_written_to,
    stay_cancelled,
)
from uadispatch.campaign.notices.lineage.same_targets import merge_targets
from uadispatch.campaign.notices.notice import Certainty, Doubt, Ending, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from uadispatch.campaign.model import Letter, Person
    from uadispatch.campaign.notices.notice import Notice

__all__ = ["Change", "Update", "relation", "update"]

_AS_THE_DOCUMENT_SAYS = (
    ("title", "title"),
    ("country", "countries"),
    ("previous", "previous"),
    ("summary", "summary"),
    ("actions", "actions"),
    ("additional_information", "additional_information"),
    ("languages_note", "languages_note"),
    ("after_deadline", "after_deadline"),
)
"""Fields of an Urgent Action, and what of a document they follow where it says something."""
_TYPOGRAPHY = str.maketrans(
    {**dict.fromkeys("‘’ʼ`´", "'"), **dict.fromkeys("“”„", '"'), **dict.fromkeys("‐‑–—", "-")}
)


@dataclass(frozen=True, slots=True)
class Update:
    """What a further document makes of a campaign."""

    campaign: Campaign
    changes: tuple[Change, ...]
    new_round: bool
    """Everybody is written to once more; else nobody who has been."""
    why_round: str
    """Why, or why not: a sentence without its full stop."""
    doubts: tuple[Doubt, ...]
    letter_is_old: bool = False
    """The document asks for something else and has no letter: that of the one before is over."""


def issue_of(notice: Notice) -> Issue:
    """What tells the document from others of its number."""
    count = notice.sequence.value if notice.sequence else None
    if count is None and notice.kind.value is Kind.FIRST:
        count = 1
    return Issue(
        notice.index.value if notice.index else None,
        notice.issued.value if notice.issued else None,
        count,
    )


def relation(notice: Notice, campaign: Campaign) -> Comparison:
    """How a document stands to the one that `campaign` has: the same again, newer or older.

    See `issues.compare`; but of one document with two dates the earlier is not yet corrected. A
    link from one to the other tells as well, and where nothing else does, a final output comes
    last.
    """
    mine, has = issue_of(notice), Issue.of(campaign.urgent_action)
    found = _corrected(compare(mine, has), mine, has)
    before = Index.find(notice.previous.value if notice.previous else None)
    had_before = Index.find(campaign.urgent_action.previous)
    linked: Comparison | None = None
    if before is not None and before == Index.find(has.index):
        linked = Comparison(Order.NEWER, "it links to the campaign's document as the one before it")
    elif had_before is not None and had_before == Index.find(mine.index):
        linked = Comparison(Order.OLDER, "the campaign's document links to it as the one before")
    told = found.order is not Order.UNCLEAR or found.contradicts
    if not told and linked is None and notice.kind.value is Kind.FINAL:
        return Comparison(Order.NEWER, "it is the final output")
    if linked is None or linked.order is found.order:
        return found
    if not told:
        return linked
    says = f"what they say does not go together: {linked.says}, but {found.says}"
    return Comparison(Order.UNCLEAR, says, contradicts=True)


def _corrected(found: Comparison, mine: Issue, has: Issue) -> Comparison:
    """The same document with an earlier date is the one before it was corrected."""
    if found.order is not Order.SAME or not (mine.issued and has.issued):
        return found
    if mine.issued >= has.issued:
        return found
    says = f"{found.says}, but it is of {day(mine.issued)}, before {day(has.issued)}"
    return Comparison(Order.OLDER, says)


def update(
    campaign: Campaign,
    fresh: Campaign,
    notice: Notice,
    *,
    went_out: int,
    cancelled: int = 0,
    taken: Collection[str] = (),
) -> Update:
    """Merge what a further document says into `campaign`.

    `fresh` is the campaign as the document alone gives it; what the document does not say
    (`notice`) stays as it is. `went_out` counts the messages of the campaign's round that have
    gone out, or may have, and `cancelled` those that nothing but another round sends; `taken` are
    ids of targets that have ever been written to, so that none is given to somebody else.

    Targets: see `officials.merge_targets`. A letter in another language is a translation of the
    text that is replaced, and goes with it. The number, the channels and the round are the
    campaign's, but a channel comes with the first contact of its kind. A campaign that is closed
    stays so: to reopen it is for a person to decide.

    Nobody is written to again unless the document asks for new appeals: in so many words, or
    because it is a newer document of its own that asks for action with another letter. The same
    document again, however corrected, asks for nothing new.
    """
    stands = relation(notice, campaign)
    doubts: list[Doubt] = [*_order_doubts(notice, stands)]
    letters, letter_doubts = _letters(campaign, fresh, notice, stands)
    merged = merge_targets(
        campaign.written, fresh.written, language=_language(notice, fresh), taken=taken
    )
    targets = merged.targets if notice.targets else campaign.written
    doubts += merged.doubts if notice.targets else ()
    doubts += files_stay(campaign) if notice.targets else ()
    case, case_doubts = _case(campaign, fresh, notice, stands)
    doubts += [*letter_doubts, *case_doubts]
    channels, channel_doubts = channels_of(campaign, fresh, targets)
    doubts += channel_doubts
    new_round, why = _round(campaign, notice, letters, stands, went_out + cancelled)
    doubts += _round_doubts(campaign, notice, letters, stands, went_out, new_round=new_round)
    if went_out and not new_round:
        doubts += not_written_to(campaign.written, targets)
    if cancelled and not new_round and stands.order is Order.NEWER and case.status is Status.OPEN:
        doubts.append(stay_cancelled(cancelled))
    result = Campaign(
        urgent_action=case,
        round=campaign.round + new_round,
        languages=fresh.languages if notice.languages else campaign.languages,
        channels=channels,
        targets=among_files(campaign, targets),
        letter=letters,
    )
    changes = tuple(changes_between(campaign, result))
    is_old = _is_letter_old(campaign, notice, stands)
    return Update(result, changes, new_round, why, tuple(doubts), is_old)


def _order_doubts(notice: Notice, stands: Comparison) -> Iterator[Doubt]:
    if stands.order is Order.OLDER:
        yield Doubt(f"this document is older than that of the campaign: {stands.says}")
    elif stands.order is Order.UNCLEAR:
        yield Doubt(
            f"whether this document is newer than that of the campaign is not certain: "
            f"{stands.says}"
        )
    if not (notice.index or notice.issued or notice.sequence):
        yield Doubt(
            "the document has neither index nor date nor number of its own, so that its text "
            "cannot be told from the one before: write its date into the campaign file"
        )


def _case(
    campaign: Campaign, fresh: Campaign, notice: Notice, stands: Comparison
) -> tuple[UrgentAction, list[Doubt]]:
    old, new = campaign.urgent_action, fresh.urgent_action
    fields: dict[str, Any] = {name: getattr(old, name) for name in UrgentAction.model_fields}
    for name, said in _AS_THE_DOCUMENT_SAYS:
        if getattr(notice, said):
            fields[name] = getattr(new, name)
    fields |= _identity(new, notice, stands)
    fields["people"] = _people(old.people, new.people) if notice.people else old.people
    doubts = []
    if notice.deadline:
        fields["deadline"] = new.deadline
    if fields["issued"] and fields["deadline"] < fields["issued"]:
        doubts.append(
            Doubt(
                f"the deadline, {day(fields['deadline'])}, is before the day of issue, "
                f"{day(fields['issued'])}, which was left out: mend both"
            )
        )
        fields["issued"] = None
    if old.status is Status.CLOSED and new.status is Status.OPEN:
        doubts.append(
            Doubt(
                "the campaign file says `status: closed`, and the document asks for appeals: if "
                "the case is open again, write `status: open`"
            )
        )
    else:
        fields["status"] = new.status
    return UrgentAction(**fields), doubts


def _identity(new: UrgentAction, notice: Notice, stands: Comparison) -> dict[str, object]:
    """Index, date and sequence are those of one document: none of them is left of the old one."""
    given = {
        name: getattr(new, name)
        for name in ("index", "issued", "sequence")
        if getattr(notice, name) is not None
    }
    if stands.order is Order.SAME or not given:
        return given
    return {"index": None, "issued": None, "sequence": None, **given}


def _people(old: tuple[Person, ...], new: tuple[Person, ...]) -> tuple[Person, ...]:
    """Those of the document; how to say a name, and a pronoun that it leaves out, are kept."""
    return tuple(_person(person, old) for person in new)


def _person(new: Person, old: tuple[Person, ...]) -> Person:
    known = next((one for one in old if same_name(one.name, new.name)), None)
    if known is None:
        return new
    kept = {name: getattr(new, name) or getattr(known, name) for name in ("pronoun", "say_as")}
    return new.model_copy(update=kept)


def _language(notice: Notice, fresh: Campaign) -> str:
    """The language of the document."""
    if notice.letter is not None and notice.letter.language in fresh.letter:
        return notice.letter.language
    return next(iter(fresh.letter))


def _letters(
    campaign: Campaign, fresh: Campaign, notice: Notice, stands: Comparison
) -> tuple[Mapping[str, Letter], list[Doubt]]:
    """The letters that may be sent from now on."""
    if notice.letter is None:
        return campaign.letter, []
    language = _language(notice, fresh)
    new, old = fresh.letter[language], campaign.letter.get(language)
    if old is not None and _is_same_text(old.text, new.text):
        said = notice.letter.subject.certainty is Certainty.LABELLED
        kept = {
            "subject": new.subject if said else old.subject,
            "closing": new.closing or old.closing,
            "text": old.text if _is_written_alike(old.text, new.text) else new.text,
        }
        return {**campaign.letter, language: old.model_copy(update=kept)}, []
    if old is None and stands.order is Order.SAME:
        says = f"the letter in {language} was added: it is the same document in another language"
        return {**campaign.letter, language: new}, [Doubt(says, asks=False)]
    gone = [tag for tag in campaign.letter if tag != language]
    if not gone:
        return {language: new}, []
    says = (
        f"the letter in {', '.join(gone)} is a translation of the text that was replaced, and was "
        f"removed: translate the new one"
    )
    return {language: new}, [Doubt(says)]


def _is_same_text(one: str, two: str) -> bool:
    """Whether they are the same words; no letter is sent again for a comma."""
    return folded(one) == folded(two)


def _is_written_alike(one: str, two: str) -> bool:
    """Whether nothing but quotes, dashes and white space differs, as between two files of it."""
    return one.translate(_TYPOGRAPHY).split() == two.translate(_TYPOGRAPHY).split()


def _is_another_letter(campaign: Campaign, letters: Mapping[str, Letter]) -> bool:
    return any(
        tag not in campaign.letter or not _is_same_text(letter.text, campaign.letter[tag].text)
        for tag, letter in letters.items()
    )


def _round(
    campaign: Campaign,
    notice: Notice,
    letters: Mapping[str, Letter],
    stands: Comparison,
    used_up: int,
) -> tuple[bool, str]:
    """Whether everybody is written to once more, and why or why not."""
    if not used_up:
        return False, "nothing has gone out yet in this round"
    if notice.closing.ending is not Ending.OPEN or notice.kind.value is Kind.FINAL:
        return False, "the document ends the campaign, or may end it"
    if stands.order is not Order.NEWER:
        says = {
            Order.SAME: "it is the same document again",
            Order.OLDER: "it is an older document",
        }.get(stands.order, "whether it is a newer document is not certain")
        return False, f"{says}: {stands.says}"
    if notice.new_appeals is not None:
        return True, f"the document asks for new appeals: “{notice.new_appeals.value}”"
    if not _asks(notice):
        return False, "the document names neither targets nor anything to do"
    if not _is_another_letter(campaign, letters):
        return False, "the letter is the same: only what stands around it has changed"
    return True, f"it is a newer document with another letter: {stands.says}"


def _round_doubts(
    campaign: Campaign,
    notice: Notice,
    letters: Mapping[str, Letter],
    stands: Comparison,
    went_out: int,
    *,
    new_round: bool,
) -> Iterator[Doubt]:
    if _is_letter_old(campaign, notice, stands):
        again = "" if new_round or not went_out else ", and raise `round` to write to all once more"
        yield Doubt(
            f"the document has no sample letter, and what it asks for is not what the letter of "
            f"the one before says: write a letter{again}"
        )
    if went_out and not new_round and _is_another_letter(campaign, letters):
        many = "1 message has" if went_out == 1 else f"{went_out:,} messages have"
        yield Doubt(
            f"{many} gone out with the letter as it was before, or may have; none of them is sent "
            f"again",
            asks=False,
        )


def _is_letter_old(campaign: Campaign, notice: Notice, stands: Comparison) -> bool:
    return (
        stands.order is Order.NEWER
        and notice.closing.ending is Ending.OPEN
        and notice.letter is None
        and _asks(notice)
        and _asks_for_other_things(campaign, notice)
    )


def _asks(notice: Notice) -> bool:
    targets = any(not target.copy for target in notice.targets)
    return targets or bool(notice.actions) or notice.new_appeals is not None


def _asks_for_other_things(campaign: Campaign, notice: Notice) -> bool:
    """Whether what it wants done is not what the campaign has already."""
    known = {folded(action) for action in campaign.urgent_action.actions}
    return any(folded(action.value) not in known for action in notice.actions) or (
        notice.new_appeals is not None
    )
