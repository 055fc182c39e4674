"""What a further document changes: targets keep their ids, and nobody is written to for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noticekit import campaign, letter, notice, target
from uadispatch.campaign.issues import Order
from uadispatch.campaign.notices.lineage.changes import Change
from uadispatch.campaign.notices.lineage.names import same_name
from uadispatch.campaign.notices.lineage.same_targets import contacts_of
from uadispatch.campaign.notices.lineage.updating import Update, relation, update
from uadispatch.campaign.notices.notice import Ending, Kind

if TYPE_CHECKING:
    from uadispatch.campaign.model import Campaign

SECOND: dict[str, Any] = {"index": "EUR 57/0894/2019", "issued": "2019-08-16", "sequence": 2}
THIRD: dict[str, Any] = {"index": "EUR 57/0999/2019", "issued": "2019-09-03", "sequence": 3}
FAX = "+7 7172 506 402"


def merged(
    old: Campaign, new: Campaign, *, went_out: int = 3, taken: tuple[str, ...] = (), **said: Any
) -> Update:
    """`old`, updated by a document that says `new` and all that is in `said`."""
    given: dict[str, Any] = {**THIRD, **said}
    return update(old, new, notice(**given), went_out=went_out, taken=taken)


def changed(found: Update) -> dict[str, tuple[str, str]]:
    return {change.field: (change.before, change.after) for change in found.changes}


def told(found: Update, *, asks: bool) -> str:
    return "\n".join(doubt.says for doubt in found.doubts if doubt.asks is asks)


# Which is newer.


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ({"index": "EUR 57/0894/2019"}, Order.SAME),
        ({"index": "eur57/894/2019"}, Order.SAME),
        ({"index": "EUR 57/0894/2019", "issued": "2019-08-19"}, Order.SAME),
        ({"issued": "2019-08-16", "sequence": 2, "index": "EUR 57/0895/2019"}, Order.SAME),
        (THIRD, Order.NEWER),
        ({"issued": "2019-08-17"}, Order.NEWER),
        ({"sequence": 3}, Order.NEWER),
        ({"index": "EUR 57/0001/2020"}, Order.NEWER),
        ({"index": "ASA 17/0001/2020"}, Order.NEWER),
        ({"index": "EUR 57/0186/2019", "sequence": 1}, Order.OLDER),
        ({"issued": "2019-03-01"}, Order.OLDER),
        ({"index": "EUR 57/0999/2019", "sequence": 1}, Order.UNCLEAR),
        ({"issued": "2019-09-03", "sequence": 1}, Order.UNCLEAR),
        ({"index": "EUR 57/0894/2019", "sequence": 3}, Order.UNCLEAR),
        ({"index": "ASA 17/0999/2019"}, Order.UNCLEAR),
        ({}, Order.UNCLEAR),
        ({"previous": "https://www.example.org/documents/EUR57/0894/2019/en/"}, Order.NEWER),
        ({"previous": "https://www.example.org/documents/EUR57/0894/2019/en/",
          "issued": "2019-03-01"}, Order.UNCLEAR),
        ({"kind": Kind.FINAL}, Order.NEWER),
        ({"kind": Kind.FINAL, "issued": "2019-03-01", "sequence": 3}, Order.UNCLEAR),
        ({"kind": Kind.FIRST}, Order.OLDER),
    ],
)  # fmt: skip
def test_sequence_date_and_index_tell_together_which_came_later(
    said: dict[str, Any], order: Order
) -> None:
    found = relation(notice(**said), campaign(**SECOND))
    assert found.order is order
    assert found.says


def test_what_the_campaigns_own_link_says_counts_as_well() -> None:
    known = campaign(previous="https://www.example.org/documents/EUR57/0186/2019/en/")
    assert relation(notice(index="EUR 57/0186/2019"), known).order is Order.OLDER


# Targets.


@pytest.mark.parametrize(
    "new",
    [
        target("prosecutor", "Gizat Nurdauletov", role="Prosecutor", country="KZ", fax=FAX),
        target("x", "Nurdauletov Gizat"),
        target("x", "H.E. NURDAULETOV, Gizat", email="new@example.org"),
        target("x", "Timur Successor", role="Prosecutor General", country="KZ"),
        target("x", "Timur Successor", role="Prosecutor General of Kazakhstan", fax=FAX),
        target("x", "Another", role="Minister", email="press@example.org", fax=FAX),
    ],
)
def test_the_same_official_keeps_the_id(new: dict[str, object]) -> None:
    old = campaign(
        target("pg", "Gizat Nurdauletov", role="Prosecutor General", country="KZ", fax=FAX,
               email="press@example.org"),
    )  # fmt: skip
    found = merged(old, campaign(new), targets=["x"])
    assert [each.id for each in found.campaign.written] == ["pg"]


@pytest.mark.parametrize(
    "new",
    [
        target("pg", "Another", role="Minister of Justice", country="KZ"),
        target("pg", "Another", role="Minister of Justice", country="KZ", email="m@example.org"),
        target("PG", "Another", role="Prosecutor General", country="US"),
    ],
)
def test_another_official_never_gets_the_id_of_one_before(new: dict[str, object]) -> None:
    old = campaign(
        target("pg", "Gizat", role="Prosecutor General", country="KZ", email="m@example.org")
    )
    found = merged(old, campaign(new), targets=["pg"], taken=("pg-2",))
    (only,) = found.campaign.written
    assert only.id.casefold() == "pg-3"
    gone = changed(found)
    assert gone["targets.pg.name"] == ("Gizat", "")
    if new.get("email"):
        assert "is taken for another official" in told(found, asks=False)


def test_two_officials_are_told_apart_one_to_one() -> None:
    """Both embassies have one role, both officials one fax."""
    old = campaign(
        target("us", "A. One", role="Ambassador", country="US", fax=FAX),
        target("gb", "B. Two", role="Ambassador", country="GB", fax=FAX),
    )
    new = campaign(
        target("t1", "B. Two", role="Ambassador", country="GB", fax=FAX),
        target("t2", "C. Three", role="Ambassador", country="US", fax=FAX),
        target("t3", "D. Four", role="Minister", country="KZ"),
    )
    found = merged(old, new, targets=["t1", "t2", "t3"])
    assert [each.id for each in found.campaign.written] == ["gb", "us", "t3"]


def test_what_only_a_person_can_have_added_stays() -> None:
    old = campaign(
        target("pg", "Gizat", timezone="Asia/Almaty", hours="Mon-Fri 09:00-18:30", say_as="ghee",
               languages=["ru"], contacts={"webform": "https://example.org/form"}, country="KZ",
               salutation={"en": "Dear Sir", "ru": "Уважаемый"}),
    )  # fmt: skip
    new = campaign(target("pg", "Gizat", salutation="Dear Prosecutor", email="p@example.org"))
    found = merged(old, new, targets=["pg"])
    (only,) = found.campaign.written
    kept = old.written[0].model_dump(exclude={"salutation", "email"})
    assert only.model_dump(exclude={"salutation", "email"}) == kept
    assert only.salutation == {"en": "Dear Prosecutor", "ru": "Уважаемый"}
    assert changed(found)["targets.pg.email"] == ("", "p@example.org")


def test_a_contact_that_is_left_out_is_kept_and_said() -> None:
    old = campaign(target("pg", "Gizat", fax=FAX, email="old@example.org"))
    found = merged(old, campaign(target("pg", "Gizat", email="new@example.org")), targets=["pg"])
    (only,) = found.campaign.written
    assert only.fax is not None
    assert only.fax.written == FAX
    assert f"the document gives no fax of Gizat (pg); {FAX} is kept" in told(found, asks=False)
    assert changed(found)["targets.pg.email"] == ("old@example.org", "new@example.org")
    assert "targets.pg.fax" not in changed(found)


def test_nothing_of_a_predecessor_stays_with_the_successor() -> None:
    old = campaign(
        target(
            "pg", "Gizat Nurdauletov", role="Prosecutor General", twitter="@Gizat", say_as="ghee"
        )
    )
    new = campaign(target("x", "Timur Successor", role="Prosecutor General", fax=FAX))
    found = merged(old, new, targets=["x"])
    (only,) = found.campaign.written
    assert (only.id, only.name, only.twitter, only.say_as) == ("pg", "Timur Successor", None, None)
    assert "@Gizat is not kept, since it may have been personal" in told(found, asks=False)
    assert changed(found)["targets.pg.twitter"] == ("@Gizat", "")


def test_what_belonged_to_the_office_stays_with_whoever_is_named_now() -> None:
    old = campaign(target("pg", "Prosecutor General", twitter="@Office"))
    new = campaign(target("x", "Gizat Nurdauletov", role="Prosecutor General", fax=FAX))
    old = old.model_copy(update={"targets": (old.written[0].model_copy(update={"role": None}),)})
    found = merged(old, new, targets=["x"])
    assert [each.id for each in found.campaign.written] == ["x"]  # nothing says it is the same
    named = campaign(
        target("pg", "Prosecutor General", role="Prosecutor General", twitter="@Office")
    )
    (only,) = merged(named, new, targets=["x"]).campaign.written
    assert (only.id, only.twitter and only.twitter.value) == ("pg", "Office")


def test_a_number_written_in_another_way_is_no_change() -> None:
    old = campaign(target("pg", "Gizat", fax=FAX))
    found = merged(old, campaign(target("pg", "Gizat", fax="+77172506402")), targets=["pg"])
    assert not [name for name in changed(found) if name.startswith("targets")]


def test_a_document_without_targets_leaves_them_as_they_are() -> None:
    old = campaign(target("pg", "Gizat", fax=FAX), **SECOND)
    found = merged(old, campaign(target("other", "Nobody")), deadline="2019-10-30")
    assert found.campaign.written == old.targets


one = st.sampled_from
officials = st.lists(
    st.builds(
        target,
        one(["a", "A", "a-2", "b", "c"]),
        one(["Ann One", "Bo Two", "One, Ann", "Minister"]),
        role=one([None, "Minister", "Minister of Justice"]),
        country=one([None, "KZ", "US"]),
        email=one([None, "a@example.org", "b@example.org"]),
        fax=one([None, FAX, "+7 7172 506 403"]),
    ).map(lambda values: {name: value for name, value in values.items() if value is not None}),
    min_size=1,
    max_size=4,
    unique_by=lambda values: str(values["id"]).casefold(),
)


@given(officials, officials)
def test_no_id_ever_goes_to_somebody_else(
    before: list[dict[str, object]], after: list[dict[str, object]]
) -> None:
    old = campaign(*before)
    found = merged(old, campaign(*after), targets=["any"])
    assert len(found.campaign.written) == len(after)
    known = {each.id.casefold(): each for each in old.written}
    for each, given_ in zip(found.campaign.written, campaign(*after).written, strict=True):
        if (partner := known.get(each.id.casefold())) is None:
            continue
        contacts = contacts_of(partner).items()
        shared = {(kind, contact.identity) for kind, contact in contacts} & {
            (kind, contact.identity) for kind, contact in contacts_of(given_).items()
        }
        assert shared or given_.role == partner.role or same_name(given_.name, partner.name)
        assert each.id == partner.id
    everything = {
        (kind, contact.identity)
        for each in (*old.written, *campaign(*after).written)
        for kind, contact in contacts_of(each).items()
    }
    assert everything >= {
        (kind, contact.identity)
        for each in found.campaign.written
        for kind, contact in contacts_of(each).items()
    }
    now = {each.id: each for each in found.campaign.written}
    assert (now == {each.id: each for each in old.written}) == (
        not any(change.field.startswith("targets") for change in found.changes)
    )


# The case and its letters.


def test_what_the_document_says_counts_and_the_rest_stays() -> None:
    old = campaign(
        **SECOND, deadline="2019-09-27", summary="He is held.", country="KZ",
        languages=["kk", "en"],
        people=[{"name": "Serikzhan Bilash", "pronoun": "he/him", "say_as": "bee-LASH"}],
    )  # fmt: skip
    new = campaign(
        **THIRD, deadline="2019-10-30", title="Still held",
        people=[{"name": "BILASH, Serikzhan"}, {"name": "Anara Tolebaeva"}],
    )  # fmt: skip
    found = merged(
        old, new, title="Still held", deadline="2019-10-30",
        people=["BILASH, Serikzhan", "Anara Tolebaeva"],
    )  # fmt: skip
    case = found.campaign.urgent_action
    assert (case.summary, case.country) == ("He is held.", "KZ")
    assert [person.say_as for person in case.people] == ["bee-LASH", None]
    assert found.campaign.languages == ("kk", "en")
    assert found.changes == (
        Change("index", "EUR 57/0894/2019", "EUR 57/0999/2019"),
        Change("sequence", "2", "3"),
        Change("title", "A case", "Still held"),
        Change("issued", "2019-08-16", "2019-09-03"),
        Change("deadline", "2019-09-27", "2019-10-30"),
        Change("people", "Serikzhan Bilash (he/him)",
               "BILASH, Serikzhan (he/him); Anara Tolebaeva"),
    )  # fmt: skip


def test_an_index_of_the_document_before_does_not_stay() -> None:
    found = update(
        campaign(**SECOND), campaign(issued="2019-09-03"), notice(issued="2019-09-03"), went_out=0
    )
    case = found.campaign.urgent_action
    assert (case.index, case.sequence, str(case.issued)) == (None, None, "2019-09-03")


def test_a_document_that_cannot_be_told_from_the_one_before_asks() -> None:
    found = update(campaign(**SECOND), campaign(), notice(), went_out=0)
    assert found.campaign.urgent_action.index == SECOND["index"]
    assert "neither index nor date nor number" in told(found, asks=True)
    assert "is not certain" in told(found, asks=True)


def test_an_older_document_asks_before_it_is_taken() -> None:
    found = update(campaign(**THIRD), campaign(**SECOND), notice(**SECOND), went_out=0)
    assert "this document is older than that of the campaign: it is document 2" in told(
        found, asks=True
    )


def test_a_deadline_before_the_day_of_issue_asks() -> None:
    """It is the old one, which the document does not mention."""
    found = merged(campaign(deadline="2019-08-30"), campaign(**THIRD))
    assert "the deadline, 30 August 2019, is before the day of issue" in told(found, asks=True)
    assert str(found.campaign.urgent_action.deadline) == "2019-08-30"


def test_a_closed_campaign_is_opened_by_nobody_but_a_person() -> None:
    found = merged(campaign(status="closed"), campaign(**THIRD))
    assert found.campaign.urgent_action.status == "closed"
    assert "write `status: open`" in told(found, asks=True)
    found = merged(campaign(), campaign(**THIRD, status="closed"))
    assert changed(found)["status"] == ("open", "closed")


def test_translations_go_with_the_text_that_they_translate() -> None:
    old = campaign(letters={"en": "Free him.", "ru": "Освободите.", "kk": "Босатыңыз."})
    found = merged(old, campaign(letters={"en": "Free her."}), letter=letter("Free her."))
    assert set(found.campaign.letter) == {"en"}
    assert "the letter in ru, kk is a translation of the text that was replaced" in told(
        found, asks=True
    )
    assert changed(found)["letter.ru.text"] == ("Освободите.", "")


@pytest.mark.parametrize("text", ["“Free”  him.", '"Free"\nhim.', '"Free" him!'])
def test_the_same_words_leave_translations_and_a_persons_subject(text: str) -> None:
    old = campaign(letters={"en": '"Free" him.', "ru": "Освободите."})
    new = campaign(letters={"en": text})
    found = merged(old, new, letter=letter(text, subject="Guessed"))
    assert set(found.campaign.letter) == {"en", "ru"}
    assert not found.new_round
    kept = found.campaign.letter["en"].text
    assert kept == (text if "!" in text else '"Free" him.')


def test_the_same_document_in_another_language_adds_its_letter() -> None:
    old = campaign(**SECOND, letters={"en": "Free him."})
    new = campaign(**SECOND, letters={"fr": "Libérez-le."})
    said = notice(**SECOND, letter=letter("Libérez-le.", language="fr"), targets=["pg"])
    found = update(old, new, said, went_out=3)
    assert list(found.campaign.letter) == ["en", "fr"]
    assert not found.new_round


# Rounds.

ASKS: dict[str, Any] = {"targets": ["minister"], "actions": ["Write a letter"]}
NEW = campaign(**THIRD, letters={"en": "He is still held."})
FRESH = letter("He is still held.")


@pytest.mark.parametrize(
    ("said", "new_round", "why"),
    [
        ({**ASKS, "letter": FRESH}, True, "a newer document with another letter"),
        ({"actions": ["Write"], "letter": FRESH}, True, "another letter"),
        ({"new_appeals": "Please write again"}, True, "asks for new appeals: “Please write again”"),
        ({**ASKS, "letter": letter("I am writing to you.")}, False, "the letter is the same"),
        (ASKS, False, "the letter is the same"),
        ({"deadline": "2019-09-27", "letter": FRESH}, False, "neither targets nor anything to do"),
        ({**ASKS, "letter": FRESH, "ending": Ending.DOUBTFUL}, False, "may end it"),
        ({**ASKS, "letter": FRESH, "kind": Kind.FINAL}, False, "may end it"),
        ({**ASKS, "letter": FRESH, "new_appeals": "again", **SECOND}, False, "same document again"),
        ({**ASKS, "letter": FRESH, "sequence": 1}, False, "not certain"),
        ({**ASKS, "letter": FRESH, "issued": "2019-03-01", "sequence": 1,
          "index": "EUR 57/0186/2019"}, False, "older"),
    ],
)  # fmt: skip
def test_only_a_newer_document_that_asks_for_appeals_begins_a_round(
    said: dict[str, Any], new_round: bool, why: str
) -> None:
    old = campaign(**SECOND)
    if "new_appeals" in said:
        said = {**ASKS, **said}
    new = NEW if said.get("letter") is FRESH else campaign(**THIRD)
    found = merged(old, new, **said)
    assert found.new_round is new_round
    assert why in found.why_round
    assert found.campaign.round == (2 if new_round else 1)
    assert ("round" in changed(found)) is new_round


def test_where_nothing_has_gone_out_there_is_no_other_round() -> None:
    found = merged(campaign(**SECOND), NEW, went_out=0, **ASKS, letter=FRESH)
    assert not found.new_round
    assert found.campaign.letter["en"].text == "He is still held."


def test_a_correction_says_what_has_gone_out_before_it() -> None:
    found = merged(campaign(**SECOND), NEW, **ASKS, **SECOND, letter=FRESH)
    assert "3 messages have gone out with the letter as it was before" in told(found, asks=False)


def test_a_contact_that_is_corrected_too_late_is_said() -> None:
    old = campaign(target("minister", email="m@example.org"), **SECOND)
    new = campaign(target("minister", email="minister@example.org"), **THIRD)
    says = "minister has another email; if a message has gone out to the one before"
    assert says in told(merged(old, new, targets=["minister"]), asks=False)
    assert says not in told(merged(old, new, targets=["minister"], went_out=0), asks=False)
    assert says not in told(merged(old, old, targets=["minister"]), asks=False)


def test_a_document_that_asks_for_other_things_without_a_letter_asks_a_person() -> None:
    found = merged(campaign(**SECOND), campaign(**THIRD), **ASKS)
    assert "write a letter" in told(found, asks=True)
    assert found.letter_is_old
    assert "raise `round`" in told(found, asks=True)


def test_the_same_document_twice_changes_nothing_the_second_time() -> None:
    said: dict[str, Any] = {**ASKS, "letter": FRESH, "new_appeals": "write again"}
    once = merged(campaign(**SECOND), NEW, **said)
    again = merged(once.campaign, NEW, **said)
    assert again.campaign == once.campaign
    assert again.changes == ()
