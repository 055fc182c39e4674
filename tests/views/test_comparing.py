"""What was meant, beside what came: how a message differs, and which one it is at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from casekit import NOW
from uadispatch import Capabilities, Preview, Received
from uadispatch.dispatch.journal import Entry
from uadispatch.dispatch.snapshot import message_key
from uadispatch.dispatch.states import State
from uadispatch.testing import Desk
from uadispatch.views.rehearsal.comparing import DRAWN, Arrived, Comparison, arrivals, meant

MEANT = Preview(text="Release A. Person")
PREFIX = "rehearsal-"


def entry(
    target: str = "a", state: State = State.ACCEPTED, *, attempts: int = 1, channel: str = "email"
) -> Entry:
    return Entry(
        key=message_key("46/19", 1, target, channel),
        round=1, target=target, channel=channel, to=f"{target}@example.org", contact=target,
        state=state, reason="", held=None, attempts=attempts, not_before=None, claimed_at=NOW,
        expires_at=NOW, changed_at=NOW, owner=None,
    )  # fmt: skip


def got(of: Entry | None = None, to: str = "a@example.org", shown: str = MEANT.text) -> Received:
    reference = "" if of is None else f"{PREFIX}{of.key}"
    return Received(to=to, reference=reference, file=Path("none"), shown=shown)


def says(
    of: Entry, *received: Received, preview: Preview | str | None = MEANT, **able: bool
) -> tuple[str, ...]:
    capabilities = Capabilities(confirms=able.get("confirms", False))
    arrived = [Arrived("email", each) for each in received]
    found = Comparison()(of, of.to, preview, arrived, capabilities)
    return () if found is None else found.says


@pytest.mark.parametrize(
    ("state", "attempts", "number", "confirms", "expected"),
    [
        (State.ACCEPTED, 1, 1, False, ()),
        (State.ACCEPTED, 1, 0, False, ("not received",)),
        (State.DONE, 1, 0, False, ("not received",)),
        (State.ACCEPTED, 1, 2, False, ("received twice",)),
        (State.ACCEPTED, 3, 2, False, ("received twice",)),
        (State.WITH_PERSON, 3, 3, False, ("received 3 times",)),
        # A gateway may take a fax, fail to deliver it, and be given it again.
        (State.CONFIRMED, 2, 2, True, ()),
        (State.CONFIRMED, 2, 3, True, ("received 3 times",)),
        (State.RETRY, 1, 1, True, ()),
        (State.RETRY, 1, 1, False, ("received, though it is recorded as retry",)),
        (State.FAILED, 1, 1, False, ("received, though it is recorded as failed",)),
        (State.PLANNED, 0, 1, False, ("received, though it is recorded as planned",)),
        (State.REFUSED, 0, 0, False, ()),
        # It may have gone out, or was taken back after it had.
        (State.IN_DOUBT, 1, 0, False, ()),
        (State.IN_DOUBT, 1, 1, False, ()),
        (State.IN_DOUBT, 1, 2, False, ("received twice",)),
        (State.CANCELLED, 1, 1, False, ()),
        (State.CANCELLED, 0, 1, False, ("received, though it is recorded as cancelled",)),
    ],
)
def test_how_often_it_may_come_depends_on_what_became_of_it(
    state: State,
    attempts: int,
    number: int,
    confirms: bool,
    expected: tuple[str, ...],
) -> None:
    of = entry(state=state, attempts=attempts)
    assert says(of, *[got(of)] * number, confirms=confirms) == expected


def test_one_letter_is_a_difference_and_is_marked() -> None:
    of = entry()
    arrived = [Arrived("email", got(of, shown="Release A. Pers0n"))]
    found = Comparison()(of, of.to, MEANT, arrived, Capabilities())
    assert found is not None
    assert found.says == ("the text differs",)
    assert [(piece.said.value, piece.text) for piece in found.pieces] == [
        ("same", "Release A. "), ("removed", "Person"), ("added", "Pers0n"),
    ]  # fmt: skip


def test_a_preview_that_fails_is_a_difference() -> None:
    assert says(entry(), got(entry()), preview="its preview failed") == ("its preview failed",)


def test_pages_that_cannot_be_drawn_are_a_difference() -> None:
    def broken() -> tuple[bytes, ...]:
        raise ValueError("no page")

    (found,) = says(entry(), replace(got(entry()), draw=broken))
    assert found.startswith("its pages cannot be drawn: ValueError")


def test_the_same_file_is_known_for_the_same_without_being_drawn(tmp_path: Path) -> None:
    drawn: list[int] = []

    def draw() -> tuple[bytes, ...]:
        drawn.append(1)
        return (b"a page",)

    file = tmp_path / "letter.pdf"
    file.write_bytes(b"%PDF")
    letter = Preview(text="x", draw=draw, file=b"%PDF")
    came = Received(to="a@example.org", reference="", file=file, draw=draw)
    assert says(entry(), came, preview=letter) == ()
    assert drawn == []
    file.write_bytes(b"%PDF of another")
    other = replace(came, draw=lambda: (b"another page",))
    assert says(entry(), other, preview=letter) == ("page 1 differs",)
    file.unlink()
    (missing,) = says(entry(), came, preview=letter)
    assert missing == "the file of it cannot be read: No such file or directory"


def test_of_very_many_the_pages_that_were_not_compared_are_counted() -> None:
    compare, of = Comparison(), entry()
    paged = Preview(text="x", draw=lambda: (b"page",))
    came = Received(to=of.to, reference="", file=Path("none"), draw=lambda: (b"page",))
    for _ in range(DRAWN + 3):
        assert compare(of, of.to, paged, [Arrived("fax", came)], Capabilities()) is None
    assert compare.undrawn == 3
    assert compare(of, of.to, MEANT, [Arrived("email", got(of))], Capabilities()) is None
    assert compare.undrawn == 3, "a text has no pages"
    lost = [Arrived("email", got(of, shown=""))]
    found = compare(of, of.to, MEANT, lost, Capabilities())
    assert found is not None, "texts are compared in all"


def test_what_bears_no_reference_is_taken_for_the_message_to_that_contact() -> None:
    a, b, c = entry("a"), entry("b"), entry("c", State.IN_DOUBT)
    received = [("email", got(to=f"{name}@example.org")) for name in "cba"]
    found = arrivals([a, b, c], received, {}, prefix=PREFIX)
    assert {key: [each.got.to for each in its] for key, its in found.of.items()} == {
        each.key: [each.to] for each in (a, b, c)
    }
    assert found.strange == []


def test_what_bears_no_reference_and_fits_no_contact_is_the_one_that_is_lacking() -> None:
    a, b = entry("a"), entry("b")
    received = [("email", got(to="x@example.org")), ("email", got(to="a@example.org"))]
    found = arrivals([a, b], received, {}, prefix=PREFIX)
    assert [each.got.to for each in found.of[b.key]] == ["x@example.org"]
    more = arrivals([a], received, {}, prefix=PREFIX)
    assert [each.got.to for each in more.strange] == ["x@example.org"]


def test_a_reference_of_another_rehearsal_belongs_to_none() -> None:
    foreign = replace(got(), reference="rehearsal-of-yesterday")
    found = arrivals([entry()], [("email", foreign)], {}, prefix=PREFIX)
    assert (list(found.of), [each.got for each in found.strange]) == ([], [foreign])


def test_what_was_handed_on_is_read_by_the_channel_that_did_so() -> None:
    class Reads(Desk):
        def handed_on(self, received: Received) -> Received:
            return replace(received, to="+1", shown="read")

    class Breaks(Desk):
        def handed_on(self, received: Received) -> Received:
            raise ValueError(received)

    fax = entry(channel="fax")
    received = [("email", got(fax))]
    (read,) = arrivals([fax], received, {"fax": Reads()}, prefix=PREFIX).of[fax.key]
    assert (read.got.to, read.got.shown, read.readable) == ("+1", "read", True)
    for stand_in in (Desk(), Breaks()):
        (untold,) = arrivals([fax], received, {"fax": stand_in}, prefix=PREFIX).of[fax.key]
        assert (untold.got, untold.readable) == (received[0][1], False)
        assert Comparison()(fax, fax.to, MEANT, [untold], Capabilities()) is None


def test_the_preview_of_a_broken_channel_says_so() -> None:
    class Broken:
        def preview(self, message: object) -> Preview:
            raise ValueError(message)

    found = meant(Broken(), None)  # type: ignore[arg-type] # all that is asked of a channel here
    assert isinstance(found, str)
    assert found.startswith("its preview failed, so nothing can be compared: ValueError")
