"""A document that closes a campaign, or may: it is closed, or held until a person has decided."""

from __future__ import annotations

from codecs import BOM_UTF8
from functools import partial
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Doubt, Ending
from uadispatch.cli.common import deciding, options, output
from uadispatch.cli.deciding import closing
from uadispatch.cli.documents import importing
from uadispatch.cli.documents.shelf import slip_in
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from uadispatch.campaign.notices.lineage.finding import Lineage
    from uadispatch.cli.documents.importing import Came, Wish
    from uadispatch.cli.documents.shelf import Shelf, Shelved

__all__ = ["heed"]

MAY_CLOSE = "this may close it: "


def heed(came: Came, lineage: Lineage, shelf: Shelf, wish: Wish, console: Console) -> None:
    """Close the campaign that the document surely closes, or hold whatever it may be meant for."""
    sure = lineage.certainty == "sure" and came.notice.closing.ending is Ending.CLOSED
    known = lineage.campaign
    if wish.closes is not None:
        confirmed = _confirmed(came, lineage, wish, shelf)
        _close(came, confirmed, shelf, wish, console)
        _settle(came, confirmed, shelf, wish, console)
        return
    found = shelf.numbered(known.number) if known is not None and sure else None
    if found is None:
        _hold(came, lineage, shelf, wish, console)
    elif taken_back := _taken_back(came, found, shelf):
        _hold(came, lineage, shelf, wish, console, also=taken_back)
    else:
        _close(came, found, shelf, wish, console)


def _confirmed(came: Came, lineage: Lineage, wish: Wish, shelf: Shelf) -> Shelved:
    """The campaign that a person says is closed; a slip of the pen is not taken for their word."""
    named = wish.closes or ""
    found = shelf.named(named)
    if found is None:
        raise ConfigError(
            f"--closes {named}: neither a campaign file in {shelf.home} nor its journal "
            f"({shelf.url.database}) knows it; name the campaign that is to be closed"
        )
    if not wish.yes and (slip := slip_in("--closes", found, came, lineage)):
        raise ConfigError(slip)
    return found


def _because(came: Came) -> str:
    said = came.notice.closing
    return importing.source_of(came.document, said.line, said.words)


def _taken_back(came: Came, found: Shelved, shelf: Shelf) -> str:
    """That a person has opened the campaign again which this same document closed; else ""."""
    from uadispatch.dispatch.journal import NoJournal, consult

    try:
        by = consult(shelf.url, lambda book: book.reopened_by(found.number, _because(came)))
    except NoJournal:
        return ""
    return f"it closed this campaign before, which was opened again by {by}" if by else ""


def _close(came: Came, found: Shelved, shelf: Shelf, wish: Wish, console: Console) -> None:
    """Close in the journal, which is what counts; then say so in the file."""
    because = _because(came)
    with deciding.decision_on(
        found.number, shelf.home, shelf.url, wish.by, console=console
    ) as decision:
        closed = closing.close_now(
            console, decision, found.named, because, plugins_dir=wish.plugins_dir
        )
    if closed.event is not None:
        wish.closed.append((shelf.home, closed.event))
    came.number, came.file, came.state = found.number, found.file, "closed"
    if closed.must_look:
        came.doubts.append(Doubt("a service may still hold messages; see what is said above"))
    # Each of them, whatever becomes of the others.
    said_so = [_close_file(came, file, because) for file in found.files]
    came.in_file = bool(said_so) and all(said_so)
    if others := ", ".join(_about_the_same(found, shelf)):
        says = f"{others} names one of the same people, and goes on: close it too if it is over"
        came.doubts.append(Doubt(says, asks=False))
    if came.notice.closing.ending is Ending.OPEN:
        came.doubts.append(
            Doubt("nothing in it asks to stop; it is closed because you say so", asks=False)
        )
    came.next = output.again("status", found.named, journal=wish.journal)


def _about_the_same(closed: Shelved, shelf: Shelf) -> Iterator[str]:
    """The numbers of other campaigns, still open, for one of the same people."""
    from uadispatch.campaign.model import Status
    from uadispatch.campaign.notices.lineage.names import same_name

    for other in shelf.campaigns:
        if other.number == closed.number or other.known.status is Status.CLOSED:
            continue
        if any(same_name(a, b) for a in closed.known.people for b in other.known.people):
            facts = shelf.facts(other.number)
            if facts is None or facts.closed is None:
                yield other.number


def _close_file(came: Came, file: Path, because: str) -> bool:
    """Say in a campaign file that it is closed; whether it says so now. The journal counts."""
    from uadispatch.campaign.file import read_campaign
    from uadispatch.campaign.notices.writing import closed
    from uadispatch.campaign.places import Unreadable, decode

    why = ""
    try:
        raw = file.read_bytes()
        after = closed(decode(raw), because)
        if after is not None:
            mark = BOM_UTF8.decode() if raw.startswith(BOM_UTF8) else ""
            importing.put(file, mark + after)
            return True
        if read_campaign(file).urgent_action.status == "closed":
            return True
    except (OSError, Unreadable):
        pass
    except ConfigError as exc:
        why = f" ({exc.problems[0].says})"
    came.doubts.append(
        Doubt(
            f"the journal has closed it, which is what counts; write `status: closed` into "
            f"{importing.shown(file)} too{why}",
            asks=False,
        )
    )
    return False


def _hold(
    came: Came, lineage: Lineage, shelf: Shelf, wish: Wish, console: Console, *, also: str = ""
) -> None:
    """Let nothing more of what may be meant go out, until a person has decided."""
    meant = [lineage.campaign] if lineage.campaign is not None else []
    meant += [other for other in lineage.others if other not in meant]
    found = [shelved for known in meant if (shelved := shelf.numbered(known.number))]
    numbers = [shelved.number for shelved in found] or _own_number(came, shelf)
    for number in numbers:
        _stop(number, f"{MAY_CLOSE}{_because(came)}", shelf, wish, console)
    came.state = "held" if numbers else "asked"
    if numbers:
        came.number, came.file = numbers[0], found[0].file if found else None
    line = came.notice.closing.line
    came.doubts.append(Doubt(_why(came, lineage, found, shelf, also), line))
    if shelf.unread and lineage.certainty != "sure":
        files = ", ".join(map(importing.shown, shelf.unread))
        came.doubts.append(
            Doubt(f"it may be meant for what cannot be read: mend {files}, and import it again")
        )
    came.next = _next(came, found, wish)


def _next(came: Came, found: Sequence[Shelved], wish: Wish) -> str:
    again = partial(output.again, "import", came.typed, journal=wish.journal)
    if not found:
        return f"{again()} once its campaign is here, or {again(closes='CAMPAIGN')}"
    resume = " and ".join(
        output.again("resume", shelved.named, journal=wish.journal) for shelved in found
    )
    closes = " or ".join(again(closes=shelved.named) for shelved in found)
    further = ""
    if came.notice.closing.ending is Ending.DOUBTFUL:
        further = f", then {again()} --not-closing if it asks for appeals"
    return f"{closes} if it does; {resume} if it does not{further}"


def _own_number(came: Came, shelf: Shelf) -> list[str]:
    """The number of a campaign that is not here yet, lest the closing be forgotten once it is."""
    number = came.notice.number
    return [number.value] if number is not None and _is_home(shelf) else []


def _is_home(shelf: Shelf) -> bool:
    from uadispatch.settings import FILE

    return (shelf.home / FILE).is_file() or options.journal_exists(shelf.url)


def _stop(number: str, because: str, shelf: Shelf, wish: Wish, console: Console) -> None:
    with deciding.decision_on(number, shelf.home, shelf.url, wish.by, console=console) as decision:
        says = decision.journal.facts(decision.moment).stopped
        if because not in says:
            before = f"; before that it was {says}" if says else ""
            decision.journal.state_fact(
                decision.campaign, "stopped", at=decision.clock.now(), by=decision.by,
                because=because + before,
            )  # fmt: skip
    console.print(
        f"[yellow]Held:[/] nothing more of Urgent Action {number} goes out until a person "
        f"has decided."
    )


def _settle(came: Came, closed: Shelved, shelf: Shelf, wish: Wish, console: Console) -> None:
    """Name what else is held for the document whose campaign a person has told by now."""
    because = f"{MAY_CLOSE}{_because(came)}"
    known = [each.number for each in shelf.campaigns]
    for number in dict.fromkeys([*known, *_own_number(came, shelf)]):
        facts = shelf.facts(number)
        if number == closed.number or facts is None or because not in facts.stopped:
            continue
        if number not in known and facts.stopped.endswith(because):
            _let_go(number, f"{came.document.name} closes {closed.number}", shelf, wish)
            console.print(f"Urgent Action {number}, which is not known here, is held no more.")
            continue
        again = output.again("resume", number, journal=wish.journal)
        says = f"{number} is still held for this document: {again} lets it go on"
        came.doubts.append(Doubt(says))


def _let_go(number: str, because: str, shelf: Shelf, wish: Wish) -> None:
    with deciding.decision_on(number, shelf.home, shelf.url, wish.by) as decision:
        decision.journal.state_fact(
            number, "resumed", at=decision.clock.now(), by=decision.by, because=because
        )


def _why(came: Came, lineage: Lineage, found: list[Shelved], shelf: Shelf, also: str) -> str:
    """What keeps it from being closed without a question."""
    reasons = [also] if also else []
    reasons += [came.notice.closing.says] if came.notice.closing.says else []
    reasons += lineage.disagrees
    if not found:
        reasons.append(f"no campaign here is known to be meant by it ({shelf.home})")
        if not _is_home(shelf):
            reasons.append("this folder has no config/uadispatch.toml: go to the one that has")
    agrees = f" ({'; '.join(lineage.agrees)})" if lineage.agrees and found else ""
    which = " or ".join(shelved.number for shelved in found)
    meant = f"it seems to be meant for {which}{agrees}, but " if found else ""
    return f"{meant}a person must decide: {'; '.join(reasons) or 'it is not sure'}"
