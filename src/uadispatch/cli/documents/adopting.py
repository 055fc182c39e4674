"""A document that asks for appeals: it becomes a campaign file, or changes the one there is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.issues import Issue
from uadispatch.campaign.notices.content import (
    MISSING,
    campaign_of,
    content_of,
    content_of_campaign,
    missing_in,
    remarks_on,
)
from uadispatch.campaign.notices.lineage.updating import issue_of
from uadispatch.campaign.notices.notice import Doubt
from uadispatch.campaign.notices.writing import is_as_written, is_sealed, written
from uadispatch.cli.common import deciding, output
from uadispatch.cli.deciding import closing
from uadispatch.cli.documents import importing
from uadispatch.cli.documents.shelf import number_in, slip_in
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from uadispatch.campaign.model import Campaign
    from uadispatch.campaign.notices.lineage.finding import Lineage
    from uadispatch.campaign.notices.lineage.updating import Update
    from uadispatch.campaign.notices.notice import Notice
    from uadispatch.cli.documents.importing import Came, Wish
    from uadispatch.cli.documents.shelf import Shelf, Shelved

__all__ = ["adopt"]


def adopt(came: Came, lineage: Lineage, shelf: Shelf, wish: Wish, console: Console) -> None:
    """Write the campaign file of a first document; change that of a further one."""
    if not _says_anything(came.notice):
        return
    found = _meant(came, lineage, shelf, wish)
    if found is not None:
        _update(came, found, shelf, wish, console)
    elif lineage.campaign is None or wish.new:
        _begin(came, shelf, wish, console)
    else:
        _ask(came, lineage, wish)


def _says_anything(notice: Notice) -> bool:
    """Whether it is an Urgent Action as far as one can tell; the parser has said so if not."""
    return bool(notice.number or notice.index or notice.deadline or notice.targets)


def _meant(came: Came, lineage: Lineage, shelf: Shelf, wish: Wish) -> Shelved | None:
    """The campaign that it surely is a further document of."""
    if wish.updates is not None:
        found = shelf.named(wish.updates)
        if found is None:
            raise ConfigError(
                f"--updates {wish.updates}: no such campaign is known in {shelf.home}"
            )
        if not wish.yes and (slip := slip_in("--updates", found, came, lineage)):
            raise ConfigError(slip)
        return found
    if wish.new:
        own = came.notice.number
        if own is not None and shelf.numbered(own.value) is not None:
            raise ConfigError(
                f"--new: campaign {own.value} is known here already; one number is one campaign"
            )
        return None
    if lineage.certainty == "sure" and lineage.campaign is not None:
        return shelf.numbered(lineage.campaign.number)
    return None


def _ask(came: Came, lineage: Lineage, wish: Wish) -> None:
    meant = [lineage.campaign] if lineage.campaign is not None else []
    meant += [other for other in lineage.others if other not in meant]
    agrees = f" ({'; '.join(lineage.agrees)})" if lineage.agrees else ""
    but = f", but {'; '.join(lineage.disagrees)}" if lineage.disagrees else ""
    came.doubts.append(
        Doubt(
            f"it may be a further document of {' or '.join(known.number for known in meant)}"
            f"{agrees}{but}; nothing was written"
        )
    )
    again = output.again("import", came.typed, journal=wish.journal)
    came.next = f"{again} --updates {meant[0].number} if it is; {again} --new if it is not"


def _begin(came: Came, shelf: Shelf, wish: Wish, console: Console) -> None:
    """A campaign that nobody knew here."""
    number = came.notice.number.value if came.notice.number else None
    content = content_of(came.notice)
    came.doubts += campaign_of(content)[1]
    came.number = number
    came.file = wish.into or shelf.place_of(number, came.document.name)
    if number is not None:
        if _heed_newer(came, issue_of(came.notice), number, shelf):
            return
        _heed_decisions(came, content, shelf, wish, is_new=True)
    _file(came, content, came.file, wish, console)


def _update(came: Came, found: Shelved, shelf: Shelf, wish: Wish, console: Console) -> None:
    """A further document of a campaign that has a file, or had one."""
    from uadispatch.campaign.issues import Order
    from uadispatch.campaign.notices.lineage.updating import relation, update

    came.number, came.file = found.number, found.file
    if wish.into is not None and found.file and not _is_same(wish.into, found.file):
        raise ConfigError(
            f"--into {wish.into}: campaign {found.number} has a file already, {found.file}; two "
            f"files of one campaign would not know of each other"
        )
    old = found.campaign
    if old is None or found.file is None:
        _begin_again(came, found, shelf, wish, console)
        return
    stands = relation(came.notice, old)
    if stands.order is Order.OLDER or (stands.order is Order.UNCLEAR and wish.updates is None):
        came.doubts.append(
            Doubt(f"it is not surely newer than the campaign: {stands.says}; nothing was changed")
        )
        came.next = output.again("status", found.named, journal=wish.journal)
        return
    if _heed_newer(came, issue_of(came.notice), found.number, shelf):
        came.next = output.again("status", found.named, journal=wish.journal)
        return
    fresh = _fresh(came, old)
    if fresh is None:
        came.doubts.append(Doubt("so the campaign file was left as it is"))
        return
    if found.copies:
        others = ", ".join(importing.shown(file) for file in found.copies)
        came.doubts.append(
            Doubt(f"only {importing.shown(found.file)} is changed, not {others}", asks=False)
        )
    went_out, cancelled, taken = _history(shelf, old)
    changed = update(old, fresh, came.notice, went_out=went_out, cancelled=cancelled, taken=taken)
    came.changes, came.round = changed.changes, changed.campaign.round
    came.doubts += changed.doubts
    content = content_of_campaign(changed.campaign)
    issue = Issue.of(changed.campaign.urgent_action)
    newer = stands.order is Order.NEWER or issue != Issue.of(old.urgent_action)
    if changed.letter_is_old:
        content["letter"] = {"en": {"subject": content["urgent_action"]["title"], "text": None}}
    _heed_decisions(came, content, shelf, wish)
    state = partial(_state, issue, came, shelf, wish, console, changed) if newer else None
    _file(came, content, found.file, wish, console, first=state)


def _is_same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _begin_again(came: Came, found: Shelved, shelf: Shelf, wish: Wish, console: Console) -> None:
    """A further document of a campaign whose file is gone, or not complete."""
    from uadispatch.dispatch.journal import NoJournal, consult

    try:
        rounds = consult(shelf.url, lambda book: book.rounds(found.number))
    except NoJournal:
        rounds = []
    content = content_of(came.notice, round_=max(rounds, default=1))
    content["urgent_action"]["number"] = found.number
    came.doubts += campaign_of(content)[1]
    if rounds:
        came.doubts.append(
            Doubt(
                "messages of this campaign are in the journal, and its file cannot be read: "
                "compare the ids of the targets, or somebody may be written to twice"
            )
        )
    came.file = wish.into or found.file or shelf.place_of(found.number, came.document.name)
    issue = issue_of(came.notice)
    if _heed_newer(came, issue, found.number, shelf):
        return
    _heed_decisions(came, content, shelf, wish)
    known = rounds and issue.is_named
    state = partial(_state, issue, came, shelf, wish, console) if known else None
    _file(came, content, came.file, wish, console, first=state)


def _fresh(came: Came, old: Campaign) -> Campaign | None:
    """The campaign as the document gives it; what it lacks is as it was, and said."""
    before = content_of_campaign(old)
    content = content_of(came.notice, round_=old.round)
    action, action_before = content["urgent_action"], before["urgent_action"]
    action["number"] = old.number
    if action["deadline"] is None:
        action["deadline"] = action_before["deadline"]
        came.doubts.append(
            Doubt(f"it gives no deadline; that of before stays: {old.urgent_action.deadline}")
        )
    action["title"] = action["title"] or action_before["title"]
    if content["targets"] is None:
        content["targets"] = before["targets"]
        came.doubts.append(Doubt("it names nobody to write to; the targets of before stay"))
    content["channels"] = content["channels"] or before["channels"]
    if came.notice.letter is None:
        content["letter"] = before["letter"]
    fresh, wrong = campaign_of(content)
    came.doubts += wrong
    return fresh


def _history(shelf: Shelf, old: Campaign) -> tuple[int, int, list[str]]:
    """How many messages of the present round went out, and how many are cancelled; all ids ever."""
    from uadispatch.dispatch.journal import NoJournal, consult

    number, round_ = old.number, old.round
    try:
        return consult(
            shelf.url,
            lambda book: (
                book.went_out(number, round_),
                book.cancelled(number, round_),
                book.ids_of(number),
            ),
        )
    except NoJournal:
        return 0, 0, []


def _heed_decisions(
    came: Came, content: dict[str, Any], shelf: Shelf, wish: Wish, *, is_new: bool = False
) -> None:
    """No document opens what was closed, or lets go what is held: only a person does."""
    number = content["urgent_action"]["number"]
    facts = shelf.facts(number) if number else None
    if facts is None:
        return
    if facts.closed is not None:
        content["urgent_action"]["status"] = "closed"
        came.doubts.append(
            Doubt(
                f"the campaign is closed: {facts.closed}; if this document opens it again, use "
                f"reopen"
            )
        )
    if facts.stopped:
        again = output.again("resume", number, journal=wish.journal)
        came.doubts.append(
            Doubt(f"it is held, {facts.stopped}; {again} lets it go on", asks=is_new)
        )


def _heed_newer(came: Came, issue: Issue, number: str, shelf: Shelf) -> bool:
    """Whether a newer document was imported before, from whatever file; that is said."""
    from uadispatch.campaign.issues import superseded

    facts = shelf.facts(number)
    newest = facts.document if facts is not None else None
    why = superseded(issue, newest) if newest is not None else None
    if why is not None:
        came.doubts.append(Doubt(f"nothing was changed: {why}"))
    return why is not None


def _state(
    issue: Issue,
    came: Came,
    shelf: Shelf,
    wish: Wish,
    console: Console,
    changed: Update | None = None,
) -> None:
    """Let the journal know which document is the newest: no older text goes out from now on."""
    number = came.number or ""
    because = importing.source_of(came.document, None, "")
    with deciding.decision_on(number, shelf.home, shelf.url, wish.by, console=console) as decision:
        decision.journal.state_document(
            number, issue, at=decision.clock.now(), by=decision.by, because=because
        )
        if changed is not None and changed.new_round:
            closing.end_rounds_before(
                console, decision, str(came.file), changed.campaign.round, changed.why_round,
                plugins_dir=wish.plugins_dir,
            )  # fmt: skip


def _file(
    came: Came,
    content: dict[str, Any],
    file: Path,
    wish: Wish,
    console: Console,
    *,
    first: Callable[[], None] | None = None,
) -> None:
    """Write the campaign file, after `first`; a person's own changes only after a yes."""
    if missing := missing_in(content):
        came.doubts.append(
            Doubt(f"before it can be sent, somebody must fill in {', '.join(missing)}")
        )
    text = written(
        content,
        remarks_on(came.notice, content),
        head=_head(came),
        foot=_foot(came),
        schema=(file.parent.parent / "campaign.schema.json").is_file(),
    )
    again = output.again("dry-run", importing.shown(file), journal=wish.journal)
    came.next = f"fill in what is marked {MISSING} there, then {again}" if missing else again
    before = _text_of(file)
    if before == text:
        came.state = "unchanged"
        return
    if before is not None:
        says = _not_our_own(came, file, before)
        if says and not importing.agreed(console, wish, before, text, says):
            came.doubts.append(
                Doubt(f"{importing.shown(file)} was left as it is; with --yes it is replaced")
            )
            return
    importing.put(file, text, first=first)
    came.state = "written"


def _not_our_own(came: Came, file: Path, before: str) -> str:
    """Why a person must agree before a file is replaced; "" if an import alone made it.

    Raises:
        ConfigError: it is the file of another campaign.
    """
    holds = number_in(file)
    if holds is not None and holds != came.number:
        mine = f"this document is of {came.number}" if came.number else "this one has no number"
        raise ConfigError(
            Problem(
                f"this is the file of campaign {holds}, and {mine}: give another one with --into",
                str(file),
            )
        )
    if not is_as_written(before):
        made = (
            "was changed by hand since it was imported" if is_sealed(before) else "is there already"
        )
        return f"{importing.shown(file)} {made}"
    return "" if holds else f"{importing.shown(file)} has no number, and may be of another campaign"


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(Problem(f"this cannot be replaced: {exc}", str(file))) from None


def _head(came: Came) -> list[str]:
    lines = [f"Imported from {came.document.name}; each remark names its line there."]
    for doubt in came.doubts:
        if doubt.asks:
            at = f"line {doubt.line}: " if doubt.line is not None else ""
            lines.append(f"LOOK: {at}{doubt.says}")
    return lines


def _foot(came: Came) -> list[str]:
    """What the document names beside the targets' contacts; nothing is sent there."""
    lines = [
        f"{target.name.value}: {called} {found.value} (line {found.line}) is not used"
        for target in came.notice.targets
        for called, found in target.more
        if not target.copy
    ]
    copies = [target for target in came.notice.targets if target.copy]
    if copies:
        lines.append("Copies are asked for, and are not sent by this program; write a target for:")
    for target in copies:
        contacts = (target.email, target.fax, target.phone, target.twitter, target.facebook)
        known = ", ".join(str(found.value) for found in contacts if found is not None)
        lines.append(f"  {target.name.value}" + (f": {known}" if known else ""))
    return lines
